// Which entities belong to a scene or group: whole rooms, or one by one.
import { html } from './html.js';
import { devices } from '../store.js';
import { rooms } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity, Member} from '../types.js' */

const SCENIC = new Set(['light', 'switch', 'cover', 'fan', 'climate', 'number', 'select']);
/** What has a state to come back to. A lock is no part of it: nobody expects that a light scene opens the door. @param {Entity} entity */
export const isScenic = (entity) => SCENIC.has(entity.component) && entity.controllable !== false && !entity.category;

/** @param {Member} a @param {Member} b */
const same = (a, b) => a.device === b.device && a.entity === b.entity;

/** @param {{members: Member[], onMembers: (members: Member[]) => void, fits: (entity: Entity) => boolean}} props */
export function MemberChoice({ members, onMembers, fits }) {
	const has = (/** @type {Member} */ one) => members.some((other) => same(one, other));
	/** @param {Member[]} some @param {boolean} wanted */
	const set = (some, wanted) => onMembers([...members.filter((one) => !some.some((other) => same(one, other))), ...wanted ? some : []]);
	return html`<div class="stack">${rooms(devices.value.values()).map(({ area, devices: list }) => {
		const all = list.flatMap((device) => device.entities.filter(fits).map((entity) => ({ member: { device: device.id, entity: entity.id }, name: device.entities.filter(fits).length > 1 ? `${device.name} ${entity.name}` : device.name })));
		if (!all.length) return null;
		const some = all.map(({ member }) => member), chosen = some.filter(has).length;
		return html`<fieldset key=${area} class="bound"><legend>${area || T.home.elsewhere}</legend>
			<div class="checks"><label class="check"><input type="checkbox" checked=${chosen === some.length} indeterminate=${chosen > 0 && chosen < some.length} onChange=${() => set(some, chosen < some.length)} /><span><b>${T.bundles.wholeRoom}</b></span></label>
			${all.map(({ member, name }) => html`<label key=${member.device + member.entity} class="check"><input type="checkbox" checked=${has(member)} onChange=${() => set([member], !has(member))} /><span>${name}</span></label>`)}</div></fieldset>`;
	})}</div>`;
}
