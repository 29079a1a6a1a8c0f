// The card of what is set in steps: a climate's target, a number.
import { html } from './html.js';
import { LinkCard, nameOf } from './card_shell.js';
import { Stepper } from './stepper.js';
import { useControl } from './control.js';
import { isActive, isCooling, whole } from '../format.js';
import { can } from '../house.js';

/** @import {Device, Entity} from '../types.js' */

/** @param {{device: Device, entity: Entity}} props */
export function StepCard({ device, entity }) {
	const control = useControl(device, entity);
	const climate = entity.component === 'climate';
	const { target } = whole(control.value);
	const known = climate ? target ?? null : typeof control.value === 'number' ? control.value : null;
	const active = climate && isActive(entity, control.value) ? (isCooling(control.value) ? 'cool' : 'warm') : undefined;
	return html`<${LinkCard} device=${device} entity=${entity} control=${control} active=${active}
			name=${climate ? undefined : entity.name} text=${climate ? undefined : device.name}>
		${(!climate || can(entity, 'target')) && html`<${Stepper} entity=${entity} name=${nameOf(device, entity)} value=${known} usable=${control.usable} narrow=${true}
			onValue=${(/** @type {number} */ wish) => control.send(climate ? { target: wish } : wish)} />`}
	</${LinkCard}>`;
}
