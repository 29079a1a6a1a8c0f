// The texts about what is in a device's place, and edits that overtake each other, in English: a part of the catalogue.
import { grouped } from '../locale.js';

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;

export const PLACE = {
	place: {
		title: 'Access and replacement', firmware: 'Firmware', signal: 'Signal', lastWords: 'How it went',
		/** how a device went @type {Record<string, string>} */
		partings: {
			goodbye: 'It said goodbye.', will: 'Its connection broke.', timeout: 'It fell silent.', closed: 'Its connection ended without a word.', absent: 'It has not come back since the hub started.',
			gateway: 'What it hangs on cannot be reached.', revoked: 'Its access was revoked.', replaced: 'Other hardware was to take its place.', moved: 'Its hardware is another device now.',
		},
		replace: 'Replace with other hardware', replaceLead: 'Another board with tomte on it becomes this device: it takes over name, room, groups, scenes and history. The one before is cut off in that moment. Sensors that the new one has not are no longer measured; their history stays.',
		again: 'Also for the same board, after a new installation.', make: 'Make a code for it', replaced: 'Done: the new hardware is this device now.',
		renew: 'New credentials', renewLead: 'The device makes new ones with the hub, by itself. Those from before are refused from then on.', renewDo: 'Renew now', renewing: 'The device has been told. Waiting for it…', renewed: 'The device has new credentials.', renewFailed: 'That did not work. Try again, or make a code.',
		renewOffline: 'The device has to be online for that.', renewByHand: 'This device cannot do it by itself. Make a code above, and enter it on the same device.',
		revoke: 'Revoke access', revokeLead: 'The connection ends at once, and nothing can log in as this device until it is given a code again. Name, groups and history stay.', revokeTitle: (/** @type {string} */ name) => `Revoke the access of ${name}?`, revoked: (/** @type {string} */ name) => `${name} is cut off.`,
		none: 'Nothing can log in as this device now. With a code it, or other hardware, comes back.',
		by: 'Another device takes its place', byLead: 'For when this one is broken: let the new one appear here, then choose it. It takes over name, room, groups, scenes and history of this one, and its own entry goes with what it has recorded so far.',
		of: 'It takes another one’s place', ofLead: 'For when this is the new one: choose the one that it replaces. This entry goes with what it has recorded so far.',
		which: 'Which device', choose: 'Choose…', former: (/** @type {string} */ name) => `${name} (has gone)`, nobody: 'There is no other device of this sort.',
		kept: 'Goes on', lost: 'Ends; its history stays', fresh: 'Is new', as: (/** @type {string} */ name, /** @type {string} */ from) => `${name} (there: ${from})`, do: (/** @type {string} */ fresh, /** @type {string} */ old) => `Put ${fresh} in the place of ${old}`,
		done: (/** @type {string} */ name) => `${name} has its new device.`,
		formers: 'Devices that have gone', formersLead: 'They have taken themselves away. They come back when they appear again; until then their history is kept. On the page of a new device you can put that in the place of one of these.',
		forget: 'Delete for ever', forgetTitle: (/** @type {string} */ name) => `Delete ${name} and its history?`, forgotten: (/** @type {string} */ name) => `${name} is deleted.`, formersCount: (/** @type {number} */ n) => count(n, 'device', 'devices'),
		overtaken: 'Somebody else has changed this meanwhile.', takeTheirs: 'Take that', saveMine: 'Save mine all the same',
		nowNamed: (/** @type {string} */ name, /** @type {string} */ room) => (room ? `It is called “${name}” now, in ${room}.` : `It is called “${name}” now, in no room.`),
		nowCalled: (/** @type {string} */ name) => `It is called “${name}” now.`, nowMembers: (/** @type {string} */ name, /** @type {number} */ n) => `It is called “${name}” now, with ${count(n, 'member', 'members')}.`,
		nowTopics: (/** @type {string} */ topics) => `Its topics are now: ${topics}.`,
	},
};
