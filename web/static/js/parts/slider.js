// A wide slider with its name and value above it.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';

const EVERY_MS = 120;

/**
 * @typedef {{min: number, max: number, step: number|'any'}} Range
 * @param {{label: string, value: number|null, range: Range, usable: boolean, textOf: (value: number) => string, onValue: (value: number) => void, atRest?: boolean, kind?: string, unknown?: string}} props
 *   value null: not known; atRest: sends only where the finger lets go
 */
export function Slider({ label, value, range, usable, textOf, onValue, atRest = false, kind, unknown = '' }) {
	const [drawn, setDrawn] = useState(/** @type {number|null} */ (null));
	const sentAt = useRef(0);
	const known = drawn ?? value;
	const shown = known ?? (range.min + range.max) / 2;
	const text = known === null ? unknown : textOf(known);
	/** @param {any} event */
	const onInput = (event) => {
		const wish = Number(event.target.value);
		setDrawn(wish);
		if (atRest || performance.now() - sentAt.current < EVERY_MS) return;
		sentAt.current = performance.now();
		onValue(wish);
	};
	/** @param {any} event */
	const onChange = (event) => {
		onValue(Number(event.target.value));
		setDrawn(null);
	};
	const part = Math.max(0, Math.min(1, (shown - range.min) / (range.max - range.min || 1)));
	return html`<label class="slider" data-kind=${kind} data-unknown=${known === null ? '' : undefined} style=${{ '--part': part }}>
		<span class="slider-head"><span>${label}</span><span>${text}</span></span>
		<input type="range" min=${range.min} max=${range.max} step=${range.step} value=${shown} disabled=${!usable} aria-valuetext=${text || undefined} onInput=${onInput} onChange=${onChange} />
	</label>`;
}

/** @type {Range} */
export const PERCENT = { min: 0, max: 100, step: 1 };
