// The pages in German: each of them whole and accessible in both themes, numbers as Germans write them, only the chosen
// catalogue fetched; and every page by keyboard, at 200 %, and without motion.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, WIDE, assertAccessible, assertNoSideways, inBothThemes, launch, openPage, shoot } from './browser.mjs';
import { pageSources } from '../support/hub.mjs';
import { MockHub } from './mock_hub.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const GERMAN = { locale: 'de-DE', timezoneId: 'Europe/Berlin' };

/** What shows that a page is all there, in no language. */
const PAGES = {
	home: ['/', (page) => page.locator('.spark-line').first().waitFor()], // at 200 % fewer are in sight
	device: ['/devices/thermo', (page) => page.locator('.chart-area[data-phase="ready"]').waitFor()],
	light: ['/devices/lamp1', (page) => page.locator('.wheel').waitFor()],
	settable: ['/devices/heater', (page) => page.locator('.slider input').waitFor()],
	add: ['/add', (page) => page.locator('form.panel').waitFor()],
	other: ['/add/other', (page) => page.locator('.kind').nth(6).waitFor()],
	clients: ['/settings/clients', (page) => page.locator('details.item').nth(1).waitFor()],
	alerts: ['/alerts', (page) => page.locator('.alert[data-open]').waitFor()],
	settings: ['/settings', (page) => page.locator('#language').waitFor()],
	history: ['/settings/history', (page) => page.locator('input[type="file"]').waitFor({ state: 'attached' })],
	trust: ['/trust', (page) => page.locator('.qr svg').waitFor()],
	people: ['/settings/people', (page) => page.getByText('Mia').first().waitFor()],
	me: ['/settings/me', (page) => page.locator('.panel').getByText('Wall panel', { exact: true }).waitFor()],
	missing: ['/devices/nobody', (page) => page.locator('.empty').waitFor()],
};

/** Where the focus is, and whether it can be seen and lies in the window. */
const focus = (page) => page.evaluate(() => {
	const element = document.activeElement;
	if (!element || element === document.body) return null;
	const seen = (/** @type {Element|null} */ at) => {
		for (let i = 0; at && i < 3; i++, at = at.parentElement) {
			const style = getComputedStyle(at);
			if (parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none') return true;
		}
		return false;
	};
	const box = element.getBoundingClientRect();
	const label = element.closest('label');
	const name = element.getAttribute('aria-label') || element.textContent?.trim() || label?.textContent?.trim() || document.querySelector(`label[for="${element.id}"]`)?.textContent || element.tagName;
	/** @type {any} */
	const all = globalThis;
	all.walked ??= new Map();
	if (!all.walked.has(element)) all.walked.set(element, all.walked.size);
	return { key: all.walked.get(element), name, seen: seen(element), inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
});

/** By keyboard from end to end. */
async function walk(page) {
	const walked = new Set();
	let last = null;
	for (let i = 0; i < 200; i++) {
		await page.keyboard.press('Tab');
		last = await focus(page);
		if (!last || (walked.has(last.key) && last.key === 0)) break;
		assert.ok(!walked.has(last.key), `the focus came back to "${last.name}" before the page was over`);
		walked.add(last.key);
		assert.ok(last.seen, `nothing shows that "${last.name}" has the focus`);
		assert.ok(last.inside, `"${last.name}" has the focus outside of the window`);
	}
	assert.ok(!last || last.key === 0, 'the walk does not end');
	assert.ok(walked.size >= 5, `only ${walked.size} places to go`);
}

/** Enlarged twice: half the window's points. */
async function enlarged(page) {
	await page.setViewportSize({ width: 640, height: 400 });
	await assertNoSideways(page);
	const cut = await page.evaluate(() => [...document.querySelectorAll('h1, h2, button, a, label, p')].filter((element) => {
		const style = getComputedStyle(element);
		return style.overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1 && style.textOverflow !== 'ellipsis' && !element.classList.contains('sr-only');
	}).map((element) => element.textContent));
	assert.deepEqual(cut, []);
}

describe('in German', () => {
	for (const [name, [path, ready]] of Object.entries(PAGES)) {
		test(`${name}: phone`, () => story(GERMAN, path, async (page) => {
			await ready(page);
			assert.equal(await page.locator('html').getAttribute('lang'), 'de');
			await inBothThemes(page, async (theme) => {
				await assertNoSideways(page);
				await assertAccessible(page);
				await shoot(page, `${name}-phone-${theme}-de`, true);
			});
		}));

		test(`${name}: desk, walked by keyboard from end to end, and at 200 %`, () => story({ ...WIDE, ...GERMAN }, path, async (page) => {
			await ready(page);
			await walk(page);
			await inBothThemes(page, async (theme) => {
				await assertNoSideways(page);
				await shoot(page, `${name}-desk-${theme}-de`, true);
			});
			await enlarged(page);
		}));
	}

	for (const [size, screen] of [['phone', PHONE], ['desk', WIDE]]) {
		test(`every control: ${size}`, () => story({ ...screen, ...GERMAN, controls: true }, '/', async (page) => {
			await page.locator('.card').first().waitFor();
			await inBothThemes(page, async (theme) => {
				await assertNoSideways(page);
				if (size === 'phone') await assertAccessible(page);
				await shoot(page, `controls-${size}-${theme}-de`, true);
			});
		}));
	}
});

describe('languages', () => {
	test('the browser’s language is taken, and only its catalogue', () => story({ ...GERMAN }, '/', async (page, hub) => {
		await page.getByRole('heading', { name: 'Zuhause' }).waitFor();
		await page.locator('.card', { hasText: 'Cellar thermometer' }).getByText('4,8').waitFor();
		await page.getByText('vor 4 Min.').waitFor();
		assert.equal(await page.locator('html').getAttribute('dir'), 'ltr');
		assert.ok(hub.requests.some((request) => request.endsWith('/js/text.de.js')));
		assert.ok(!hub.requests.some((request) => request.endsWith('/js/text.en.js')), 'the English catalogue was fetched, too');
	}));

	test('another one is chosen in the settings, and kept', () => story({ ...GERMAN }, '/settings', async (page, hub) => {
		hub.requests.length = 0;
		await page.getByLabel('Sprache').selectOption('English');
		await page.getByRole('heading', { name: 'Settings' }).waitFor();
		assert.equal(await page.locator('html').getAttribute('lang'), 'en');
		assert.ok(!hub.requests.some((request) => request.endsWith('/js/text.de.js')), 'the German catalogue was fetched, too');
		await page.goto(hub.url + '/');
		await page.getByRole('heading', { name: 'Home' }).waitFor();
		await page.locator('.card', { hasText: 'Cellar thermometer' }).getByText('4,8').waitFor(); // English, as it is written in Germany
		await page.goto(hub.url + '/settings');
		await page.getByLabel('Language').selectOption('As the browser');
		await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
	}));

	test('a language that there is not is English', () => story({ locale: 'fi-FI' }, '/', async (page) => {
		await page.getByRole('heading', { name: 'Home' }).waitFor();
		assert.equal(await page.locator('html').getAttribute('lang'), 'en');
	}));

	test('what the hub says is said in the reader’s language where that knows it', () => story({ ...GERMAN }, '/', async (page, hub) => {
		await page.locator('.alert-line').getByText('Cellar thermometer antwortet nicht').waitFor();
		hub.device('lamp1').online = false; // unheard of yet by the page
		await page.getByRole('switch', { name: /^Reading lamp/ }).click();
		await page.getByText('wartet, bis es wieder da ist').first().waitFor();
		hub.failing.set('plug', 'The fuse is blown.'); // a device's own words
		await page.getByRole('switch', { name: /^Coffee machine/ }).click();
		await page.getByText('The fuse is blown.').first().waitFor();
	}));

	test('what a catalogue lacks is said in English', async () => {
		const hub = await new MockHub({ pages: pageSources }).start();
		const { page, context, problems } = await openPage(browser, hub.url, { ...PHONE, ...GERMAN });
		await page.route('**/js/text.de.js', async (route) => {
			const answer = await route.fetch();
			const text = (await answer.text()).replace('alerts: \'Hinweise\', ', '').replace(/\n\tlogin: \{[^}]*\},/, '');
			await route.fulfill({ response: answer, body: text, headers: { 'content-type': 'text/javascript' } });
		});
		await page.goto(hub.url + '/login');
		await page.getByRole('heading', { name: 'Log in' }).waitFor();
		await page.getByRole('button', { name: 'Passwort zeigen' }).waitFor();
		hub.sessions.add('story');
		await context.addCookies([{ name: 'tomte', value: 'story', url: hub.url }]);
		await page.goto(hub.url + '/');
		await page.locator('.tab', { hasText: 'Alerts' }).waitFor();
		await page.locator('.tab', { hasText: 'Zuhause' }).waitFor();
		assert.deepEqual(problems().map((problem) => /no text "([\w.]+)" in de/.exec(problem)?.[1]), ['login', 'nav.alerts']);
		await context.close();
		await hub.stop();
	});

	test('a chart’s axis and its file are the reader’s', () => story({ ...WIDE, ...GERMAN }, '/devices/thermo', async (page) => {
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		const area = page.locator('.chart-area');
		await area.focus();
		await page.keyboard.press('End');
		assert.match(await area.getAttribute('aria-valuetext') ?? '', /^\d+,\d °C, \d\d:\d\d:\d\d/);
		await page.locator('.chart-foot summary').click();
		const saved = page.waitForEvent('download');
		await page.getByRole('button', { name: /CSV/ }).first().click();
		const stream = await (await saved).createReadStream();
		let text = '';
		for await (const chunk of stream) text += chunk;
		assert.match(text, /^"Zeit","Temperature \(°C\)"/);
	}));
});

describe('for everybody', () => {
	test('Escape closes a dialog and a menu, and the focus goes back', () => story({ ...WIDE }, '/devices/thermo', async (page) => {
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		const button = page.getByRole('button', { name: 'Delete device' });
		await button.press('Enter');
		await page.getByRole('dialog').waitFor();
		for (let i = 0; i < 8; i++) {
			await page.keyboard.press('Tab');
			assert.ok(await page.evaluate(() => !!document.activeElement?.closest('dialog') || document.activeElement === document.body), 'the focus left the dialog');
		}
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'detached' });
		assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Delete device');
		const menu = page.locator('.chart-foot summary');
		await menu.press('Enter');
		await page.locator('.menu-list').waitFor();
		await page.keyboard.press('Escape');
		await page.locator('.menu-list').waitFor({ state: 'hidden' });
		assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'SUMMARY');
	}));

	test('nothing moves for those who want that', () => story({ ...WIDE, reducedMotion: 'reduce' }, '/', async (page, hub) => {
		await page.locator('.spark-line').first().waitFor();
		hub.failing.set('lamp1', 'silent');
		await page.getByRole('switch', { name: /^Reading lamp/ }).click();
		await page.locator('.card[data-phase="waiting"]').waitFor();
		const moving = await page.evaluate(() => document.getAnimations().map((animation) => animation.effect?.getComputedTiming()).filter((timing) => timing && Number(timing.activeDuration) > 10).length);
		assert.equal(moving, 0);
	}));

	test('live values have names', () => story({}, '/', async (page) => {
		await page.getByRole('link', { name: /^Thermometer \d/ }).waitFor(); // the last room is drawn a frame or two after the first
		await page.getByRole('switch', { name: /^Reading lamp/ }).waitFor();
		const tree = await page.locator('main').ariaSnapshot();
		assert.match(tree, /link "Thermometer \d+ ?% \d+\.\d ?°C"/);
		assert.match(tree, /switch "Reading lamp On · 66%" \[checked\]/);
		assert.match(tree, /slider "Brightness of Reading lamp"/);
	}));
});
