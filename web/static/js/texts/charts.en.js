// The texts of the page of charts and of More, in English: a part of the catalogue.
import { grouped } from '../locale.js';

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

export const CHARTS = {
	more: { back: 'Back to More', house: 'House', people: 'People', hub: 'Hub', scenesLead: 'Several things as one, moods of a room', explorerLead: 'Every MQTT topic as it is heard', settingsLead: 'Language, look, log out' },
	charts: {
		title: 'Charts', of: 'Chart of the chosen readings', choose: 'Choose readings', chosen: 'Readings',
		empty: 'Nothing chosen yet', emptyHint: 'Lay up to twelve readings of the house over each other and see what goes together.', nothing: 'Nothing is recorded in the house yet. Once a device measures something, its chart is here.',
		start: 'Or begin with', allOf: (/** @type {string} */ kind, /** @type {number} */ n) => `${kind} (${grouped(n)})`,
		search: 'Search by name, room or kind', noneFound: 'No reading is called that.', more: (/** @type {number} */ n) => `${count(n, 'more reading', 'more readings')}: search for it.`,
		show: (/** @type {number} */ n) => (n ? `Show ${grouped(n)}` : 'Show none'), cancel: 'Cancel', full: (/** @type {number} */ n) => `${grouped(n)} at a time is all that can be told apart.`,
		gone: (/** @type {number} */ n) => `${count(n, 'chosen reading is', 'chosen readings are')} not in the house, or not for you to see.`, forget: 'Leave out',
		remove: (/** @type {string} */ name) => `Take out ${name}`, emphasize: (/** @type {string} */ name) => `Show ${name} alone in full, with its lowest and highest`,
		average: (/** @type {string} */ text) => `average ${text}`, compareWith: 'Compare with others', addTo: 'Add to charts', file: 'charts',
		/** What readings are of, to search for and to begin with. @type {Record<string, string>} */
		kinds: {
			temperature: 'Temperature', humidity: 'Humidity', power: 'Power', energy: 'Energy', carbon_dioxide: 'Carbon dioxide', illuminance: 'Brightness', pressure: 'Air pressure', atmospheric_pressure: 'Air pressure',
			door: 'Doors', window: 'Windows', motion: 'Motion', occupancy: 'Presence', battery: 'Battery', voltage: 'Voltage', current: 'Current', moisture: 'Moisture', water: 'Water', gas: 'Gas', data_rate: 'Data rate', signal_strength: 'Signal',
		},
	},
};
