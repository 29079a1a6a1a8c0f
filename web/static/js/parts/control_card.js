// A card for something to switch: a light (tap toggles, a horizontal drag sets
// the brightness, the card takes the light's colour), a switch, a button.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { ProgressLine } from './progress.js';
import { useControl } from './control.js';
import { useDrag } from './drag.js';
import { colourOf, cssOf } from './colour.js';
import { devicePath } from '../api.js';
import { brightnessPercent, percent as percentText, stateText } from '../format.js';
import { hasBrightness, iconOf, isOffline } from '../house.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Device, Entity, Value} from '../types.js' */

const DRAG_EVERY_MS = 120;

/** The line under the name. @param {{device: Device, entity: Entity, value: Value, reason: string|null|undefined, done: boolean}} props */
function Status({ device, entity, value, reason, done }) {
	if (reason) return html`<span class="card-state danger">${reason}</span>`;
	if (isOffline(device)) {
		return html`<span class="card-state">${device.last_seen ? html`${T.card.lastSeen} <${Ago} at=${device.last_seen} />` : T.card.offline}</span>`;
	}
	if (entity.component === 'button') return html`<span class="card-state">${done ? T.card.pressed : T.card.press}</span>`;
	return html`<span class="card-state value">${stateText(entity, value)}</span>`;
}

/** Several entities of one device are told apart. @param {Device} device @param {Entity} entity */
export function nameOf(device, entity) {
	const controls = device.entities.filter((other) => other.component === entity.component && !other.category);
	return controls.length > 1 ? `${device.name} ${entity.name}` : device.name;
}

/** @param {{device: Device, entity: Entity}} props */
export function ControlCard({ device, entity }) {
	const control = useControl(device, entity);
	const [drawn, setDrawn] = useState(/** @type {number|null} */ (null));
	const sentAt = useRef(0);
	const light = entity.component === 'light';
	const dims = light && hasBrightness(entity);
	const name = nameOf(device, entity);
	const offline = isOffline(device);
	const percent = drawn ?? (control.on ? brightnessPercent(control.value) ?? 100 : 0);
	const on = drawn !== null || control.on === true;

	/** @param {number} wish */
	const setBrightness = (wish) => control.send(wish > 0 ? { state: 'ON', brightness: Math.round(wish * 2.55) } : { state: 'OFF' });
	const drag = useDrag({
		start: () => percent,
		move: dims && control.usable ? (wish) => {
			setDrawn(wish);
			if (performance.now() - sentAt.current < DRAG_EVERY_MS) return;
			sentAt.current = performance.now();
			setBrightness(wish);
		} : null,
		end: (wish) => {
			setBrightness(wish);
			setDrawn(null);
		},
		hold: () => go(devicePath(device.id)),
	});
	const press = () => {
		if (entity.component === 'button') control.send('PRESS');
		else control.toggle();
	};
	const shown = drawn !== null ? { state: 'ON', brightness: drawn * 2.55 } : control.value;
	const role = entity.component === 'button' ? {} : { 'role': 'switch', 'aria-checked': on ? 'true' : 'false' };
	const style = { '--light': cssOf(colourOf(control.value)), '--level': `${dims ? percent : on ? 100 : 0}%` };

	return html`<article class="card control" data-on=${on && !offline ? '' : undefined} data-offline=${offline ? '' : undefined}
			data-phase=${control.phase} data-drawing=${drawn !== null ? '' : undefined} data-colour=${light ? '' : undefined} style=${style}>
		<button type="button" class="card-main" ...${role} aria-disabled=${control.usable ? undefined : 'true'} onClick=${press} ...${drag}>
			<span class="card-icon"><${Icon} name=${iconOf(entity, on)} /></span>
			<span class="card-text">
				<span class="card-name">${name}</span>
				<${Status} device=${device} entity=${entity} value=${shown} done=${control.phase === 'confirmed'} reason=${control.phase === 'failed' ? control.fate?.reason : null} />
			</span>
		</button>
		${dims && !offline && html`<input class="card-range" type="range" min="0" max="100" step="5" value=${percent} disabled=${!control.usable}
			aria-label=${T.card.brightnessOf(name)} aria-valuetext=${percentText(percent)}
			onInput=${(/** @type {any} */ event) => setBrightness(Number(event.target.value))} />`}
		<a class="card-more" href=${devicePath(device.id)} aria-label=${T.card.details(name)}><${Icon} name="chevron-right" /></a>
		<${ProgressLine} phase=${control.phase} />
	</article>`;
}
