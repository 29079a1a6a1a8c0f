// Rooms, scenes and a lamp that is away, with the real hub and a real agent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, startAgent, startHub, stopAll } from '../support/hub.mjs';
import { PHONE, launch, openPage, told } from './browser.mjs';

let browser, hub, table;
before(async () => {
	browser = await launch();
	hub = await startHub();
	await hub.setUp();
	table = await startAgent(hub, { name: 'Table', area: 'Kitchen' });
	await eventually(async () => (await hub.get('/api/v1/devices')).devices.some((device) => device.online && device.entities.some((entity) => entity.id === 'lamp' && entity.state)), 'the lamp is there');
});
after(async () => {
	await browser?.close();
	await table?.stop();
	await stopAll();
});

test('a scene is kept and brought back; a lamp that is away gets what was asked when it is back', async () => {
	const { page, context, problems } = await openPage(browser, hub.url, PHONE);
	const [name, value] = hub.cookie.split('=');
	await context.addCookies([{ name, value, url: hub.url, secure: true }]);
	await page.goto(hub.url);
	const lights = page.getByRole('button', { name: /^All (on|off): lights in Kitchen$/ });
	if ((await lights.getAttribute('aria-label')).startsWith('All off')) {
		await lights.click();
		await page.getByRole('button', { name: 'All on: lights in Kitchen' }).waitFor();
		await told(page, 'Kitchen: 1 of 1 confirmed.');
	}
	await page.getByRole('link', { name: 'Scenes and groups' }).click();
	await page.getByText('New scene').click();
	await page.getByLabel('Name', { exact: true }).first().fill('Dark');
	await page.getByRole('group', { name: 'Kitchen' }).first().getByLabel('The whole room').check();
	await page.getByRole('button', { name: 'Keep it' }).first().click();
	await page.locator('.item', { hasText: 'Dark' }).waitFor();
	await page.getByRole('link', { name: 'Back to all devices' }).click();
	await page.locator('.toast').waitFor({ state: 'detached' }); // of two the later one stands, whichever was asked first
	await page.getByRole('button', { name: 'All on: lights in Kitchen' }).click();
	await page.getByRole('button', { name: 'All off: lights in Kitchen' }).waitFor();
	await told(page, 'Kitchen: 1 of 1 confirmed.');
	await page.getByRole('button', { name: 'Dark' }).click();
	await told(page, 'Dark: 1 of 1 confirmed.');

	await table.stop();
	const lamp = page.locator('.card.control', { hasText: 'Table' }).filter({ has: page.getByRole('switch') }).first();
	await page.locator('.card.control[data-offline]', { hasText: 'Table' }).first().waitFor();
	await lamp.getByRole('switch').click();
	await lamp.getByText(/^On: waits until it is back/).waitFor();
	await table.start();
	await lamp.locator('[role="switch"][aria-checked="true"]').waitFor();
	const last = await eventually(async () => { // the page hears of it before the store has it
		const [newest] = (await hub.get(`/api/v1/commands?device=${table.id}&limit=1`)).commands;
		return newest.state === 'confirmed' && newest;
	}, 'what waited is confirmed');
	assert.deepEqual([last.value.state, last.until], ['ON', null]);
	assert.deepEqual(problems(), []);
	await context.close();
});
