// Fingers, mouse, wheel and keys on a chart: drawing pans, two fingers pinch, the wheel zooms, a double tap resets, resting
// a finger reads values. Vertical movement of one finger is the page's scrolling (touch-action: pan-y).
import { useEffect, useRef } from '../lib.js';

/** @import {TimeModel} from './chart_time.js' */

const SLOP_PX = 8, HOLD_MS = 350, DOUBLE_MS = 320, DOUBLE_PX = 32;
const WHEEL_STEP = 0.0018; // of zoom a pixel that the wheel turns
const SCROLLING_MS = 250; // a wheel that scrolls the page goes on doing so over the chart

/**
 * @typedef {object} Handlers
 * @property {(factor: number, clientX: number) => void} zoom
 * @property {(pixels: number) => void} drag to the right is positive
 * @property {(share: number) => void} pan
 * @property {(clientX: number) => void} read
 * @property {() => void} leave
 * @property {() => void} reset
 */

class Gestures {
	/** @type {Map<number, number>} pointer → clientX */
	#down = new Map();
	#from = { x: 0, y: 0 };
	/** 'none', 'pressed', 'panning', 'reading', 'pinching' */
	#doing = 'none';
	#hold = 0;
	#tap = { at: 0, x: 0 };
	/** @type {Handlers} */
	on;

	/** @param {Handlers} on */
	constructor(on) {
		this.on = on;
	}

	/** @param {PointerEvent} event */
	down(event) {
		if (event.pointerType === 'mouse' && event.button !== 0) return;
		this.#down.set(event.pointerId, event.clientX);
		clearTimeout(this.#hold);
		if (this.#down.size === 2) {
			this.#doing = 'pinching';
			this.on.leave();
			return;
		}
		this.#doing = 'pressed';
		this.#from = { x: event.clientX, y: event.clientY };
		if (event.pointerType === 'mouse') return;
		const { clientX } = event;
		this.on.read(clientX);
		this.#hold = setTimeout(() => { if (this.#doing === 'pressed') this.#doing = 'reading'; }, HOLD_MS);
	}

	/** @param {PointerEvent} event */
	move(event) {
		const before = this.#down.get(event.pointerId);
		if (before === undefined) return;
		if (this.#doing === 'pressed') {
			if (Math.abs(event.clientX - this.#from.x) < SLOP_PX) return;
			this.#doing = 'panning';
			this.on.leave();
			/** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
		}
		const others = [...this.#down].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
		this.#down.set(event.pointerId, event.clientX);
		if (this.#doing === 'reading') this.on.read(event.clientX);
		else if (this.#doing === 'panning') this.on.drag(event.clientX - before);
		else if (this.#doing === 'pinching' && others.length === 1) this.#pinch(others[0], before, event.clientX);
	}

	/** One finger rests, the other has moved. @param {number} rest @param {number} before @param {number} after */
	#pinch(rest, before, after) {
		const was = Math.max(24, Math.abs(before - rest)), is = Math.max(24, Math.abs(after - rest));
		this.on.zoom(was / is, (rest + after) / 2);
		this.on.drag((after - before) / 2);
	}

	/** @param {PointerEvent} event */
	up(event) {
		clearTimeout(this.#hold);
		if (!this.#down.delete(event.pointerId)) return;
		const tapped = this.#doing === 'pressed' && event.type === 'pointerup';
		this.#doing = this.#down.size ? 'panning' : 'none';
		if (!tapped) return;
		if (event.timeStamp - this.#tap.at < DOUBLE_MS && Math.abs(event.clientX - this.#tap.x) < DOUBLE_PX) {
			this.#tap = { at: 0, x: 0 };
			this.on.reset();
		} else {
			this.#tap = { at: event.timeStamp, x: event.clientX };
		}
	}

	/** A press that becomes the page's scrolling. @param {PointerEvent} event */
	cancel(event) {
		this.up(event);
		this.on.leave();
	}
}

/**
 * A key: it moves the cursor, or does what gestures do.
 * @param {KeyboardEvent} event @param {TimeModel & {comparable: boolean, point: (to: number|null) => void}} model
 * @param {{walk: (key: string) => number|null|undefined, reset: () => void, compare: () => void}} on walk: where the cursor goes; undefined: it is none of its keys
 */
export function takeKey(event, model, { walk, reset, compare }) {
	const { key, shiftKey } = event;
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	const next = shiftKey ? undefined : walk(key);
	if (next !== undefined) model.point(next);
	else if (key === '+' || key === '=') model.zoom(0.5);
	else if (key === '-') model.zoom(2);
	else if (key === '0') reset();
	else if (key === 'w' && model.comparable) compare();
	else if (shiftKey && (key === 'ArrowLeft' || key === 'ArrowRight')) model.pan(key === 'ArrowLeft' ? -0.25 : 0.25);
	else return;
	event.preventDefault();
}

/** The handlers for the element; the wheel's is added by itself, because it must be able to keep the page from scrolling.
 * @param {{current: HTMLElement|null}} area @param {Handlers} on */
export function useGestures(area, on) {
	const kept = useRef(/** @type {Gestures|null} */ (null));
	const gestures = kept.current ??= new Gestures(on);
	gestures.on = on;
	useEffect(() => {
		const element = area.current;
		if (!element) return undefined;
		let scrolled = -Infinity;
		const onScroll = () => { scrolled = performance.now(); };
		/** @param {WheelEvent} event */
		const onWheel = (event) => {
			if (performance.now() - scrolled < SCROLLING_MS) {
				onScroll();
				return;
			}
			event.preventDefault();
			const unit = event.deltaMode === 1 ? 18 : 1;
			if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) gestures.on.drag(-(event.deltaX || event.deltaY) * unit);
			else gestures.on.zoom(Math.exp(event.deltaY * unit * WHEEL_STEP), event.clientX);
		};
		element.addEventListener('wheel', onWheel, { passive: false });
		addEventListener('scroll', onScroll, { passive: true });
		return () => {
			element.removeEventListener('wheel', onWheel);
			removeEventListener('scroll', onScroll);
		};
	}, []);
	return {
		onPointerDown: (/** @type {PointerEvent} */ event) => gestures.down(event),
		onPointerMove: (/** @type {PointerEvent} */ event) => gestures.move(event),
		onPointerUp: (/** @type {PointerEvent} */ event) => gestures.up(event),
		onPointerCancel: (/** @type {PointerEvent} */ event) => gestures.cancel(event),
	};
}
