// What all control cards share: the frame with the fate of the last command,
// the words, and for those that are not toggled as a whole the way to the details.
import { useRef } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { ProgressLine } from './progress.js';
import { Waiting, stepText } from './wish.js';
import { useSight } from './in_sight.js';
import { devicePath } from '../api.js';
import { isActive, stateText } from '../format.js';
import { cell, sight } from '../states.js';
import { isGoing } from '../wishes.js';
import { carded, iconOf, isOffline } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Control} from './control.js' */

/** Several cards of one device are told apart. @param {Device} device @param {Entity} entity */
export function nameOf(device, entity) {
	return carded(device).length > 1 && entity.name !== device.name ? `${device.name} ${entity.name}` : device.name;
}

/** The line under the name. @param {{device: Device, entity: Entity, control: Control, text: any}} props */
function Status({ device, entity, control, text }) {
	if (control.reason) return html`<span class="card-state danger">${control.reason}</span>`;
	if (control.desired?.state === 'queued') return html`<span class="card-state"><${Waiting} entity=${entity} desired=${control.desired} /></span>`;
	if (isOffline(device)) {
		return html`<span class="card-state">${device.last_seen ? html`${T.card.lastSeen} <${Ago} at=${device.last_seen} />` : T.card.offline}</span>`;
	}
	// a shutter that says that it moves says more than that it was told to
	if (stepText(control.fate) && !isGoing(cell(device.id, entity.id).value.state)) return html`<span class="card-state">${stepText(control.fate)}</span>`;
	return html`<span class="card-state value">${text}</span>`;
}

/**
 * Icon, name and state.
 * @param {{device: Device, entity: Entity, control: Control, active?: boolean|null, name?: string, text?: any}} props text: instead of the state
 */
export function CardWords({ device, entity, control, active = isActive(entity, control.value), name = nameOf(device, entity), text = stateText(entity, control.value) }) {
	return html`<span class="card-icon"><${Icon} name=${iconOf(entity, active)} /></span>
		<span class="card-text"><span class="card-name">${name}</span><${Status} device=${device} entity=${entity} control=${control} text=${text} /></span>`;
}

/**
 * @param {{device: Device, control: Control, on?: boolean, drawing?: boolean, colour?: boolean, active?: string, style?: object, children?: any}} props
 *   on: the card fills up to --level; colour: with --light rather than the accent; active: how the icon alone is tinted
 */
export function CardShell({ device, control, on = false, drawing = false, colour = false, active, style, children }) {
	const box = useRef(null);
	useSight(box, (inSight) => sight(device.id, inSight), [device.id]);
	const offline = isOffline(device);
	return html`<article class="card control" ref=${box} data-on=${on && !offline ? '' : undefined} data-offline=${offline ? '' : undefined} data-phase=${control.phase}
			data-drawing=${drawing ? '' : undefined} data-colour=${colour ? '' : undefined} data-active=${offline ? undefined : active} style=${style}>
		${children}
		<${ProgressLine} phase=${control.phase} />
	</article>`;
}

/**
 * A card whose words lead to the details, with things to touch beside them.
 * @param {{device: Device, entity: Entity, control: Control, name?: string, text?: any, drag?: object, children?: any}} props and those of the shell
 */
export function LinkCard({ device, entity, control, name, text, drag = {}, children, ...shell }) {
	return html`<${CardShell} device=${device} control=${control} ...${shell}>
		<a class="card-main" href=${devicePath(device.id)} draggable=${false} ...${drag}><${CardWords} device=${device} entity=${entity} control=${control} name=${name} text=${text} /></a>
		${children && html`<div class="card-acts">${children}</div>`}
	</${CardShell}>`;
}
