// What surrounds every page: the bar (a rail on wide screens), the word that
// the hub is out of reach, and the page itself with its heading.
import { useEffect, useRef } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { asset } from '../assets.js';
import { path } from '../router.js';
import { relative } from '../format.js';
import { takeUpdate, updated } from '../offline.js';
import { alerts, asOf, link, mayManage, session, tick } from '../store.js';
import { T } from '../text.js';

/** Where each place of the bar leads, and what lies below it besides. @type {Record<string, string[]>} */
const BELOW = { '/': ['/devices', '/scenes'], '/charts': [], '/alerts': [], '/add': [], '/more': ['/settings', '/explorer', '/trust', '/problems'] };

/** @param {{href: string, icon: string, label: string, badge?: number}} props */
function Tab({ href, icon, label, badge = 0 }) {
	const here = path.value === href || [...BELOW[href], ...(href === '/' ? [] : [href])].some((place) => path.value === place || path.value.startsWith(`${place}/`));
	return html`<a class="tab" href=${href} aria-current=${here ? 'page' : undefined}>
		<span class="tab-icon"><${Icon} name=${icon} />${badge > 0 && html`<b class="badge" aria-hidden="true">${badge > 99 ? '99+' : badge}</b>`}</span>
		<span class="tab-label">${label}${badge > 0 && html`<span class="sr-only"> (${T.home.alertsOpen(badge)})</span>`}</span>
	</a>`;
}

function Bar() {
	const open = alerts.value.filter((alert) => alert.closed === null).length;
	return html`<nav class="bar" aria-label=${T.nav.label}>
		<div class="brand" aria-hidden="true"><img src=${asset('app-icon.svg')} alt="" width="40" height="40" /></div>
		<${Tab} href="/" icon="home-outline" label=${T.nav.home} />
		<${Tab} href="/charts" icon="chart-line" label=${T.nav.charts} />
		<${Tab} href="/alerts" icon=${open ? 'bell-ring-outline' : 'bell-outline'} label=${T.nav.alerts} badge=${open} />
		${mayManage(session.value) && html`<${Tab} href="/add" icon="plus-circle-outline" label=${T.nav.add} />`}
		<${Tab} href="/more" icon="dots-horizontal" label=${T.nav.more} />
	</nav>`;
}

/** Its icon is there from the start: once the hub is gone it could not be fetched. */
function LinkBar() {
	const lost = link.value === 'lost';
	const words = () => (asOf.value === null ? T.link.lost : T.link.stale(relative(asOf.value, tick.value)));
	return html`<div class="link-bar" role="status" data-lost=${lost ? '' : undefined}>
		<${Icon} name="lan-disconnect" size=${20} />${lost && html`<span>${words()}</span>`}</div>`;
}

/** Other pages are there; they come when asked for, not under one's thumb. */
function UpdateBar() {
	return html`<div role="status">${updated.value && html`<div class="update-bar"><${Icon} name="update" /><span>${T.link.update}</span>
		<button type="button" class="button small" onClick=${takeUpdate}>${T.link.updateDo}</button></div>`}</div>`;
}

/** The frame of those who are logged in. @param {{children: any}} props */
export function Frame({ children }) {
	return html`<div class="frame" data-link=${link.value}>
		<a class="skip" href="#content">${T.skip}</a>
		<${Bar} />
		<div class="column"><${LinkBar} /><${UpdateBar} />${children}</div>
	</div>`;
}

/** True before the first page of this visit: its heading does not take the focus. */
let first = true;

/** What had the focus when this page was asked for. @type {Element|null} */
let left = null;
path.subscribe(() => { left = document.activeElement; });

/** Whether one has gone on while the page was fetched: it then leaves the focus where it is. */
const wentOn = () => document.activeElement !== left && document.activeElement !== document.body;

/**
 * A page: its title in the tab and as the heading, which takes the focus when one comes from another page.
 * @param {{title: string, children: any, before?: any, after?: any, narrow?: boolean}} props
 */
export function Page({ title, children, before = null, after = null, narrow = false }) {
	const heading = useRef(/** @type {HTMLHeadingElement|null} */ (null));
	useEffect(() => { document.title = title === T.app ? T.app : `${title} · ${T.app}`; }, [title]);
	useEffect(() => {
		if (!first && !wentOn()) heading.current?.focus({ preventScroll: true });
		first = false;
	}, []);
	return html`<main id="content" class=${narrow ? 'page narrow' : 'page'} tabindex="-1">
		<header class="page-head">${before}<h1 ref=${heading} tabindex="-1">${title}</h1>${after}</header>
		${children}
	</main>`;
}
