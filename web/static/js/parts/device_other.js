// What the page of a device of others says besides: by what it is here, what of it is not followed, and what deleting means.
import { html } from './html.js';
import { Icon } from './icon.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Device} from '../types.js' */

const X = T.others;

/** @param {{device: Device}} props */
export function OfOthers({ device }) {
	const { dialect, client, note } = device, owner = mayManage(session.value);
	if (!dialect) return null;
	return html`<div class="of-others"><p class="status-line">${dialect === 'hand' ? X.byHand : X.by(X.dialects[dialect] ?? dialect)}${client && html`, ${X.through} ${owner ? html`<a href="/settings/clients">${client}</a>` : client}`}</p>
		${note && html`<details class="device-note"><summary>${X.note}</summary><p>${X.noteNames} <span class="muted">${X.noteText(note)}</span></p></details>`}
		${dialect === 'hand' && owner && html`<div class="row"><a class="button" href=${`/add/by-hand?${new URLSearchParams({ device: device.id })}`}><${Icon} name="pencil-outline" size=${20} /><span>${X.editHand}</span></a></div>`}</div>`;
}

/** What happens when it is deleted. @param {Device} device */
export function eraseTextOf({ dialect }) {
	if (!dialect) return T.device.eraseText;
	return dialect === 'hand' ? X.eraseHand : dialect === 'zigbee2mqtt' ? X.eraseZigbee : X.eraseText;
}
