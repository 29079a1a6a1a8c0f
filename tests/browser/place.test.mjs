// What is in a device's place: a code for other hardware, credentials renewed and revoked, another device of others, those that have gone; and
// edits that overtake each other. With a hub of pretence, and renewing with a real one and a real agent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startAgent, startHub, stopAll } from '../support/hub.mjs';
import { DESK, PHONE, assertAccessible, assertNoSideways, drawn, launch, openPage, shoot } from './browser.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(async () => {
	await browser?.close();
	await stopAll();
});

const NOW = Date.now();
const part = (page, title) => page.locator('details', { has: page.getByText(title, { exact: true }) }).last();
/** The same page in all looks. */
async function looks(page, name) {
	for (const [size, { viewport }] of Object.entries({ phone: PHONE, desk: DESK })) {
		await page.setViewportSize(viewport);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await assertNoSideways(page);
			await shoot(page, `${name}-${size}-${colorScheme}`, true);
		}
	}
	await page.emulateMedia({ colorScheme: 'light' });
	await page.setViewportSize(PHONE.viewport);
}

test('a code puts other hardware in the place; credentials are renewed and revoked', () => story({}, '/devices/thermo', async (page, hub) => {
	await page.getByText('Replace with other hardware', { exact: true }).waitFor();
	Object.assign(hub.device('thermo'), { renewable: true });
	hub.emit('device', hub.device('thermo'));
	const replace = part(page, 'Replace with other hardware');
	await replace.locator('summary').click();
	await page.getByRole('button', { name: 'Make a code for it' }).click();
	await page.getByText(/sudo tomte-agent join 7KQ2M-/).waitFor();
	await assertAccessible(page);
	await looks(page, 'place-own');
	assert.equal(hub.keys.at(-1).replaces, 'thermo');
	hub.tellKey(hub.keys.at(-1).kid, 'claimed', 'thermo');
	await page.getByText('Found it. Setting it up…').waitFor();
	hub.tellKey(hub.keys.at(-1).kid, 'bound', 'thermo');
	await page.getByText('Done: the new hardware is this device now.').first().waitFor();
	assert.match(page.url(), /\/devices\/thermo$/);

	await part(page, 'New credentials').locator('summary').click();
	const told = new Promise((resolve) => { hub.place.onRenewal = resolve; });
	let release = () => {};
	hub.keysHeld = new Promise((resolve) => { release = resolve; });
	const asked = page.waitForRequest(/\/api\/v1\/keys/), late = page.waitForResponse(/\/api\/v1\/keys/);
	await page.getByRole('button', { name: 'Renew now' }).click();
	const kid = await told;
	await page.getByText('The device has been told. Waiting for it…').waitFor();
	await asked;
	hub.tellKey(kid, 'bound', 'thermo');
	await page.getByText('The device has new credentials.').waitFor();
	release(); // an answer that was on its way knows less than what was heard meanwhile
	await (await late).finished();
	await drawn(page);
	await page.getByText('The device has new credentials.').waitFor();

	await part(page, 'Revoke access').locator('summary').click();
	await page.getByRole('button', { name: 'Revoke access' }).click();
	const dialog = page.getByRole('dialog', { name: 'Revoke the access of Thermometer?' });
	await dialog.getByRole('button', { name: 'Revoke access' }).click();
	await page.getByText('Nothing can log in as this device now.').waitFor();
	await page.locator('.status-line').getByText('Its access was revoked.').waitFor();
	await dialog.waitFor({ state: 'hidden' });
}));

test('a device of others takes the place of another one, or of one that has gone', () => story({}, '/devices/of-old', async (page, hub) => {
	const e = (id, name, extra = {}) => ({ id, name, component: 'sensor', device_class: null, unit: null, category: null, series: null, state: 1, at: NOW, controllable: false, ...extra });
	const signal = e('linkquality', 'Signal quality', { unit: 'lqi', state: 92, category: 'diagnostic', at: Date.now() });
	hub.announce('zigbee2mqtt', { id: 'of-old', name: 'Nursery', area: 'Upstairs', dialect: 'zigbee2mqtt', model: 'WSDCGQ11LM', online: false, lost: true, parting: 'timeout', changed: Date.now() - 7 * 60000,
		entities: [e('temperature', 'Temperature', { unit: '°C' }), e('humidity', 'Humidity', { unit: '%' }), signal] });
	hub.announce('zigbee2mqtt', { id: 'of-new', name: '0x00158d00', dialect: 'zigbee2mqtt', entities: [e('t', 'Temperature', { unit: '°C' }), e('battery', 'Battery', { unit: '%' }), signal] });
	hub.place.formers = [{ id: 'of-gone', name: 'Old plug', area: 'Cellar', model: 'S26', dialect: 'tasmota', client: 'plugs', last_seen: NOW - 3600000 }];
	await page.getByRole('heading', { name: 'Nursery' }).waitFor();
	await page.locator('.status-line').getByText('It fell silent.').waitFor();
	const facts = page.locator('.facts').filter({ hasText: 'Signal' }).first();
	assert.match(await facts.innerText(), /Signal\s+92\s*lqi · .*\s+How it went\s+It fell silent\. · \d min ago/);
	assert.match(await facts.innerText(), /Firmware\s+14\.2\.0/);
	await part(page, 'Another device takes its place').locator('summary').click();
	await page.getByLabel('Which device').first().selectOption({ label: '0x00158d00' });
	await page.getByRole('button', { name: 'Put 0x00158d00 in the place of Nursery' }).waitFor();
	const fate = await part(page, 'Another device takes its place').locator('.facts').innerText();
	assert.match(fate, /Goes on\s+Temperature \(there: t\), Signal quality\s+Ends; its history stays\s+Humidity\s+Is new\s+Battery/);
	await assertAccessible(page);
	await looks(page, 'place-others');
	await page.getByRole('button', { name: 'Put 0x00158d00 in the place of Nursery' }).click();
	await page.getByText('Online').first().waitFor();
	assert.equal(hub.device('of-new'), undefined);

	// and from the new one's page, in the place of one that nobody sees any more
	hub.announce('plugs', { id: 'of-plug', name: 'New plug' });
	await page.evaluate(() => { history.pushState(null, '', '/devices/of-plug'); dispatchEvent(new PopStateEvent('popstate')); });
	await page.getByRole('heading', { name: 'New plug' }).waitFor();
	await part(page, 'It takes another one’s place').locator('summary').click();
	await page.getByLabel('Which device').last().selectOption({ label: 'Old plug (has gone)' });
	await page.getByRole('button', { name: /^Put New plug in the place of Old plug/ }).click();
	await page.getByRole('heading', { name: 'Old plug' }).waitFor();
	assert.match(page.url(), /\/devices\/of-gone$/);
}));

test('devices that have gone are deleted among the MQTT users', () => story({ locale: 'de-DE' }, '/settings/clients', async (page, hub) => {
	hub.place.formers = [{ id: 'of-gone', name: 'Alter Stecker', area: 'Keller', model: 'S26', dialect: 'tasmota', client: 'plugs', last_seen: NOW - 3600000 }];
	await page.reload();
	await page.getByText('Alter Stecker', { exact: true }).waitFor();
	await assertAccessible(page);
	await assertNoSideways(page);
	await shoot(page, 'place-formers-phone-light-de', true);
	await page.getByRole('button', { name: 'Endgültig löschen' }).click();
	const doIt = page.getByRole('dialog').getByRole('button', { name: 'Endgültig löschen' });
	assert.ok(await doIt.isDisabled(), 'its history went by a tap');
	await page.getByRole('dialog').getByRole('textbox').fill('Alter Stecker');
	await doIt.click();
	await page.getByText('Alter Stecker', { exact: true }).waitFor({ state: 'detached' });
	assert.deepEqual(hub.place.formers, []);
}));

test('an edit that others have overtaken shows both, and the reader decides', () => story({}, '/devices/thermo', async (page, hub) => {
	await part(page, 'Name and room').locator('summary').click();
	await page.getByLabel('Name', { exact: true }).fill('Mine');
	Object.assign(hub.device('thermo'), { name: 'Theirs', area: 'Attic' });
	hub.emit('device', hub.device('thermo')); // while somebody types
	await page.getByRole('heading', { name: 'Theirs' }).waitFor();
	assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Mine', 'what is typed stays');
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await page.getByText('It is called “Theirs” now, in Attic.').waitFor();
	assert.equal(hub.device('thermo').name, 'Theirs');
	await assertAccessible(page);
	await shoot(page, 'place-overtaken-phone-light', true);
	await page.getByRole('button', { name: 'Save mine all the same' }).click();
	await page.getByRole('heading', { name: 'Mine' }).waitFor();
	await page.getByText('It is called').waitFor({ state: 'detached' });

	// between the page's question and its answer: the hub compares, too
	await page.getByLabel('Name', { exact: true }).fill('Second');
	await page.route('**/api/v1/devices/thermo', async (route) => {
		if (route.request().method() === 'PATCH') hub.device('thermo').name = 'Quicker';
		await route.continue();
	}, { times: 2 });
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await page.getByText('It is called “Quicker” now').waitFor();
	await page.getByRole('button', { name: 'Take that' }).click();
	assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Quicker');

	// a form that nobody touches follows
	Object.assign(hub.device('thermo'), { name: 'Followed' });
	hub.emit('device', hub.device('thermo'));
	await page.waitForFunction(() => [...document.querySelectorAll('input')].some((input) => input.value === 'Followed'));
}));

test('a real agent renews its credentials from the page', async () => {
	const hub = await startHub();
	await hub.setUp();
	const agent = await startAgent(hub, { name: 'Attic' });
	const { page, context, problems } = await openPage(browser, hub.url, PHONE);
	const [name, value] = hub.cookie.split('=');
	await context.addCookies([{ name, value, url: hub.url, secure: true, httpOnly: true, sameSite: 'Strict' }]);
	const { token } = await agent.credentials();
	await page.goto(`${hub.url}/devices/${agent.id}`);
	await part(page, 'New credentials').locator('summary').click();
	await page.getByRole('button', { name: 'Renew now' }).click();
	await page.getByText('The device has new credentials.').waitFor();
	assert.notEqual((await agent.credentials()).token, token);
	assert.deepEqual(problems(), []);
	await context.close();
	await agent.stop();
	await hub.stop();
});

test('the owner says what a cover or a contact is', () => story({}, '/devices/door1', async (page, hub) => {
	await page.getByText('Name and room', { exact: true }).waitFor();
	const front = hub.device('door1');
	front.entities[0].described_class = 'door';
	front.entities.push({ id: 'blind', name: 'Blind', component: 'cover', device_class: null, described_class: null, category: null, series: null, controllable: true, desired: null, can: ['state'], state: { state: 'open' }, at: NOW });
	hub.emit('device', front);
	const classes = part(page, 'What it is');
	await classes.locator('summary').click();
	const blind = classes.getByLabel('Blind'), contact = classes.getByLabel('Door', { exact: true });
	assert.deepEqual(await blind.locator('option').allTextContents(), ['What the device says: not told', 'Blind', 'Shutter', 'Shade', 'Curtain', 'Awning', 'Window', 'Door', 'Garage', 'Gate', 'Damper']);
	assert.equal(await contact.locator('option').first().textContent(), 'What the device says: Door');
	assert.equal(await classes.locator('select').count(), 2); // not of what the device is about itself
	await assertAccessible(page);
	await looks(page, 'place-classes');

	const arrow = page.getByRole('button', { name: 'Open: Blind' }).locator('use');
	assert.match(await arrow.getAttribute('href'), /#arrow-up$/);
	await blind.selectOption('Curtain');
	await page.locator('[href$="#arrow-expand-horizontal"]').first().waitFor();
	assert.equal(await blind.inputValue(), 'curtain');
	await blind.selectOption('What the device says: not told');
	await page.locator('[href$="#arrow-up"]').first().waitFor();
	await contact.selectOption('Window');
	await page.waitForFunction(() => document.querySelector('[href$="#window-closed"], [href$="#window-open"]'));
	assert.deepEqual(hub.classified, [['blind', 'curtain'], ['blind', null], ['contact', 'window']]);
}));

test('only the owner says what things are', () => story({ role: 'adult' }, '/devices/door1', async (page, hub) => {
	await page.getByRole('heading', { name: 'Details' }).waitFor();
	const front = hub.device('door1');
	Object.assign(front.entities[0], { described_class: 'door', name: 'Front door contact' });
	hub.emit('device', front);
	await page.locator('.reading-name', { hasText: 'Front door contact' }).waitFor();
	assert.equal(await page.getByText('What it is', { exact: true }).count(), 0);
}));
