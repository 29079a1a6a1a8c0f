// One finger on a card: a tap, a horizontal drag, or a long press. Vertical
// movement belongs to the page's scrolling (touch-action: pan-y).
import { useRef } from '../lib.js';

const SLOP_PX = 8;
const LONG_PRESS_MS = 550;

/**
 * @param {{least?: number, start: () => number, move: ((percent: number) => void)|null, end: (percent: number) => void, hold: () => void}} on
 *   least: the lowest percentage, 1 unless told; start: the percentage to begin with; move: null when nothing can be drawn; hold: long press of a finger
 */
export function useDrag(on) {
	const state = useRef({ id: -1, x: 0, y: 0, from: 0, percent: 0, width: 1, dragging: false, swallow: false, timer: 0 });
	const s = state.current;

	/** @param {PointerEvent} event */
	const onPointerDown = (event) => {
		if (event.button !== 0) return;
		const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
		Object.assign(s, { id: event.pointerId, x: event.clientX, y: event.clientY, from: on.start(), width: Math.max(1, box.width), dragging: false, swallow: false });
		clearTimeout(s.timer);
		if (event.pointerType === 'touch') {
			s.timer = setTimeout(() => {
				s.swallow = true;
				s.id = -1;
				on.hold();
			}, LONG_PRESS_MS);
		}
	};

	/** @param {PointerEvent} event */
	const onPointerMove = (event) => {
		if (event.pointerId !== s.id) return;
		const dx = event.clientX - s.x, dy = event.clientY - s.y;
		if (!s.dragging) {
			if (Math.abs(dx) < SLOP_PX && Math.abs(dy) < SLOP_PX) return;
			clearTimeout(s.timer);
			if (!on.move || Math.abs(dy) >= Math.abs(dx)) {
				s.id = -1;
				return;
			}
			s.dragging = true;
			s.swallow = true;
			/** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
		}
		s.percent = Math.round(Math.max(on.least ?? 1, Math.min(100, s.from + dx / s.width * 100)));
		on.move?.(s.percent);
	};

	/** @param {PointerEvent} event */
	const onPointerUp = (event) => {
		clearTimeout(s.timer);
		if (event.pointerId !== s.id) return;
		s.id = -1;
		if (s.dragging) on.end(s.percent);
		s.dragging = false;
	};

	/** The click that ends a drag or a long press is none. @param {Event} event */
	const onClickCapture = (event) => {
		if (!s.swallow) return;
		s.swallow = false;
		event.preventDefault();
		event.stopPropagation();
	};

	/** @param {Event} event */
	const onContextMenu = (event) => { if (s.swallow || s.id !== -1) event.preventDefault(); };

	return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp, onClickCapture, onContextMenu };
}
