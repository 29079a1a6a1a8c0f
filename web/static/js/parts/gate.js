// The frame of set-up and log-in: the mark, a heading, a form.
import { html } from './html.js';
import { Page } from './frame.js';
import { asset } from '../assets.js';

/** @param {{title: string, lead?: string, children: any}} props */
export function Gate({ title, lead = '', children }) {
	return html`<div class="gate">
		<${Page} title=${title} narrow before=${html`<img class="gate-mark" src=${asset('app-icon.svg')} alt="" width="72" height="72" />`}>
			${lead && html`<p class="lead">${lead}</p>`}
			${children}
		</${Page}>
	</div>`;
}
