// Die Texte der Seite mit Kurven und von »Mehr« auf Deutsch. The texts of the page of charts and of More, in German.
import { grouped } from '../locale.js';

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

export const CHARTS = {
	more: { back: 'Zurück zu Mehr', house: 'Haus', people: 'Menschen', hub: 'Zentrale', scenesLead: 'Mehreres auf einmal, Stimmungen eines Raums', explorerLead: 'Jedes MQTT-Topic, wie es zu hören ist', settingsLead: 'Sprache, Aussehen, Abmelden' },
	charts: {
		title: 'Kurven', of: 'Kurven der gewählten Messwerte', choose: 'Messwerte wählen', chosen: 'Messwerte',
		empty: 'Noch nichts gewählt', emptyHint: 'Leg bis zu zwölf Messwerte des Hauses übereinander und sieh, was zusammenhängt.', nothing: 'Im Haus ist noch nichts aufgezeichnet. Sobald ein Gerät etwas misst, ist seine Kurve hier.',
		start: 'Oder fang an mit', allOf: (/** @type {string} */ kind, /** @type {number} */ n) => `${kind} (${grouped(n)})`,
		search: 'Nach Name, Raum oder Art suchen', noneFound: 'So heißt kein Messwert.', more: (/** @type {number} */ n) => `${count(n, 'weiterer Messwert', 'weitere Messwerte')}: such danach.`,
		show: (/** @type {number} */ n) => (n ? `${grouped(n)} zeigen` : 'Nichts zeigen'), cancel: 'Abbrechen', full: (/** @type {number} */ n) => `Mehr als ${grouped(n)} auf einmal lassen sich nicht unterscheiden.`,
		gone: (/** @type {number} */ n) => `${count(n, 'gewählter Messwert ist', 'gewählte Messwerte sind')} nicht im Haus oder nicht für dich zu sehen.`, forget: 'Weglassen',
		remove: (/** @type {string} */ name) => `${name} herausnehmen`, emphasize: (/** @type {string} */ name) => `${name} hervorheben, mit dem niedrigsten und höchsten Wert`,
		average: (/** @type {string} */ text) => `im Schnitt ${text}`, compareWith: 'Mit anderen vergleichen', addTo: 'Zu den Kurven', file: 'kurven',
		/** @type {Record<string, string>} */
		kinds: {
			temperature: 'Temperatur', humidity: 'Luftfeuchte', power: 'Leistung', energy: 'Energie', carbon_dioxide: 'Kohlendioxid', illuminance: 'Helligkeit', pressure: 'Luftdruck', atmospheric_pressure: 'Luftdruck',
			door: 'Türen', window: 'Fenster', motion: 'Bewegung', occupancy: 'Anwesenheit', battery: 'Batterie', voltage: 'Spannung', current: 'Strom', moisture: 'Feuchte', water: 'Wasser', gas: 'Gas', data_rate: 'Datenrate', signal_strength: 'Empfang',
		},
	},
};
