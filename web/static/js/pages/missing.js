// An address that no page has.
import { html } from '../parts/html.js';
import { Page } from '../parts/frame.js';
import { T } from '../text.js';

export function Missing() {
	return html`<${Page} title=${T.missing.title}><div class="empty"><p>${T.missing.text}</p><a class="button primary" href="/">${T.missing.home}</a></div></${Page}>`;
}
