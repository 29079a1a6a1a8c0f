// One icon of the sprite. Decoration only: the words beside it say the same.
import { html } from './html.js';
import { asset } from '../assets.js';

const SPRITE = asset('icons.svg');

/** @param {{name: string, size?: number}} props */
export function Icon({ name, size = 24 }) {
	return html`<svg class="icon" width=${size} height=${size} aria-hidden="true" focusable="false"><use href=${`${SPRITE}#${name}`}></use></svg>`;
}
