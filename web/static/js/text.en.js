// Every word of the pages, in English. Another language is another file of
// this shape.

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

export const T = {
	app: 'tomte',
	locale: undefined, // the browser's own, for numbers and times

	nav: { label: 'Pages', home: 'Home', alerts: 'Alerts', add: 'Add', settings: 'Settings' },
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
	},

	time: {
		now: 'just now',
		seconds: (/** @type {number} */ n) => `${n} s ago`,
		minutes: (/** @type {number} */ n) => `${n} min ago`,
		hours: (/** @type {number} */ n) => `${n} h ago`,
		days: (/** @type {number} */ n) => `${count(n, 'day', 'days')} ago`,
		never: 'never',
		lasted: (/** @type {string} */ duration) => `lasted ${duration}`,
	},

	fate: {
		waiting: 'Sending…',
		failed: 'The device refused.',
		expired: 'The device did not answer.',
		silence: 'No answer yet. The device may be busy; try again.',
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
		add: 'Add a device',
		lights: (/** @type {number} */ n) => count(n, 'light on', 'lights on'),
		lightsOff: 'lights off',
		offline: (/** @type {number} */ n) => `${n} offline`,
		open: (/** @type {number} */ n) => `${n} open`,
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
		erase: 'Delete device',
		eraseTitle: (/** @type {string} */ name) => `Delete ${name}?`,
		eraseText: 'Its credentials end at once, and all its measurements are erased. This cannot be undone.',
		eraseType: (/** @type {string} */ name) => `Type “${name}” to confirm`,
		eraseDo: 'Delete for ever', cancel: 'Cancel', erased: (/** @type {string} */ name) => `${name} is deleted.`,
		turnOn: 'Turn on', turnOff: 'Turn off', power: 'Power', brightness: 'Brightness', colour: 'Colour', send: 'Set', setTo: 'Set to',
		more: (/** @type {number} */ n) => `${n} more`,
		hueOf: (/** @type {number} */ hue, /** @type {number} */ saturation) => `Hue ${hue}°, saturation ${saturation} %`,
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
		now: 'now', table: 'Show as table', save: 'Save as CSV',
		time: 'Time', value: 'Value', least: 'Lowest', most: 'Highest', between: (/** @type {string} */ a, /** @type {string} */ b) => `${a} to ${b}`,
		which: 'What to draw', total: 'in all', state: 'State', lasted: 'For', rose: 'Rise', several: 'several',
		hint: 'Zoom with + and −, or the wheel; move with Shift and the arrows, or by drawing; 0 or a double tap leads back.',
		back: 'Back to now', nearer: 'Nearer', farther: 'Farther', stale: 'The newest part could not be loaded.',
		download: 'Download', window: 'This stretch, every sample', everything: 'Everything of this reading', points: 'The points shown',
		latest: 'until now',
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
		noHistory: 'Nothing has happened yet.', since: 'since', more: 'Show earlier ones',
		opened: (/** @type {string} */ text) => `Alert: ${text}`, closed: (/** @type {string} */ text) => `Over: ${text}`,
		ongoing: 'still open',
	},

	settings: {
		title: 'Settings', account: 'Account', loggedIn: 'Logged in as',
		/** @type {Record<string, string>} */
		roles: { owner: 'Owner', adult: 'May use everything', viewer: 'May look' },
		logout: 'Log out', password: 'Change password', old: 'Current password', fresh: 'New password', change: 'Change password',
		changed: 'Password changed. Other devices have been logged out.', wrongOld: 'The current password is wrong.',
		look: 'Look', theme: 'Theme',
		/** @type {Record<string, string>} */
		themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
		hub: 'This hub', version: 'Version', hubId: 'Hub id', ports: 'Ports', port: (/** @type {string} */ what, /** @type {number} */ n) => `${what} ${n}`,
		trust: 'Trust this hub',
		trustLead: 'Your hub signs its own certificate, so a browser warns at first. Install the hub’s authority once per phone or computer and the warning ends.',
		download: 'Download ca.pem', fingerprint: 'Its SHA-256 fingerprint. The machine of the hub prints the same with:',
		fingerprintCommand: 'sudo tomtectl fingerprint',
		/** @type {[string, string][]} */
		steps: [
			['Android', 'Settings → Security → Encryption & credentials → Install a certificate → CA certificate, and choose ca.pem.'],
			['iPhone, iPad', 'Open ca.pem, then Settings → Profile downloaded → Install; then General → About → Certificate trust settings → switch it on.'],
			['Windows', 'Open ca.pem as a certificate → Install → Trusted root certification authorities.'],
			['macOS', 'Open ca.pem in Keychain Access, then set it to “Always trust”.'],
			['Linux', 'sudo cp ca.pem /usr/local/share/ca-certificates/tomte.crt && sudo update-ca-certificates; Firefox and Chromium import it in their own settings.'],
		],
	},

	missing: { title: 'No such page', text: 'The address is wrong, or the page has moved.', home: 'To the overview' },
	details: 'Technical details', copy: 'Copy',
};
