// Devices of others: their access and the text to paste, the list of MQTT users, what is nearby, devices by hand; with a hub of
// pretence, and with a real one and a simulated board.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Esphome } from '../support/esphome.mjs';
import { startHub, stopAll } from '../support/hub.mjs';
import { DESK, PHONE, assertAccessible, assertNoSideways, launch, openPage, shoot } from './browser.mjs';
import { storyTeller } from './story.mjs';
import { Traffic } from './traffic.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(async () => {
	await browser?.close();
	await stopAll();
});

const WIDE = { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false };
const paste = (page) => page.locator('.paste pre');
const item = (page, name) => page.locator('details.item', { has: page.getByText(name, { exact: true }) });

async function add(page, kind, name) {
	await page.getByRole('radio', { name: kind }).check();
	await page.getByLabel('Name', { exact: true }).fill(name);
	await page.getByRole('button', { name: 'Make its access' }).click();
	await page.getByText('shown only this once').waitFor();
}

test('Add offers three ways, and the keyboard reaches them', () => story({}, '/add', async (page) => {
	const ways = page.getByRole('navigation', { name: 'What do you want to add?' });
	await ways.getByRole('link', { name: 'Nearby' }).waitFor();
	assert.equal(await ways.getByRole('link').count(), 3);
	assert.equal(await ways.getByRole('link', { name: 'With the agent' }).getAttribute('aria-current'), 'page');
	await page.getByRole('button', { name: 'Make a code' }).waitFor();
	await ways.getByRole('link', { name: 'Other device' }).focus();
	await page.keyboard.press('Enter');
	await page.getByRole('radio', { name: 'Tasmota' }).waitFor();
	assert.equal(await page.locator('.tab[aria-current="page"]').innerText(), 'Add');
}));

test('a Tasmota plug gets its access, needs unencrypted MQTT, and is shown when it comes', () => story({}, '/add/other', async (page, hub) => {
	await add(page, 'Tasmota', 'Kitchen plug');
	assert.equal(await paste(page).innerText(), 'Backlog SetOption3 1; SetOption19 0; SetOption103 0; MqttHost 127.0.0.1; MqttPort 1883; MqttUser kitchen-plug; MqttPassword pass000000000001; FullTopic %prefix%/%topic%/; Topic kitchen-plug');
	const allow = page.getByRole('switch', { name: 'Allow unencrypted MQTT' });
	await page.getByText('Whoever is in your network can then read what goes over it, passwords too.').waitFor();
	assert.equal(await allow.getAttribute('aria-checked'), 'false');
	await assertNoSideways(page);
	await assertAccessible(page);
	await shoot(page, 'others-tasmota-phone-light', true);
	await allow.click();
	await page.getByText('Allowed: devices may connect without encryption.').waitFor();
	assert.equal(hub.clients.open.allowed, true);
	await page.getByText('Encrypted', { exact: true }).click();
	assert.match(await paste(page).innerText(), /SetOption103 1; MqttHost 127\.0\.0\.1; MqttPort 8883/);
	await page.getByText('Waiting for it…').waitFor();
	hub.announce('somebody-else', { id: 'x', name: 'Not this one' });
	hub.announce('kitchen-plug');
	await page.getByRole('link', { name: 'Kitchen plug is here.' }).click();
	await page.getByText('By Tasmota, through user kitchen-plug').waitFor();
	await page.getByRole('switch', { name: /Power/ }).waitFor();
}));

test('a minute without a word ends in what to check', () => story({}, '/add/other', async (page) => {
	await page.clock.install();
	await add(page, 'ESPHome', 'Board');
	await page.getByText('Waiting for it…').waitFor();
	assert.equal(await page.getByText('What to check').count(), 0);
	await page.clock.fastForward(61000);
	await page.getByText('Nothing yet. What to check:').waitFor();
	await page.getByText('Is the topic exactly the one above?').waitFor();
	await assertAccessible(page);
}));

for (const [kind, expected] of Object.entries({
	ESPHome: /esphome:\n {2}name: thing\n\nmqtt:\n {2}broker: '127\.0\.0\.1'\n {2}port: 8883[^]*certificate_authority: \|\n {4}-----BEGIN CERTIFICATE-----/,
	Zigbee2MQTT: /server: mqtts:\/\/127\.0\.0\.1:8883\n[^]*base_topic: 'zigbee2mqtt'\n {2}ca: /,
	Shelly: /curl -d '\{"data":"-----BEGIN CERTIFICATE-----[^]*rpc\/Shelly\.PutUserCA/,
})) {
	test(`the text for ${kind} is whole`, () => story({}, '/add/other', async (page) => {
		await add(page, kind, 'Thing');
		await paste(page).first().waitFor();
		assert.match(await paste(page).first().innerText(), expected);
		await assertNoSideways(page);
		await assertAccessible(page);
		await shoot(page, `others-${kind.toLowerCase()}-phone-light`, true);
	}));
}

test('a Shelly’s own address goes into its texts', () => story({}, '/add/other?kind=shelly&name=Relay', async (page) => {
	assert.ok(await page.getByRole('radio', { name: 'Shelly' }).isChecked(), 'as the address of the page says');
	await page.getByRole('button', { name: 'Make its access' }).click();
	await page.getByLabel('Address of the Shelly').fill('192.168.1.44');
	await page.getByText('Unencrypted', { exact: true }).click();
	assert.match(await paste(page).first().innerText(), /^http:\/\/192\.168\.1\.44\/rpc\/Mqtt\.SetConfig\?config=/);
	assert.equal(await paste(page).nth(1).innerText(), 'http://192.168.1.44/rpc/Shelly.Reboot');
}));

test('Home Assistant gets values, and nothing is waited for', () => story({}, '/add/other', async (page) => {
	await page.getByRole('radio', { name: 'Home Assistant' }).check();
	assert.equal(await page.locator('summary', { hasText: /^More$/ }).count(), 0, 'it has no topic of its own');
	await add(page, 'Home Assistant', 'Other house');
	await page.getByRole('link', { name: 'Download the hub’s certificate' }).waitFor();
	assert.equal(await page.getByText('Waiting for it…').count(), 0);
	await page.getByRole('button', { name: 'Copy: Password' }).waitFor();
}));

test('a topic that cannot be one is refused where it stands', () => story({}, '/add/other', async (page) => {
	await page.getByLabel('Name', { exact: true }).fill('Plug');
	await page.locator('summary', { hasText: /^More$/ }).click();
	await page.getByLabel('Topic', { exact: true }).fill('a/#');
	await page.getByRole('button', { name: 'Make its access' }).click();
	await page.getByText('A topic without + and #').waitFor();
}));

test('MQTT users are renamed, get a new password with its texts, other topics, and go', () => story({}, '/more', async (page, hub) => {
	hub.announce('living', { name: 'Board', dialect: 'homeassistant' });
	await page.getByRole('link', { name: /^MQTT users/ }).click();
	const living = item(page, 'Living room board');
	await living.getByText('ESPHome · 1 device').waitFor();
	await living.getByText('Living room board', { exact: true }).click();
	await living.getByRole('link', { name: 'Board', exact: true }).waitFor();
	await assertNoSideways(page);
	await assertAccessible(page);
	await living.getByLabel('Name').fill('Board by the sofa');
	await living.getByRole('button', { name: 'Save' }).first().click();
	const renamed = item(page, 'Board by the sofa');
	await renamed.getByText('New password', { exact: true }).click();
	await renamed.getByRole('button', { name: 'Make a new password' }).click();
	await paste(page).waitFor();
	assert.match(await paste(page).innerText(), /name: living\n[^]*password: 'pass000000000001'/);
	await renamed.getByText('Topics', { exact: true }).click();
	await renamed.getByRole('button', { name: 'Add a topic' }).click();
	await renamed.getByLabel('Topic filter').last().fill('extra/#');
	await renamed.getByRole('checkbox', { name: 'extra/#: hears' }).uncheck();
	await shoot(page, 'others-clients-phone-light', true);
	await renamed.locator('form', { has: page.getByLabel('Topic filter') }).getByRole('button', { name: 'Save' }).click();
	await page.getByText('Saved. It holds at once.').first().waitFor();
	assert.deepEqual(hub.clients.clients[0].topics.at(-1), { filter: 'extra/#', publish: true, subscribe: false });
	await renamed.getByRole('button', { name: 'Remove', exact: true }).click();
	await page.getByText('their history stays').waitFor();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
	await renamed.waitFor({ state: 'detached' });
	assert.deepEqual(hub.clients.clients.map(({ name }) => name), ['zigbee2mqtt']);
}));

test('the page of a device of others says by what it is here, and what deleting means', () => story({}, '/', async (page, hub) => {
	hub.announce('zigbee2mqtt', { id: 'z', name: 'Hall motion', dialect: 'zigbee2mqtt', note: 'component x, key command_topic: is not a topic of its user' });
	await page.goto(`${hub.url}/devices/z`);
	await page.getByText('By Zigbee2MQTT, through user zigbee2mqtt').waitFor();
	await page.getByText('Not everything that it says of itself is followed').click();
	await page.getByText('key command_topic').waitFor();
	await assertNoSideways(page);
	await assertAccessible(page);
	await shoot(page, 'others-device-phone-light');
	await page.getByRole('button', { name: 'Delete device' }).click();
	await page.getByText('It is asked to leave the Zigbee network').waitFor();
}));

test('others may not', async () => {
	for (const path of ['/add/other', '/add/nearby', '/add/by-hand', '/settings/clients']) {
		await story({ role: 'adult' }, path, (page) => page.locator('.refusal').waitFor());
	}
});

for (const [size, screen] of [['phone', PHONE], ['desk', WIDE]]) {
	for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
		test(`the pages look right: ${size}, ${colorScheme}`, () => story({ ...screen, colorScheme }, '/add/other', async (page, hub) => {
			await page.locator('.kind').nth(6).waitFor();
			await assertNoSideways(page);
			await assertAccessible(page);
			await shoot(page, `others-choose-${size}-${colorScheme}`, true);
			await add(page, 'Tasmota', 'Kitchen plug');
			await page.getByRole('switch', { name: 'Allow unencrypted MQTT' }).waitFor();
			await assertAccessible(page);
			await shoot(page, `others-access-${size}-${colorScheme}`, true);
			hub.announce('kitchen-plug');
			await page.getByRole('link', { name: 'Kitchen plug is here.' }).waitFor();
			await assertAccessible(page);
		}));
	}
}

describe('with a real hub', () => {
	let hub, traffic;
	before(async () => {
		hub = await startHub();
		await hub.setUp();
		traffic = await Traffic.open(hub);
	});
	after(() => traffic?.close());

	async function visit(options, path, tell) {
		const { page, context, problems } = await openPage(browser, hub.url, options);
		try {
			const [name, ...value] = hub.cookie.split('=');
			await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
			await page.goto(hub.url + path);
			await tell(page);
			assert.deepEqual(problems(), []);
		} finally {
			await context.close();
		}
	}

	test('a board connects with what is shown, and appears with its controls', () => visit(PHONE, '/add/other', async (page) => {
		await add(page, 'ESPHome', 'Living');
		const shown = Object.fromEntries(await page.locator('.access-value').evaluateAll((rows) => rows.map((row) => [row.querySelector('dt')?.textContent, row.querySelector('code')?.textContent])));
		assert.equal(shown.Port, String(hub.mqttsPort), 'encrypted unless one says otherwise');
		await page.getByText('Unencrypted', { exact: true }).click();
		const port = page.locator('.access-value', { hasText: 'Port' }).locator('code');
		assert.equal(await port.innerText(), String(hub.mqttPort));
		await page.getByRole('switch', { name: 'Allow unencrypted MQTT' }).click();
		await page.getByText('Allowed: devices may connect').waitFor();
		assert.equal((await hub.get('/api/v1/unencrypted-mqtt')).allowed, true);
		const board = new Esphome({ url: `mqtt://${shown.Host}:${await port.innerText()}`, name: shown.Topic, username: shown.User, password: shown.Password });
		try {
			await board.start();
			await page.getByRole('link', { name: 'Living room is here.' }).click();
			await page.getByText('By Home Assistant discovery, through user living').waitFor();
			const obeyed = new Promise((resolve) => { board.on('command', resolve); });
			await page.getByRole('switch', { name: /^Living room/ }).first().click();
			await obeyed;
			await page.locator('.chart-area:is([data-phase="ready"], [data-phase="empty"])').waitFor();
			await assertNoSideways(page);
			await assertAccessible(page);
			await shoot(page, 'others-board-phone-light', true);
		} finally {
			await board.stop();
		}
	}));

	test('what is nearby becomes a device by hand, which is edited later', () => visit(PHONE, '/add/nearby', async (page) => {
		await page.getByText('Listening…').waitFor();
		await traffic.send(['garden/weather', { air: { temperature: 4.5 }, wind: [2, 3.5], raining: false }, { retain: true }], ['garden/pump', 'off', { retain: true }], ['tele/boiler/SENSOR', { DS18B20: { Temperature: 54.3 } }, { retain: true }], ['living/light/lamp/state', '{}', {}]);
		await page.getByText('Looks like Tasmota').waitFor();
		await page.locator('.heard', { hasText: 'garden/weather' }).waitFor();
		assert.equal(await page.getByRole('heading', { name: 'living' }).count(), 0, 'the board’s topics are the board’s');
		await assertNoSideways(page);
		await assertAccessible(page);
		await shoot(page, 'others-nearby-phone-light', true);
		await page.getByRole('link', { name: 'Make a device of it: garden', exact: true }).click();
		await page.getByLabel('Name', { exact: true }).first().fill('Garden');
		await page.getByLabel('Room').fill('Outside');
		const first = page.locator('section.panel').nth(0);
		await first.getByLabel('Topic', { exact: true }).fill('garden/weather');
		await first.getByRole('button', { name: /Take air\.temperature/ }).click();
		await first.locator('.preview', { hasText: '4.5 °C' }).waitFor();
		await traffic.send(['garden/weather', { air: { temperature: 5.25 }, wind: [2, 3.5], raining: false }, { retain: true }]);
		await first.locator('.preview', { hasText: '5.25 °C' }).waitFor();
		await page.getByRole('button', { name: 'Add another' }).click();
		const second = page.locator('section.panel').nth(1);
		await second.getByLabel('Topic', { exact: true }).fill('garden/pump');
		await second.getByLabel('What it is').selectOption('Switch');
		await second.getByRole('button', { name: /Take The whole message/ }).click();
		await second.getByLabel('Name', { exact: true }).fill('Pump');
		await second.getByLabel('Command topic').fill('garden/pump/set');
		await assertNoSideways(page);
		await assertAccessible(page);
		await shoot(page, 'others-by-hand-phone-light', true);
		await page.getByRole('button', { name: 'Make the device' }).click();
		await page.getByRole('heading', { name: 'Garden', exact: true }).waitFor();
		await page.getByText('Described by hand').waitFor();
		await page.getByRole('switch', { name: /Pump/ }).waitFor();
		const made = (await hub.get('/api/v1/devices')).devices.find(({ name }) => name === 'Garden');
		assert.deepEqual(made.entities.map(({ name, state, unit }) => [name, state, unit]).sort(), [['Pump', 'OFF', null], ['Temperature', 5.25, '°C']]);

		await page.getByRole('link', { name: 'Edit what it is' }).click();
		await page.getByRole('button', { name: 'Remove Pump' }).click();
		await page.getByRole('region', { name: 'Pump' }).waitFor({ state: 'detached' });
		await page.getByLabel('Name', { exact: true }).fill('Air');
		await page.getByRole('button', { name: 'Save' }).click();
		await page.getByText('Described by hand').waitFor();
		assert.deepEqual((await hub.get(`/api/v1/devices/${made.id}`)).entities.map(({ name, state }) => [name, state]), [['Air', 5.25]]);
	}));

	test('a value in the explorer leads to a device', () => visit(WIDE, '/explorer', async (page) => {
		await traffic.send(['house/attic', { humidity: 61 }, { retain: true }]);
		await page.getByRole('treeitem').filter({ hasText: 'house' }).click();
		await page.getByRole('treeitem').filter({ hasText: 'attic' }).click();
		await page.getByRole('link', { name: 'Make a device of this: $.humidity' }).click();
		await page.locator('.preview', { hasText: '61 %' }).waitFor();
		assert.equal(await page.getByLabel('Measures').inputValue(), 'humidity');
		await assertAccessible(page);
		await shoot(page, 'others-by-hand-desk-light', true);
	}));
});
