// Favourites by a star: a toggle, and the star of a device's page, which asks of which of several things it is.
import { useRef } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { announce, say } from './announce.js';
import { isFavourite, MOST_FAVOURITES, withFavourite, withoutFavourite } from '../arrangement.js';
import { home, rearrange } from '../home.js';
import { iconOf, isControl, readings } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

/** @param {Device} device @param {Entity} entity @param {string} name for people @returns {boolean} whether it is one now */
export function toggleFavourite(device, entity, name) {
	const card = { device: device.id, entity: entity.id }, is = isFavourite(home.peek(), card);
	if (!is && home.peek().favourites.length >= MOST_FAVOURITES) {
		say(T.arrange.full(MOST_FAVOURITES), 'danger');
		return false;
	}
	rearrange((now) => (is ? withoutFavourite(now, card) : withFavourite(now, card)));
	announce(is ? T.arrange.unstarred(name) : T.arrange.starred(name));
	return !is;
}

/** @param {{device: Device, entity: Entity, name: string, onClick?: () => void}} props */
export function Star({ device, entity, name, onClick = () => void toggleFavourite(device, entity, name) }) {
	const is = isFavourite(home.value, { device: device.id, entity: entity.id });
	return html`<button type="button" class="icon-button star" aria-pressed=${is ? 'true' : 'false'} aria-label=${T.arrange.favourite(name)} title=${T.arrange.favourite(name)}
		onClick=${onClick}><${Icon} name=${is ? 'star' : 'star-outline'} /></button>`;
}

/** What of a device may be a favourite, the most used first. @param {Device} device */
const choices = (device) => {
	const controls = device.entities.filter((entity) => isControl(entity) && entity.component !== 'update'); // that has a card while there is one alone
	return [...controls.filter((entity) => !entity.category), ...readings(device), ...controls.filter((entity) => entity.category)];
};

/** @param {{device: Device}} props */
export function DeviceStar({ device }) {
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	const list = choices(device);
	if (!list.length) return null;
	if (list.length === 1) return html`<${Star} device=${device} entity=${list[0]} name=${device.name} />`;
	const some = list.some((entity) => isFavourite(home.value, { device: device.id, entity: entity.id }));
	return html`<button type="button" class="icon-button star" aria-haspopup="dialog" data-some=${some ? '' : undefined} aria-label=${T.arrange.favourites} title=${T.arrange.favourites}
			onClick=${() => dialog.current?.showModal()}><${Icon} name=${some ? 'star' : 'star-outline'} /></button>
		<dialog ref=${dialog} class="stars" aria-labelledby="stars-title"><h2 id="stars-title">${T.arrange.favourites}</h2><p class="muted">${T.arrange.starHint}</p>
			<ul>${list.map((entity) => html`<li key=${entity.id}><${Icon} name=${iconOf(entity)} /><span>${entity.name}</span><${Star} device=${device} entity=${entity} name=${entity.name} /></li>`)}</ul>
			<form method="dialog" class="row end"><button class="button primary">${T.arrange.done}</button></form></dialog>`;
}
