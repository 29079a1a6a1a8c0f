// A card for what a device measures: the most telling value large, two more
// beside the name, the last hours behind.
import { useRef } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { Unit } from './unit.js';
import { Sparkline } from './sparkline.js';
import { useSight } from './in_sight.js';
import { devicePath } from '../api.js';
import { cell } from '../store.js';
import { sight } from '../states.js';
import { isOn, state, stateText } from '../format.js';
import { iconOf, isNumeric, isOffline, readings } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

const LONG = 6; // characters of a value that no longer fit at full size

/** @param {{device: Device, entity: Entity}} props */
function BigValue({ device, entity }) {
	const value = cell(device.id, entity.id).value.state;
	const { text, unit } = state(entity, value);
	const words = typeof value !== 'number' || entity.component !== 'sensor';
	return html`<span class="card-value value" data-words=${words ? '' : undefined} data-long=${text.length > LONG ? '' : undefined}>${text}<${Unit} of=${unit} /></span>`;
}

/** @param {{device: Device, entity: Entity}} props */
function SmallValue({ device, entity }) {
	const text = stateText(entity, cell(device.id, entity.id).value.state);
	return html`<span class="value">${entity.device_class ? text : `${entity.name} ${text}`}</span>`;
}

/** @param {{device: Device, main: Entity|null}} props */
function Status({ device, main }) {
	if (isOffline(device)) {
		return html`<span class="card-state">${device.last_seen ? html`${T.card.lastSeen} <${Ago} at=${device.last_seen} />` : T.card.offline}</span>`;
	}
	if (!main) return html`<span class="card-state">${T.card.nothing}</span>`;
	const others = readings(device).filter((entity) => entity !== main && !entity.category);
	// a humidity explains itself, a load does not: it brings its name, and that fills the line
	const shown = others[0]?.device_class ? others.filter((entity) => entity.device_class).slice(0, 2) : others.slice(0, 1);
	if (!others.length) return html`<span class="card-state">${main.name}</span>`;
	return html`<span class="card-state">${shown.map((entity, i) => html`${i > 0 && ' · '}<${SmallValue} key=${entity.id} device=${device} entity=${entity} />`)}</span>`;
}

/** Of a reading that has a card of its own. @param {Device} device @param {Entity} entity */
export const readingName = (device, entity) => (entity === readings(device)[0] || entity.name === device.name ? device.name : `${device.name} ${entity.name}`);

/** @param {{device: Device, entity: Entity|null, name?: string}} props */
export function SensorCard({ device, entity, name = device.name }) {
	const box = useRef(null);
	useSight(box, (inSight) => sight(device.id, inSight), [device.id]);
	const offline = isOffline(device);
	const on = entity?.component === 'binary_sensor' ? isOn(cell(device.id, entity.id).value.state) : null;
	return html`<article class="card sensor" ref=${box} data-offline=${offline ? '' : undefined} data-on=${on && !offline ? '' : undefined}>
		${entity && isNumeric(entity) && entity.component === 'sensor' && html`<${Sparkline} series=${entity.series} />`}
		<a class="card-main" href=${devicePath(device.id)}>
			<span class="card-icon"><${Icon} name=${entity ? iconOf(entity, on) : 'devices'} /></span>
			<span class="card-text"><span class="card-name">${name}</span><${Status} device=${device} main=${entity} /></span>
			${entity && html`<${BigValue} device=${device} entity=${entity} />`}
		</a>
	</article>`;
}
