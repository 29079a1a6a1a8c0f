// Moves one thing of a list with finger, pen or mouse. While that lasts nothing of the page changes but transforms: what is drawn
// stays the page's own, and the new order is told at the end. The page scrolls when the finger comes near its edge.
import { nearest, scrollSpeed, shifts } from './places.js';

/** @import {Box} from './places.js' */

const SLOP_PX = 6;
const SETTLE_MS = 150;

let busy = false;
const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Within the page, not the window. @param {HTMLElement} element @returns {Box} */
function boxOf(element) {
	const { left, top, width, height } = element.getBoundingClientRect();
	return { left: left + scrollX, top: top + scrollY, width, height };
}

/** @param {HTMLElement} list */
const itemsOf = (list) => /** @type {HTMLElement[]} */ ([...list.children].filter((child) => child instanceof HTMLElement && child.dataset.key !== undefined));

/** Between what covers the page above and below. */
function viewEdges() {
	const head = document.querySelector('.page-head')?.getBoundingClientRect(), bar = document.querySelector('.bar')?.getBoundingClientRect();
	const wide = !bar || bar.top < innerHeight / 2;
	return { top: Math.max(0, head?.bottom ?? 0), bottom: wide ? innerHeight : bar.top };
}

/** @param {HTMLElement} element @param {{x: number, y: number}} by */
function shiftTo(element, { x, y }) {
	const wish = x || y ? `translate(${x}px, ${y}px)` : '';
	if (element.style.transform !== wish) element.style.transform = wish;
}

/**
 * Begins at a pointerdown; a tap remains one.
 * @param {PointerEvent} down @param {HTMLElement} item one of the list's children with data-key
 * @param {{lift?: () => void, drop: (from: number, to: number) => void, end?: () => void}} on
 *   lift: before places are measured; drop: it was let go there; end: in any case, after that
 */
export function beginSort(down, item, on) {
	if (busy || down.button !== 0) return;
	busy = true;
	const list = /** @type {HTMLElement} */ (item.parentElement), handle = /** @type {HTMLElement} */ (down.currentTarget);
	const start = item.getBoundingClientRect(), grab = { x: down.clientX - start.left, y: down.clientY - start.top };
	const at = { x: down.clientX, y: down.clientY };
	const over = new AbortController();
	/** @type {HTMLElement[]} */
	let items = [];
	/** @type {Box[]} */
	let boxes = [];
	let from = -1, to = -1, frame = 0;

	function lift() {
		handle.setPointerCapture(down.pointerId);
		on.lift?.();
		items = itemsOf(list);
		boxes = items.map(boxOf);
		from = to = items.indexOf(item);
		list.dataset.sorting = '';
		item.dataset.lifted = '';
		follow();
		frame = requestAnimationFrame(turn);
	}

	/** Everything to where it belongs for the finger's place. */
	function follow() {
		const box = boxes[from];
		const x = at.x + scrollX - grab.x - box.left, y = at.y + scrollY - grab.y - box.top;
		shiftTo(item, { x, y });
		const now = nearest(boxes, box.left + x + box.width / 2, box.top + y + box.height / 2);
		if (now === to) return;
		to = now;
		shifts(boxes, from, to).forEach((shift, i) => { if (i !== from) shiftTo(items[i], shift); });
	}

	function turn() {
		const { top, bottom } = viewEdges(), speed = scrollSpeed(at.y, top, bottom);
		if (speed) {
			scrollBy({ top: speed, behavior: 'instant' });
			follow();
		}
		frame = requestAnimationFrame(turn);
	}

	function clear() {
		delete list.dataset.sorting;
		delete item.dataset.lifted;
		delete item.dataset.settling;
		for (const one of items) one.style.transform = '';
	}

	/** @param {boolean} dropped */
	function finish(dropped) {
		clear(); // the page draws the new order before the next frame
		if (dropped && to !== from) on.drop(from, to);
		on.end?.();
		busy = false;
	}

	/** @param {boolean} dropped */
	function stop(dropped) {
		over.abort();
		cancelAnimationFrame(frame);
		if (from < 0) {
			busy = false;
			return;
		}
		addEventListener('click', swallow, { capture: true, once: true });
		setTimeout(() => removeEventListener('click', swallow, { capture: true }));
		if (!dropped) {
			to = from;
			items.forEach((one, i) => { if (i !== from) shiftTo(one, { x: 0, y: 0 }); });
		}
		if (still()) {
			finish(dropped);
			return;
		}
		item.dataset.settling = '';
		shiftTo(item, shifts(boxes, from, to)[from]);
		setTimeout(finish, SETTLE_MS, dropped);
	}

	/** The click that ends it is none. @param {Event} event */
	function swallow(event) {
		event.preventDefault();
		event.stopPropagation();
	}

	const { signal } = over;
	addEventListener('pointermove', (event) => {
		if (event.pointerId !== down.pointerId) return;
		Object.assign(at, { x: event.clientX, y: event.clientY });
		if (from >= 0) follow();
		else if (Math.hypot(at.x - down.clientX, at.y - down.clientY) > SLOP_PX) lift();
	}, { signal });
	addEventListener('pointerup', (event) => { if (event.pointerId === down.pointerId) stop(true); }, { signal });
	addEventListener('pointercancel', (event) => { if (event.pointerId === down.pointerId) stop(false); }, { signal });
	addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
	addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' || from < 0) return;
		event.preventDefault();
		stop(false);
	}, { signal, capture: true });
}
