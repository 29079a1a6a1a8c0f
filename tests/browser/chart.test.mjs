// The chart: ranges, zoom and pan in every way, what is asked for and what is not, states, counters, downloads.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { DESK, drawn, launch, shoot, stroke } from './browser.mjs';
import { eventually } from '../support/hub.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const MINUTE = 60000, HOUR = 3600000, DAY = 24 * HOUR;
const AT_DESK = { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false };
const area = (page) => page.locator('.chart-area');
const ready = (page) => page.locator('.chart-area[data-phase="ready"]:not([data-busy])').waitFor();
const stretch = (page) => page.locator('.chart-stretch').textContent();
const asked = (hub) => hub.requests.filter((request) => /\/series\/1\/(points|timeline)/.test(request));
const window = (request) => {
	const query = new URLSearchParams(request.split('?')[1]);
	return { from: Number(query.get('from')), to: Number(query.get('to')), width: Number(query.get('width')) };
};
/** After a gesture has rested and its answer, if it needed one, is there. The page's own timer for that, which is shorter, is over before this one. */
async function rest(page) {
	await page.evaluate(() => new Promise((over) => { setTimeout(over, 250); }));
	await drawn(page);
	await ready(page);
}

describe('ranges', () => {
	test('each range is one request, and a year too', () => story({}, '/devices/thermo', async (page, hub) => {
		await ready(page);
		for (const [name, span] of [['Last 24 h', DAY], ['Last 7 d', 7 * DAY], ['Last 30 d', 30 * DAY], ['Last 1 y', 365 * DAY]]) {
			const before = asked(hub).length;
			await page.getByRole('button', { name }).click();
			await rest(page);
			const fresh = asked(hub).slice(before);
			assert.equal(fresh.length, 1, `${name}: ${fresh}`);
			const { from, to, width } = window(fresh[0]);
			assert.ok(to - from >= span && to - from < 2 * span, `${name}: ${to - from}`);
			assert.ok(width <= 4096);
			assert.equal(await page.getByRole('button', { name }).getAttribute('aria-pressed'), 'true');
		}
		await shoot(page, 'chart-year-phone-light', true);
		await page.getByRole('button', { name: 'All there is' }).click();
		await rest(page);
		assert.ok(asked(hub).at(-1).includes('from=first'));
		await shoot(page, 'chart-all-phone-light', true);
	}));

	test('the hour needs nothing more when it was part of what is there', () => story({}, '/devices/thermo', async (page, hub) => {
		await ready(page);
		const before = asked(hub).length;
		await area(page).focus();
		await page.keyboard.press('+');
		await page.keyboard.press('+');
		await rest(page);
		assert.equal(asked(hub).length, before, 'samples that were there were asked for again');
	}));
});

describe('zoom and pan', () => {
	test('the wheel zooms around the pointer, a row of turns is one request', () => story(AT_DESK, '/devices/thermo', async (page, hub) => {
		await ready(page);
		await page.getByRole('button', { name: 'Last 24 h' }).click();
		await rest(page);
		const before = asked(hub).length, shown = await stretch(page);
		const answered = page.waitForResponse(/\/series\/1\/points/);
		await page.evaluate(() => {
			const surface = document.querySelector('.chart-area'), { left, width } = surface.getBoundingClientRect();
			for (let i = 0; i < 6; i++) surface.dispatchEvent(new WheelEvent('wheel', { deltaY: 240, clientX: left + width / 2, bubbles: true, cancelable: true }));
		});
		await answered;
		await ready(page);
		assert.equal(asked(hub).length, before + 1);
		assert.notEqual(await stretch(page), shown);
		assert.equal(await page.locator('.ranges [aria-pressed="true"]').count(), 0);
		await shoot(page, 'chart-zoomed-desk-light');
		await page.getByRole('button', { name: 'Back to now' }).click();
		await rest(page);
		assert.equal(await page.getByRole('button', { name: 'Last 24 h' }).getAttribute('aria-pressed'), 'true');
	}));

	test('drawing with the mouse pans into the past, and what was there before comes from the browser', () => story(AT_DESK, '/devices/thermo', async (page, hub) => {
		await ready(page);
		await page.getByRole('button', { name: 'Last 7 d' }).click();
		await rest(page);
		const box = await area(page).boundingBox();
		const draw = async (from, to) => {
			await stroke(page, { x: box.x + box.width * from, y: box.y + 100 }, { x: box.x + box.width * to, y: box.y + 110 });
			await rest(page);
		};
		for (let i = 0; i < 3; i++) await draw(0.2, 0.9);
		const past = asked(hub).length;
		assert.ok(past >= 3, 'nothing was asked for');
		for (let i = 0; i < 2; i++) await draw(0.2, 0.9);
		const farther = asked(hub).length;
		await draw(0.9, 0.2);
		await draw(0.9, 0.2);
		assert.ok(asked(hub).length <= farther + 1, 'a settled window was fetched twice');
		await page.keyboard.press('Escape');
	}));

	test('keys: plus, minus, shifted arrows, nought', () => story({}, '/devices/thermo', async (page, hub) => {
		await ready(page);
		await area(page).focus();
		const first = await stretch(page);
		await page.keyboard.press('-');
		await page.keyboard.press('-');
		await rest(page);
		assert.notEqual(await stretch(page), first);
		const before = window(asked(hub).at(-1));
		for (let i = 0; i < 8; i++) await page.keyboard.press('Shift+ArrowLeft');
		await rest(page);
		const after = window(asked(hub).at(-1));
		assert.ok(after.to < before.to - HOUR, 'it did not move to the past');
		await page.keyboard.press('0');
		await rest(page);
		assert.equal(await page.getByRole('button', { name: 'Last 1 h' }).getAttribute('aria-pressed'), 'true');
	}));

	test('fingers: drawing pans, two pinch, a double tap leads back', () => story({}, '/devices/thermo', async (page) => {
		await ready(page);
		const touch = await page.context().newCDPSession(page);
		const box = await area(page).boundingBox();
		const y = box.y + box.height / 2;
		const send = (type, ...xs) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map((x, id) => ({ x, y, id })) });
		const first = await stretch(page);
		// in one go: a finger that rests for a third of a second reads, and two slow taps are none
		await Promise.all([send('touchStart', box.x + 80), ...[80, 100, 120, 140, 160, 180, 200, 220, 240, 260].map((x) => send('touchMove', box.x + x)), send('touchEnd')]);
		await rest(page);
		const panned = await stretch(page);
		assert.notEqual(panned, first);
		await send('touchStart', box.x + 120, box.x + 200);
		for (let d = 0; d <= 80; d += 10) await send('touchMove', box.x + 120 - d, box.x + 200 + d);
		await send('touchEnd');
		await rest(page);
		assert.notEqual(await stretch(page), panned);
		await Promise.all([1, 2].flatMap(() => [send('touchStart', box.x + 150), send('touchEnd')]));
		await page.locator('.ranges [aria-pressed="true"]').waitFor();
		await rest(page);
	}));

	test('a request that is overtaken is given up', () => story(AT_DESK, '/devices/thermo', async (page, hub) => {
		await ready(page);
		let release;
		hub.historyHeld = new Promise((resolve) => { release = resolve; });
		for (const name of ['Last 7 d', 'Last 1 y']) {
			const before = asked(hub).length, sent = page.waitForRequest(/\/series\/1\/points/);
			await page.getByRole('button', { name }).click();
			await sent;
			await eventually(() => asked(hub).length > before, `${name} is asked for`);
			assert.equal(await page.locator('.chart-area[data-busy]').count(), 1);
		}
		hub.historyHeld = null;
		await page.getByRole('button', { name: 'Last 30 d' }).click();
		await rest(page);
		const shown = await area(page).getAttribute('data-points');
		release();
		await rest(page);
		assert.equal(await page.getByRole('button', { name: 'Last 30 d' }).getAttribute('aria-pressed'), 'true');
		assert.ok(Math.abs(Number(await area(page).getAttribute('data-points')) - Number(shown)) < 20, 'what was given up came after all');
	}));
});

describe('what may go wrong', () => {
	test('a first answer that fails is said and tried again; a later one leaves the chart', () => story({}, '/devices/meter', async (page, hub) => {
		await ready(page);
		hub.broken = 1;
		await page.getByRole('button', { name: 'Last 7 d' }).click();
		await page.getByText('The newest part could not be loaded.').waitFor();
		await shoot(page, 'chart-trouble-phone-light');
		await page.getByRole('button', { name: 'Try again' }).click();
		await page.getByText('The newest part could not be loaded.').waitFor({ state: 'detached' });
		await rest(page);
		hub.broken = 1;
		await page.goto(`${hub.url}/devices/thermo`);
		await ready(page);
	}));
});

describe('states and counters', () => {
	test('a text sensor is a bar of words, which follows', () => story({ tick: 500 }, '/devices/heater', async (page) => {
		await page.locator('.chart-area[data-mode="states"][data-phase="ready"]').waitFor();
		await area(page).focus();
		await page.keyboard.press('Home');
		await page.waitForFunction(() => /^(Off|Eco|Heating|Hot water), .*\d\d:\d\d.* (s|min)/.test(document.querySelector('.chart-area')?.getAttribute('aria-valuetext') ?? ''));
		await page.getByText('Show as table').click();
		await page.getByRole('columnheader', { name: 'For' }).waitFor();
		await page.locator('tbody tr').nth(1).waitFor();
		await page.getByRole('button', { name: 'Last 7 d' }).click();
		await rest(page);
		await shoot(page, 'states-week-phone-light', true);
	}));

	test('a door says open and closed', () => story({}, '/devices/door1', async (page) => {
		await page.locator('.chart-area[data-mode="states"][data-phase="ready"]').waitFor();
		await area(page).focus();
		await page.keyboard.press('Home');
		await page.waitForFunction(() => /^(Open|Closed), /.test(document.querySelector('.chart-area')?.getAttribute('aria-valuetext') ?? ''));
	}));

	test('a counter shows what it rose by, bar by bar and in all', () => story({}, '/devices/meter', async (page) => {
		await page.getByRole('button', { name: /^Energy/ }).click();
		await page.getByRole('button', { name: 'Last 24 h' }).click();
		await page.locator('.chart-area[data-mode="bars"][data-phase="ready"]:not([data-busy])').waitFor();
		await page.locator('.chart-now').getByText('in all').waitFor();
		await area(page).focus();
		await page.keyboard.press('Home');
		await page.waitForFunction(() => / kWh, .*\d\d:00/.test(document.querySelector('.chart-area')?.getAttribute('aria-valuetext') ?? ''));
		await page.getByRole('button', { name: 'Last 1 y' }).click();
		await rest(page);
		await page.getByText('Show as table').click();
		await page.getByRole('columnheader', { name: 'Rise' }).waitFor();
		assert.ok(await page.locator('tbody tr').count() <= 14);
		await shoot(page, 'counter-year-phone-light', true);
	}));
});

describe('the week before', () => {
	const weekBefore = (hub) => asked(hub).map(window).filter(({ to }) => to < Date.now() - 6 * DAY);

	for (const [look, options] of [['phone-light', {}], ['desk-dark', { ...AT_DESK, colorScheme: 'dark' }]]) {
		test(`is drawn behind the line, is read with it, and goes again, ${look}`, () => story(options, '/devices/thermo', async (page, hub) => {
			await ready(page);
			await page.getByRole('button', { name: 'Last 24 h' }).click();
			await rest(page);
			const pixels = () => page.evaluate(() => document.querySelector('.chart-box canvas').toDataURL());
			assert.equal(weekBefore(hub).length, 0, 'nobody wished for it');
			const chip = page.getByRole('button', { name: 'Compare with last week' });
			await chip.click();
			assert.equal(await chip.getAttribute('aria-pressed'), 'true');
			await area(page).focus();
			await page.keyboard.press('End');
			await page.waitForFunction(() => /A week before: -?\d+\.\d °C$/.test(document.querySelector('.chart-area').getAttribute('aria-valuetext')));
			const [{ from, to }] = weekBefore(hub);
			assert.equal(weekBefore(hub).length, 1);
			assert.ok(from <= Date.now() - 8 * DAY && to >= Date.now() - 7 * DAY - MINUTE, 'all that is shown has its week before');
			await page.getByText('Show as table').click();
			await page.getByRole('columnheader', { name: 'A week before' }).waitFor();
			await shoot(page, `chart-compared-${look}`, true);
			await area(page).focus();
			await page.keyboard.press('Escape');
			const compared = await pixels();
			await page.keyboard.press('w');
			assert.equal(await chip.getAttribute('aria-pressed'), 'false');
			await page.waitForFunction((line) => document.querySelector('.chart-box canvas').toDataURL() !== line, compared); // its line is gone, with the next frame
			assert.equal(await page.getByRole('columnheader', { name: 'A week before' }).count(), 0);
			await page.keyboard.press('w');
			assert.equal(await chip.getAttribute('aria-pressed'), 'true', 'the key works both ways');
		}));
	}

	test('a counter has none', () => story({}, '/devices/meter', async (page) => {
		await page.getByRole('button', { name: /^Energy/ }).click();
		await page.locator('.chart-area[data-mode="bars"][data-phase="ready"]').waitFor();
		assert.equal(await page.getByRole('button', { name: 'Compare with last week' }).count(), 0);
	}));
});

describe('downloads', () => {
	test('a picture holds the chart below its name', () => story({}, '/devices/thermo', async (page) => {
		await ready(page);
		await page.locator('summary[aria-label="Download"]').click();
		const saved = page.waitForEvent('download');
		await page.getByRole('button', { name: 'A picture of it (PNG)' }).click();
		const download = await saved;
		assert.equal(download.suggestedFilename(), 'thermo-temperature.png');
		const png = readFileSync(await download.path());
		assert.equal(png.toString('latin1', 1, 4), 'PNG');
		const width = png.readUInt32BE(16), height = png.readUInt32BE(20); // of IHDR
		const chart = await page.evaluate(() => {
			const canvas = document.querySelector('.chart-box canvas');
			return { width: canvas.width, height: canvas.height };
		});
		if (process.env.TEST_ARTEFACTS) await download.saveAs(`${process.env.TEST_ARTEFACTS}/chart-picture.png`);
		assert.ok(width > chart.width && height > chart.height + 100, `${width} × ${height}`);
	}));

	test('the stretch that is shown, by the hub’s export', () => story({}, '/devices/thermo', async (page) => {
		await ready(page);
		await page.locator('summary[aria-label="Download"]').click();
		const link = page.getByRole('link', { name: 'This stretch, every sample (CSV)' });
		await link.waitFor();
		const href = new URL(await link.getAttribute('href'), page.url());
		assert.equal(href.pathname, '/api/v1/series/1/export');
		assert.ok(Math.abs(Number(href.searchParams.get('to')) - Number(href.searchParams.get('from')) - HOUR) < MINUTE);
		await shoot(page, 'download-phone-light', true);
	}));

	test('a hub without export offers the points shown', () => story({ bare: true }, '/devices/thermo', async (page) => {
		await ready(page);
		await page.locator('summary[aria-label="Download"]').click();
		const saved = page.waitForEvent('download');
		await page.getByRole('button', { name: 'The points shown (CSV)' }).click();
		assert.equal((await saved).suggestedFilename(), 'thermo-temperature.csv');
		assert.equal(await page.getByRole('link', { name: /every sample/ }).count(), 0);
	}));
});
