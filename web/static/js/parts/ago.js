// "4 min ago", ticking; the exact time on hover.
import { html } from './html.js';
import { tick } from '../store.js';
import { absolute, relative } from '../format.js';

/** @param {{at: number}} props */
export function Ago({ at }) {
	return html`<time datetime=${new Date(at).toISOString()} title=${absolute(at)}>${relative(at, tick.value)}</time>`;
}
