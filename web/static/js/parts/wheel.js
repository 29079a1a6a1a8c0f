// The colour wheel (hue around, saturation outwards) and colours to choose at once.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';
import { colourOf, cssOf, fromHex, fromHueSaturation, shows, toHueSaturation } from './colour.js';
import { percent } from '../format.js';
import { T } from '../text.js';

/** @import {Rgb, Value} from '../types.js' */

const EVERY_MS = 120;
const HUE_STEP = 10, SATURATION_STEP = 10;

/** @param {{value: Value, usable: boolean, onColour: (colour: Rgb) => void}} props */
export function ColourPicker({ value, usable, onColour }) {
	const [drawn, setDrawn] = useState(/** @type {{hue: number, saturation: number}|null} */ (null));
	const sentAt = useRef(0);
	const current = colourOf(value);
	const { hue, saturation } = drawn ?? toHueSaturation(current);
	const shown = fromHueSaturation(hue, saturation);

	/** @param {PointerEvent} event @param {boolean} last */
	const follow = (event, last) => {
		const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
		const x = (event.clientX - box.left) / box.width * 2 - 1, y = (event.clientY - box.top) / box.height * 2 - 1;
		const wish = {
			hue: Math.round(Math.atan2(y, x) * 180 / Math.PI + 360) % 360,
			saturation: Math.round(Math.min(1, Math.hypot(x, y)) * 100),
		};
		setDrawn(last ? null : wish);
		if (!last && performance.now() - sentAt.current < EVERY_MS) return;
		sentAt.current = performance.now();
		onColour(fromHueSaturation(wish.hue, wish.saturation));
	};
	const pointers = usable ? {
		onPointerDown: (/** @type {PointerEvent} */ event) => {
			/** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
			follow(event, false);
		},
		onPointerMove: (/** @type {PointerEvent} */ event) => { if (drawn) follow(event, false); },
		onPointerUp: (/** @type {PointerEvent} */ event) => follow(event, true),
		onPointerCancel: () => setDrawn(null),
	} : {};

	/** @param {KeyboardEvent} event */
	const onKeyDown = (event) => {
		const turn = { ArrowRight: HUE_STEP, ArrowLeft: -HUE_STEP }[event.key] ?? 0;
		const push = { ArrowUp: SATURATION_STEP, ArrowDown: -SATURATION_STEP }[event.key] ?? 0;
		if (!usable || !(turn || push)) return;
		event.preventDefault();
		onColour(fromHueSaturation((hue + turn + 360) % 360, Math.max(0, Math.min(100, saturation + push))));
	};

	const angle = hue * Math.PI / 180;
	const spot = { left: `${50 + Math.cos(angle) * saturation / 2}%`, top: `${50 + Math.sin(angle) * saturation / 2}%`, '--light': cssOf(shown) };
	return html`<div class="colour">
		<div class="wheel" role="slider" tabindex=${usable ? 0 : -1} aria-label=${T.device.wheel} aria-valuemin="0" aria-valuemax="359" aria-valuenow=${hue}
			aria-valuetext=${T.device.hueOf(hue, percent(saturation))} aria-disabled=${usable ? undefined : 'true'} onKeyDown=${onKeyDown} ...${pointers}><i style=${spot}></i></div>
		<div class="presets" role="group" aria-label=${T.device.presets}>
			${T.device.colours.map(([name, hex]) => {
				const colour = fromHex(hex);
				const chosen = shows(value, colour);
				return html`<button key=${hex} type="button" class="preset" title=${name} aria-label=${name} aria-pressed=${chosen ? 'true' : 'false'}
					disabled=${!usable} style=${{ '--swatch': hex }} onClick=${() => onColour(colour)}></button>`;
			})}
		</div>
	</div>`;
}
