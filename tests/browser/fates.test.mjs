// What becomes of what is asked: taken back while it waits, followed for as long as the hub waits, refused in the reader's language; and
// scenes with what is not there any more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESK, PHONE, assertAccessible, assertNoSideways, launch, passing, shoot, told } from './browser.mjs';
import { eventually } from '../support/hub.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** The page in all four looks, in one opening. */
async function look(page, name) {
	for (const [size, { viewport }] of [['phone', PHONE], ['desk', DESK]]) {
		await page.setViewportSize(viewport);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await assertNoSideways(page);
			await assertAccessible(page);
			await shoot(page, `${name}-${size}-${colorScheme}`);
		}
	}
}

const evening = { id: 900, name: 'Evening', areas: ['Living room'], members: [{ device: 'lamp1', entity: 'lamp', value: { state: 'ON', brightness: 40 } }, { device: 'lamp2', entity: 'bell', value: 'ON' }] };

test('what waits is taken back, where it waits and in the list', () => story({}, '/devices/lamp2', async (page, hub) => {
	hub.lose('lamp2');
	await page.locator('.status-line[data-offline]').waitFor();
	const toggle = page.getByRole('switch', { name: 'Light' }), rows = page.locator('.command-row');
	await toggle.click();
	await page.getByText('On: waits until it is back').waitFor();
	await look(page, 'fates-waits');
	await page.locator('.panel-control').getByRole('button', { name: /^Take back/ }).click();
	await page.getByText('waits until it is back').waitFor({ state: 'detached' });
	await rows.filter({ hasText: 'Taken back by anna.' }).waitFor();
	assert.deepEqual(hub.waiting, []);
	await toggle.click();
	const queued = rows.filter({ hasText: 'Waits' });
	await queued.getByRole('button', { name: /^Take back/ }).click();
	await queued.waitFor({ state: 'detached' });
	assert.deepEqual(await rows.locator('.command-state').allTextContents(), ['Taken back', 'Taken back']);
	hub.find('lamp2');
	await page.locator('.status-line:not([data-offline])').waitFor();
	assert.equal(hub.device('lamp2').entities[0].state.state, 'OFF', 'nothing comes after');
}));

test('what takes its time is followed as long as the hub follows it', () => story({}, '/devices/lamp1', async (page, hub) => {
	hub.patience = 180000;
	hub.failing.set('lamp1', 'silent');
	await page.clock.install();
	await page.getByRole('switch', { name: 'Lamp' }).click();
	const control = page.locator('.panel-control[data-phase="waiting"]');
	await control.waitFor();
	await page.locator('.command-row').waitFor();
	await page.clock.runFor(2500);
	await control.getByText('Sent, no answer yet').waitFor();
	await page.clock.runFor(32000); // more than the page once had patience for; what comes meanwhile keeps the stream alive
	const [command] = hub.commands;
	hub.tell({ ...command, state: 'acknowledged' });
	await control.getByText('Received, not done yet').waitFor();
	await look(page, 'fates-slow');
	await page.clock.runFor(32000);
	await control.getByText('Received, not done yet').waitFor();
	hub.tell({ ...command, state: 'expired', reason: 'the device did not report it in time', expires: null });
	await page.locator('.panel-control[data-phase="failed"]').getByText('The device did not answer.').waitFor();
}));

test('a hub that says nothing any more is not waited for without end', () => story({}, '/devices/lamp1', async (page, hub) => {
	hub.patience = 60000;
	hub.failing.set('lamp1', 'silent');
	await page.clock.install();
	await page.getByRole('switch', { name: 'Lamp' }).click();
	await page.locator('.command-row').waitFor();
	await page.clock.runFor(59000); // which is long without a word: it asks whether the hub is there
	await page.locator('.panel-control[data-phase="waiting"]').waitFor();
	await page.locator('.frame[data-link="live"]').waitFor();
	await page.clock.runFor(6500);
	await page.locator('.panel-control[data-phase="failed"]').getByText('No answer.').waitFor();
}));

test('what came of it while the page was away is in the house as fetched anew', () => story({}, '/devices/lamp1', async (page, hub) => {
	hub.failing.set('lamp1', 'silent');
	const device = hub.device('lamp1'), toggle = page.getByRole('switch', { name: 'Lamp' });
	await toggle.click();
	await page.locator('.panel-control[data-phase="waiting"]').waitFor();
	await page.locator('.command-row').waitFor();
	device.entities[0].state = { state: 'OFF' };
	device.entities[0].desired = null; // granted
	await passing(page, '.panel-control[data-phase="confirmed"]', async () => hub.emit('reset', {}));
	await page.locator('.panel-control:not([data-phase])').waitFor();
	await toggle.click();
	await page.waitForFunction(() => document.querySelectorAll('.command-row').length === 2);
	const [command] = hub.commands;
	device.entities[0].desired = { value: command.value, command: command.id, state: 'expired', until: null };
	hub.emit('reset', {});
	await page.locator('.panel-control[data-phase="failed"]').getByText('The device did not answer.').waitFor();
	await page.getByText('Asked for: On').waitFor();
	device.entities[0].desired = null; // it was so after all, only late
	hub.emit('device', device);
	await page.getByText('Asked for: On').waitFor({ state: 'detached' });
}));

test('refusals of many are in the reader’s language', () => story({ locale: 'de-DE' }, '/', async (page, hub) => {
	hub.refused = [{ device: 'plug', entity: 'relay', code: 'unsafe_late', reason: 'The device is offline, and…' }, { device: 'pair', entity: 'x', code: 'of_the_future', reason: 'Said in English.' }];
	hub.scenes.push({ ...evening, members: evening.members.slice(0, 1) });
	hub.emit('scenes', {});
	await page.getByRole('button', { name: 'Evening' }).click();
	await told(page, /und das geschieht gleich oder gar nicht: Später könnte es gefährlich sein\. pair: Said in English\.$/);
}));

test('a scene with what is not there can be kept, and freed of it', () => story({}, '/scenes', async (page, hub) => {
	hub.scenes.push(structuredClone(evening));
	hub.emit('scenes', {});
	const row = page.locator('.item', { hasText: 'Evening' });
	await row.locator('summary').first().click();
	const gone = row.getByRole('group', { name: 'Not there at present' });
	await gone.getByLabel('Ceiling light bell').waitFor();
	await look(page, 'fates-vanished');
	await row.getByLabel('Name', { exact: true }).fill('Dusk');
	await gone.getByLabel('Ceiling light bell').uncheck();
	await gone.getByLabel('Ceiling light bell').check(); // a second thought
	await row.getByRole('button', { name: 'Save' }).click();
	const renamed = page.locator('.item', { hasText: 'Dusk' });
	await renamed.waitFor();
	assert.deepEqual(hub.scenes[0].members.map(({ entity }) => entity), ['lamp', 'bell'], 'it stays');
	await renamed.getByLabel('Ceiling light bell').uncheck();
	await renamed.getByRole('button', { name: 'Save' }).click();
	await renamed.getByRole('group', { name: 'Not there at present' }).waitFor({ state: 'detached' });
	assert.deepEqual(hub.scenes[0].members, [evening.members[0]]);
}));

test('of answers about scenes the newest counts, and one that fails is asked for again', () => story({}, '/', async (page, hub) => {
	const chip = page.getByRole('button', { name: 'Evening' });
	let release;
	const requests = () => hub.requests.filter((one) => one === 'GET /api/v1/scenes').length;
	const before = requests();
	hub.bundlesHeld.push(new Promise((resolve) => { release = resolve; })); // this one is answered with what there is now: nothing
	hub.emit('scenes', {});
	await eventually(() => requests() > before, 'they are asked for');
	hub.scenes.push({ ...evening, members: evening.members.slice(0, 1) });
	hub.emit('scenes', {});
	await chip.waitFor();
	const late = page.waitForResponse((response) => response.url().includes('/scenes'));
	release();
	await (await late).finished();
	await page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); }));
	assert.equal(await chip.count(), 1, 'the older answer came later, and is older');
	hub.scenes[0] = { ...hub.scenes[0], name: 'Dusk' };
	hub.bundlesDown = true;
	const refused = page.waitForResponse((response) => response.url().includes('/scenes') && response.status() === 503);
	hub.emit('scenes', {});
	await refused;
	hub.bundlesDown = false;
	await page.getByRole('button', { name: 'Dusk' }).waitFor();
}));
