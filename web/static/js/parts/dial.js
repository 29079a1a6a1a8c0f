// A climate's dial: three quarters of a ring from the lowest to the highest
// target, a knob at the target, a mark at the temperature that is.
import { useRef } from '../lib.js';
import { html } from './html.js';
import { snapped } from './stepper.js';
import { stepped, withUnit } from '../format.js';
import { T } from '../text.js';

/** @import {Entity} from '../types.js' */

const SIZE = 240, RADIUS = 100;
const FIRST = 135, SWEEP = 270; // degrees, clockwise from the right

/** @param {number} share 0-1 @param {number} [radius] */
function spot(share, radius = RADIUS) {
	const angle = (FIRST + SWEEP * Math.max(0, Math.min(1, share))) * Math.PI / 180;
	return [SIZE / 2 + Math.cos(angle) * radius, SIZE / 2 + Math.sin(angle) * radius];
}

/** @param {number} from shares @param {number} to */
function arc(from, to) {
	const [x1, y1] = spot(from), [x2, y2] = spot(to);
	return `M${x1.toFixed(2)} ${y1.toFixed(2)}A${RADIUS} ${RADIUS} 0 ${(to - from) * SWEEP > 180 ? 1 : 0} 1 ${x2.toFixed(2)} ${y2.toFixed(2)}`;
}

/** The share of the ring under a pointer; in its gap that of the nearer end. @param {PointerEvent} event @param {Element} ring */
function shareAt(event, ring) {
	const box = ring.getBoundingClientRect();
	const degrees = Math.atan2(event.clientY - box.top - box.height / 2, event.clientX - box.left - box.width / 2) * 180 / Math.PI;
	const along = (degrees - FIRST + 720) % 360;
	return along <= SWEEP ? along / SWEEP : along < SWEEP + (360 - SWEEP) / 2 ? 1 : 0;
}

/** @type {Record<string, number>} */
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };

/**
 * @param {{entity: Entity, label: string, target: number|null, band: [number, number]|null, current: number|null, usable: boolean, tone: string,
 *   onHold: (value: number) => void, onEnd: () => void, onKey: (value: number) => void, children?: any}} props
 *   band: from and to, for those that heat and cool; onHold: follows the finger until onEnd; tone: warm, cool or rest
 */
export function Dial({ entity, label, target, band, current, usable, tone, onHold, onEnd, onKey, children }) {
	const svg = useRef(/** @type {SVGSVGElement|null} */ (null));
	const held = useRef(-1);
	const min = entity.min ?? 5, max = entity.max ?? 35;
	/** @param {number} value */
	const share = (value) => (value - min) / (max - min);
	/** @param {PointerEvent} event */
	const follow = (event) => { if (svg.current) onHold(snapped(entity, min + shareAt(event, svg.current) * (max - min))); };
	/** @param {PointerEvent} event */
	const letGo = (event) => {
		if (held.current !== event.pointerId) return;
		held.current = -1;
		onEnd();
	};
	const ring = usable && target !== null ? {
		onPointerDown: (/** @type {PointerEvent} */ event) => {
			if (event.button !== 0) return;
			held.current = event.pointerId;
			/** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
			follow(event);
		},
		onPointerMove: (/** @type {PointerEvent} */ event) => { if (held.current === event.pointerId) follow(event); },
		onPointerUp: letGo,
		onPointerCancel: letGo,
	} : {};
	/** @param {KeyboardEvent} event */
	const onKeyDown = (event) => {
		if (!usable || target === null) return;
		const steps = KEYS[event.key];
		const wish = steps ? target + steps * (entity.step && entity.step > 0 ? entity.step : 1) : event.key === 'Home' ? min : event.key === 'End' ? max : null;
		if (wish === null) return;
		event.preventDefault();
		onKey(snapped(entity, wish));
	};
	const [from, to] = band ?? [min, target ?? min];
	const [knobX, knobY] = spot(share(target ?? min));
	const [inX, inY] = spot(share(current ?? min), RADIUS - 20), [outX, outY] = spot(share(current ?? min), RADIUS - 30);
	const { text, unit } = stepped(entity, target ?? min);
	const slider = target === null ? { role: 'group' } : {
		'role': 'slider', 'tabindex': usable ? 0 : -1, 'aria-valuemin': min, 'aria-valuemax': max, 'aria-valuenow': target, 'aria-valuetext': withUnit(text, unit),
		'aria-disabled': usable ? undefined : 'true', onKeyDown,
	};
	return html`<div class="dial" data-tone=${tone}>
		<div class="dial-ring" aria-label=${label} ...${slider} ...${ring}>
			<svg ref=${svg} viewBox="0 0 ${SIZE} ${SIZE}" aria-hidden="true" focusable="false">
				<path class="dial-track" d=${arc(0, 1)} />
				${(band || target !== null) && html`<path class="dial-fill" d=${arc(share(from), Math.max(share(from) + 0.001, share(to)))} />`}
				${current !== null && html`<path class="dial-now" d=${`M${inX} ${inY}L${outX} ${outY}`} />`}
				${target !== null && html`<circle class="dial-knob" cx=${knobX} cy=${knobY} r="14" />`}
			</svg>
		</div>
		<div class="dial-words">${children}</div>
	</div>`;
}
