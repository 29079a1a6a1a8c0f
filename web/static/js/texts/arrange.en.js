// The texts of favourites and of arranging Home, in English: a part of the catalogue.
export const ARRANGE = {
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
};
