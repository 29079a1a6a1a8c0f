// A card that is one large button: a light or fan (tap toggles, a horizontal drag
// sets brightness or speed, a light lends the card its colour), a switch, a button.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { CardShell, CardWords, nameOf } from './card_shell.js';
import { useControl } from './control.js';
import { useDrag } from './drag.js';
import { colourOf, cssOf } from './colour.js';
import { devicePath } from '../api.js';
import { brightnessPercent, percent as percentText, stateText, whole } from '../format.js';
import { can, hasBrightness } from '../house.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Device, Entity, Value, Whole} from '../types.js' */

const DRAG_EVERY_MS = 120;

/**
 * What is drawn on a card: a lamp's brightness, a fan's speed.
 * @typedef {{label: (name: string) => string, percentOf: (value: Value) => number|null, wish: (percent: number) => Whole}} Level
 * @type {Record<string, Level>}
 */
const LEVELS = {
	light: { label: T.card.brightnessOf, percentOf: brightnessPercent, wish: (percent) => ({ state: 'ON', brightness: Math.round(percent * 2.55) }) },
	fan: { label: T.control.speedOf, percentOf: (value) => whole(value).percentage ?? null, wish: (percentage) => ({ state: 'ON', percentage }) },
};

/** @param {Entity} entity @returns {Level|null} */
function levelOf(entity) {
	const has = entity.component === 'light' ? hasBrightness(entity) : entity.component === 'fan' && can(entity, 'percentage');
	return has ? LEVELS[entity.component] : null;
}

/** @param {{device: Device, entity: Entity}} props */
export function ToggleCard({ device, entity }) {
	const control = useControl(device, entity);
	const [drawn, setDrawn] = useState(/** @type {number|null} */ (null));
	const sentAt = useRef(0);
	const light = entity.component === 'light', button = entity.component === 'button';
	const level = levelOf(entity);
	const name = nameOf(device, entity);
	const percent = drawn ?? (control.on ? level?.percentOf(control.value) ?? 100 : 0);
	const on = drawn !== null || control.on === true;

	/** @param {number} wish */
	const setLevel = (wish) => control.send(wish > 0 && level ? level.wish(wish) : { state: 'OFF' });
	const drag = useDrag({
		start: () => percent,
		move: level && control.usable ? (wish) => {
			setDrawn(wish);
			if (performance.now() - sentAt.current < DRAG_EVERY_MS) return;
			sentAt.current = performance.now();
			setLevel(wish);
		} : null,
		end: (wish) => {
			setLevel(wish);
			setDrawn(null);
		},
		hold: () => go(devicePath(device.id)),
	});
	const press = () => {
		if (button) control.send('PRESS');
		else control.toggle();
	};
	const shown = drawn !== null && level ? level.wish(drawn) : control.value;
	const text = button ? (control.phase === 'confirmed' ? T.card.pressed : T.card.press) : stateText(entity, shown);
	const role = button ? {} : { 'role': 'switch', 'aria-checked': on ? 'true' : 'false' };
	const style = { '--light': cssOf(colourOf(control.value)), '--level': `${level ? percent : on ? 100 : 0}%` };

	return html`<${CardShell} device=${device} control=${control} on=${on} drawing=${drawn !== null} colour=${light} style=${style}>
		<button type="button" class="card-main" ...${role} aria-disabled=${control.usable ? undefined : 'true'} onClick=${press} ...${drag}>
			<${CardWords} device=${device} entity=${entity} control=${control} active=${on} text=${text} />
		</button>
		${level && html`<input class="card-range" type="range" min="0" max="100" step="5" value=${percent} disabled=${!control.usable}
			aria-label=${level.label(name)} aria-valuetext=${percentText(percent)}
			onInput=${(/** @type {any} */ event) => setLevel(Number(event.target.value))} />`}
		<a class="card-more" href=${devicePath(device.id)} aria-label=${T.card.details(name)}><${Icon} name="chevron-right" /></a>
	</${CardShell}>`;
}
