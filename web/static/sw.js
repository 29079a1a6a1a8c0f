// The service worker: keeps the pages of one version, so that they open at once, also while the hub is away. What they show
// of the house never passes through here: neither the API nor live events nor /mqtt.
//
// The hub puts a line in front (web/shell.c): self.TOMTE = {version, files, pages}. Another content of any file is another
// version, whose worker waits until no page of the old one is open or somebody presses the button.

const { version, files, pages } = self.TOMTE;
const CACHE = `tomte-${version}`;
const ROOT = `/static/${version}/`;
const CATALOGUE = /\/(js\/text\.[a-z]+\.js)$/;

/** The languages that were read so far: the only catalogues worth keeping. */
async function catalogues() {
	const found = new Set();
	for (const name of await caches.keys()) {
		for (const request of await (await caches.open(name)).keys()) {
			const match = CATALOGUE.exec(new URL(request.url).pathname);
			if (match) found.add(match[1]);
		}
	}
	return [...found];
}

/** Everything of this version or nothing: a hub that changed meanwhile answers 404, or a page that names another version. */
async function fill() {
	const wanted = [...files, ...await catalogues()].map((name) => ROOT + name);
	const cache = await caches.open(CACHE);
	try {
		const page = await fetch('/', { cache: 'no-cache' });
		if (!page.ok || !(await page.clone().text()).includes(ROOT)) throw new Error(`the hub's pages are not version ${version} any more`);
		await cache.put('/', page);
		await cache.addAll(wanted);
	} catch (error) {
		await caches.delete(CACHE);
		throw error;
	}
}

async function dropOthers() {
	for (const name of await caches.keys()) {
		if (name.startsWith('tomte-') && name !== CACHE) await caches.delete(name);
	}
}

async function shell(request) {
	const cache = await caches.open(CACHE);
	return await cache.match('/') ?? fetch(request);
}

async function asset(request) {
	const cache = await caches.open(CACHE);
	const kept = await cache.match(request);
	if (kept) return kept;
	const answer = await fetch(request);
	if (answer.ok) await cache.put(request, answer.clone());
	return answer;
}

/** "/devices/{}" stands for one more segment. */
const patterns = pages.map((page) => new RegExp(`^${page.replace('{}', '[^/]+')}$`));

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(dropOthers()));
self.addEventListener('message', (event) => {
	if (event.data === 'take over') self.skipWaiting();
	else if (typeof event.data?.keep === 'string' && event.data.keep.startsWith(ROOT)) event.waitUntil(asset(new Request(event.data.keep)));
});
self.addEventListener('fetch', (event) => {
	const { request } = event;
	const { origin, pathname } = new URL(request.url);
	if (request.method !== 'GET' || origin !== self.location.origin) return;
	if (request.mode === 'navigate') {
		if (patterns.some((pattern) => pattern.test(pathname))) event.respondWith(shell(request));
	} else if (pathname.startsWith(ROOT)) {
		event.respondWith(asset(request));
	}
});
