// What the browser tests share: Debian's Chromium, pages whose every console
// error and foreign request is remembered, screenshots.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const ARTEFACTS = process.env.TEST_ARTEFACTS || join(here, '../artefacts');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESK = { viewport: { width: 1280, height: 800 } };
/** DESK where PHONE is the default. */
export const WIDE = { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false };

/** For what has to come: how long a machine that does much else may take. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60000);

/** Chromium without its own windows, where that is installed: it spends half as much on a page, and draws the same. */
const BROWSER = process.env.CHROMIUM || ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((file) => existsSync(file));

export function launch() {
	return chromium.launch({
		executablePath: BROWSER,
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
}

/**
 * A page in a context of its own. problems() answers what went wrong on it so far.
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin what alone may be asked
 * @param {object} options of the context
 */
export async function openPage(browser, origin, options = PHONE) {
	const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Stockholm', ignoreHTTPSErrors: true, ...options });
	await context.addInitScript(() => {
		/** @type {string[]} */
		const told = /** @type {any} */ (globalThis).told = [];
		let last = '';
		new MutationObserver(() => {
			const text = document.querySelector('.toast')?.textContent ?? '';
			if (text && text !== last) told.push(text);
			last = text;
		}).observe(document, { subtree: true, childList: true, characterData: true });
	});
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE_MS);
	/** @type {string[]} */
	const found = [];
	page.on('console', (message) => {
		if (message.type() !== 'error' && message.type() !== 'warning') return;
		// Chromium itself logs every refused or failed request; whether those are right is the test's to say. It fetches no service
		// worker behind a certificate that nobody has installed, nor for a page that has gone meanwhile.
		if (/^Failed to load resource|^A bad HTTP response code \(404\) was received when fetching the script|^An (SSL certificate|unknown) error occurred when fetching the script/.test(message.text())) return;
		found.push(`console: ${message.text()}`);
	});
	page.on('pageerror', (error) => found.push(`error: ${error.stack}`));
	page.on('request', (request) => {
		const url = request.url();
		if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url)) found.push(`request elsewhere: ${url}`);
	});
	page.on('response', (response) => {
		if (response.status() >= 400 && new URL(response.url()).pathname.startsWith('/static/')) found.push(`${response.status()}: ${response.url()}`);
	});
	return { page, context, problems: () => found };
}

/**
 * Waits until the page has told this in passing, as it does for six seconds; asked again, it must have told it again.
 * @param {import('playwright-core').Page} page @param {string|RegExp} what of which the text has a piece
 */
export async function told(page, what) {
	const source = typeof what === 'string' ? what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : what.source;
	try {
		await page.waitForFunction((pattern) => {
			/** @type {string[]} */
			const all = /** @type {any} */ (globalThis).told, i = all.findIndex((text) => new RegExp(pattern).test(text));
			if (i < 0) return false;
			all.splice(0, i + 1);
			return true;
		}, source);
	} catch (error) {
		const all = await page.evaluate(() => /** @type {any} */ (globalThis).told).catch(() => []);
		throw new Error(`“${source}” is not among what was told: ${JSON.stringify(all)}`, { cause: error });
	}
}

/**
 * Does something and waits until the page has shown what fits, be it for a moment only: a locator asks now and then, and finds
 * what a control shows for less than a second on an idle machine alone.
 * @param {import('playwright-core').Page} page it must stay the same document
 * @param {string} selector of CSS
 * @param {() => Promise<unknown>} act
 * @param {string} text that the element has within
 */
export async function passing(page, selector, act, text = '') {
	const watch = await page.evaluateHandle(([wanted, word]) => {
		let tell = () => {};
		const seen = new Promise((resolve) => { tell = () => resolve(undefined); });
		const look = () => {
			if (![...document.querySelectorAll(wanted)].some((element) => element.textContent?.includes(word))) return;
			observer.disconnect();
			tell();
		};
		const observer = new MutationObserver(look);
		observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		return { seen }; // a promise itself would be waited for
	}, [selector, text]);
	await act();
	let timer;
	const late = new Promise((resolve, reject) => { timer = setTimeout(() => reject(new Error(`${selector} "${text}" never passed by`)), PATIENCE_MS); });
	await Promise.race([watch.evaluate(({ seen }) => seen), late]).finally(() => clearTimeout(timer));
}

/**
 * Draws with the mouse in one go: where each step waits for the one before, a busy machine rests on the way.
 * @param {import('playwright-core').Page} page @param {{x: number, y: number}} from @param {{x: number, y: number}} to
 */
export async function stroke(page, from, to, steps = 8) {
	const cdp = await page.context().newCDPSession(page);
	const send = (/** @type {'mousePressed'|'mouseReleased'|'mouseMoved'} */ type, /** @type {number} */ share, buttons = 1) => cdp.send('Input.dispatchMouseEvent', {
		type, x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, button: 'left', buttons, clickCount: type === 'mouseMoved' ? 0 : 1 });
	await send('mouseMoved', 0, 0);
	await Promise.all([send('mousePressed', 0), ...Array.from({ length: steps }, (_, i) => send('mouseMoved', (i + 1) / steps)), send('mouseReleased', 1, 0)]);
	await cdp.detach();
}

/** @param {import('playwright-core').Page} page @param {string} name */
export async function shoot(page, name, fullPage = false) {
	mkdirSync(ARTEFACTS, { recursive: true });
	await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage });
}

/** Until what was done is drawn and what follows from that has begun: effects come behind a frame, some ask for another one. @param {import('playwright-core').Page} page */
export const drawn = (page) => page.evaluate(() => new Promise((done) => {
	const frame = (/** @type {() => void} */ then) => requestAnimationFrame(() => setTimeout(then));
	frame(() => frame(() => done(undefined)));
}));

/** Until what moves has come to rest; what turns for ever does not count. @param {import('playwright-core').Page} page */
const stillness = (page) => page.evaluate(() => Promise.all(document.getAnimations()
	.filter((one) => one.effect?.getComputedTiming().endTime !== Infinity).map((one) => one.finished.catch(() => {}))));

/** A page as it is by day and at night, without opening it twice. @param {import('playwright-core').Page} page @param {(theme: string) => Promise<void>} tell */
export async function inBothThemes(page, tell) {
	for (const theme of /** @type {const} */ (['light', 'dark'])) {
		await page.emulateMedia({ colorScheme: theme });
		await page.locator(`html[data-theme="${theme}"]`).waitFor();
		await stillness(page);
		await tell(theme);
	}
}

/** Nothing scrolls sideways, whatever the finger does, once charts have followed the window. @param {import('playwright-core').Page} page */
export async function assertNoSideways(page) {
	await drawn(page);
	const { scroll, width } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: innerWidth }));
	assert.ok(scroll <= width, `the page is ${scroll} px wide in a window of ${width}`);
}

/** No serious or critical finding of axe. @param {import('playwright-core').Page} page */
export async function assertAccessible(page) {
	// what is fading in has no contrast yet, and may appear meanwhile; what is out of sight keeps the other theme's colours for a while
	await page.emulateMedia({ reducedMotion: 'reduce' });
	const sheet = await page.evaluateHandle(() => {
		const all = new CSSStyleSheet();
		all.replaceSync('* { content-visibility: visible !important; }');
		document.adoptedStyleSheets.push(all);
		return all;
	});
	await drawn(page);
	await stillness(page);
	await page.evaluate(AXE);
	const violations = await page.evaluate(async () => {
		const result = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
		return result.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
			.map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(' ')} (${n.failureSummary})`).join('\n   ')}`);
	});
	await sheet.evaluate((all) => { document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== all); });
	await page.emulateMedia({ reducedMotion: null });
	assert.deepEqual(violations, []);
}
