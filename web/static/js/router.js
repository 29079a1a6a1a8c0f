// Which page is shown. Links are plain <a href>; a click on one of ours does
// not leave the page.
import { batch, signal } from './lib.js';

export const path = signal(location.pathname);

/** What stands behind the path: "" or "?…". A page that keeps what it shows in the address follows it. */
export const query = signal(location.search);

/** Pages that need nobody to be logged in. */
const OPEN = new Set(['/login', '/setup', '/trust']);

/** Where to go after logging in. */
let wanted = '/';

/** @param {string} to @param {{replace?: boolean}} options */
export function go(to, { replace = false } = {}) {
	if (replace) history.replaceState(null, '', to);
	else history.pushState(null, '', to);
	const url = new URL(to, location.href);
	const same = path.peek() === url.pathname;
	batch(() => {
		path.value = url.pathname;
		query.value = url.search;
	});
	if (!same) scrollTo(0, 0);
}

/** To the login page, remembering where the reader was. */
export function goLogin() {
	if (OPEN.has(path.peek())) return;
	wanted = path.peek() + query.peek();
	go('/login', { replace: true });
}

/** After logging in: back to where the reader was. */
export function goOn() {
	const to = wanted;
	wanted = '/';
	go(to, { replace: true });
}

export function startRouter() {
	addEventListener('popstate', () => {
		batch(() => {
			path.value = location.pathname;
			query.value = location.search;
		});
	});
	document.addEventListener('click', (event) => {
		if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
		const anchor = event.target instanceof Element ? event.target.closest('a') : null;
		if (!anchor || anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin) return;
		if (anchor.pathname.startsWith('/static/') || anchor.pathname === '/ca.pem') return;
		if (anchor.hash && anchor.pathname === location.pathname) return;
		event.preventDefault();
		go(anchor.pathname + anchor.search);
	});
}
