// Every word of the pages, in English. Another language is another file of this shape; modules get theirs from text.js.
import { grouped } from './locale.js';

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

export const T = {
	app: 'tomte',

	nav: { label: 'Pages', home: 'Home', charts: 'Charts', alerts: 'Alerts', add: 'Add', more: 'More' },
	skip: 'Skip to the content',

	errors: {
		unreachable: 'The hub cannot be reached. Is it on, and are you on the home network?',
		garbled: 'The hub answered something that this page does not understand. Reload the page.',
		unexpected: 'Something went wrong on this page. Reload it.',
		status: (/** @type {number} */ status) => `The hub refused (${status}).`,
		tooMany: (/** @type {number} */ seconds) => `Too many attempts. Try again in ${count(Math.max(1, seconds), 'second', 'seconds')}.`,
	},

	link: {
		lost: 'The hub is out of reach. Trying again…',
		stale: (/** @type {string} */ time) => `The hub is out of reach. Last heard ${time}.`,
		update: 'A new version of these pages is ready.', updateDo: 'Use it',
	},

	time: {
		now: 'just now',
		never: 'never',
		lasted: (/** @type {string} */ duration) => `lasted ${duration}`,
	},

	fate: {
		failed: 'The device refused.',
		expired: 'The device did not answer.',
		late: 'The device did not come back in time.',
		silence: 'No answer. The device may be busy; try again.',
		unheard: 'The hub is out of reach. What has become of it shows once it is back.',
		/** what takes its time @type {Record<string, string>} */
		steps: { sent: 'Sent, no answer yet', acknowledged: 'Received, not done yet' },
	},

	wish: {
		toggle: 'Switch over', colour: 'Colour',
		waits: (/** @type {string} */ wish) => `${wish}: waits until it is back`,
		left: (/** @type {string} */ time) => `${time} left`,
		unmet: (/** @type {string} */ wish) => `Asked for: ${wish}`,
	},

	commands: {
		title: 'What was asked', none: 'Nobody has asked anything of it so far.', more: 'Show earlier ones',
		took: (/** @type {string} */ duration) => `took ${duration}`,
		/** @type {Record<string, string>} */
		states: { queued: 'Waits', sent: 'Sent', acknowledged: 'Received', confirmed: 'Done', expired: 'No answer', failed: 'Failed', cancelled: 'Taken back' },
		takeBack: 'Take back', takenBack: (/** @type {string} */ who) => `Taken back by ${who}.`,
		/** what it was part of @type {Record<string, (name: string) => string>} */
		causes: {
			room: (/** @type {string} */ name) => `room ${name}`, house: () => 'whole house',
			group: (/** @type {string} */ name) => `group ${name}`, scene: (/** @type {string} */ name) => `scene ${name}`,
		},
		/** the hub's reasons @type {Record<string, string>} */
		reasons: {
			'superseded': 'Something newer was asked.', 'the device did not come back in time': 'It did not come back in time.',
			'the device did not report it within 10 seconds': 'It did not report it within 10 seconds.',
			'the device did not report it in time': 'It did not report it in time.',
			'the device no longer has this': 'The device no longer has this.', 'the device is gone': 'The device is gone.',
			'the device is erased': 'The device is erased.', 'later it could be unsafe': 'Done late it could be unsafe.',
			'out of memory': 'The hub is short of memory.', 'closed': 'The hub was stopping.',
			'the hub was started anew meanwhile': 'The hub was started anew meanwhile.',
			'the device does not take this any more': 'It does not take this any more.',
		},
	},

	bundles: {
		vanished: 'Not there at present', vanishedHint: 'Take out what will not come back. What does come back belongs to it again.',
		title: 'Scenes and groups', scenes: 'Scenes', groups: 'Groups', name: 'Name', members: 'What belongs to it', wholeRoom: 'The whole room',
		none: { scenes: 'A scene brings lights, blinds and heating back to how they are now.', groups: 'A group is switched as one, wherever its things stand.' },
		make: { scenes: 'New scene', groups: 'New group' },
		makeHint: { scenes: 'It keeps how everything chosen is at this moment.', groups: 'Choose what shall be switched together.' },
		makeDo: 'Keep it', made: (/** @type {string} */ name) => `${name} is kept.`, asNow: 'Make it as it is now',
		remove: 'Remove', removeTitle: (/** @type {string} */ name) => `Remove ${name}?`, removeText: 'The devices stay as they are.', removed: (/** @type {string} */ name) => `${name} is removed.`,
		count: (/** @type {number} */ n) => count(n, 'thing', 'things'),
		active: (/** @type {number} */ on, /** @type {number} */ all) => (on ? `${grouped(on)} of ${grouped(all)} on` : `none of ${grouped(all)} on`),
		progress: (/** @type {number} */ done, /** @type {number} */ all) => `${grouped(done)} of ${grouped(all)}`,
		done: (/** @type {number} */ confirmed, /** @type {number} */ all) => `${grouped(confirmed)} of ${grouped(all)} confirmed.`,
		waiting: (/** @type {number} */ n) => `${grouped(n)} ${n === 1 ? 'waits' : 'wait'} until the device is back.`,
		told: (/** @type {string} */ name, /** @type {string} */ what) => `${name}: ${what}`,
		nothing: 'There was nothing to do.', notResident: 'Scenes and groups are made by those who may use everything.',
	},

	password: {
		show: 'Show password',
		hide: 'Hide password',
		short: (/** @type {number} */ missing) => `${count(missing, 'character', 'characters')} to go`,
		weak: 'Easy to guess',
		fair: 'Fair; longer is better',
		good: 'Good',
	},

	setup: {
		title: 'Welcome',
		lead: 'Choose the name and password that open this hub; they stay on it and nowhere else.',
		name: 'Your name',
		password: 'Password',
		submit: 'Start',
		noToken: 'This page opens only with the set-up link of your hub.',
		badToken: 'This set-up link is wrong or was used already.',
		how: 'Get a fresh link: run this on the machine of the hub.',
		command: 'sudo tomtectl setup-link',
		done: 'This hub is set up already.',
		toLogin: 'Log in instead',
	},

	login: {
		title: 'Log in',
		name: 'Name',
		password: 'Password',
		submit: 'Log in',
		wrong: 'Name or password is wrong.',
		first: 'First time here? Run this on the machine of the hub and open the link that it prints.',
	},

	home: {
		title: 'Home',
		elsewhere: 'Without a room',
		emptyTitle: 'No devices yet',
		empty: 'Add the first one: a Raspberry Pi, this server itself, or any Linux box.',
		emptyAsk: 'Nobody has added a device so far.',
		emptyGuest: 'There is nothing in your rooms yet. The owner of this hub says which rooms are yours.',
		add: 'Add a device',
		lights: (/** @type {number} */ n) => count(n, 'light on', 'lights on'),
		lightsOff: 'lights off', allOff: 'All off', allOn: 'All on',
		lightsOffIn: (/** @type {string} */ room) => `All off: lights in ${room}`, lightsOnIn: (/** @type {string} */ room) => `All on: lights in ${room}`,
		offline: (/** @type {number} */ n) => `${grouped(n)} offline`,
		devices: (/** @type {number} */ n) => count(n, 'device', 'devices'),
		alertsOpen: (/** @type {number} */ n) => count(n, 'open alert', 'open alerts'),
	},

	card: {
		details: (/** @type {string} */ name) => `Details of ${name}`,
		brightnessOf: (/** @type {string} */ name) => `Brightness of ${name}`,
		lastSeen: 'Last seen',
		offline: 'Offline',
		notHeard: 'Not heard since the hub started',
		nothing: 'Nothing measured yet',
		press: 'Press',
		pressed: 'Done',
	},

	state: {
		on: 'On', off: 'Off', unknown: '–',
		/** device class → [off, on] @type {Record<string, [string, string]>} */
		binary: {
			battery: ['Normal', 'Low'], battery_charging: ['Not charging', 'Charging'], carbon_monoxide: ['Clear', 'Detected'],
			cold: ['Normal', 'Cold'], connectivity: ['Disconnected', 'Connected'], door: ['Closed', 'Open'],
			garage_door: ['Closed', 'Open'], gas: ['Clear', 'Detected'], heat: ['Normal', 'Hot'], light: ['Dark', 'Light'],
			lock: ['Locked', 'Unlocked'], moisture: ['Dry', 'Wet'], motion: ['Clear', 'Motion'], moving: ['Still', 'Moving'],
			occupancy: ['Clear', 'Occupied'], opening: ['Closed', 'Open'], plug: ['Unplugged', 'Plugged in'], power: ['No power', 'Power'],
			presence: ['Away', 'Home'], problem: ['OK', 'Problem'], running: ['Stopped', 'Running'], safety: ['Safe', 'Unsafe'],
			smoke: ['Clear', 'Smoke'], sound: ['Quiet', 'Sound'], tamper: ['Clear', 'Tampered'], update: ['Up to date', 'Update ready'],
			vibration: ['Still', 'Vibration'], window: ['Closed', 'Open'],
		},
		/** component → a device's word → ours @type {Record<string, Record<string, string>>} */
		words: {
			cover: { open: 'Open', opening: 'Opening', closed: 'Closed', closing: 'Closing', stopped: 'Stopped' },
			lock: { locked: 'Locked', unlocked: 'Unlocked', locking: 'Locking', unlocking: 'Unlocking', jammed: 'Jammed', open: 'Open', opening: 'Opening' },
			climate: { off: 'Off', heat: 'Heat', cool: 'Cool', heat_cool: 'Heat or cool', auto: 'Auto', dry: 'Dry', fan_only: 'Fan only' },
		},
		/** what a climate does now @type {Record<string, string>} */
		actions: { off: 'Off', idle: 'Idle', heating: 'Heating', cooling: 'Cooling', drying: 'Drying', fan: 'Fan', preheating: 'Preheating', defrosting: 'Defrosting' },
		upToDate: 'Up to date', updateReady: 'Update ready', updateTo: (/** @type {string} */ version) => `Update to ${version}`,
		installing: (/** @type {string} */ percent) => `Installing · ${percent}`,
	},

	control: {
		open: 'Open', close: 'Close', stop: 'Stop', position: 'Position', tilt: 'Tilt',
		/** what a button does to which thing */
		of: (/** @type {string} */ action, /** @type {string} */ name) => `${action}: ${name}`,
		positionOf: (/** @type {string} */ name) => `Position of ${name}`, speedOf: (/** @type {string} */ name) => `Speed of ${name}`,
		partlyOpen: (/** @type {string} */ percent) => `${percent} open`,
		lock: 'Lock', unlock: 'Unlock', sure: 'Unlock?', sureHint: 'Press once more to unlock.',
		targetOf: (/** @type {string} */ name) => `Target of ${name}`, lower: 'Lower', raise: 'Raise', from: 'From', to: 'To',
		now: (/** @type {string} */ temperature) => `now ${temperature}`, humidity: 'Humidity',
		mode: 'Mode', fan: 'Fan', swing: 'Swing', preset: 'Preset', speed: 'Speed', oscillating: 'Swings from side to side', direction: 'Direction',
		/** @type {Record<string, string>} */
		directions: { forward: 'Forward', reverse: 'Reverse' },
		white: 'White', whiteText: (/** @type {number} */ kelvin) => `${kelvin} K`, effect: 'Effect',
		install: 'Install', installed: 'Installed', latest: 'Newest',
		noEvent: 'Nothing has happened yet', earlier: 'Earlier', showChart: (/** @type {string} */ name) => `Chart of ${name}`,
	},

	device: {
		back: 'Back to all devices',
		gone: 'There is no such device',
		goneHint: 'It may have been deleted, or the address is wrong.',
		online: 'Online',
		controls: 'Controls',
		readings: 'Readings',
		diagnostics: 'About itself',
		configuration: 'Settings of the device',
		about: 'Details',
		noChart: 'Nothing to draw: this device measures no numbers.',
		model: 'Model', maker: 'Made by', software: 'Software', id: 'Id', enrolled: 'Added', lastSeen: 'Last word',
		name: 'Name', room: 'Room', roomHint: 'Kitchen, hall…', save: 'Save', saved: 'Saved',
		edit: 'Name and room',
		classes: 'What it is', classUnsaid: 'not told', classAsSaid: (/** @type {string} */ what) => `What the device says: ${what}`,
		classesLead: 'So it is shown. And a command may wait for a blind, curtain, damper, shade or shutter that is offline; a door or gate never opens late.',
		erase: 'Delete device',
		eraseTitle: (/** @type {string} */ name) => `Delete ${name}?`,
		eraseText: 'Its credentials end at once, and all its measurements are erased. This cannot be undone.',
		eraseType: (/** @type {string} */ name) => `Type “${name}” to confirm`,
		eraseDo: 'Delete for ever', cancel: 'Cancel', erased: (/** @type {string} */ name) => `${name} is deleted.`,
		brightness: 'Brightness', send: 'Set', setTo: 'Set to',
		more: (/** @type {number} */ n) => `${n} more`,
		hueOf: (/** @type {number} */ hue, /** @type {string} */ saturation) => `Hue ${hue}°, saturation ${saturation}`,
		wheel: 'Colour wheel: left and right turn the hue, up and down the saturation',
		presets: 'Colours',
		/** @type {[string, string][]} */
		colours: [
			['Candle', '#ff9329'], ['Warm white', '#ffc58f'], ['Soft white', '#ffe4ce'], ['Daylight', '#f4f6ff'],
			['Rose', '#ff5c8a'], ['Red', '#ff2a1a'], ['Green', '#36d45b'], ['Lagoon', '#1fc8d8'], ['Blue', '#2b5bff'], ['Violet', '#9b4dff'],
		],
	},

	chart: {
		/** @type {Record<string, string>} */
		ranges: { hour: '1 h', day: '24 h', week: '7 d', month: '30 d', year: '1 y', all: 'All' },
		/** @type {Record<string, string>} */
		rangeNames: { hour: 'Last 1 h', day: 'Last 24 h', week: 'Last 7 d', month: 'Last 30 d', year: 'Last 1 y', all: 'All there is' },
		range: 'Time span', of: (/** @type {string} */ name) => `Chart of ${name}`,
		loading: 'Loading…', empty: 'Nothing was measured in this time.',
		failed: 'The chart could not be loaded.', retry: 'Try again',
		now: 'now', table: 'Show as table',
		time: 'Time', least: 'Lowest', most: 'Highest', between: (/** @type {string} */ a, /** @type {string} */ b) => `${a} to ${b}`,
		total: 'in all', lasted: 'For', rose: 'Rise', several: 'several', until: 'Until',
		hint: 'Zoom with + and −, or the wheel; move with Shift and the arrows, or by drawing; 0 or a double tap leads back; W shows the week before.',
		back: 'Back to now', nearer: 'Nearer', farther: 'Farther', stale: 'The newest part could not be loaded.',
		download: 'Download', window: 'This stretch, every sample', everything: 'Everything of this reading', points: 'The points shown',
		picture: 'A picture of it (PNG)', compare: 'Compare with last week', weekBefore: 'A week before', weekEmpty: 'Nothing was measured a week before.', paler: 'paler: a week before',
	},

	add: {
		title: 'Add a device',
		lead: 'A code lets one device in. Run the command below on it, and it appears here by itself.',
		name: 'Name', nameHint: 'Optional; the device has one of its own', room: 'Room', roomHint: 'Optional',
		make: 'Make a code', command: 'On the new device run', copy: 'Copy', copied: 'Copied', copyFailed: 'Select it and copy by hand',
		code: 'Code', qr: 'The code as a QR code',
		left: (/** @type {string} */ time) => `valid for ${time}`, expired: 'This code has expired.', fresh: 'New code', cancel: 'Cancel the code',
		waiting: 'Waiting for the device…', claimed: 'Found it. Setting it up…', bound: 'It is in. Opening its page…',
		revoked: 'The code was cancelled.',
		install: 'The agent comes with the package tomte-agent. On a Raspberry Pi or any Debian:',
		installCommand: 'sudo apt install tomte-agent',
		notOwner: 'Only the owner of this hub can add devices.',
		pending: 'Waiting for your approval', approve: 'Approve', refuse: 'Refuse',
		fingerprint: 'Fingerprint', pendingHint: 'Approve a device only when it shows the same fingerprint itself.',
	},

	alerts: {
		title: 'Alerts', open: 'Open', history: 'Earlier', none: 'All is well.', noneHint: 'When a device falls silent you read it here.',
		noHistory: 'Nothing has happened yet.', more: 'Show earlier ones',
		opened: (/** @type {string} */ text) => `Alert: ${text}`, closed: (/** @type {string} */ text) => `Over: ${text}`,
		ongoing: 'still open',
	},

	settings: {
		title: 'Settings', account: 'Account', loggedIn: 'Logged in as',
		/** @type {Record<string, string>} */
		roles: { owner: 'Owner', adult: 'May use everything', guest: 'May use some rooms', viewer: 'May look' },
		logout: 'Log out', password: 'Change password', old: 'Current password', fresh: 'New password', change: 'Change password',
		changed: 'Password changed. Other devices have been logged out.', wrongOld: 'The current password is wrong.',
		look: 'Look', theme: 'Theme', language: 'Language', languageAuto: 'As the browser',
		/** @type {Record<string, string>} */
		themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
		hub: 'This hub', version: 'Version', hubId: 'Hub id', ports: 'Ports', port: (/** @type {string} */ what, /** @type {number} */ n) => `${what} ${n}`,
		trustLead: 'End the browser’s warning, put the page on the home screen',
	},

	trust: {
		title: 'Trust this hub',
		lead: 'Your hub signs its own certificate, so browsers warn at first. Teach this phone or computer once to trust it: the warning ends, and the page can stay on the home screen and open even while the hub is away.',
		trusted: 'This browser trusts your hub. There is nothing left to do here.',
		plain: 'This way to the hub is not encrypted. It only helps you to trust it; everything else is behind the button.',
		open: 'Open the dashboard',
		get: 'Get the certificate', download: 'Download ca.pem',
		scan: 'Another phone gets it by its camera:', qr: 'Address of the certificate as a QR code',
		check: 'Compare the fingerprint',
		checkLead: 'Whoever can change what your network carries could slip in another certificate. This one has the SHA-256 fingerprint',
		checkHow: 'and the machine of the hub prints the same with:', command: 'sudo tomtectl fingerprint',
		install: 'Install it',
		/** system → steps @type {[string, string[]][]} */
		systems: [
			['iPhone, iPad', [
				'Open ca.pem in Safari and allow the profile to be downloaded.',
				'Settings → Profile downloaded → Install.',
				'Settings → General → About → Certificate trust settings: switch on “tomte”.',
			]],
			['Android', [
				'Download ca.pem.',
				'Settings → Security → More security settings → Encryption & credentials → Install a certificate → CA certificate.',
				'Choose “Install anyway”, then ca.pem among the downloads.',
			]],
			['macOS', [
				'Open ca.pem: Keychain Access takes it into the keychain “login”.',
				'Open “tomte” there and set Trust → When using this certificate to “Always trust”.',
				'Close the window and confirm with your password.',
			]],
			['Windows', [
				'Rename ca.pem to ca.crt and open it → Install certificate → Current user.',
				'Place it in “Trusted root certification authorities”.',
				'Confirm, then restart the browser.',
			]],
			['Linux', [
				'sudo cp ca.pem /usr/local/share/ca-certificates/tomte.crt && sudo update-ca-certificates',
				'Chromium and Chrome: Settings → Privacy and security → Security → Manage certificates → Authorities → Import.',
			]],
			['Firefox', [
				'Settings → Privacy & security → Certificates → View certificates → Authorities → Import.',
				'Choose ca.pem and tick “Trust this CA to identify websites”.',
			]],
		],
	},

	history: {
		title: 'History', lead: 'What is recorded, what it costs, backups',
		notOwner: 'Only the owner of this hub can see and change this.',
		costs: 'What is kept',
		kept: (/** @type {string} */ bytes, /** @type {number} */ devices, /** @type {string} */ since) => `${bytes} for ${count(devices, 'device', 'devices')}${since && ` since ${since}`}`,
		samples: (/** @type {string} */ all, /** @type {string} */ day) => `${all} samples${day && `, about ${day} more a day`}`,
		written: (/** @type {string} */ day) => `About ${day} are written a day`,
		unwritten: 'How much is written in a day can be said ten minutes after the start.',
		life: (/** @type {number} */ years) => (years >= 50 ? 'at this pace an SD card lasts longer than 50 years.' : `at this pace an SD card should last about ${years >= 2 ? count(Math.round(years), 'year', 'years') : count(Math.max(1, Math.round(years * 12)), 'month', 'months')}.`),
		cycles: (/** @type {number} */ cycles, /** @type {string} */ size) => `Supposes a card of ${size} that can be written full ${cycles} times. A solid-state disk bears more.`,
		room: (/** @type {string} */ free, /** @type {string} */ size) => `${free} of ${size} on the disk are free`,
		noisiest: 'Most samples today', today: (/** @type {string} */ n) => `${n} today`, change: 'Change how it is recorded',
		policy: 'How long it is kept',
		details: 'Every single sample', detailsHint: 'After that only the summaries are left.',
		summaries: 'Summaries', summariesHint: 'Lowest, highest and mean of each hour: small, and enough for years.',
		size: 'Size', sizeHint: 'The oldest samples go first when there is no more room.',
		forEver: 'For ever', forTime: 'For a time', noLimit: 'No limit', atMost: 'At most',
		days: 'Days', years: 'Years', megabytes: 'Megabytes',
		saver: 'Spare the SD card', saverHint: 'Samples are gathered for 5 seconds instead of 1 before they are written. A power cut then loses up to 5 seconds.',
		save: 'Save', saved: 'Saved',
		series: 'What is recorded', search: 'Search', none: 'Nothing by that name.', more: (/** @type {number} */ n) => `${n} more`,
		record: 'Record', every: 'Seconds', least: 'Least change',
		/** @type {Record<string, string>} */
		presets: { all: 'Every report', changes: 'Only changes', interval: 'Now and then', deadband: 'Changes of some size', nothing: 'Nothing' },
		/** @type {Record<string, string>} */
		presetHints: {
			all: 'Whatever the device says.', changes: 'The same value again is left out; with seconds it is noted now and then nevertheless.', interval: 'At most one in so many seconds, the newest.',
			deadband: 'Only what differs by at least so much; with seconds also when nothing differs.', nothing: 'What was recorded so far stays.',
		},
		keepRaw: 'Keep every sample', keepSummaries: 'Keep summaries', asHouse: 'As the house', off: 'not recorded',
		rules: 'Other topics', rulesLead: 'Record what other things say by MQTT: a topic, with wildcards, and where the value stands in a JSON message.',
		noRules: 'Nothing else is recorded.',
		filter: 'Topic', filterHint: 'For example zigbee2mqtt/+ or tele/#', path: 'Place in the JSON', pathHint: 'For example $.temperature; empty when the message is the value itself',
		kind: 'Kind', unit: 'Unit', name: 'Name',
		/** @type {Record<string, string>} */
		kinds: { gauge: 'Number', counter: 'Counter', binary: 'On or off', text: 'Word' },
		addRule: 'Add a topic', add: 'Add', remove: (/** @type {string} */ name) => `Stop recording ${name}`, removed: 'It is no longer recorded. What was recorded stays.', undo: 'Undo',
		backup: 'Backup', backupLead: 'One file with everything: devices, accounts, history. Keep it off this machine.',
		backupNow: 'Download a backup', schedule: 'By itself', folder: 'Folder', folderHint: 'A full path on the hub, such as /mnt/backup; empty: none', hour: 'Hour of the day', keep: 'How many to keep',
		run: 'Make one now', last: 'Last one', never: 'None yet', failed: (/** @type {string} */ why) => `failed: ${why}`, running: 'A backup is being made.',
		files: 'Export and import', exportLead: 'All samples of all series in one file.', exportCsv: 'Export as CSV', exportJson: 'Export as JSON lines',
		importLead: 'From a CSV file, or Home Assistant’s database home-assistant_v2.db. What is there already stays.',
		choose: 'Choose a file', uploading: (/** @type {string} */ percent) => `Sending the file: ${percent}`, importing: (/** @type {string} */ n) => `Importing: ${n} samples`,
		stop: 'Stop', stopped: 'The import was stopped. What it had brought stays.',
		imported: (/** @type {string} */ samples, /** @type {number} */ series) => `${samples} samples of ${count(series, 'series', 'series')} are in.`,
		skipped: (/** @type {number} */ n) => `${count(n, 'line', 'lines')} could not be used:`, importFailed: 'The import failed.',
	},

	explorer: {
		title: 'Explorer', lead: 'Every MQTT topic as it is heard, and the broker’s health', topicsTab: 'Topics', brokerTab: 'Broker',
		notOwner: 'Only the owner of this hub can look at the broker.', guests: 'You hear what the devices in your rooms report.', guestsNone: 'Nothing was heard yet: there is no device in your rooms, or none has said anything.',
		/** @type {Record<string, string>} */
		states: { connecting: 'Connecting…', live: 'Connected', lost: 'The connection broke. Trying again…', refused: 'The hub refused the connection.' },
		refused: (/** @type {string} */ why) => `The hub refused the connection${why && `: ${why}`}.`,
		heard: (/** @type {number} */ topics, /** @type {number} */ messages) => `${count(topics, 'topic', 'topics')}, ${count(messages, 'message', 'messages')}`,
		pausedWith: (/** @type {number} */ n) => `Paused; ${count(n, 'message', 'messages')} passed by`,
		dropped: (/** @type {number} */ n, /** @type {number} */ most) => `${count(n, 'topic was', 'topics were')} let go: only the ${grouped(most)} that spoke last are kept.`,
		tree: 'Topics', search: 'Find a topic', pause: 'Pause', goOn: 'Go on', clear: 'Clear',
		what: 'What to listen to', filter: 'Filter', filterHint: '# is everything; + stands for one level, # for all below', filterWrong: '+ and # stand alone between slashes, and # comes last.',
		listen: 'Listen', withSystem: 'Also the broker’s own topics ($SYS)',
		noneYet: 'Nothing was heard yet.', noneFound: 'No topic by that name was heard.', nameless: '(no name)',
		topics: (/** @type {number} */ n) => count(n, 'topic', 'topics'), messages: (/** @type {number} */ n) => count(n, 'message', 'messages'),
		perSecond: (/** @type {string} */ n) => `${n}/s`, perMinute: (/** @type {string} */ n) => `${n}/min`,
		retained: 'retained', retainedHint: 'Retained: the hub gives this message to everybody who asks for the topic', notRetained: 'not retained', empty: '(empty)', emptyLong: 'The message is empty.',
		binary: (/** @type {string} */ size) => `${size} of bytes`,
		chooseHint: 'Choose a topic to see its messages.', back: 'Back to the topics', goneTopic: 'no longer followed',
		copyTopic: 'Copy the topic', copyPayload: 'Copy the message', shownAs: 'Show as',
		/** @type {Record<string, string>} */
		views: { json: 'JSON', text: 'Text', hex: 'Hex' },
		cut: (/** @type {string} */ shown, /** @type {string} */ all) => `The first ${shown} of ${all}`,
		time: 'Time', qos: 'Delivery', qosWords: ['at most once (QoS 0)', 'at least once (QoS 1)', 'exactly once (QoS 2)'], qosShort: ['QoS 0', 'QoS 1', 'QoS 2'], size: 'Size',
		contentType: 'Content type', responseTopic: 'Answer to', expiry: 'Good for', seconds: (/** @type {number} */ n) => `${n} s`,
		record: (/** @type {string} */ path) => (path === '$' ? 'Record this value' : `Record ${path}`), recordShort: 'Record',
		history: 'Before that', historyLead: (/** @type {number} */ n) => `The last ${grouped(n)} messages since the topic was chosen; open one to see what changed.`,
		first: 'The first one seen.', same: 'The same as the one before.',
		/** @type {Record<string, string>} */
		hows: { changed: 'changed:', added: 'added:', removed: 'removed:' },
		publishTitle: 'Publish a message', publishHere: 'Publish here', publish: 'Publish', topic: 'Topic', topicHint: 'A full name, without + and #', topicWrong: 'A topic has neither + nor #, and does not begin with $.',
		payload: 'Message', retain: 'Retain it',
		sent: 'Sent.', delivered: 'Delivered.', nobody: 'The hub took it, but nobody listens.', kept: 'The hub keeps it; nobody listens now.', notSent: 'There is no connection; it was not sent.',
		refusedBecause: (/** @type {string} */ why) => `The hub refused: ${why}`,
		/** reason codes of MQTT @type {Record<number, string>} */
		reasons: { 0x80: 'for a reason of its own', 0x83: 'it may not be done', 0x87: 'this is not allowed', 0x8f: 'the filter is not valid', 0x90: 'the topic is not valid', 0x97: 'there is no room', 0x99: 'the message is not the text that it is said to be' },
		clearRetained: 'Clear retained', clearTitle: 'Clear the retained message?', clearText: 'The hub forgets it. Whoever asks for this topic later hears nothing until somebody publishes anew.', clearDo: 'Clear', cleared: 'The hub has forgotten it.',
		health: {
			title: 'Broker', fine: 'The broker is well.', silent: 'The broker tells nothing of itself: sys_interval_s in hub.conf is 0.',
			overload: ['', 'Memory is getting short: new clients are refused.', 'Memory is short: publishers are slowed down.', 'Memory is full: messages at QoS 0 are dropped.'],
			diskFull: 'The disk is full: what must be kept is refused.', storeErrors: (/** @type {string} */ n) => `Writing to the disk has failed ${n} times.`,
			houseLost: (/** @type {string} */ n) => `The hub had too much to do and lost ${n} reports of devices.`,
			flow: 'Traffic', messagesIn: 'Messages in', messagesOut: 'Messages out', bytesIn: 'Bytes in', bytesOut: 'Bytes out', aSecond: 'a second',
			broker: 'Hub', uptime: 'Up for', version: 'Version', process: 'Memory of the process',
			clients: 'Clients', connected: 'Connected', mostConnected: 'Most at one time', away: 'Away, with a session', subscriptions: 'Subscriptions',
			memory: 'Messages in memory', used: 'In use', mayUse: 'At most', retained: 'Retained', kept: (/** @type {string} */ n, /** @type {string} */ bytes) => `${n} · ${bytes}`, inflight: 'Sent, not yet acknowledged', dropped: 'Dropped for slow clients',
			memoryOf: (/** @type {string} */ used, /** @type {string} */ most) => `${used} of ${most} are in use`,
			disk: 'Disk', waiting: 'Samples that wait for it', unsealed: 'In the journal only', stored: 'Samples written', syncs: 'Journal syncs', written: 'Journal bytes written', errors: 'Failed writes',
			limits: 'Limits met', noLimits: 'None since the hub started.', times: (/** @type {number} */ n) => count(n, 'time', 'times'),
			/** @type {Record<string, string>} */
			limitNames: {
				connections: 'Clients refused: as many as may be', address_connections: 'Refused: too many of one address', connect_timeout: 'Closed: no login in time', packet_size: 'Packets too large',
				inflight: 'Too much at once from a client', queue: 'Queues full, messages dropped', subscriptions: 'Subscriptions refused', topic_levels: 'Topics with too many levels', retained: 'Not retained for want of room',
				publish_rate: 'Publishers slowed: too fast', memory_connections: 'Clients refused: memory', memory_publishers: 'Publishers slowed: memory', memory_qos0: 'Messages dropped: memory',
				web_connections: 'Browsers refused: as many as may be', web_address_connections: 'Browsers refused: one address', websockets: 'WebSockets refused',
			},
		},
	},

	people: {
		title: 'People', lead: 'Who may use this hub', notOwner: 'Only the owner of this hub can see and change this.',
		who: 'Who may log in', you: 'you', role: 'Role', rooms: 'Rooms',
		/** @type {Record<string, string>} */
		roles: { viewer: 'Viewer', guest: 'Guest', adult: 'Adult', owner: 'Owner' },
		/** @type {Record<string, string>} */
		roleHints: {
			viewer: 'Sees everything, changes nothing.', guest: 'A child or a guest: sees and controls the chosen rooms, and nothing else.',
			adult: 'Sees and controls everything.', owner: 'Also adds devices and people, and decides about the hub.',
		},
		noRooms: 'No room yet: sees nothing.', roomless: 'No device has a room yet. Give devices rooms on their pages first.',
		last: 'The only owner: make somebody else an owner first.', save: 'Save', saved: 'Saved. It holds at once.',
		waits: 'must choose a password',
		reset: 'Set a new password', resetLead: (/** @type {string} */ name) => `For when it is forgotten or others know it. Everywhere ${name} is logged in ends, and tokens too.`,
		password: 'Password to begin with', passwordHint: 'At the first login another one must be chosen.', resetDo: 'Set password',
		tell: (/** @type {string} */ name) => `Tell ${name} this password. At the first login another one must be chosen.`,
		remove: 'Remove', removeTitle: (/** @type {string} */ name) => `Remove ${name}?`, removeText: 'Everywhere they are logged in ends at once, and so do their tokens.',
		removeDo: 'Remove', removed: (/** @type {string} */ name) => `${name} is removed.`,
		add: 'Add somebody', name: 'Name', addDo: 'Add',
	},

	me: {
		title: 'Me', lead: 'Password, where you are logged in, tokens', role: 'Role', rooms: 'Rooms',
		sessions: 'Where you are logged in', here: 'here', used: 'used', unknown: 'An unknown program',
		on: (/** @type {string} */ browser, /** @type {string} */ system) => `${browser} on ${system}`,
		end: (/** @type {string} */ what) => `Log out ${what}`, ended: 'Logged out there.', endOthers: 'Log out everywhere else', endedOthers: 'Logged out everywhere else.',
		tokens: 'Tokens', tokensLead: 'With a token a program uses the hub in your name, without your password.',
		makeToken: 'Make a token', tokenName: 'What for', tokenNameHint: 'For example: wall panel', scope: 'It may', life: 'It ends', make: 'Make',
		/** @type {Record<string, string>} */
		scopes: { read: 'look', control: 'look and control', admin: 'everything you may' },
		days: (/** @type {number} */ n) => (n === 0 ? 'never' : n === 365 ? 'after a year' : `after ${n} days`),
		once: 'Copy it now: it is shown only this once.', how: 'Programs send it in the header “Authorization: Bearer …”.',
		unused: 'not used yet', until: (/** @type {string} */ when) => `ends ${when}`, over: 'has ended',
		revoke: (/** @type {string} */ name) => `Revoke ${name}`, revoked: (/** @type {string} */ name) => `${name} opens nothing any more.`,
	},

	first: {
		title: 'Choose your password', given: 'Password you were given',
		lead: (/** @type {string} */ name) => `Hello ${name}. Somebody else chose your password: choose one that only you know.`,
	},

	api: {
		title: 'API', lead: 'For programs: what the hub answers, to read and to try', about: 'What to know: values, lists, edits, errors', download: 'Download openapi.json',
		search: 'Search', none: 'Nothing by that name.', optional: 'optional', members: 'Members', example: 'Example',
		parameters: 'Parameters', body: 'Body', answers: 'Answers', events: 'Events', try: 'Try it', terminal: 'In a terminal', ask: 'Ask the hub', answer: 'The answer',
		problems: (/** @type {number} */ n) => count(n, 'kind of refusal', 'kinds of refusals'), kinds: 'Kinds of problems',
		standard: (/** @type {any} */ value) => `${value} when absent`,
		took: (/** @type {number} */ ms) => `${ms} ms`, answered: (/** @type {number} */ status) => `The hub answered ${status}.`,
		cut: (/** @type {number} */ n) => `Only the beginning is shown: the answer has ${grouped(n)} characters.`,
		/** @type {Record<string, string>} */
		places: { path: 'in the path', query: 'in the query', header: 'in the header' },
		/** @type {Record<string, string>} */
		access: {
			anyone: 'For anyone, without logging in.', viewer: 'For everybody who is logged in.', adult: 'For those who may use everything, and the owner.', resident: 'For adults and the owner, not for guests.', owner: 'For the owner.',
			metrics: 'For the owner, or with the token of /metrics.', local: 'Only on the hub’s own machine, by root and group tomte.',
		},
		/** @type {Record<string, string>} as the hub calls them */
		groups: { Account: 'Account', Devices: 'Devices', 'Groups and scenes': 'Groups and scenes', Alerts: 'Alerts', 'Adding devices': 'Adding devices', History: 'History', Live: 'Live', Hub: 'Hub' },
	},

	more: { back: 'Back to More', house: 'House', people: 'People', hub: 'Hub', scenesLead: 'Several things as one, moods of a room', explorerLead: 'Every MQTT topic as it is heard', explorerGuests: 'MQTT topics of the devices in your rooms', settingsLead: 'Language, look, log out' },
	charts: {
		title: 'Charts', of: 'Chart of the chosen readings', choose: 'Choose readings', chosen: 'Readings',
		empty: 'Nothing chosen yet', emptyHint: 'Lay up to twelve readings of the house over each other and see what goes together.', nothing: 'Nothing is recorded in the house yet. Once a device measures something, its chart is here.',
		start: 'Or begin with', allOf: (/** @type {string} */ kind, /** @type {number} */ n) => `${kind} (${grouped(n)})`,
		search: 'Search by name, room or kind', noneFound: 'No reading is called that.', more: (/** @type {number} */ n) => `${count(n, 'more reading', 'more readings')}: search for ${n === 1 ? 'it' : 'them'}.`,
		show: (/** @type {number} */ n) => (n ? `Show ${grouped(n)}` : 'Show none'), cancel: 'Cancel', full: (/** @type {number} */ n) => `${grouped(n)} at a time is all that can be told apart.`,
		gone: (/** @type {number} */ n) => `${count(n, 'chosen reading is', 'chosen readings are')} not in the house, or not for you to see.`, forget: 'Leave out',
		value: 'value', topics: 'Recorded topics',
		remove: (/** @type {string} */ name) => `Take out ${name}`, emphasize: (/** @type {string} */ name) => `Show ${name} alone in full, with its lowest and highest`,
		average: (/** @type {string} */ text) => `average ${text}`, compareWith: 'Compare with others', addTo: 'Add to charts', file: 'charts',
		/** What readings are of, to search for and to begin with. @type {Record<string, string>} */
		kinds: {
			temperature: 'Temperature', humidity: 'Humidity', power: 'Power', energy: 'Energy', carbon_dioxide: 'Carbon dioxide', illuminance: 'Brightness', pressure: 'Air pressure', atmospheric_pressure: 'Air pressure',
			door: 'Doors', window: 'Windows', motion: 'Motion', occupancy: 'Presence', battery: 'Battery', voltage: 'Voltage', current: 'Current', moisture: 'Moisture', water: 'Water', gas: 'Gas', data_rate: 'Data rate', signal_strength: 'Signal',
		},
	},

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
			garage_door: 'Garage door', opening: 'Opening', moving: 'Movement of a thing', sound: 'Sound', carbon_monoxide: 'Carbon monoxide', heat: 'Heat', cold: 'Cold', safety: 'Safety', tamper: 'Tampering', connectivity: 'Connection', battery_charging: 'Charging', update: 'Update',
			outlet: 'Socket', switch: 'Switch', blind: 'Blind', curtain: 'Curtain', garage: 'Garage', gate: 'Gate', shade: 'Shade', shutter: 'Shutter', awning: 'Awning', damper: 'Damper',
		},
	},

	arrange: {
		open: 'Arrange', done: 'Done', undo: 'Undo',
		hint: 'Drag by the handles. Tap a handle for other ways to move.',
		favourites: 'Favourites', favourite: (/** @type {string} */ name) => `Favourite: ${name}`,
		none: 'Give a star to what you use most: it will stand here.', starHint: 'What has a star stands at the top of Home.',
		starred: (/** @type {string} */ name) => `${name} is a favourite now.`, unstarred: (/** @type {string} */ name) => `${name} is no favourite any more.`,
		full: (/** @type {number} */ most) => `There are ${most} favourites, as many as there may be.`,
		rooms: 'Rooms',
		move: (/** @type {string} */ name, /** @type {string} */ list) => `Move ${name}, in ${list}`, moveTitle: (/** @type {string} */ name) => `Move ${name}`,
		place: (/** @type {number} */ at, /** @type {number} */ all, /** @type {string} */ list) => `${at} of ${all} in ${list}`,
		at: (/** @type {string} */ name, /** @type {number} */ at, /** @type {number} */ all) => `${name}: ${at} of ${all}`,
		first: 'To the beginning', earlier: 'Earlier', later: 'Later', last: 'To the end',
		undone: 'Undone', usual: 'Back to the usual order', usualDone: 'Rooms and cards are in their usual order.',
		joined: 'You have arranged Home on another page, too: both are kept.',
		notSaved: (/** @type {string} */ why) => `What you arranged is not saved. ${why}`, again: 'Try again', discard: 'Discard',
	},

	place: {
		title: 'Access and replacement', firmware: 'Firmware', signal: 'Signal', lastWords: 'How it went',
		/** how a device went @type {Record<string, string>} */
		partings: {
			goodbye: 'It said goodbye.', will: 'Its connection broke.', timeout: 'It fell silent.', closed: 'Its connection ended without a word.', absent: 'It has not come back since the hub started.',
			gateway: 'What it hangs on cannot be reached.', revoked: 'Its access was revoked.', replaced: 'Other hardware was to take its place.', moved: 'Its hardware is another device now.',
		},
		replace: 'Replace with other hardware', replaceLead: 'Another board with tomte on it becomes this device: it takes over name, room, groups, scenes and history. The one before is cut off in that moment. Sensors that the new one has not are no longer measured; their history stays.',
		again: 'Also for the same board, after a new installation.', make: 'Make a code for it', replaced: 'Done: the new hardware is this device now.',
		renew: 'New credentials', renewLead: 'The device makes new ones with the hub, by itself. Those from before are refused from then on.', renewDo: 'Renew now', renewing: 'The device has been told. Waiting for it…', renewLater: 'The device does not answer yet. It will do it as soon as it is back.', renewed: 'The device has new credentials.', renewFailed: 'That did not work. Try again, or make a code.',
		renewOffline: 'The device has to be online for that.', renewByHand: 'This device cannot do it by itself. Make a code above, and enter it on the same device.',
		revoke: 'Revoke access', revokeLead: 'The connection ends at once, and nothing can log in as this device until it is given a code again. Name, groups and history stay.', revokeTitle: (/** @type {string} */ name) => `Revoke the access of ${name}?`, revoked: (/** @type {string} */ name) => `${name} is cut off.`,
		none: 'Nothing can log in as this device now. With a code it, or other hardware, comes back.',
		by: 'Another device takes its place', byLead: 'For when this one is broken: let the new one appear here, then choose it. It takes over name, room, groups, scenes and history of this one, and its own entry goes with what it has recorded so far.',
		of: 'It takes another one’s place', ofLead: 'For when this is the new one: choose the one that it replaces. This entry goes with what it has recorded so far.',
		which: 'Which device', choose: 'Choose…', former: (/** @type {string} */ name) => `${name} (has gone)`, nobody: 'There is no other device of this sort.',
		kept: 'Goes on', lost: 'Ends; its history stays', fresh: 'Is new', as: (/** @type {string} */ name, /** @type {string} */ from) => `${name} (there: ${from})`, do: (/** @type {string} */ fresh, /** @type {string} */ old) => `Put ${fresh} in the place of ${old}`,
		done: (/** @type {string} */ name) => `${name} has its new device.`,
		formers: 'Devices that have gone', formersLead: 'They have taken themselves away. They come back when they appear again; until then their history is kept. On the page of a new device you can put that in the place of one of these.',
		forget: 'Delete for ever', forgetTitle: (/** @type {string} */ name) => `Delete ${name} and its history?`, forgotten: (/** @type {string} */ name) => `${name} is deleted.`, forgetText: 'What was recorded of it goes with it, and does not come back.',
		overtaken: 'Somebody else has changed this meanwhile.', takeTheirs: 'Take that', saveMine: 'Save mine all the same',
		nowNamed: (/** @type {string} */ name, /** @type {string} */ room) => (room ? `It is called “${name}” now, in ${room}.` : `It is called “${name}” now, in no room.`),
		nowCalled: (/** @type {string} */ name) => `It is called “${name}” now.`, nowMembers: (/** @type {string} */ name, /** @type {number} */ n) => `It is called “${name}” now, with ${count(n, 'member', 'members')}.`,
		nowTopics: (/** @type {string} */ topics) => `Its topics are now: ${topics}.`,
	},

	missing: { title: 'No such page', text: 'The address is wrong, or the page has moved.', home: 'To the overview' },
	copy: 'Copy',
};
