// Home while it is arranged: favourites, rooms and cards are moved by finger, mouse, keyboard or menu. Each move is saved at once
// (home.js) and can be undone until one is done with it.
import { useLayoutEffect, useRef, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { announce } from '../parts/announce.js';
import { ArrangeCard, Grip } from '../parts/arrange_card.js';
import { MoveMenu } from '../parts/arrange_menu.js';
import { nameOf } from '../parts/card_shell.js';
import { columns } from '../parts/places.js';
import { readingName } from '../parts/sensor_card.js';
import { beginSort } from '../parts/sorter.js';
import { toggleFavourite } from '../parts/star.js';
import { Unsaved } from '../parts/unsaved.js';
import { favouritesOf, keyOf, moved, orderCards, orderRooms, withCardsAs, withFavourite, withFavouritesAs, withoutFavourite, withoutOrder, withRoomsAs } from '../arrangement.js';
import { home, rearrange } from '../home.js';
import { isControl, rooms, usualCards } from '../house.js';
import { devices } from '../store.js';
import { T } from '../text.js';

/** @import {Change} from '../home.js' */
/** @import {Item} from '../parts/arrange_card.js' */

/**
 * What is sorted: the favourites, the cards of a room, or the rooms.
 * @template {{key: string, name: string}} I
 * @typedef {{id: string, name: string, items: I[], as: (keys: string[]) => Change}} List
 */
/** @typedef {{favourites: List<Item>, rooms: List<List<Item> & {key: string}>}} Lists */

/** @returns {Lists} */
function listsNow() {
	const now = home.value, list = orderRooms(rooms(devices.value.values()), now), areas = list.map(({ area }) => area);
	const favourites = favouritesOf(now, devices.value).map((one) => ({ ...one, name: isControl(one.entity) ? nameOf(one.device, one.entity) : readingName(one.device, one.entity) }));
	const cards = list.map((room) => ({
		id: `room:${room.area}`, key: room.area, name: room.area || T.home.elsewhere,
		items: orderCards(usualCards(room.devices), now, room.area).map((card) => ({ ...card, name: card.control && card.entity ? nameOf(card.device, card.entity) : card.device.name })),
		as: (/** @type {string[]} */ keys) => (/** @type {typeof now} */ home) => withCardsAs(home, room.area, keys, areas),
	}));
	return {
		favourites: { id: 'favourites', name: T.arrange.favourites, items: favourites, as: (keys) => (home) => withFavouritesAs(home, keys) },
		rooms: { id: 'rooms', name: T.arrange.rooms, items: cards, as: (keys) => (home) => withRoomsAs(home, keys) },
	};
}

/** @type {Record<string, (at: number, all: number, across: number) => number>} where a key moves it */
const KEYS = {
	ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, ArrowUp: (at, _, across) => at - across, ArrowDown: (at, _, across) => at + across,
	Home: () => 0, End: (_, all) => all - 1,
};

/** Rooms are moved as their heads alone: a house of them fits a phone then. @param {HTMLElement} room @param {boolean} fold */
function foldRooms(room, fold) {
	const list = /** @type {HTMLElement} */ (room.parentElement), before = room.getBoundingClientRect().top;
	list.toggleAttribute('data-folded', fold);
	scrollBy({ top: room.getBoundingClientRect().top - before, behavior: 'instant' });
}

/** Everything that moves things, and what undoes it. */
function useMoves() {
	const [undo, setUndo] = useState(/** @type {Change[]} */ ([]));
	const [menu, setMenu] = useState(/** @type {{list: string, key: string}|null} */ (null));
	const [frozen, setFrozen] = useState(/** @type {Lists|null} */ (null));
	const focus = useRef(/** @type {{list: string, key: string}|null} */ (null));
	const lists = frozen ?? listsNow();

	/** @param {Change} change @param {Change} back */
	const does = (change, back) => {
		setUndo((before) => [...before, back]);
		rearrange(change);
	};
	/** @param {List<any>} list @param {number} from @param {number} to */
	const move = (list, from, to) => {
		const keys = list.items.map(({ key }) => key), at = Math.max(0, Math.min(keys.length - 1, to));
		if (at === from) return;
		does(list.as(moved(keys, from, at)), list.as(keys));
		announce(T.arrange.at(list.items[from].name, at + 1, keys.length));
	};
	/** What the handle of an item does. @param {List<any>} list @param {string} key */
	const handle = (list, key) => ({
		list: list.name, name: list.items.find((item) => item.key === key).name,
		onMenu: () => setMenu({ list: list.id, key }),
		onDown: (/** @type {PointerEvent} */ event) => {
			const item = /** @type {HTMLElement} */ (/** @type {Element} */ (event.currentTarget).closest('[data-key]')), room = list.id === 'rooms';
			beginSort(event, item, {
				lift: () => {
					setFrozen(lists); // what comes meanwhile would move places under the finger
					if (room) foldRooms(item, true);
				},
				drop: (from, to) => move(list, from, to),
				end: () => {
					setFrozen(null);
					if (room) queueMicrotask(() => foldRooms(item, false)); // in its new place: drawing it is older
				},
			});
		},
		onKey: (/** @type {KeyboardEvent} */ event) => {
			const to = KEYS[event.key];
			if (!to || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			const from = list.items.findIndex((item) => item.key === key), siblings = /** @type {Element} */ (event.currentTarget).closest('[data-key]')?.parentElement?.children ?? [];
			focus.current = { list: list.id, key };
			move(list, from, to(from, list.items.length, columns([...siblings].map((sibling) => sibling.getBoundingClientRect()))));
		},
	});
	useLayoutEffect(() => { // what is moved within the page loses the focus
		const wanted = focus.current;
		if (!wanted) return;
		focus.current = null;
		/** @type {HTMLElement|null|undefined} */ (document.querySelector(`[data-list="${CSS.escape(wanted.list)}"] > [data-key="${CSS.escape(wanted.key)}"] .grip`))?.focus();
	});
	return { lists, does, handle, move, menu, closeMenu: () => setMenu(null), undo, setUndo };
}

/** @param {{moves: ReturnType<typeof useMoves>}} props */
function Menu({ moves: { lists, menu, move, closeMenu } }) {
	const list = menu && [lists.favourites, lists.rooms, ...lists.rooms.items].find(({ id }) => id === menu.list);
	const at = list ? list.items.findIndex(({ key }) => key === menu.key) : -1;
	if (!list || at < 0) return null;
	return html`<${MoveMenu} name=${list.items[at].name} list=${list.name} at=${at} all=${list.items.length} onMove=${(/** @type {number} */ to) => move(list, at, to)} onClose=${closeMenu} />`;
}

/** @param {{list: List<Item>, moves: ReturnType<typeof useMoves>}} props */
function Cards({ list, moves }) {
	/** @param {Item} item */
	const star = ({ device, entity, name }) => {
		if (!entity) return;
		const card = { device: device.id, entity: entity.id }, before = home.peek().favourites.map(keyOf);
		const is = toggleFavourite(device, entity, name);
		if (is !== before.includes(keyOf(card))) moves.setUndo((undo) => [...undo, is ? (now) => withoutFavourite(now, card) : (now) => withFavouritesAs(withFavourite(now, card), before)]);
	};
	return html`<ul class="cards" data-list=${list.id}>${list.items.map((item) => {
		const handle = moves.handle(list, item.key);
		return html`<${ArrangeCard} key=${item.key} item=${item} onDown=${handle.onDown} onStar=${() => star(item)} grip=${html`<${Grip} ...${handle} />`} />`;
	})}</ul>`;
}

/** @param {{onDone: () => void}} props */
export function Arranging({ onDone }) {
	const moves = useMoves();
	const { lists: { favourites, rooms: list }, undo, setUndo, does } = moves;
	const takeBack = () => {
		rearrange(undo[undo.length - 1]);
		setUndo(undo.slice(0, -1));
		announce(T.arrange.undone);
	};
	const asUsual = () => {
		const before = home.peek().rooms;
		does(withoutOrder, (now) => ({ ...now, rooms: before }));
		announce(T.arrange.usualDone);
	};
	const after = html`<button type="button" class="icon-button" aria-label=${T.arrange.undo} title=${T.arrange.undo} aria-disabled=${undo.length ? undefined : 'true'} onClick=${() => undo.length && takeBack()}><${Icon} name="undo" /></button>
		<button type="button" class="button primary small" onClick=${onDone}><${Icon} name="check" /><span>${T.arrange.done}</span></button>`;
	return html`<${Page} title=${T.home.title} after=${after}>
		<${Unsaved} /><p class="muted arranging">${T.arrange.hint}</p>
		<section class="room" aria-labelledby="favourites"><header class="room-head"><h2 id="favourites">${favourites.name}</h2></header>
			${favourites.items.length ? html`<${Cards} list=${favourites} moves=${moves} />` : html`<p class="muted no-favourites">${T.arrange.none}</p>`}</section>
		<div class="arrange-rooms" data-list="rooms">${list.items.map((room, i) => html`<section key=${room.key} class="room" data-key=${room.key} aria-labelledby=${`arrange-${i}`}>
			<header class="room-head"><h2 id=${`arrange-${i}`}>${room.name}</h2><${Grip} ...${moves.handle(list, room.key)} /></header>
			<${Cards} list=${room} moves=${moves} /></section>`)}</div>
		${home.value.rooms.length > 0 && html`<div class="row"><button type="button" class="button" onClick=${asUsual}>${T.arrange.usual}</button></div>`}
		<${Menu} moves=${moves} />
	</${Page}>`;
}
