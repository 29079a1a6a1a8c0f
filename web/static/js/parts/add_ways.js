// The three ways to add a device, as tiles above each of their pages.
import { html } from './html.js';
import { Icon } from './icon.js';
import { T } from '../text.js';

/** @type {[string, string, 'own'|'other'|'nearby'][]} */
const WAYS = [['/add', 'qrcode', 'own'], ['/add/other', 'key-outline', 'other'], ['/add/nearby', 'antenna', 'nearby']];

/** @param {{here: 'own'|'other'|'nearby'}} props */
export function AddWays({ here }) {
	return html`<nav class="ways" aria-label=${T.others.ways}>${WAYS.map(([href, icon, way]) => html`
		<a key=${way} href=${href} aria-current=${way === here ? 'page' : undefined}><${Icon} name=${icon} /><span>${T.others[way]}</span></a>`)}</nav>`;
}
