// What covers and contacts are, by the owner's word: many devices do not say.
import { html } from './html.js';
import { Choice } from './choice.js';
import { Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { devicePath, patch } from '../api.js';
import { takeDevice } from '../store.js';
import { CLASSES } from '../classes.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

/** @param {string|null|undefined} key */
const nameOf = (key) => (key ? T.hand.classes[key] ?? key : T.device.classUnsaid);

/** @param {{device: Device, entity: Entity}} props */
function ClassOf({ device, entity }) {
	const { busy, error, run } = useAction();
	const { device_class: now = null, described_class: described = null } = entity;
	const classes = CLASSES[entity.component].filter((key) => key !== described);
	/** @param {string} key '': as the device says */
	const choose = (key) => void run(async () => {
		takeDevice(await patch(`${devicePath(device.id)}/entities/${encodeURIComponent(entity.id)}`, { device_class: key || null }));
		say(T.device.saved);
	});
	return html`<${Choice} label=${entity.name} shown options=${['', ...classes]} value=${now === described ? '' : now} usable=${!busy} onValue=${choose}
		textOf=${(/** @type {string} */ key) => (key ? nameOf(key) : T.device.classAsSaid(nameOf(described)))} /><${Refusal} error=${error} />`;
}

/** @param {{device: Device}} props */
export function DeviceClasses({ device }) {
	const list = device.entities.filter(({ described_class: described, category }) => described !== undefined && !category);
	if (!list.length) return null;
	return html`<details><summary>${T.device.classes}</summary><div class="form"><p class="muted">${T.device.classesLead}</p>
		${list.map((entity) => html`<${ClassOf} key=${entity.id} device=${device} entity=${entity} />`)}</div></details>`;
}
