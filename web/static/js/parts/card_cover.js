// The card of a cover: three arrows; a horizontal drag sets the position, to
// which the card is filled.
import { html } from './html.js';
import { LinkCard, nameOf } from './card_shell.js';
import { CoverArrows } from './cover_arrows.js';
import { useControl } from './control.js';
import { useDraft } from './draft.js';
import { useDrag } from './drag.js';
import { devicePath } from '../api.js';
import { isOpen, positionText, stateText, whole } from '../format.js';
import { can, isOffline } from '../house.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

/** @param {{device: Device, entity: Entity}} props */
export function CoverCard({ device, entity }) {
	const control = useControl(device, entity);
	const draft = useDraft((/** @type {number} */ position) => control.send({ position }));
	const name = nameOf(device, entity);
	const moves = can(entity, 'position');
	const open = isOpen(control.value) === true;
	const percent = draft.drawn ?? whole(control.value).position ?? (open ? 100 : 0);
	const drag = useDrag({
		least: 0,
		start: () => percent,
		move: moves && control.usable ? draft.hold : null,
		end: draft.end,
		hold: () => go(devicePath(device.id)),
	});
	const text = draft.drawn === null ? stateText(entity, control.value) : positionText(draft.drawn);
	return html`<${LinkCard} device=${device} entity=${entity} control=${control} text=${text} drag=${drag} on=${percent > 0} drawing=${draft.drawn !== null}
			colour=${true} style=${{ '--light': 'var(--sky)', '--level': `${percent}%` }}>
		${moves && !isOffline(device) && html`<input class="card-range" type="range" min="0" max="100" step="5" value=${percent} disabled=${!control.usable}
			aria-label=${T.control.positionOf(name)} aria-valuetext=${positionText(percent)}
			onInput=${(/** @type {any} */ event) => draft.draw(Number(event.target.value))} />`}
		<${CoverArrows} entity=${entity} control=${control} name=${name} />
	</${LinkCard}>`;
}
