// The texts of the pages about devices of others, in English: a part of the catalogue.
import { grouped } from '../locale.js';

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

export const OTHERS = {
	others: {
		ways: 'What do you want to add?', own: 'With the agent', other: 'Other device', nearby: 'Nearby',
		lead: 'Tasmota, Shelly, ESPHome and others log in to the hub with a user and a password of their own. Most of them then appear here by themselves.',
		what: 'What is it?', name: 'Name', nameHint: 'For example: Kitchen plug', more: 'More', prefix: 'Topic', prefixHint: 'Its own name on MQTT; made of the name when empty',
		boardHint: 'The name of the board in ESPHome (esphome: name); made of the name when empty', badPrefix: 'A topic without + and #, and not tomte’s own.', make: 'Make its access', users: 'All MQTT users', usersLead: 'Rename, new password, remove',
		anything: 'Anything else',
		/** @type {Record<string, string>} */
		kindHints: { tasmota: 'Plugs, lamps, sensors', shelly: 'Relays, plugs, meters', zigbee2mqtt: 'All of a Zigbee network', esphome: 'Boards of your own', homie: 'Homie 4 and 5', homeassistant: 'Shows tomte’s devices there', prefix: 'Speaks MQTT somehow' },
		access: 'Its access', once: 'The password is shown only this once.', host: 'Host', port: 'Port', user: 'User', password: 'Password', topic: 'Topic', copyOf: (/** @type {string} */ what) => `Copy: ${what}`,
		encryption: 'Connection', encrypted: 'Encrypted', plain: 'Unencrypted', certificate: 'Download the hub’s certificate', address: 'Address of the Shelly', addressHint: 'As its web page or your router shows it; it goes into the texts below.',
		localName: 'Names that end with .local are not found by every device. If it does not connect, use the hub’s address in numbers.',
		/** @type {Record<string, string>} */
		how: {
			tasmota: 'Open the web page of the device → Tools → Console, paste this and press Enter. It restarts by itself.', shelly: 'Open these in this order, or enter the values under Settings → MQTT on its web page. Shellies of the first generation take the values only, and are unencrypted.',
			zigbee2mqtt: 'Put this into configuration.yaml in place of the part “mqtt:”, then restart Zigbee2MQTT.', esphome: 'Put this into the board’s YAML and install it. The name must be this one; remove the part “api:” unless Home Assistant uses the board, too.',
			homie: 'Enter these values in the device. The topic is the base topic and the device’s id.', homeassistant: 'Settings → Devices & services → Add integration → MQTT. tomte’s devices then appear there by themselves.',
			prefix: 'Enter these values in the device. It may publish and subscribe to everything below its topic. If it does not describe itself as Home Assistant knows it, make a device of its messages under Nearby.',
		},
		/** @type {Record<string, string>} */
		certificateHow: { zigbee2mqtt: 'Save the certificate as the file named behind “ca:”.', homie: 'If it asks for a certificate of the authority (CA), give it this one.', homeassistant: 'Under the advanced options upload this as the certificate of the broker.', prefix: 'If it asks for a certificate of the authority (CA), give it this one.' },
		/** @type {Record<string, string>} */
		places: { console: 'For the console', certificate: 'In a terminal, so that it trusts the hub', shell: 'In a terminal', browser: 'Open in the browser', restart: 'And then, to restart it', yaml: 'YAML' },
		tasmotaTls: 'Encryption needs a Tasmota for ESP32, or one built with TLS. It trusts the certificate that it meets first.',
		waiting: 'Waiting for it…', found: (/** @type {string} */ name) => `${name} is here.`, another: 'Add another one',
		slow: 'Nothing yet. What to check:',
		slowList: ['Is the device in the same network, and was it restarted?', 'Are host and port right? Try the hub’s address in numbers.', 'Is the topic exactly the one above? Others are refused.', 'Does it show “not authorised”? Then the password was mistyped.'],
		slowPlain: 'Unencrypted MQTT is off: allow it above, or use the encrypted port.', laterPrefix: 'What it says appears under Nearby.',
		unencrypted: 'Allow unencrypted MQTT', unencryptedRisk: 'Whoever is in your network can then read what goes over it, passwords too.', unencryptedNeed: 'This device connects without encryption, which the hub does not accept yet.',
		unencryptedFixed: 'The settings’ file of the hub decides this: plain_address and plain_port in hub.conf.', unencryptedOff: 'The settings’ file of the hub turns unencrypted MQTT off: plain_port in hub.conf.',
		unencryptedOn: 'Allowed: devices may connect without encryption.', notOwner: 'Only the owner of this hub can add devices.',
		by: (/** @type {string} */ what) => `By ${what}`, byHand: 'Described by hand', through: 'through user', note: 'Not everything that it says of itself is followed', noteText: (/** @type {string} */ note) => `The hub’s words: ${note}`,
		noteNames: 'The rest works.', editHand: 'Edit what it is',
		/** how a device describes itself @type {Record<string, string>} */
		dialects: { homeassistant: 'Home Assistant discovery', tasmota: 'Tasmota', shelly: 'Shelly', zigbee2mqtt: 'Zigbee2MQTT', homie: 'Homie', hand: 'hand' },
		eraseText: 'All its measurements are erased, which cannot be undone. It comes back as a new device when it announces itself again: switch it off first, or remove its MQTT user.',
		eraseZigbee: 'It is asked to leave the Zigbee network, and all its measurements are erased. This cannot be undone.', eraseHand: 'What you made of its messages and all its measurements are erased. This cannot be undone.',
	},

	clients: {
		title: 'MQTT users', lead: 'What devices of others log in with', none: 'No device of others has access yet.', add: 'Add one',
		devices: (/** @type {number} */ n) => count(n, 'device', 'devices'), noDevices: 'no device yet', its: 'Its devices', user: 'User', name: 'Name', save: 'Save', saved: 'Saved. It holds at once.',
		renew: 'New password', renewLead: 'The old one ends at once: the device is cut off until it has the new one.', renewDo: 'Make a new password',
		topics: 'Topics', topicsLead: 'What it may say and hear. Others than these are refused.', filter: 'Topic filter', publish: 'says', subscribe: 'hears', addTopic: 'Add a topic', removeTopic: (/** @type {string} */ filter) => `Remove ${filter}`,
		publishOf: (/** @type {string} */ filter) => `${filter}: says`, subscribeOf: (/** @type {string} */ filter) => `${filter}: hears`,
		remove: 'Remove', removeTitle: (/** @type {string} */ name) => `Remove ${name}?`, removeText: 'Its connection ends at once. The devices that it described go; their history stays.', removeDo: 'Remove', removed: (/** @type {string} */ name) => `${name} is removed.`,
	},

	nearby: {
		lead: 'What is heard on MQTT while this page is open and belongs to no device.', listening: 'Listening…', lost: 'The connection broke. Trying again…', refused: 'The hub refused the connection.',
		none: 'Nothing that belongs to nobody was heard so far.', noneHint: 'Devices speak when something happens: press a button, or wait a few minutes. What has no access yet cannot be heard.', other: 'Give a device access',
		topics: (/** @type {number} */ n) => count(n, 'topic', 'topics'), looks: (/** @type {string} */ kind) => `Looks like ${kind}`, make: 'Make a device of it', describe: 'Let it describe itself',
		/** @type {Record<string, string>} */
		hows: {
			tasmota: 'It describes itself when SetOption19 is 0 and it has an MQTT user of the kind Tasmota.', shelly: 'It describes itself when it has an MQTT user of the kind Shelly, with its topic as the MQTT prefix.',
			zigbee2mqtt: 'All its devices appear when it has an MQTT user of the kind Zigbee2MQTT.', esphome: 'It describes itself with “discovery: true” and an MQTT user of the kind ESPHome.', homie: 'It describes itself when it has an MQTT user of the kind Homie.',
		},
	},

	hand: {
		title: 'Make a device', edit: 'Edit what it is', back: 'Back', lead: 'Say what the messages mean: pick a value, say what it is. The hub does the rest.', name: 'Name', room: 'Room',
		entity: (/** @type {number} */ n) => `Value or control ${n}`, entityName: 'Name', add: 'Add another', remove: (/** @type {string} */ name) => `Remove ${name}`, kind: 'What it is', topic: 'Topic', topicHint: 'Where it reports', pick: 'Tap the value', whole: 'The whole message', message: 'Last message', silent: 'Nothing was heard under this topic yet.',
		template: 'Template', unit: 'Unit', deviceClass: 'Measures', sort: 'Sort', classNone: 'Nothing special', commandTopic: 'Command topic', commandHint: 'Where it listens', optionsLabel: 'Choices', optionsHint: 'With commas between them', min: 'Lowest', max: 'Highest', step: 'Step',
		now: 'Now', nothing: 'no value yet', unknown: 'the hub works it out', pickPath: (/** @type {string} */ path) => `Take ${path}`, make: 'Make the device', save: 'Save', saved: 'Saved.', lacking: 'Each needs a name and a topic; a control needs a command topic.',
		gone: 'This device cannot be edited here: it describes itself.', valueHere: 'Make a device of this', valueShort: 'Device',
		/** @type {Record<string, string>} */
		platforms: { sensor: 'Measured value', binary_sensor: 'On or off, to see', switch: 'Switch', light: 'Lamp, on or off', number: 'Number to set', select: 'Choice', button: 'Button', cover: 'Blind or shutter', text: 'Text' },
		/** @type {Record<string, string>} */
		payloads: { payload_on: 'Word for on', payload_off: 'Word for off', payload_press: 'Word to send', payload_open: 'Word for open', payload_close: 'Word for close', payload_stop: 'Word for stop' },
		/** @type {Record<string, string>} */
		classes: {
			temperature: 'Temperature', humidity: 'Humidity', pressure: 'Pressure', power: 'Power', energy: 'Energy', voltage: 'Voltage', current: 'Current', battery: 'Battery', illuminance: 'Brightness', carbon_dioxide: 'CO₂', precipitation: 'Rain', wind_speed: 'Wind', water: 'Water', gas: 'Gas', distance: 'Distance', duration: 'Duration', signal_strength: 'Signal',
			door: 'Door', window: 'Window', motion: 'Motion', occupancy: 'Occupancy', presence: 'Presence', smoke: 'Smoke', moisture: 'Moisture', light: 'Light', lock: 'Lock', plug: 'Plug', problem: 'Problem', running: 'Running', vibration: 'Vibration',
			outlet: 'Socket', switch: 'Switch', blind: 'Blind', curtain: 'Curtain', garage: 'Garage', gate: 'Gate', shade: 'Shade', shutter: 'Shutter', awning: 'Awning',
		},
	},
};
