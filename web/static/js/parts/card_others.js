// Cards with little to touch: a lock, a choice, a text, an update, an event.
import { html } from './html.js';
import { Ago } from './ago.js';
import { LinkCard, nameOf } from './card_shell.js';
import { LockButton } from './lock_button.js';
import { InstallButton } from './install_button.js';
import { useControl } from './control.js';
import { isActive, isOn, stateText, whole } from '../format.js';
import { cell } from '../store.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

/** @param {{device: Device, entity: Entity}} props */
export function LockCard({ device, entity }) {
	const control = useControl(device, entity);
	return html`<${LinkCard} device=${device} entity=${entity} control=${control} active=${isActive(entity, control.value) ? 'warn' : undefined}>
		${entity.controllable !== false && html`<${LockButton} control=${control} name=${nameOf(device, entity)} />`}
	</${LinkCard}>`;
}

/** @param {{device: Device, entity: Entity}} props */
export function SelectCard({ device, entity }) {
	const control = useControl(device, entity);
	const options = entity.options ?? [];
	const known = typeof control.value === 'string' && options.includes(control.value);
	return html`<${LinkCard} device=${device} entity=${entity} control=${control} name=${entity.name} text=${device.name}>
		<select class="card-select" aria-label=${nameOf(device, entity)} disabled=${!control.usable} value=${known ? control.value : ''}
			onChange=${(/** @type {any} */ event) => control.send(event.target.value)}>
			${!known && html`<option value="" disabled>${T.state.unknown}</option>`}
			${options.map((option) => html`<option key=${option} value=${option}>${option}</option>`)}
		</select>
	</${LinkCard}>`;
}

/** @param {{device: Device, entity: Entity}} props */
export function TextCard({ device, entity }) {
	return html`<${LinkCard} device=${device} entity=${entity} control=${useControl(device, entity)} />`;
}

/** Stands there when there is something to install, or nothing else to show. @param {{device: Device, entity: Entity}} props */
export function UpdateCard({ device, entity }) {
	const control = useControl(device, entity);
	const news = isOn(control.value) === true || whole(control.value).progress !== undefined;
	if (!news && device.entities.length > 1) return null;
	return html`<${LinkCard} device=${device} entity=${entity} control=${control} active=${news ? 'warm' : undefined}>
		<${InstallButton} control=${control} name=${nameOf(device, entity)} />
	</${LinkCard}>`;
}

/** @param {{device: Device, entity: Entity}} props */
export function EventCard({ device, entity }) {
	const control = useControl(device, entity);
	const { at } = cell(device.id, entity.id).value;
	const text = control.value === null || at === null ? T.control.noEvent : html`${stateText(entity, control.value)} · <${Ago} at=${at} />`;
	return html`<${LinkCard} device=${device} entity=${entity} control=${control} text=${text} />`;
}
