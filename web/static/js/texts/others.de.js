// Die Texte der Seiten über Geräte von anderen. The texts of the pages about devices of others, in German.
import { grouped } from '../locale.js';

/** @import {Translation} from '../types.js' */
/** @import {OTHERS as English} from './others.en.js' */

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

/** @type {Translation<typeof English>} */
export const OTHERS = {
	others: {
		ways: 'Was möchtest du aufnehmen?', own: 'Mit dem Agenten', other: 'Anderes Gerät', nearby: 'In der Nähe',
		lead: 'Tasmota, Shelly, ESPHome und andere melden sich mit eigenem Benutzer und Passwort an der Zentrale an. Die meisten erscheinen dann hier von selbst.',
		what: 'Was ist es?', name: 'Name', nameHint: 'Zum Beispiel: Steckdose Küche', more: 'Mehr', prefix: 'Topic', prefixHint: 'Sein eigener Name auf MQTT; leer: aus dem Namen gemacht',
		boardHint: 'Der Name der Platine in ESPHome (esphome: name); leer: aus dem Namen gemacht', badPrefix: 'Ein Topic ohne + und #, und keins von tomte selbst.', make: 'Zugang anlegen', users: 'Alle MQTT-Benutzer', usersLead: 'Umbenennen, neues Passwort, entfernen',
		anything: 'Etwas anderes',
		kindHints: { tasmota: 'Steckdosen, Lampen, Sensoren', shelly: 'Relais, Steckdosen, Zähler', zigbee2mqtt: 'Alles aus einem Zigbee-Netz', esphome: 'Selbst gebaute Platinen', homie: 'Homie 4 und 5', homeassistant: 'Zeigt dort Geräte von tomte', prefix: 'Spricht irgendwie MQTT' },
		access: 'Sein Zugang', once: 'Das Passwort wird nur dieses eine Mal gezeigt.', host: 'Host', port: 'Port', user: 'Benutzer', password: 'Passwort', topic: 'Topic', copyOf: (what) => `Kopieren: ${what}`,
		encryption: 'Verbindung', encrypted: 'Verschlüsselt', plain: 'Unverschlüsselt', certificate: 'Zertifikat der Zentrale herunterladen', address: 'Adresse des Shelly', addressHint: 'Wie seine Webseite oder dein Router sie zeigt; sie kommt in die Texte darunter.',
		localName: 'Namen, die auf .local enden, findet nicht jedes Gerät. Wenn es sich nicht verbindet, nimm die Adresse der Zentrale in Ziffern.',
		how: {
			tasmota: 'Öffne die Webseite des Geräts → Werkzeuge → Konsole, füg das ein und drück die Eingabetaste. Es startet von selbst neu.', shelly: 'Öffne diese in dieser Reihenfolge oder trag die Werte auf seiner Webseite unter Settings → MQTT ein. Shellys der ersten Generation nehmen nur die Werte und verschlüsseln nicht.',
			zigbee2mqtt: 'Setz das in configuration.yaml an die Stelle des Teils „mqtt:“ und starte Zigbee2MQTT neu.', esphome: 'Setz das in die YAML-Datei der Platine und spiel sie auf. Der Name muss genau dieser sein; nimm den Teil „api:“ heraus, wenn nicht auch Home Assistant die Platine benutzt.',
			homie: 'Trag diese Werte im Gerät ein. Das Topic besteht aus dem Basis-Topic und der Kennung des Geräts.', homeassistant: 'Einstellungen → Geräte & Dienste → Integration hinzufügen → MQTT. Die Geräte von tomte erscheinen dort dann von selbst.',
			prefix: 'Trag diese Werte im Gerät ein. Unterhalb seines Topics darf es alles sagen und hören. Wenn es sich nicht so beschreibt, wie Home Assistant es kennt, mach unter „In der Nähe“ ein Gerät aus seinen Nachrichten.',
		},
		certificateHow: { zigbee2mqtt: 'Speichere das Zertifikat als die Datei, die hinter „ca:“ steht.', homie: 'Wenn es nach dem Zertifikat der Zertifizierungsstelle (CA) fragt, gib ihm dieses.', homeassistant: 'Lade es unter den erweiterten Optionen als Zertifikat des Brokers hoch.', prefix: 'Wenn es nach dem Zertifikat der Zertifizierungsstelle (CA) fragt, gib ihm dieses.' },
		places: { console: 'Für die Konsole', certificate: 'In einem Terminal, damit es der Zentrale vertraut', shell: 'In einem Terminal', browser: 'Im Browser öffnen', restart: 'Und dann, um es neu zu starten', yaml: 'YAML' },
		tasmotaTls: 'Verschlüsselt geht es mit Tasmota für ESP32 oder einem mit TLS gebauten. Es vertraut dem Zertifikat, das es zuerst sieht.',
		waiting: 'Warte darauf …', found: (name) => `${name} ist da.`, another: 'Noch eins aufnehmen',
		slow: 'Noch nichts. Was du prüfen kannst:',
		slowList: ['Ist das Gerät im selben Netz, und wurde es neu gestartet?', 'Stimmen Host und Port? Versuch die Adresse der Zentrale in Ziffern.', 'Ist das Topic genau das von oben? Andere werden abgelehnt.', 'Zeigt es „not authorised“? Dann ist das Passwort vertippt.'],
		slowPlain: 'Unverschlüsseltes MQTT ist aus: Erlaub es oben, oder nimm den verschlüsselten Port.', laterPrefix: 'Was es sagt, erscheint unter „In der Nähe“.',
		unencrypted: 'Unverschlüsseltes MQTT erlauben', unencryptedRisk: 'Wer in deinem Netz ist, kann dann mitlesen, was darüber geht, auch Passwörter.', unencryptedNeed: 'Dieses Gerät verbindet sich ohne Verschlüsselung; das nimmt die Zentrale noch nicht an.',
		unencryptedFixed: 'Das bestimmt die Einstellungsdatei der Zentrale: plain_address und plain_port in hub.conf.', unencryptedOff: 'Die Einstellungsdatei der Zentrale schaltet unverschlüsseltes MQTT ab: plain_port in hub.conf.',
		unencryptedOn: 'Erlaubt: Geräte dürfen sich ohne Verschlüsselung verbinden.', notOwner: 'Nur wem diese Zentrale gehört, kann Geräte aufnehmen.',
		by: (what) => `Über ${what}`, byHand: 'Von Hand beschrieben', through: 'mit Benutzer', note: 'Nicht allem, was es von sich sagt, wird gefolgt', noteText: (note) => `In den Worten der Zentrale: ${note}`,
		noteNames: 'Der Rest funktioniert.', editHand: 'Bearbeiten, was es ist',
		dialects: { homeassistant: 'Home-Assistant-Discovery', tasmota: 'Tasmota', shelly: 'Shelly', zigbee2mqtt: 'Zigbee2MQTT', homie: 'Homie', hand: 'Hand' },
		eraseText: 'Alle Messwerte werden gelöscht; das lässt sich nicht rückgängig machen. Sobald es sich wieder meldet, kommt es als neues Gerät zurück: Schalt es vorher aus, oder entferne seinen MQTT-Benutzer.',
		eraseZigbee: 'Es wird gebeten, das Zigbee-Netz zu verlassen, und alle Messwerte werden gelöscht. Das lässt sich nicht rückgängig machen.', eraseHand: 'Was du aus seinen Nachrichten gemacht hast und alle Messwerte werden gelöscht. Das lässt sich nicht rückgängig machen.',
	},

	clients: {
		title: 'MQTT-Benutzer', lead: 'Womit sich Geräte von anderen anmelden', none: 'Noch hat kein Gerät von anderen einen Zugang.', add: 'Einen anlegen',
		devices: (n) => count(n, 'Gerät', 'Geräte'), noDevices: 'noch kein Gerät', its: 'Seine Geräte', user: 'Benutzer', name: 'Name', save: 'Speichern', saved: 'Gespeichert. Es gilt sofort.',
		renew: 'Neues Passwort', renewLead: 'Das alte gilt sofort nicht mehr: Das Gerät ist abgeschnitten, bis es das neue hat.', renewDo: 'Neues Passwort machen',
		topics: 'Topics', topicsLead: 'Was es sagen und hören darf. Andere werden abgelehnt.', filter: 'Topic-Filter', publish: 'sagt', subscribe: 'hört', addTopic: 'Topic dazu', removeTopic: (filter) => `${filter} entfernen`,
		publishOf: (filter) => `${filter}: sagt`, subscribeOf: (filter) => `${filter}: hört`,
		remove: 'Entfernen', removeTitle: (name) => `${name} entfernen?`, removeText: 'Seine Verbindung endet sofort. Die Geräte, die es beschrieben hat, verschwinden; ihre Vergangenheit bleibt.', removeDo: 'Entfernen', removed: (name) => `${name} ist entfernt.`,
	},

	nearby: {
		lead: 'Was auf MQTT zu hören ist, solange diese Seite offen ist, und zu keinem Gerät gehört.', listening: 'Ich höre zu …', lost: 'Die Verbindung ist abgebrochen. Ich versuche es weiter …', refused: 'Die Zentrale hat die Verbindung abgelehnt.',
		none: 'Bisher war nichts zu hören, das niemandem gehört.', noneHint: 'Geräte sprechen, wenn etwas passiert: Drück einen Knopf, oder warte ein paar Minuten. Was noch keinen Zugang hat, ist nicht zu hören.', other: 'Einem Gerät Zugang geben',
		topics: (n) => count(n, 'Topic', 'Topics'), looks: (kind) => `Sieht aus wie ${kind}`, make: 'Ein Gerät daraus machen', describe: 'Es sich selbst beschreiben lassen',
		hows: {
			tasmota: 'Es beschreibt sich selbst, wenn SetOption19 auf 0 steht und es einen MQTT-Benutzer der Art Tasmota hat.', shelly: 'Es beschreibt sich selbst, wenn es einen MQTT-Benutzer der Art Shelly hat und dessen Topic sein MQTT-Präfix ist.',
			zigbee2mqtt: 'Alle seine Geräte erscheinen, wenn es einen MQTT-Benutzer der Art Zigbee2MQTT hat.', esphome: 'Es beschreibt sich selbst mit „discovery: true“ und einem MQTT-Benutzer der Art ESPHome.', homie: 'Es beschreibt sich selbst, wenn es einen MQTT-Benutzer der Art Homie hat.',
		},
	},

	hand: {
		title: 'Ein Gerät machen', edit: 'Bearbeiten, was es ist', back: 'Zurück', lead: 'Sag, was die Nachrichten bedeuten: Tipp einen Wert an und sag, was er ist. Den Rest macht die Zentrale.', name: 'Name', room: 'Raum',
		entity: (n) => `Wert oder Bedienung ${n}`, entityName: 'Name', add: 'Noch etwas', remove: (name) => `${name} entfernen`, kind: 'Was es ist', topic: 'Topic', topicHint: 'Wo es berichtet', pick: 'Tipp den Wert an', whole: 'Die ganze Nachricht', message: 'Letzte Nachricht', silent: 'Unter diesem Topic war noch nichts zu hören.',
		template: 'Vorlage', unit: 'Einheit', deviceClass: 'Misst', sort: 'Art', classNone: 'Nichts Besonderes', commandTopic: 'Befehls-Topic', commandHint: 'Wo es zuhört', optionsLabel: 'Auswahl', optionsHint: 'Mit Kommas dazwischen', min: 'Kleinster', max: 'Größter', step: 'Schritt',
		now: 'Jetzt', nothing: 'noch kein Wert', unknown: 'das rechnet die Zentrale aus', pickPath: (path) => `${path} nehmen`, make: 'Gerät machen', save: 'Speichern', saved: 'Gespeichert.', lacking: 'Jedes braucht einen Namen und ein Topic, eine Bedienung ein Befehls-Topic.',
		gone: 'Dieses Gerät lässt sich hier nicht bearbeiten: Es beschreibt sich selbst.', valueHere: 'Ein Gerät daraus machen', valueShort: 'Gerät',
		platforms: { sensor: 'Messwert', binary_sensor: 'An oder aus, zum Sehen', switch: 'Schalter', light: 'Lampe, an oder aus', number: 'Zahl zum Einstellen', select: 'Auswahl', button: 'Taste', cover: 'Jalousie oder Rollladen', text: 'Text' },
		payloads: { payload_on: 'Wort für an', payload_off: 'Wort für aus', payload_press: 'Wort zum Senden', payload_open: 'Wort für auf', payload_close: 'Wort für zu', payload_stop: 'Wort für Halt' },
		classes: {
			temperature: 'Temperatur', humidity: 'Feuchte', pressure: 'Druck', power: 'Leistung', energy: 'Energie', voltage: 'Spannung', current: 'Strom', battery: 'Batterie', illuminance: 'Helligkeit', carbon_dioxide: 'CO₂', precipitation: 'Regen', wind_speed: 'Wind', water: 'Wasser', gas: 'Gas', distance: 'Entfernung', duration: 'Dauer', signal_strength: 'Signal',
			door: 'Tür', window: 'Fenster', motion: 'Bewegung', occupancy: 'Belegung', presence: 'Anwesenheit', smoke: 'Rauch', moisture: 'Nässe', light: 'Licht', lock: 'Schloss', plug: 'Stecker', problem: 'Störung', running: 'Läuft', vibration: 'Erschütterung',
			outlet: 'Steckdose', switch: 'Schalter', blind: 'Jalousie', curtain: 'Vorhang', garage: 'Garage', gate: 'Tor', shade: 'Rollo', shutter: 'Rollladen', awning: 'Markise',
		},
	},
};
