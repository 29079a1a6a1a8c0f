// A card while Home is arranged: it shows what it is, and is moved rather than used.
import { useRef } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Star } from './star.js';
import { useSight } from './in_sight.js';
import { cell } from '../store.js';
import { sight } from '../states.js';
import { isActive, stateText } from '../format.js';
import { iconOf, isOffline } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @typedef {{key: string, name: string, device: Device, entity: Entity|null}} Item */

/**
 * The handle of a card or a room: dragged, tapped for a menu, or moved with the arrow keys.
 * @param {{name: string, list: string, onDown: (event: PointerEvent) => void, onMenu: () => void, onKey: (event: KeyboardEvent) => void}} props
 */
export const Grip = ({ name, list, onDown, onMenu, onKey }) => html`<button type="button" class="icon-button grip" aria-label=${T.arrange.move(name, list)} aria-haspopup="dialog"
	onPointerDown=${onDown} onClick=${onMenu} onKeyDown=${onKey}><${Icon} name="drag" /></button>`;

/** @param {{device: Device, entity: Entity}} props */
function State({ device, entity }) {
	return html`<span class="card-state value">${isOffline(device) ? T.card.offline : stateText(entity, cell(device.id, entity.id).value.state)}</span>`;
}

/** @param {{item: Item, grip: any, onDown: (event: PointerEvent) => void, onStar: () => void}} props grip: its handle */
export function ArrangeCard({ item, grip, onDown, onStar }) {
	const { key, name, device, entity } = item;
	const box = useRef(null);
	useSight(box, (inSight) => sight(device.id, inSight), [device.id]);
	/** A mouse takes hold of it anywhere; a finger would scroll. @param {PointerEvent} event */
	const down = (event) => {
		if (event.pointerType === 'mouse' && event.target instanceof Element && !event.target.closest('button')) onDown(event);
	};
	const active = entity ? isActive(entity, cell(device.id, entity.id).value.state) : false;
	return html`<li class="card arrange-card" data-key=${key} ref=${box} onPointerDown=${down} data-offline=${isOffline(device) ? '' : undefined}>
		<span class="card-icon"><${Icon} name=${entity ? iconOf(entity, active) : 'devices'} /></span>
		<span class="card-text"><span class="card-name">${name}</span>${entity && html`<${State} device=${device} entity=${entity} />`}</span>
		${entity && html`<${Star} device=${device} entity=${entity} name=${name} onClick=${onStar} />`}${grip}
	</li>`;
}
