// What one asks of devices: its fate on the device's page, what waits for a device that is away, whole rooms, scenes and groups.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WIDE, assertAccessible, assertNoSideways, inBothThemes, launch, shoot, told } from './browser.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const LOOKS = [['phone', {}], ['desk', WIDE]];
const card = (page, name) => page.locator('.card', { hasText: name });
const evening = { id: 900, name: 'Evening', areas: ['Living room'], members: [{ device: 'lamp1', entity: 'lamp', value: { state: 'ON', brightness: 40 } }, { device: 'lamp2', entity: 'light', value: { state: 'OFF' } }] };
const reading = { id: 901, name: 'Reading lamps', areas: ['Living room', 'Hall'], members: [{ device: 'lamp1', entity: 'lamp' }, { device: 'mood', entity: 'light' }] };

describe('a device that is away', () => {
	test('takes a command, tells that it waits, and does it when it is back', () => story({}, '/', async (page, hub) => {
		hub.lose('lamp2');
		const lamp = card(page, 'Ceiling light');
		await lamp.getByText(/^Last seen/).waitFor();
		await lamp.getByRole('switch').click();
		const waits = lamp.getByText(/^On: waits until it is back · /);
		await waits.waitFor();
		assert.match(await waits.textContent(), /· 5 mins? left$/, 'no more than is waited for');
		assert.equal(await lamp.getByRole('switch').getAttribute('aria-checked'), 'false', 'it is what it is');
		await assertAccessible(page);
		await shoot(page, 'home-waits');
		hub.find('lamp2');
		await lamp.locator('[role="switch"][aria-checked="true"]').waitFor();
		assert.equal(await lamp.getByText('waits').count(), 0);
	}));

	test('a second thought is the opposite of the first', () => story({}, '/devices/lamp2', async (page, hub) => {
		hub.lose('lamp2');
		await page.locator('.status-line[data-offline]').waitFor();
		const toggle = page.getByRole('switch', { name: 'Light' });
		await toggle.click();
		await page.getByText('On: waits until it is back').waitFor();
		await toggle.click();
		await page.getByText('Off: waits until it is back').waitFor();
		assert.deepEqual(hub.commands.map(({ value }) => value.state), ['OFF', 'ON']);
	}));

	test('a viewer may not', () => story({ role: 'viewer' }, '/', async (page, hub) => {
		hub.lose('lamp2');
		await card(page, 'Ceiling light').getByText(/^Last seen/).waitFor();
		assert.equal(await card(page, 'Ceiling light').getByRole('switch').getAttribute('aria-disabled'), 'true');
		assert.equal(await page.locator('.chip').count(), 0);
	}));
});

describe("a device's commands", () => {
	for (const [look, options] of LOOKS) {
		test(`are told with their fate: ${look}, light and dark`, () => story(options, '/devices/lamp1', async (page, hub) => {
			const rows = page.locator('.command-row');
			await page.getByText('Nobody has asked anything of it so far.').waitFor();
			const toggle = page.getByRole('switch', { name: 'Lamp' });
			await toggle.click();
			await rows.filter({ hasText: 'Done' }).getByText('Lamp Off').waitFor();
			await rows.getByText(/^anna · just now · took 80 ms$/).waitFor();
			hub.failing.set('lamp1', 'The lamp is too hot.');
			await toggle.click();
			await rows.filter({ hasText: 'Failed' }).getByText('The lamp is too hot.').waitFor();
			assert.deepEqual(await rows.locator('.command-state').allTextContents(), ['Failed', 'Done']);
			await inBothThemes(page, async (theme) => {
				await assertNoSideways(page);
				await assertAccessible(page);
				await rows.first().scrollIntoViewIfNeeded();
				await shoot(page, `home-commands-${look}-${theme}`);
			});
		}));
	}

	test('the first few, then more', () => story({}, '/', async (page, hub) => {
		hub.commands = Array.from({ length: 9 }, (_, i) => ({ id: 500 - i, device: 'lamp1', entity: 'lamp', value: { state: 'ON', brightness: 10 + i }, state: 'confirmed', reason: null, by: 'mia', cause: 'scene', cause_name: 'Evening', at: Date.now() - i * 60000, took_ms: 2300, until: null }));
		await card(page, 'Reading lamp').getByRole('link', { name: 'Details of Reading lamp' }).click();
		const rows = page.locator('.command-row');
		await rows.nth(4).waitFor();
		assert.equal(await rows.count(), 5);
		await rows.first().getByText('mia · scene Evening · just now · took 2.3 s').waitFor();
		await page.getByRole('button', { name: 'Show earlier ones' }).click();
		await rows.nth(8).waitFor();
		assert.equal(await page.getByRole('button', { name: 'Show earlier ones' }).count(), 0);
	}));
});

describe('rooms, scenes and groups', () => {
	test('all lights of a room', () => story({}, '/', async (page, hub) => {
		const room = page.locator('.room', { has: page.getByRole('heading', { name: 'Living room' }) });
		await room.getByRole('button', { name: 'All off: lights in Living room' }).click();
		await told(page, 'Living room: 2 of 2 confirmed.');
		await room.getByRole('button', { name: 'All on: lights in Living room' }).waitFor();
		assert.deepEqual(hub.commands.map(({ device, cause_name }) => [device, cause_name]).sort(), [['lamp1', 'Living room'], ['lamp2', 'Living room']]);
		assert.equal(await page.getByRole('button', { name: /^All (on|off): lights/ }).count(), 2, 'only rooms with lights have it');
	}));

	test('what failed is told by name, and what waits', () => story({}, '/', async (page, hub) => {
		hub.failing.set('lamp1', 'Too hot.');
		hub.lose('lamp2');
		await card(page, 'Ceiling light').getByText(/^Last seen/).waitFor();
		await page.getByRole('button', { name: 'All off: lights in Living room' }).click();
		await told(page, 'Living room: 0 of 2 confirmed. 1 waits until the device is back. Reading lamp: Too hot.');
	}));

	for (const [look, options] of LOOKS) {
		test(`a tap applies a scene, another switches a group: ${look}, light and dark`, () => story(options, '/', async (page, hub) => {
			hub.scenes.push(evening);
			hub.groups.push(reading);
			hub.emit('scenes', {});
			hub.emit('groups', {});
			const group = page.getByRole('button', { name: /^Reading lamps/ });
			await group.getByText('2 of 2 on').waitFor();
			await inBothThemes(page, (theme) => shoot(page, `home-chips-${look}-${theme}`));
			await page.getByRole('button', { name: 'Evening' }).click();
			await told(page, 'Evening: 2 of 2 confirmed.');
			await card(page, 'Reading lamp').getByText('On · 16%').waitFor();
			await group.press('Enter');
			await group.getByText('none of 2 on').waitFor();
			await inBothThemes(page, async () => {
				await assertNoSideways(page);
				await assertAccessible(page);
			});
		}));
	}

	for (const [look, options] of LOOKS) {
		test(`a scene is made, changed and removed: ${look}`, () => story(options, '/', async (page, hub) => {
			await page.getByRole('link', { name: 'Scenes and groups' }).click();
			await page.getByText('New scene').click();
			await page.getByLabel('Name', { exact: true }).first().fill('Film');
			await page.getByRole('group', { name: 'Living room' }).first().getByLabel('The whole room').check();
			await assertAccessible(page);
			await shoot(page, `home-scene-new-${look}`, true);
			await page.getByRole('button', { name: 'Keep it' }).first().click();
			const row = page.locator('.item', { hasText: 'Film' });
			await row.waitFor();
			assert.deepEqual(hub.scenes[0].members.map(({ device, value }) => [device, value.state]), [['lamp2', 'OFF'], ['lamp1', 'ON']]);
			hub.device('lamp2').entities[0].state = { state: 'ON', brightness: 20 };
			await row.locator('summary').first().click();
			await row.getByRole('button', { name: 'Make it as it is now' }).click();
			await told(page, 'Saved');
			assert.equal(hub.scenes[0].members[0].value.brightness, 20);
			await row.getByLabel('Name', { exact: true }).fill('Cinema');
			await row.getByRole('button', { name: 'Save' }).click();
			const renamed = page.locator('.item', { hasText: 'Cinema' });
			await renamed.waitFor();
			await assertNoSideways(page);
			await shoot(page, `home-scene-edit-${look}`, true);
			await renamed.getByRole('button', { name: 'Remove' }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
			await renamed.waitFor({ state: 'detached' });
			assert.deepEqual(hub.scenes, []);
		}));
	}

	test('in German', () => story({ locale: 'de-DE' }, '/scenes', async (page, hub) => {
		hub.scenes.push(evening);
		hub.emit('scenes', {});
		await page.locator('.item', { hasText: 'Evening' }).locator('summary').first().click();
		await page.getByRole('button', { name: 'So merken, wie es jetzt ist' }).waitFor();
		await assertNoSideways(page);
		await shoot(page, 'home-scenes-de', true);
	}));

	test('a guest uses them, and makes none', () => story({ role: 'guest', rooms: ['Living room'] }, '/', async (page, hub) => {
		hub.scenes.push(evening);
		hub.emit('scenes', {});
		await page.getByRole('button', { name: 'Evening' }).waitFor();
		assert.equal(await page.getByRole('link', { name: 'Scenes and groups' }).count(), 0);
		await page.getByRole('button', { name: 'All off: lights in Living room' }).waitFor();
		await page.goto(hub.url + '/scenes');
		await page.getByText('Scenes and groups are made by those who may use everything.').waitFor();
	}));
});
