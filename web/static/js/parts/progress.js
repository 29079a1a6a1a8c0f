// The thin line on a control while its command is under way.
import { html } from './html.js';

/** @param {{phase: string|undefined}} props */
export function ProgressLine({ phase }) {
	return html`<i class="progress" data-phase=${phase} aria-hidden="true"></i>`;
}
