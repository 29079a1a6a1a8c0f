// The texts of favourites and of arranging Home, in German: a part of the catalogue.
export const ARRANGE = {
	arrange: {
		open: 'Anordnen', done: 'Fertig', undo: 'Rückgängig',
		hint: 'Ziehe an den Griffen. Tippe auf einen Griff, um anders zu verschieben.',
		favourites: 'Favoriten', favourite: (/** @type {string} */ name) => `Favorit: ${name}`,
		none: 'Gib dem einen Stern, was du am meisten brauchst: Es steht dann hier.', starHint: 'Was einen Stern hat, steht unter „Zuhause“ ganz oben.',
		starred: (/** @type {string} */ name) => `${name} ist jetzt ein Favorit.`, unstarred: (/** @type {string} */ name) => `${name} ist kein Favorit mehr.`,
		full: (/** @type {number} */ most) => `Es gibt ${most} Favoriten, mehr können es nicht sein.`,
		rooms: 'Räume',
		move: (/** @type {string} */ name, /** @type {string} */ list) => `${name} verschieben, in ${list}`, moveTitle: (/** @type {string} */ name) => `${name} verschieben`,
		place: (/** @type {number} */ at, /** @type {number} */ all, /** @type {string} */ list) => `${at} von ${all} in ${list}`,
		at: (/** @type {string} */ name, /** @type {number} */ at, /** @type {number} */ all) => `${name}: ${at} von ${all}`,
		first: 'An den Anfang', earlier: 'Nach vorn', later: 'Nach hinten', last: 'Ans Ende',
		undone: 'Rückgängig gemacht', usual: 'Zurück zur üblichen Reihenfolge', usualDone: 'Räume und Karten stehen in der üblichen Reihenfolge.',
		joined: 'Du hast „Zuhause“ auch auf einer anderen Seite angeordnet: Beides bleibt.',
		notSaved: (/** @type {string} */ why) => `Deine Anordnung ist nicht gespeichert. ${why}`, again: 'Noch einmal versuchen', discard: 'Verwerfen',
	},
};
