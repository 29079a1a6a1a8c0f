// The page's side of the service worker: registers it where the browser allows one, hears of a new version of the pages,
// and takes it when somebody asks. Without a worker a new version is seen when the hub is back after a break.
import { signal } from './lib.js';
import { asset, version } from './assets.js';
import { language } from './text.js';
import { generation } from './store.js';

/** A newer version is ready. */
export const updated = signal(false);

/** Whether this browser trusts the hub's certificate, as far as that shows: it runs no worker behind one that it doubts. @type {import('./lib.js').Signal<'unknown'|'yes'|'no'>} */
export const trusted = signal(/** @type {'unknown'|'yes'|'no'} */ ('unknown'));

/** @type {ServiceWorkerRegistration|null} */
let registration = null;
let taking = false;

/** @param {ServiceWorkerRegistration} found */
function watch(found) {
	registration = found;
	const look = () => { if (found.waiting && navigator.serviceWorker.controller) updated.value = true; };
	look();
	found.addEventListener('updatefound', () => found.installing?.addEventListener('statechange', look));
	// the catalogue came before the worker did
	void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage({ keep: asset(`js/text.${language}.js`) }));
}

/** The hub is back: has it other pages now? */
async function look() {
	if (registration) {
		await registration.update().catch(() => {});
		return;
	}
	if (!version) return;
	try {
		const page = await (await fetch('/', { cache: 'no-cache', credentials: 'same-origin' })).text();
		if (/\/static\/[0-9a-f]{16}\//.test(page) && !page.includes(`/static/${version}/`)) updated.value = true;
	} catch {
		// away again
	}
}

/** Shows the new version. */
export function takeUpdate() {
	if (!registration?.waiting) location.reload();
	else {
		taking = true;
		registration.waiting.postMessage('take over');
	}
}

/** Once, at start; in the background, behind everything that the first page needs. */
export function keepOffline() {
	generation.subscribe((n) => { if (n > 1) void look(); });
	if (!('serviceWorker' in navigator) || !version) return;
	const encrypted = location.protocol === 'https:';
	navigator.serviceWorker.addEventListener('controllerchange', () => { if (taking || updated.peek()) location.reload(); });
	const register = () => navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).then((found) => {
		if (encrypted) trusted.value = 'yes';
		watch(found);
	}, (error) => {
		if (encrypted && error instanceof DOMException && error.name === 'SecurityError') trusted.value = 'no';
	});
	if (document.readyState === 'complete') void register();
	else addEventListener('load', () => void register(), { once: true });
}
