// The order of one's own Home page: pure functions from one home to the next, each of which can be applied again to a home that has
// changed elsewhere meanwhile. What a home does not name stands behind what it names, in its usual order.

/** @import {CardRef, Device, Home} from './types.js' */

/** As many as the hub keeps (db/homes.h). */
export const MOST_FAVOURITES = 100;

/** @type {Home} */
export const UNARRANGED = { favourites: [], rooms: [] };

/** The same keys as cardsOf() gives. @param {CardRef} card */
export const keyOf = ({ device, entity = '' }) => `${device}/${entity}`;

/** @param {string} key @returns {CardRef} */
export function refOf(key) {
	const at = key.indexOf('/'), device = key.slice(0, at), entity = key.slice(at + 1);
	return entity ? { device, entity } : { device };
}

/**
 * Those that are named first, as they are named; the rest as it was.
 * @template X
 * @param {X[]} items @param {(item: X) => string} nameOf @param {string[]} names
 */
export function inOrder(items, nameOf, names) {
	if (!names.length) return items;
	const places = new Map(names.map((name, i) => [name, i]));
	const placeOf = (/** @type {X} */ item) => places.get(nameOf(item)) ?? places.size;
	return items.map((item) => ({ item, place: placeOf(item) })).sort((a, b) => a.place - b.place).map(({ item }) => item);
}

/**
 * The house's rooms in one's own order. New ones come last, but for what is in no room, where that is last.
 * @template {{area: string}} R
 * @param {R[]} rooms in their usual order @param {Home} home
 */
export function orderRooms(rooms, home) {
	const names = home.rooms.map(({ area }) => area);
	if (names.at(-1) !== '') return inOrder(rooms, ({ area }) => area, names);
	return [...inOrder(rooms.filter(({ area }) => area), ({ area }) => area, names), ...rooms.filter(({ area }) => !area)];
}

/**
 * The cards of a room in one's own order.
 * @template {{key: string}} C
 * @param {C[]} cards in their usual order @param {Home} home @param {string} area
 */
export const orderCards = (cards, home, area) => inOrder(cards, ({ key }) => key, home.rooms.find((room) => room.area === area)?.cards.map(keyOf) ?? []);

/** @param {Home} home @param {CardRef} card */
export const isFavourite = (home, card) => home.favourites.some((one) => keyOf(one) === keyOf(card));

/** @param {Home} home @param {CardRef & {entity: string}} card @returns {Home} */
export const withFavourite = (home, card) => (isFavourite(home, card) || home.favourites.length >= MOST_FAVOURITES ? home : { ...home, favourites: [...home.favourites, card] });

/** @param {Home} home @param {CardRef} card @returns {Home} */
export const withoutFavourite = (home, card) => ({ ...home, favourites: home.favourites.filter((one) => keyOf(one) !== keyOf(card)) });

/** @param {Home} home @param {string[]} keys of those that are seen @returns {Home} */
export const withFavouritesAs = (home, keys) => ({ ...home, favourites: inOrder(home.favourites, keyOf, keys) });

/** Gives all these rooms a place. @param {Home} home @param {string[]} areas @returns {Home} */
export function withRoomsAs(home, areas) {
	const known = new Map(home.rooms.map((room) => [room.area, room]));
	return { ...home, rooms: [...areas.map((area) => known.get(area) ?? { area, cards: [] }), ...home.rooms.filter(({ area }) => !areas.includes(area))] };
}

/**
 * Gives all these cards of a room a place. What the room had and shows no more, keeps one behind them: it may come back.
 * @param {Home} home @param {string} area @param {string[]} keys @param {string[]} areas all rooms as they stand: a room with an order has a place among them
 * @returns {Home}
 */
export function withCardsAs(home, area, keys, areas) {
	const placed = home.rooms.some((room) => room.area === area) ? home : withRoomsAs(home, areas);
	const here = new Set(keys);
	const rooms = placed.rooms.map((room) => {
		const others = room.cards.filter((card) => !here.has(keyOf(card)));
		return { area: room.area, cards: room.area === area ? [...keys.map(refOf), ...others] : others };
	});
	return { ...placed, rooms };
}

/** Whether the two are one but for devices that are gone. @param {Home} a @param {Home} b @param {Map<string, Device>} devices */
export function isSame(a, b, devices) {
	const there = (/** @type {CardRef[]} */ cards) => cards.filter(({ device }) => devices.has(device)).map(keyOf);
	const [one, other] = [a, b].map(({ favourites, rooms }) => JSON.stringify([there(favourites), rooms.map(({ area, cards }) => [area, there(cards)])]));
	return one === other;
}

/** Rooms and cards as they stand by themselves. @param {Home} home @returns {Home} */
export const withoutOrder = (home) => ({ ...home, rooms: [] });

/** @template X @param {X[]} list @param {number} from @param {number} to */
export function moved(list, from, to) {
	const rest = list.filter((_, i) => i !== from);
	rest.splice(Math.max(0, Math.min(rest.length, to)), 0, list[from]);
	return rest;
}

/**
 * The favourites whose device and entity are there.
 * @param {Home} home @param {Map<string, Device>} devices
 */
export const favouritesOf = (home, devices) => home.favourites.flatMap((card) => {
	const device = devices.get(card.device), entity = device?.entities.find(({ id }) => id === card.entity);
	return device && entity ? [{ key: keyOf(card), device, entity }] : [];
});
