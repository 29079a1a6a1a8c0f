// The unit behind a large value, smaller, as far from it as the reader's language has it.
import { html } from './html.js';
import { gap } from '../format.js';

/** @param {{of: string}} props '': none */
export function Unit({ of }) {
	return of ? html`<small>${gap(of)}${of}</small>` : null;
}
