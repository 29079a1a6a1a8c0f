// The page as an app: installable, open at once while the hub is away, never a mix of two versions; how to trust the hub;
// and what the first visit costs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { packedPages, pageSources } from '../support/hub.mjs';
import { DESK, PHONE, assertAccessible, assertNoSideways, launch, openPage, shoot } from './browser.mjs';
import { MockHub, USER } from './mock_hub.mjs';

const KiB = 1024;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** A hub and somebody logged in on it. */
async function visit(tell, { options = {}, pages = packedPages, worker = true, ...state } = {}) {
	const hub = await new MockHub({ pages }).start();
	Object.assign(hub, { worker, ...state });
	const { page, context, problems } = await openPage(browser, hub.url, { ...PHONE, ...options });
	hub.sessions.add('story');
	await context.addCookies([{ name: 'tomte', value: 'story', url: hub.url }]);
	try {
		await tell({ hub, page, context, problems });
	} finally {
		await context.close();
		await hub.stop();
	}
}

/** The worker has this version whole, and answers what is opened next. Not waitForFunction(): that takes the promise for the answer. */
const kept = (page, version) => page.evaluate(async (name) => {
	const { serviceWorker } = navigator;
	for (;; await new Promise((resolve) => { setTimeout(resolve, 20); })) {
		const { active, installing } = await serviceWorker.getRegistration() ?? {};
		if (active?.state === 'activated' && !installing && (await caches.keys()).includes(name)) return;
	}
}, `tomte-${version}`);

/** No other version is kept any more. */
const keptAlone = (page, version) => page.evaluate(async (name) => {
	while ((await caches.keys()).join() !== name) await new Promise((resolve) => { setTimeout(resolve, 20); });
}, `tomte-${version}`);

const live = (page) => page.locator('.frame[data-link="live"]').waitFor();

describe('the app', () => {
	for (const language of ['en', 'de']) {
		test(`can be installed, ${language}`, () => visit(async ({ hub, page, context, problems }) => {
			await page.goto(hub.url);
			await live(page);
			const cdp = await context.newCDPSession(page);
			const { url, errors, data } = await cdp.send('Page.getAppManifest');
			assert.match(url, new RegExp(`manifest\\.${language}\\.webmanifest$`));
			assert.deepEqual(errors, []);
			await kept(page, hub.version);
			assert.deepEqual((await cdp.send('Page.getInstallabilityErrors')).installabilityErrors.map((error) => error.errorId).filter((id) => id !== 'in-incognito'), []);
			const manifest = JSON.parse(data);
			assert.equal(manifest.lang, language);
			const images = [...manifest.icons, ...manifest.shortcuts.flatMap((shortcut) => shortcut.icons)];
			assert.ok(images.some((icon) => icon.purpose === 'maskable'));
			for (const icon of images) {
				const size = await page.evaluate(async (src) => {
					const image = new Image();
					image.src = src;
					await image.decode();
					return `${image.naturalWidth}x${image.naturalHeight}`;
				}, new URL(icon.src, url).href);
				if (icon.sizes !== 'any') assert.equal(size, icon.sizes, icon.src);
			}
			for (const shortcut of manifest.shortcuts) {
				await page.goto(hub.url + shortcut.url);
				await page.getByRole('heading', { name: shortcut.name }).waitFor();
			}
			assert.deepEqual(problems(), []);
		}, { options: { locale: language } }));
	}

	for (const [name, pages] of [['packed', packedPages], ['as in the source', pageSources]]) {
		test(`opens at once while the hub is away, says so, and comes back by itself; ${name}`, () => visit(async ({ hub, page }) => {
			await page.goto(hub.url);
			await live(page);
			await kept(page, hub.version);
			await page.goto(hub.url + '/alerts'); // under the worker: it keeps the catalogue, too
			await live(page);
			const warmth = page.locator('.card', { hasText: 'Thermometer' }).first().locator('.card-value');
			await hub.vanish();
			await page.goto(hub.url + '/');
			await page.locator('.frame[data-link="lost"]').waitFor();
			await page.getByText(/^The hub is out of reach\. Last heard /).waitFor();
			assert.match(await warmth.textContent() ?? '', /^\d+\.\d °C/);
			await shoot(page, `away-phone-light${pages === packedPages ? '' : '-source'}`);
			await page.goto(hub.url + '/devices/thermo'); // never seen before
			await page.getByRole('heading', { name: 'Thermometer', exact: true }).waitFor();
			await page.getByText('The chart could not be loaded.').waitFor();
			await hub.comeBack(true);
			await live(page);
			await page.locator('.chart-area[data-phase="ready"]').waitFor();
			assert.equal(await page.getByText('out of reach').count(), 0);
		}, { pages }));
	}

	test('answers of the API are never kept', () => visit(async ({ hub, page }) => {
		await page.goto(hub.url);
		await live(page);
		await kept(page, hub.version);
		await page.goto(hub.url + '/devices/thermo');
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		const urls = await page.evaluate(async () => {
			const found = [];
			for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
			return found;
		});
		assert.ok(urls.includes('/'));
		assert.deepEqual(urls.filter((url) => url !== '/' && !url.startsWith(`/static/${hub.version}/`)), []);
		assert.deepEqual(urls.filter((url) => url.endsWith('/text.de.js')), [], 'a language that nobody reads');
	}));

	test('who logs out leaves nothing of the house behind', () => visit(async ({ hub, page }) => {
		await page.goto(hub.url + '/settings');
		await live(page);
		await kept(page, hub.version);
		await page.reload();
		await live(page);
		await page.waitForFunction(() => localStorage.getItem('house') !== null);
		await page.getByRole('button', { name: 'Log out' }).click();
		await page.getByRole('heading', { name: 'Log in' }).waitFor();
		assert.equal(await page.evaluate(() => localStorage.getItem('house')), null);
		await hub.vanish();
		await page.goto(hub.url + '/');
		await page.getByText('The hub cannot be reached.').waitFor();
		assert.equal(await page.locator('.card').count(), 0);
	}));

	test('who was here before and logs in anew gets the house, not what was answered before', () => visit(async ({ hub, page }) => {
		await page.goto(hub.url);
		await live(page);
		await page.reload();
		await live(page);
		await page.waitForFunction(() => localStorage.getItem('house') !== null);
		hub.sessions.clear(); // it has expired
		await page.goto(hub.url);
		await page.getByLabel('Name').fill(USER.name);
		await page.getByLabel('Password', { exact: true }).fill(USER.password);
		await page.getByRole('button', { name: 'Log in' }).click();
		await live(page);
		await page.locator('.card').first().waitFor();
	}, { worker: false }));

	test('another version comes when asked for, whole', () => visit(async ({ hub, page, problems }) => {
		const OTHER = 'fedcba9876543210';
		await page.goto(hub.url);
		await live(page);
		await kept(page, hub.version);
		await page.reload(); // under the worker
		await live(page);
		const before = hub.version;
		await hub.vanish();
		hub.version = OTHER;
		await hub.comeBack(true);
		await page.getByText('A new version of these pages is ready.').waitFor();
		await kept(page, OTHER);
		hub.requests.length = 0;
		await page.goto(hub.url + '/devices/thermo'); // still the old one, all of it
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname).filter((path) => path.startsWith('/static/')));
		assert.deepEqual((await loaded()).filter((path) => !path.startsWith(`/static/${before}/`)), []);
		assert.deepEqual(hub.requests.filter((request) => request.includes('/static/')), []);
		await shoot(page, 'update-phone-light');
		await page.getByRole('button', { name: 'Use it' }).click();
		await page.waitForFunction((version) => !!document.querySelector(`script[src^="/static/${version}/"]`), OTHER);
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		assert.deepEqual((await loaded()).filter((path) => !path.startsWith(`/static/${OTHER}/`)), []);
		await keptAlone(page, OTHER);
		assert.equal(await page.getByText('A new version').count(), 0);
		assert.deepEqual(problems().filter((problem) => !/ERR_/.test(problem)), []);
	}));

	test('without a worker, too, and a module that is gone brings the page that knows better', () => visit(async ({ hub, page }) => {
		await page.goto(hub.url);
		await live(page);
		await hub.vanish();
		hub.version = 'fedcba9876543210';
		await hub.comeBack(true);
		await page.getByText('A new version of these pages is ready.').waitFor();
		await page.getByRole('link', { name: 'Settings' }).click();
		await page.getByRole('heading', { name: 'Settings' }).waitFor();
		assert.ok(await page.locator(`script[src^="/static/${hub.version}/"]`).count() > 0);
	}, { worker: false, pages: undefined }));
});

describe('trust this hub', () => {
	for (const [language, locale, title, button] of [['en', 'en-GB', 'Trust this hub', 'Open the dashboard'], ['de', 'de-DE', 'Der Zentrale vertrauen', 'Zur Übersicht']]) {
		for (const colorScheme of ['light', 'dark']) {
			test(`is what the unencrypted port shows, ${language}, ${colorScheme}`, () => visit(async ({ hub, page, problems }) => {
				await page.goto(hub.url + '/devices/lamp');
				await page.getByRole('heading', { name: title }).waitFor();
				await page.locator('.qr svg').waitFor();
				assert.equal(await page.getByRole('link', { name: button }).getAttribute('href'), 'https://127.0.0.1:8443/');
				await page.getByText('3F:9A:2C:77').waitFor();
				assert.equal(await page.locator('a[href="/ca.pem"]').count(), 1);
				await page.getByText('iPhone, iPad').click();
				await assertNoSideways(page);
				await assertAccessible(page);
				await shoot(page, `trust-plain-phone-${colorScheme}-${language}`, true);
				assert.deepEqual(hub.requests.filter((request) => request.includes('/api/')), []);
				assert.deepEqual(problems(), []);
			}, { options: { locale, colorScheme }, plain: true, worker: false }));
		}
	}

	test('needs nobody to be logged in, and opens the steps for the system at hand', () => visit(async ({ hub, page, context }) => {
		await context.clearCookies();
		await page.goto(hub.url + '/trust');
		await page.getByText('Choose “Install anyway”').waitFor();
		assert.equal(await page.locator('details[open]').count(), 1);
		await page.getByRole('heading', { name: 'Trust this hub' }).waitFor();
	}, { options: { userAgent: 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36' } }));
});

describe('the first visit', () => {
	/** How far each file is from the page: what a page names itself is 1, what that brings is 2. */
	const depths = (requests) => {
		const depth = new Map();
		const of = (url) => {
			const request = requests.get(url);
			if (!request || !request.by || request.by === url) return 0;
			if (!depth.has(url)) {
				depth.set(url, 0);
				depth.set(url, of(request.by) + 1);
			}
			return depth.get(url);
		};
		return [...requests.keys()].map((url) => [url, of(url)]);
	};

	test('costs at most 150 KiB and 24 requests, in no long chain', (t) => visit(async ({ hub, page, context }) => {
		await page.goto(hub.url); // who is logged in has been here before
		await live(page);
		await page.goto('about:blank');
		const cdp = await context.newCDPSession(page);
		await cdp.send('Network.enable');
		await cdp.send('Network.clearBrowserCache');
		await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 });
		await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
		const requests = new Map(), bytes = new Map();
		cdp.on('Network.requestWillBeSent', ({ requestId, request, initiator, documentURL }) => {
			const stack = initiator.stack?.callFrames ?? [];
			requests.set(request.url, { id: requestId, by: request.url === documentURL ? null : initiator.url ?? stack[0]?.url ?? documentURL });
		});
		cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
		await page.goto(hub.url + '/', { waitUntil: 'commit' });
		await page.getByRole('switch').first().waitFor();
		const interactive = await page.evaluate(() => Math.round(performance.now()));
		await live(page);
		await page.locator('.spark-line').nth(5).waitFor();
		await page.waitForLoadState('load');
		const own = [...requests].filter(([url]) => url.startsWith(hub.url));
		const total = own.reduce((sum, [, { id }]) => sum + (bytes.get(id) ?? 0), 0);
		const files = own.map(([url]) => new URL(url).pathname).filter((path) => path.startsWith('/static/'));
		t.diagnostic(`${own.length} requests, ${Math.round(total / KiB)} KiB; to be used after ${interactive} ms on a phone with a slow network`);
		assert.ok(total > 50 * KiB, `${total} bytes cannot be all`);
		assert.ok(total <= 150 * KiB, `${total} bytes`);
		assert.ok(own.length <= 24, `${own.length} requests:\n${own.map(([url]) => url).join('\n')}`);
		// the page → start.js → the catalogue: a module that only another module names would be one later
		const late = depths(new Map(own)).filter(([url, depth]) => url.endsWith('.js') && depth > (/\/text\.\w+\.js$/.test(url) ? 2 : 1));
		assert.deepEqual(late, []);
		for (const [what, unwanted] of Object.entries({ 'another language': /text\.en/, 'charts': /uplot|charted-/, 'another page': /later-/ })) {
			assert.deepEqual(files.filter((path) => unwanted.test(path)), [], `${what} is not needed yet`);
		}
		// what is known is asked for before the modules are there, and once
		for (const [path, query] of [['/api/v1/session', ''], ['/api/v1/devices', '?limit=1000'], ['/api/v1/alerts', '?limit=100']]) {
			assert.match(requests.get(hub.url + path + query)?.by ?? '', /\/start\.js$/, `${path} waits for a module`);
			assert.equal(hub.requests.filter((request) => request === `GET ${path}`).length, 2, `${path}: once a visit`);
		}
	}, { options: { locale: 'de-DE' }, worker: false }));

	test('on a wide screen it looks the same packed', () => visit(async ({ hub, page, problems }) => {
		await page.goto(hub.url + '/devices/thermo');
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		await shoot(page, 'packed-desk-light');
		assert.deepEqual(problems(), []);
	}, { options: { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false }, worker: false }));
});
