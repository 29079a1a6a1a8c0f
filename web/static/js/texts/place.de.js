// Die Texte darüber, was an der Stelle eines Geräts steht. The texts about what is in a device's place, in German.
import { grouped } from '../locale.js';

/** @import {Translation} from '../types.js' */
/** @import {PLACE as English} from './place.en.js' */

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

/** @type {Translation<typeof English>} */
export const PLACE = {
	place: {
		title: 'Zugang und Ersatz', firmware: 'Firmware', signal: 'Empfang', lastWords: 'Wie es ging',
		partings: {
			goodbye: 'Es hat sich verabschiedet.', will: 'Seine Verbindung ist abgebrochen.', timeout: 'Es ist verstummt.', closed: 'Seine Verbindung endete ohne ein Wort.', absent: 'Es ist seit dem Start der Zentrale nicht zurück.',
			gateway: 'Woran es hängt, ist nicht erreichbar.', revoked: 'Sein Zugang wurde widerrufen.', replaced: 'Andere Hardware sollte es ersetzen.', moved: 'Seine Hardware ist jetzt ein anderes Gerät.',
		},
		replace: 'Durch andere Hardware ersetzen', replaceLead: 'Eine andere Platine mit tomte wird dieses Gerät: Sie übernimmt Namen, Raum, Gruppen, Szenen und Verlauf. Die bisherige ist im selben Augenblick ausgesperrt. Was die neue nicht misst, endet; sein Verlauf bleibt.',
		again: 'Auch für dieselbe Platine, nach einer neuen Installation.', make: 'Code dafür erzeugen', replaced: 'Fertig: Die neue Hardware ist jetzt dieses Gerät.',
		renew: 'Neue Zugangsdaten', renewLead: 'Das Gerät macht sie selbst mit der Zentrale aus. Die bisherigen gelten von da an nicht mehr.', renewDo: 'Jetzt erneuern', renewing: 'Das Gerät weiß Bescheid. Warte darauf …', renewed: 'Das Gerät hat neue Zugangsdaten.', renewFailed: 'Das ging nicht. Versuch es noch einmal, oder erzeuge einen Code.',
		renewOffline: 'Dafür muss das Gerät verbunden sein.', renewByHand: 'Dieses Gerät kann das nicht von selbst. Erzeuge oben einen Code und gib ihn am selben Gerät ein.',
		revoke: 'Zugang widerrufen', revokeLead: 'Die Verbindung endet sofort, und nichts kann sich als dieses Gerät anmelden, bis es wieder einen Code bekommt. Name, Gruppen und Verlauf bleiben.', revokeTitle: (name) => `Den Zugang von ${name} widerrufen?`, revoked: (name) => `${name} ist ausgesperrt.`,
		none: 'Als dieses Gerät kann sich gerade nichts anmelden. Mit einem Code kommt es oder andere Hardware zurück.',
		by: 'Ein anderes Gerät tritt an seine Stelle', byLead: 'Wenn dieses kaputt ist: Lass das neue hier erscheinen und wähle es dann. Es übernimmt Namen, Raum, Gruppen, Szenen und Verlauf von diesem; sein eigener Eintrag verschwindet mit dem, was er bisher aufgezeichnet hat.',
		of: 'Es tritt an die Stelle eines anderen', ofLead: 'Wenn dieses das neue ist: Wähle das, das es ersetzt. Dieser Eintrag verschwindet mit dem, was er bisher aufgezeichnet hat.',
		which: 'Welches Gerät', choose: 'Wählen …', former: (name) => `${name} (ist weg)`, nobody: 'Es gibt kein anderes Gerät dieser Art.',
		kept: 'Geht weiter', lost: 'Endet; sein Verlauf bleibt', fresh: 'Ist neu', as: (name, from) => `${name} (dort: ${from})`, do: (fresh, old) => `${fresh} an die Stelle von ${old} setzen`,
		done: (name) => `${name} hat sein neues Gerät.`,
		formers: 'Geräte, die weg sind', formersLead: 'Sie haben sich selbst abgemeldet. Sie kommen zurück, wenn sie wieder erscheinen; bis dahin bleibt ihr Verlauf. Auf der Seite eines neuen Geräts kannst du es an die Stelle von einem von diesen setzen.',
		forget: 'Endgültig löschen', forgetTitle: (name) => `${name} und seinen Verlauf löschen?`, forgotten: (name) => `${name} ist gelöscht.`, formersCount: (n) => count(n, 'Gerät', 'Geräte'),
		overtaken: 'Inzwischen hat jemand anderes das geändert.', takeTheirs: 'Das übernehmen', saveMine: 'Trotzdem meins speichern',
		nowNamed: (name, room) => (room ? `Es heißt jetzt „${name}“, in ${room}.` : `Es heißt jetzt „${name}“, in keinem Raum.`),
		nowCalled: (name) => `Es heißt jetzt „${name}“.`, nowMembers: (name, n) => `Es heißt jetzt „${name}“, mit ${count(n, 'Mitglied', 'Mitgliedern')}.`,
		nowTopics: (topics) => `Seine Topics sind jetzt: ${topics}.`,
	},
};
