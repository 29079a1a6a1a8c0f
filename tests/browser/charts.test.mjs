// The page of charts: several readings on one time axis, what stands in the address, and the bar's five places.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { DESK, PHONE, assertAccessible, assertNoSideways, drawn, launch, shoot } from './browser.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const DAY = 86400000;
const AT_DESK = { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false };
const GERMAN = { locale: 'de-DE' };
const area = (page) => page.locator('.charts-area');
/** All is there that was asked for, also by what was done just now. */
async function ready(page) {
	await drawn(page);
	await page.locator('.charts-area[data-phase="ready"]:not([data-busy])').waitFor();
}
const names = (page) => page.locator('.charts-name b').allTextContents();
const search = (page) => new URL(page.url()).search;
const spoken = (page) => area(page).getAttribute('aria-valuetext');
const rows = (page) => page.locator('.charts-row');
/** Until the address says it: a gesture is written when it rests. */
const addressed = (page, wanted) => page.waitForFunction((text) => new RegExp(text).test(location.search), wanted.source);
const asked = (hub, series) => hub.requests.filter((request) => new RegExp(`/series/${series}/(points|timeline)`).test(request));
const window = (request) => {
	const query = new URLSearchParams(request.split('?')[1]);
	return { from: Number(query.get('from')), to: Number(query.get('to')) };
};

/** The same page in the four looks. */
async function looks(page, name) {
	for (const [size, { viewport }] of [['phone', PHONE], ['desk', DESK]]) {
		await page.setViewportSize(viewport);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
			await drawn(page);
			await assertNoSideways(page);
			await assertAccessible(page);
			await shoot(page, `${name}-${size}-${colorScheme}`, true);
		}
	}
}

test('from nothing chosen to nine readings of four units and states, in every look', () => story({}, '/charts', async (page, hub) => {
	await page.getByText('Nothing chosen yet').waitFor();
	await looks(page, 'charts-empty');
	await page.setViewportSize(PHONE.viewport);
	await page.getByRole('button', { name: 'Choose readings' }).click();
	const dialog = page.getByRole('dialog', { name: 'Choose readings' });
	await dialog.getByLabel('Search by name, room or kind').fill('hall door');
	await page.keyboard.press('Enter'); // searches, and is no answer
	assert.deepEqual(await dialog.locator('.charts-choice span').allTextContents(), ['Front door · Door']);
	await dialog.getByRole('checkbox').check();
	await dialog.getByLabel('Search by name, room or kind').fill('nobody');
	await dialog.getByText('No reading is called that.').waitFor();
	await dialog.getByRole('button', { name: 'Temperature', exact: true }).click();
	for (const box of await dialog.getByRole('checkbox').all()) await box.check();
	await dialog.getByRole('button', { name: 'Temperature', exact: true }).click();
	for (const name of [/^Thermometer · Humidity/, /^Power meter · Power/, /^Power meter · Energy/, /^Heater · Phase/, /^Coffee machine · Power/]) await dialog.getByRole('checkbox', { name }).check();
	await assertAccessible(page);
	await looks(page, 'charts-picker');
	await dialog.getByRole('button', { name: 'Show 9' }).click();
	await ready(page);
	assert.equal((await names(page)).length, 9);
	// one request each: how they are asked for grows with the readings alone
	for (const series of [1, 2, 3, 9, 10, 11, 12, 13]) assert.equal(asked(hub, series).length, 1, `series ${series}`);
	assert.deepEqual(await page.locator('.charts-units').allTextContents(), ['°C%', 'WkWh']);
	assert.equal(await page.locator('.charts-panel').count(), 3, 'two of lines, one of states');
	await page.setViewportSize(PHONE.viewport);
	await area(page).focus();
	await page.keyboard.press('PageUp');
	await page.keyboard.press('PageUp');
	await drawn(page);
	const words = await spoken(page);
	for (const piece of [/^\w{3} \d+ \w{3}, \d\d:\d\d: /, /Thermometer · Temperature \d+\.\d °C/, /Humidity \d+%/, /Front door · Door (Open|Closed)/, /Energy \d\.\d kWh/, /Phase (Off|Eco|Heating|Hot water)/]) assert.match(words, piece);
	assert.equal(await page.locator('.charts-dot:not([hidden])').count(), 6, 'each line has its dot, steps and states have none');
	await looks(page, 'charts-nine');
	assert.equal(await page.locator('.charts-time[data-at]').count(), 1, 'the cursor stays where it is in another size and theme');
	await page.keyboard.press('Escape');
	await rows(page).filter({ hasText: 'CPU temperature' }).getByRole('button').first().click();
	await page.getByRole('button', { name: 'Compare with last week' }).click();
	await addressed(page, /week=1/);
	await page.waitForFunction((day) => performance.getEntriesByType('resource').some(({ name }) => /series\/3\/points/.test(name) && Number(new URL(name).searchParams.get('to')) < Date.now() - 6 * day), DAY);
	await ready(page);
	await looks(page, 'charts-chosen');
	await page.getByText('Show as table').click();
	assert.equal(await page.getByRole('columnheader').count(), 10);
	assert.ok(await page.locator('tbody tr').count() > 20);
	await assertNoSideways(page);
}));

test('a topic that is recorded stands beside what devices measure', () => story({}, '/charts?s=1', async (page, hub) => {
	await ready(page);
	await page.getByRole('button', { name: 'Choose readings' }).click();
	const dialog = page.getByRole('dialog', { name: 'Choose readings' });
	const topics = dialog.getByRole('group', { name: 'Recorded topics' });
	assert.deepEqual(await topics.locator('.charts-choice span').allTextContents(), ['garden/rain · $.mm', 'zigbee2mqtt/lamp/availability · $.state']);
	await dialog.getByLabel('Search by name, room or kind').fill('rain');
	await topics.getByRole('checkbox').check();
	await dialog.getByLabel('Search by name, room or kind').fill('availability');
	await topics.getByRole('checkbox').check();
	await looks(page, 'charts-picker-topics');
	await dialog.getByRole('button', { name: 'Show 3' }).click();
	await ready(page);
	assert.deepEqual(await names(page), ['Thermometer · Temperature', 'garden/rain · $.mm', 'zigbee2mqtt/lamp/availability · $.state']);
	assert.deepEqual(await page.locator('.charts-units').allTextContents(), ['°Cmm']);
	assert.match(await rows(page).nth(1).locator('.charts-value').textContent(), /^\d\.?\d*\smm$/);
	assert.match(await rows(page).nth(2).locator('.charts-value').textContent(), /^(On|Off)$/);
	await looks(page, 'charts-topics');
	// the address leads there again, without a word of what is not in the house
	await addressed(page, /^\?s=1\.21\.20&range=day$/);
	await page.reload();
	await ready(page);
	assert.equal((await names(page)).length, 3);
	await drawn(page);
	assert.equal(await page.getByText('not in the house').count(), 0);
	assert.equal(asked(hub, 20).filter((request) => request.includes('/timeline')).length, 2);
}));

describe('the address', () => {
	test('says what is shown: it opens anew, and Back undoes', () => story(AT_DESK, '/charts?s=1.10&range=week', async (page, hub) => {
		await ready(page);
		assert.deepEqual(await names(page), ['Thermometer · Temperature', 'Power meter · Power']);
		assert.equal(await page.getByRole('button', { name: 'Last 7 d' }).getAttribute('aria-pressed'), 'true');
		await page.getByRole('button', { name: 'Take out Power meter · Power' }).click();
		await addressed(page, /^\?s=1&range=week$/);
		assert.equal(await rows(page).count(), 1);
		await page.getByRole('button', { name: 'Last 24 h' }).click();
		await addressed(page, /range=day/);
		await page.goBack();
		await page.goBack();
		await page.waitForFunction(() => document.querySelectorAll('.charts-row').length === 2);
		assert.equal(search(page), '?s=1.10&range=week');
		assert.equal(await page.getByRole('button', { name: 'Last 7 d' }).getAttribute('aria-pressed'), 'true');
		await ready(page);
		const box = await area(page).boundingBox();
		const before = asked(hub, 1).length;
		await page.mouse.move(box.x + box.width / 2, box.y + 80);
		await page.evaluate(() => {
			const surface = document.querySelector('.charts-area'), { left, width } = surface.getBoundingClientRect();
			for (let i = 0; i < 6; i++) surface.dispatchEvent(new WheelEvent('wheel', { deltaY: 240, clientX: left + width / 2, bubbles: true, cancelable: true }));
		});
		await addressed(page, /span=\d+/);
		await ready(page);
		assert.equal(asked(hub, 1).length, before + 1, 'a row of turns is one request');
		await page.mouse.down();
		await page.mouse.move(box.x + box.width / 2 + 300, box.y + 90, { steps: 6 });
		await page.mouse.up();
		await addressed(page, /from=\d+&to=\d+/);
		const shown = search(page), { from, to } = window(shown);
		assert.ok(to < Date.now() - DAY && to - from > 7 * DAY, shown);
		await page.reload();
		await ready(page);
		assert.equal(search(page), shown, 'the same stretch of the past');
		// what was shown last is there again without an address
		await page.getByRole('link', { name: 'Home' }).click();
		await page.getByRole('heading', { name: 'Home' }).waitFor();
		await page.evaluate(() => {
			document.documentElement.dataset.flashed = '';
			new MutationObserver(() => { document.documentElement.dataset.flashed += document.querySelector('.empty')?.textContent ?? ''; }).observe(document.body, { childList: true, subtree: true });
		});
		await page.getByRole('link', { name: 'Charts' }).click();
		await ready(page);
		assert.equal(search(page), shown);
		assert.equal(await page.locator('html').getAttribute('data-flashed'), '', 'never was it said that nothing is chosen');
		// from there to there is no way
		const steps = await page.evaluate(() => history.length);
		await area(page).evaluate((element) => { element.dataset.same = ''; });
		await page.getByRole('link', { name: 'Charts' }).click();
		await drawn(page);
		assert.deepEqual([await page.evaluate(() => history.length), search(page), await page.locator('.charts-area[data-same]').count()], [steps, shown, 1]);
		for (const name of ['Thermometer · Temperature', 'Power meter · Power']) await page.getByRole('button', { name: `Take out ${name}` }).click();
		await page.getByText('Nothing chosen yet').waitFor();
		await page.getByRole('button', { name: 'Temperature (3)' }).click();
		await ready(page);
		assert.equal(await rows(page).count(), 3);
		// two changes at once are two changes, and the range leads back from where a gesture had come
		await page.evaluate(() => {
			document.querySelector('.charts-area').dispatchEvent(new WheelEvent('wheel', { deltaY: 240, clientX: 600, bubbles: true, cancelable: true }));
			document.querySelector('.chart-compare .chip').click();
		});
		await addressed(page, /&(span=\d+|from=\d+&to=\d+)&week=1$/);
		await page.evaluate(async () => {
			document.querySelector('.charts-area').dispatchEvent(new WheelEvent('wheel', { deltaY: 240, clientX: 600, bubbles: true, cancelable: true }));
			await new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); }); // it is zoomed, and not yet in the address
			document.querySelector('.charts-area').dispatchEvent(new KeyboardEvent('keydown', { key: '0', bubbles: true }));
		});
		await page.locator('.ranges [aria-pressed="true"]').waitFor();
		await addressed(page, /&range=\w+&week=1$/);
		await ready(page);
		const opener = page.getByRole('button', { name: 'Choose readings' });
		await opener.click();
		await page.getByRole('dialog').getByRole('button', { name: 'Show 3' }).click();
		await page.getByRole('dialog').waitFor({ state: 'detached' });
		assert.ok(await opener.evaluate((element) => element === document.activeElement), 'the focus is back');
	}));

	test('of what is not there says so, and leads on', () => story(GERMAN, '/charts?s=1.4711&range=day', async (page) => {
		await ready(page);
		await page.getByText('1 gewählter Messwert ist nicht im Haus oder nicht für dich zu sehen.').waitFor();
		await page.getByRole('button', { name: 'Weglassen' }).click();
		await addressed(page, /^\?s=1&range=day$/);
		await page.getByText('Im Schnitt').or(page.getByText('im Schnitt')).first().waitFor();
		await shoot(page, 'charts-german-phone-light', true);
	}));
});

test('what comes live moves all of them, and what cannot be fetched is said', () => story({ ...AT_DESK, tick: 300 }, '/charts?s=1.10.9&range=hour', async (page, hub) => {
	await ready(page);
	const pixels = () => page.evaluate(() => [...document.querySelectorAll('.charts-panel canvas')].map((canvas) => canvas.toDataURL().length + canvas.toDataURL().slice(-4000)).join());
	const before = await pixels();
	await page.waitForFunction((old) => [...document.querySelectorAll('.charts-panel canvas')].map((canvas) => canvas.toDataURL().length + canvas.toDataURL().slice(-4000)).join() !== old, before);
	hub.broken = 2; // points; states are answered
	await page.getByRole('button', { name: 'Last 30 d' }).click();
	await page.getByText('The newest part could not be loaded.').waitFor();
	await page.getByRole('button', { name: 'Try again' }).click();
	await page.getByText('The newest part could not be loaded.').waitFor({ state: 'detached' });
	await ready(page);
	// when all is fetched anew it is the same board
	await area(page).evaluate((element) => { element.dataset.same = ''; });
	const anew = page.waitForResponse(/\/series\/1\/points/);
	hub.reset();
	await anew;
	await ready(page);
	assert.equal(await page.locator('.charts-area[data-same]').count(), 1);
}));

test('one file of all of them, and one picture', () => story({}, '/charts?s=1.2.9&range=hour', async (page) => {
	await ready(page);
	const save = async (name) => {
		await page.locator('summary[aria-label="Download"]').click();
		const saved = page.waitForEvent('download');
		await page.getByRole('button', { name }).click();
		return saved;
	};
	const csv = await save('The points shown (CSV)');
	assert.equal(csv.suggestedFilename(), 'charts.csv');
	const [head, ...lines] = readFileSync(await csv.path(), 'utf8').trim().split('\r\n');
	assert.equal(head, '"Time","Thermometer · Temperature (°C)","Thermometer · Humidity (%)","Front door · Door"');
	assert.ok(lines.length > 300, `${lines.length} lines`);
	const times = lines.map((line) => Date.parse(line.split(',')[0]));
	assert.deepEqual(times, [...times].sort((a, b) => a - b));
	assert.ok(lines.some((line) => /^[^,]+,\d+\.\d+,\d+\.\d+,/.test(line)), 'what was measured at one time stands in one line');
	const png = readFileSync(await (await save('A picture of it (PNG)')).path());
	const drawn = await page.evaluate(() => [...document.querySelectorAll('.charts-panel canvas')].reduce((sum, canvas) => sum + canvas.height, 0));
	assert.equal(png.toString('latin1', 1, 4), 'PNG');
	assert.ok(png.readUInt32BE(20) > drawn + 100, 'all panels below what their lines are');
	if (process.env.TEST_ARTEFACTS) {
		const { writeFileSync } = await import('node:fs');
		writeFileSync(`${process.env.TEST_ARTEFACTS}/charts-picture.png`, png);
	}
}));

test('a device’s chart leads to several', () => story({}, '/devices/thermo', async (page) => {
	await page.locator('.chart-area[data-phase="ready"]').waitFor();
	await page.getByRole('link', { name: 'Add to charts' }).click();
	await ready(page);
	assert.deepEqual(await names(page), ['Thermometer · Temperature']);
	await page.goBack();
	await page.getByRole('button', { name: /^Humidity/ }).click();
	await page.getByRole('link', { name: 'Add to charts' }).click();
	await page.waitForFunction(() => document.querySelectorAll('.charts-row').length === 2);
	await page.goBack();
	await page.getByRole('link', { name: 'Compare with others' }).click();
	await page.getByRole('dialog', { name: 'Choose readings' }).getByRole('checkbox', { checked: true }).waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	await ready(page);
	assert.equal(search(page), '?s=1&range=hour');
}));

describe('the bar', () => {
	const current = (page) => page.locator('.tab[aria-current="page"]').textContent();

	test('has five places for the owner, marks where one is, and leads everywhere by the keyboard', () => story(AT_DESK, '/', async (page) => {
		const bar = page.getByRole('navigation', { name: 'Pages' });
		assert.deepEqual(await bar.getByRole('link').evaluateAll((links) => links.map((link) => link.querySelector('.tab-label').firstChild.textContent)), ['Home', 'Charts', 'Alerts', 'Add', 'More']);
		const side = async () => {
			const box = await bar.boundingBox();
			return box.height > box.width;
		};
		assert.ok(await side(), 'a rail on a wide screen');
		await page.setViewportSize({ width: 1099, height: 800 });
		assert.ok(!await side(), 'a bar on others');
		for (const [key, name] of [['Charts', /^Charts/], ['Alerts', /^Alerts/], ['Add', /^Add/], ['More', /^More/]]) {
			await bar.getByRole('link', { name }).press('Enter');
			await page.locator('.tab[aria-current="page"]', { hasText: key }).waitFor();
		}
		await looks(page, 'more');
		const ways = await page.locator('.more-ways a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
		assert.deepEqual(ways, ['/scenes', '/settings/history', '/settings/me', '/settings/people', '/settings', '/trust', '/explorer', '/settings/clients', '/settings/api']);
		// the explorer speaks MQTT: its way is in explorer.test.mjs
		for (const way of ways.slice(1).filter((one) => one !== '/explorer')) {
			await page.locator(`.more-ways a[href="${way}"]`).press('Enter');
			await page.waitForURL(`**${way}`);
			assert.match(await current(page), /^More/, way);
			await page.getByRole('link', { name: 'Back to More' }).press('Enter');
			await page.getByRole('heading', { name: 'More', exact: true }).waitFor();
		}
	}));

	test('gives the focus to the page that comes, save when one has gone on', () => story(AT_DESK, '/', async (page) => {
		const bar = page.getByRole('navigation', { name: 'Pages' });
		const focused = () => page.evaluate(() => document.activeElement?.textContent);
		let release = () => {};
		const released = new Promise((resolve) => { release = () => resolve(undefined); });
		await page.route('**/pages/alerts*.js', async (route) => {
			await released;
			await route.continue();
		});
		await bar.getByRole('link', { name: 'Alerts' }).press('Enter');
		await page.locator('.tab[aria-current="page"]', { hasText: 'Alerts' }).waitFor();
		await bar.getByRole('link', { name: 'More' }).focus();
		release();
		await page.getByRole('heading', { name: 'Alerts', exact: true }).waitFor();
		assert.equal(await focused(), 'More');
		await page.keyboard.press('Enter');
		await page.getByRole('heading', { name: 'More', exact: true }).and(page.locator(':focus')).waitFor();
	}));

	for (const [role, rooms, places, ways] of [
		['adult', null, ['Home', 'Charts', 'Alerts', 'More'], ['/scenes', '/settings/me', '/settings', '/trust', '/explorer', '/settings/api']],
		['guest', ['Hall'], ['Home', 'Charts', 'Alerts', 'More'], ['/settings/me', '/settings', '/trust', '/explorer', '/settings/api']],
	]) {
		test(`offers ${role}s what they may, and no more`, () => story({ role, rooms }, '/more', async (page) => {
			await page.getByRole('heading', { name: 'More', exact: true }).waitFor();
			assert.deepEqual(await page.locator('.tab-label').evaluateAll((labels) => labels.map((label) => label.firstChild.textContent)), places);
			assert.deepEqual(await page.locator('.more-ways a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), ways);
			await shoot(page, `more-${role}-phone-light`, true);
			if (role !== 'guest') return;
			await page.getByRole('link', { name: 'Charts' }).click();
			await page.getByRole('button', { name: 'Choose readings' }).click();
			assert.deepEqual(await page.locator('.charts-choices legend').allTextContents(), ['Hall'], 'their rooms alone');
		}));
	}
});
