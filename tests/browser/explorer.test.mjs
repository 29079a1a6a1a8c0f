// The explorer with a real hub and real MQTT: the tree, one topic, publishing, the broker's health, a busy house, who may only listen, and who is kept out.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually, startHub, stopAll } from '../support/hub.mjs';
import { DESK, PHONE, assertAccessible, assertNoSideways, launch, openPage, shoot } from './browser.mjs';
import { Traffic } from './traffic.mjs';

let browser, hub, traffic;

before(async () => {
	browser = await launch();
	hub = await startHub({ conf: { mqtt: { sys_interval_s: 1 } } });
	await hub.setUp();
	traffic = await Traffic.open(hub);
	await traffic.send(
		['zigbee2mqtt/bridge/state', { state: 'online' }, { retain: true }],
		['zigbee2mqtt/Kitchen plug', { state: 'ON', power: 41.5, energy: { today: 1.25, total: 310 } }, { retain: true, qos: 1 }],
		['zigbee2mqtt/Hall motion', { occupancy: false, battery: 87 }, { retain: true }],
		['tele/boiler/SENSOR', { Time: '2026-11-30T10:00:00', DS18B20: { Temperature: 54.3 } }, { retain: true }],
		['tele/boiler/LWT', 'Online', { retain: true }],
		['house/outside/temperature', '4.5', { retain: true }],
		['house/camera/image', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0]), { retain: true }]);
	await traffic.settle();
});
after(async () => {
	traffic?.close();
	await browser?.close();
	await stopAll();
});

/** Opens the explorer as its owner; in the end nothing may have gone wrong but what is expected. */
async function visit(options, tell, path = '/explorer', expected = /^$/) {
	const { page, context, problems } = await openPage(browser, hub.url, options);
	try {
		const [name, ...value] = hub.cookie.split('=');
		await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
		await page.goto(hub.url + path);
		await tell(page, context);
		assert.deepEqual(problems().filter((problem) => !expected.test(problem)), []);
	} finally {
		await context.close();
	}
}

const tree = (page) => page.getByRole('tree', { name: 'Topics' });
const row = (page, name) => page.getByRole('treeitem').filter({ has: page.locator('.topic-name', { hasText: new RegExp(`^${name}$`) }) });
const ready = (page) => page.locator('.topics:not([data-topics="0"])').waitFor();
const atLeast = (page, topics) => page.waitForFunction((n) => Number(document.querySelector('.topics')?.getAttribute('data-topics')) >= n, topics);
async function openTopic(page, ...levels) {
	for (const level of levels.slice(0, -1)) {
		const folded = row(page, level);
		await folded.waitFor();
		if (await folded.getAttribute('aria-expanded') === 'false') await folded.locator('.twist').click();
	}
	await row(page, levels.at(-1)).click();
}

for (const [size, screen] of [['phone', PHONE], ['desk', DESK]]) {
	for (const colorScheme of ['light', 'dark']) {
		describe(`${size}, ${colorScheme}`, () => {
			test('the tree, a topic and the broker are whole, accessible, and stay within the window', () => visit({ ...screen, colorScheme }, async (page) => {
				await atLeast(page, 7);
				await row(page, 'zigbee2mqtt').click();
				await assertNoSideways(page);
				await assertAccessible(page);
				await shoot(page, `explorer-tree-${size}-${colorScheme}`);
				await openTopic(page, 'zigbee2mqtt', 'Kitchen plug');
				await page.locator('.json-leaf', { hasText: 'power' }).waitFor();
				await traffic.send(['zigbee2mqtt/Kitchen plug', { state: 'ON', power: 43, energy: { today: 1.25, total: 310 }, voltage: 231 }, { retain: true, qos: 1 }]);
				await page.locator('.past').nth(1).waitFor();
				await page.locator('.past summary').first().click();
				await page.locator('.changes li').nth(1).waitFor();
				await assertNoSideways(page);
				await assertAccessible(page);
				await shoot(page, `explorer-topic-${size}-${colorScheme}`, true);
				await traffic.send(['zigbee2mqtt/Kitchen plug', { state: 'ON', power: 41.5, energy: { today: 1.25, total: 310 } }, { retain: true, qos: 1 }]);
				await page.getByRole('link', { name: 'Broker' }).click();
				await page.getByText('The broker is well.').waitFor();
				await page.locator('.flow-line polyline').first().waitFor();
				await assertNoSideways(page);
				await assertAccessible(page);
				await shoot(page, `explorer-broker-${size}-${colorScheme}`, true);
			}));
		});
	}
}

test('More leads there', () => visit(PHONE, async (page) => {
	await page.getByRole('link', { name: /^Explorer/ }).click();
	await ready(page);
	assert.equal(new URL(page.url()).pathname, '/explorer');
}, '/more'));

test('the tree goes by the keyboard, as trees do', () => visit(DESK, async (page) => {
	await atLeast(page, 7);
	const active = () => page.evaluate(() => document.getElementById(document.querySelector('.topics').getAttribute('aria-activedescendant'))?.querySelector('.topic-name').textContent);
	await tree(page).focus();
	assert.equal(await active(), 'house');
	await page.keyboard.press('End');
	await page.waitForFunction(() => document.querySelector('.topic-row[data-active] .topic-name')?.textContent === 'zigbee2mqtt');
	await page.keyboard.press('ArrowRight');
	await page.waitForFunction(() => document.querySelector('.topic-row[data-active]')?.getAttribute('aria-expanded') === 'true');
	assert.equal(await row(page, 'bridge').getAttribute('aria-level'), '2');
	assert.equal(await row(page, 'bridge').getAttribute('aria-setsize'), '3');
	await page.keyboard.press('ArrowRight');
	await page.waitForFunction(() => document.querySelector('.topic-row[data-active] .topic-name')?.textContent === 'bridge');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'zigbee2mqtt/Hall motion' }).waitFor();
	assert.equal(await row(page, 'Hall motion').getAttribute('aria-selected'), 'true');
	await tree(page).focus();
	await page.keyboard.press('ArrowLeft');
	await page.keyboard.press('ArrowLeft');
	await page.waitForFunction(() => document.querySelector('.topic-row[data-active]')?.getAttribute('aria-expanded') === 'false');
}));

test('a topic shows its message as JSON, text and bytes, and what it came with', () => visit(DESK, async (page) => {
	await ready(page);
	await openTopic(page, 'tele', 'boiler', 'SENSOR');
	const panel = page.locator('.topic-panel');
	await panel.getByText('retained', { exact: true }).waitFor();
	await panel.getByText('at most once (QoS 0)').waitFor();
	await panel.locator('.json-leaf', { hasText: 'Temperature' }).getByText('54.3').waitFor();
	await panel.locator('summary', { hasText: 'DS18B20' }).click();
	await panel.locator('.json-leaf', { hasText: 'Temperature' }).waitFor({ state: 'hidden' });
	await panel.getByRole('button', { name: 'Text', exact: true }).click();
	assert.match(await panel.locator('.payload-text').textContent(), /^\{"Time":"2026-11-30T10:00:00"/);
	await panel.getByRole('button', { name: 'Hex', exact: true }).click();
	assert.match(await panel.locator('.hex pre').textContent(), /^0000 {2}7b 22 54 69 6d 65 22 3a 22 32 30 32 36 2d 31 31 {2}\{"Time":"2026-11\n/);
	await openTopic(page, 'house', 'camera', 'image');
	await page.locator('.hex').getByText('......JFIF.', { exact: false }).waitFor();
	assert.equal(await page.getByRole('button', { name: 'JSON', exact: true }).count(), 0, 'bytes are no JSON');
	const string = (word) => [0, word.length, ...Buffer.from(word)];
	await traffic.send(['house/door', 'open', { props: [0x03, ...string('text/plain'), 0x02, 0, 0, 1, 44, 0x26, ...string('cause'), ...string('wall switch')] }]);
	await openTopic(page, 'house', 'door');
	const fact = (name) => panel.locator('dt', { hasText: name }).locator('+ dd');
	assert.equal(await fact('cause').textContent(), 'wall switch');
	assert.equal(await fact('Content type').textContent(), 'text/plain');
	assert.match(await fact('Good for').textContent(), /^(300|299) s$/);
}));

test('a filter of the tree, and one for the hub', () => visit(PHONE, async (page) => {
	await atLeast(page, 7);
	await page.getByLabel('Find a topic').fill('temp');
	await row(page, 'temperature').waitFor();
	assert.equal(await page.getByRole('treeitem').count(), 3, 'house, outside, temperature');
	await page.getByLabel('Find a topic').fill('nothing like it');
	await page.getByText('No topic by that name was heard.').waitFor();
	await page.getByLabel('Find a topic').fill('');
	await page.getByText('What to listen to').click();
	await page.getByLabel('Filter').fill('a/#/b');
	await page.getByText('+ and # stand alone').waitFor();
	assert.ok(await page.getByRole('button', { name: 'Listen' }).isDisabled());
	await page.getByLabel('Filter').fill('tele/+/LWT');
	await page.getByRole('button', { name: 'Listen' }).click();
	await page.getByText('1 topic, 1 message').waitFor();
	await traffic.send(['house/outside/temperature', '4.6', { retain: true }], ['tele/boiler/LWT', 'Online', { retain: true }]);
	await page.getByText('1 topic, 2 messages').waitFor();
	await page.getByLabel('Filter').fill('$other/#');
	await page.getByRole('button', { name: 'Listen' }).click();
	await page.getByText(/^The hub refused: /).waitFor();
	await page.locator('.topics[data-topics="0"]').waitFor();
	await page.getByLabel('Filter').fill('');
	await page.getByRole('button', { name: 'Listen' }).click();
	await atLeast(page, 7);
	assert.equal(await row(page, '\\$SYS').count(), 0);
	await page.getByLabel(/^Also the broker/).check();
	await row(page, '\\$SYS').waitFor();
}));

test('paused, the page stands still and says what it missed', () => visit(DESK, async (page) => {
	await ready(page);
	await openTopic(page, 'house', 'outside', 'temperature');
	await page.getByRole('button', { name: 'Pause' }).click();
	await traffic.send(['house/outside/temperature', '5', {}], ['house/new', '1', {}]);
	await page.getByText('Paused; 2 messages passed by').waitFor();
	assert.equal(await row(page, 'new').count(), 0);
	await page.getByRole('button', { name: 'Go on' }).click();
	await traffic.send(['house/outside/temperature', '6', {}]);
	await page.locator('.topic-panel .json-value', { hasText: /^6$/ }).waitFor();
	assert.equal(await page.locator('.past').count(), 2);
}));

test('what is published arrives, and the hub says what became of it', () => visit(PHONE, async (page) => {
	await ready(page);
	await page.getByText('Publish a message').click();
	const form = page.locator('.publish-panel');
	await form.getByLabel('Topic').fill('$SYS/x');
	await form.getByText('does not begin with $').waitFor();
	assert.ok(await form.getByRole('button', { name: 'Publish' }).isDisabled());
	await form.getByLabel('Topic').fill('play/ground');
	await form.getByLabel('Message').fill('{"on":true}');
	await form.getByRole('button', { name: 'QoS 2' }).click();
	await form.getByLabel('Retain it').check();
	await form.getByRole('button', { name: 'Publish' }).click();
	await form.getByText('Delivered.').waitFor();
	await openTopic(page, 'play', 'ground');
	await page.getByText('exactly once (QoS 2)').waitFor();
	await page.getByRole('button', { name: 'Clear retained' }).click();
	await assertAccessible(page);
	await shoot(page, 'explorer-clear-phone');
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
	await page.locator('.topic-panel .tag', { hasText: /^retained$/ }).waitFor();
	await page.getByRole('button', { name: 'Clear retained' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Clear', exact: true }).click();
	await page.locator('.topic-panel .tag', { hasText: 'not retained' }).waitFor();
	await page.reload();
	await atLeast(page, 7);
	assert.equal(await row(page, 'play').count(), 0, 'the hub has forgotten it');
	await page.locator('.topics').waitFor();
	await openTopic(page, 'house', 'outside', 'temperature');
	await page.getByRole('button', { name: 'Publish here' }).click();
	assert.equal(await form.getByLabel('Topic').inputValue(), 'house/outside/temperature');
	await page.getByRole('button', { name: 'Back to the topics' }).click();
	await tree(page).waitFor();
}));

test('a number leads to the rule that records it', () => visit(PHONE, async (page) => {
	await ready(page);
	await openTopic(page, 'zigbee2mqtt', 'Kitchen plug');
	assert.equal(await page.getByRole('link', { name: 'Record $.state' }).count(), 0, 'words are for other rules');
	let release = () => {};
	const released = new Promise((resolve) => { release = () => resolve(undefined); });
	await page.route('**/api/v1/rules?*', async (route) => {
		const answer = await route.fetch(); // as it was before anything is added
		await released;
		await route.fulfill({ response: answer });
	});
	await page.getByRole('link', { name: 'Record $.energy.total' }).click();
	await page.getByRole('heading', { name: 'Other topics', exact: true }).waitFor();
	assert.equal(await page.getByLabel('Topic', { exact: true }).count(), 0, 'a list on its way would take back what is added');
	release();
	assert.equal(await page.getByLabel('Topic', { exact: true }).inputValue(), 'zigbee2mqtt/Kitchen plug');
	assert.equal(await page.getByLabel('Place in the JSON').inputValue(), '$.energy.total');
	await page.getByLabel('Kind').selectOption('counter');
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	await page.locator('.rule', { hasText: 'zigbee2mqtt/Kitchen plug' }).waitFor();
	assert.equal(new URL(page.url()).search, '');
	const { rules } = await hub.get('/api/v1/rules');
	assert.deepEqual(rules.map(({ filter, path, kind }) => [filter, path, kind]), [['zigbee2mqtt/Kitchen plug', '$.energy.total', 'counter']]);
}));

test('2,000 topics and 1,000 messages a second: the page stays responsive and finite', () => visit(DESK, async (page) => {
	await ready(page);
	await page.evaluate(() => {
		globalThis.longest = 0;
		new PerformanceObserver((list) => {
			for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
		}).observe({ entryTypes: ['longtask'] });
	});
	const many = (from, n, value) => Array.from({ length: n }, (_, i) => [`busy/${Math.floor((from + i) / 50)}/sensor-${(from + i) % 50}`, { value, at: from + i, name: 'x'.repeat(80) }, {}]);
	for (let at = 0; at < 2000; at += 100) await traffic.send(...many(at, 100, 0));
	await atLeast(page, 2000);
	await row(page, 'busy').click();
	let over = false;
	const flood = (async () => { /* 100 every 100 ms */
		let i = 0;
		for (; !over; i++) {
			await traffic.send(...many(i * 100 % 2000, 100, i));
			await new Promise((done) => { setTimeout(done, 100); });
		}
		return i;
	})();
	let seen;
	try {
		await page.waitForFunction(() => /^\d{3,4}\/s$/.test(document.querySelector('.topic-row[aria-level="1"] .topic-rate')?.textContent ?? ''));
		await tree(page).focus();
		for (let i = 0; i < 20; i++) await page.keyboard.press('PageDown');
		await page.waitForFunction(() => Number(/([\d,]+) messages/.exec(document.querySelector('.explorer-status')?.textContent ?? '')?.[1].replaceAll(',', '')) > 10000);
		await shoot(page, 'explorer-busy-desk');
		seen = await page.evaluate(() => ({ longest: globalThis.longest, rows: Number(document.querySelector('.topics').dataset.rows), shown: document.querySelectorAll('.topic-row').length }));
	} finally {
		over = true; // or it would go on without an end
	}
	const { longest, rows, shown } = seen;
	const sent = 2000 + 7 + (await flood) * 100;
	await page.waitForFunction((n) => document.querySelector('.explorer-status')?.textContent === `2,007 topics, ${n} messages`, sent.toLocaleString('en-GB'));
	assert.ok(rows > 40 && shown < 60, `${shown} of ${rows} rows exist`);
	console.log(`# longest task ${longest} ms`);
	for (let at = 0; at < 5200; at += 200) await traffic.send(...Array.from({ length: 200 }, (_, i) => [`flood/${at + i}`, 'x', {}]));
	await page.getByText(/topics were let go: only the 5,000 that spoke last are kept/).waitFor();
	assert.equal(await tree(page).getAttribute('data-topics'), '5000');
}));

test('an adult hears the house and is offered nothing that adults may not', () => visit(PHONE, async (page, context) => {
	await ready(page);
	const password = 'correct horse battery';
	const made = await hub.api('/api/v1/users', { method: 'POST', cookie: hub.cookie, body: { name: 'arne', password, role: 'adult', must_change: false } });
	assert.equal(made.status, 201, made.text);
	const [name, ...value] = (await hub.api('/api/v1/login', { method: 'POST', body: { name: 'arne', password } })).cookie.split('=');
	await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
	await page.goto(`${hub.url}/more`);
	await page.getByRole('link', { name: /^Explorer Every MQTT topic as it is heard$/ }).click();
	await atLeast(page, 7);
	await openTopic(page, 'zigbee2mqtt', 'Kitchen plug');
	await page.locator('.topic-panel').getByText('41.5').waitFor();
	await assertAccessible(page);
	await shoot(page, 'explorer-adult-phone-light', true);
	for (const what of [page.getByText('Publish a message'), page.getByText('Publish here'), page.getByText('Clear retained'), page.locator('.record'), page.getByRole('link', { name: 'Broker' })]) assert.equal(await what.count(), 0);
	await page.getByRole('button', { name: 'Back to the topics' }).click();
	await page.getByText('What to listen to').click();
	assert.equal(await page.getByLabel('Also the broker’s own topics ($SYS)').count(), 0);
	await page.getByLabel('Filter').fill('$SYS/#');
	await page.getByRole('button', { name: 'Listen' }).click();
	await page.getByText(/^The hub refused: /).waitFor();
	await page.goto(`${hub.url}/explorer/broker`);
	await page.getByText('Only the owner of this hub can look at the broker.').waitFor();
}));

test('a guest hears the devices in the rooms, and what changes there by itself', () => visit(PHONE, async (page, context) => {
	const password = 'correct horse battery';
	const describe = (meter, area) => [`homeassistant/sensor/${meter}/config`, { unique_id: meter, name: 'Power', unit_of_measurement: 'W', state_topic: `meters/${meter}/power`,
		availability_topic: `meters/${meter}/there`, device: { identifiers: [meter], name: `Meter ${meter}`, suggested_area: area } }, { retain: true }];
	await traffic.send(describe('east', 'Hall'), describe('west', 'Kitchen'),
		...['east', 'west'].flatMap((meter) => [[`meters/${meter}/power`, '41.5', { retain: true }], [`meters/${meter}/there`, 'online', { retain: true }]]));
	const meter = (name) => eventually(async () => (await hub.get('/api/v1/devices')).devices.find((device) => device.name === name && device.online), name);
	const east = await meter('Meter east');
	await meter('Meter west');
	const made = await hub.api('/api/v1/users', { method: 'POST', cookie: hub.cookie, body: { name: 'gast', password, role: 'guest', rooms: ['Hall'], must_change: false } });
	assert.equal(made.status, 201, made.text);
	const change = async (path, body) => assert.ok((await hub.api(path, { method: 'PATCH', cookie: hub.cookie, body })).status < 300);
	const [name, ...value] = (await hub.api('/api/v1/login', { method: 'POST', body: { name: 'gast', password } })).cookie.split('=');
	await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
	await page.goto(`${hub.url}/more`);
	await page.getByRole('link', { name: /^Explorer MQTT topics of the devices in your rooms$/ }).click();
	await atLeast(page, 2);
	assert.equal(await page.getByRole('treeitem').count(), 1, 'meters, and nothing beside');
	await openTopic(page, 'meters', 'east', 'power');
	await page.locator('.topic-panel').getByText('41.5').waitFor();
	for (const what of [page.getByText('Publish a message'), page.getByText('Publish here'), page.getByText('Clear retained'), page.locator('.record'), page.getByRole('link', { name: 'Broker' })]) assert.equal(await what.count(), 0);
	for (const [size, screen] of [['phone', PHONE], ['desk', DESK]]) {
		await page.setViewportSize(screen.viewport);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await assertNoSideways(page);
			await assertAccessible(page);
			await shoot(page, `explorer-guest-topic-${size}-${colorScheme}`);
		}
	}
	await page.setViewportSize(PHONE.viewport);
	await page.emulateMedia({ colorScheme: 'light' });
	await page.getByRole('button', { name: 'Back to the topics' }).click();
	await page.getByText('You hear what the devices in your rooms report.').waitFor();
	await assertAccessible(page);
	await shoot(page, 'explorer-guest-tree-phone-light');

	await page.getByText('What to listen to').click();
	await page.getByLabel('Filter').fill('meters/west/#');
	await page.getByRole('button', { name: 'Listen' }).click();
	await page.getByText('The hub refused: this is not allowed').waitFor();
	await page.getByLabel('Filter').fill('meters/east/#');
	await page.getByRole('button', { name: 'Listen' }).click();
	await page.getByText('2 topics, 2 messages').waitFor();

	/* the meter leaves, so there is nothing of that kind any more: the page goes back to whatever there is */
	await change(`/api/v1/devices/${east.id}`, { area: 'Kitchen' });
	await page.getByText('Nothing was heard yet: there is no device in your rooms, or none has said anything.').waitFor();
	await page.waitForFunction(() => /** @type {HTMLInputElement} */ (document.querySelector('#explorer-filter')).value === '#');
	await shoot(page, 'explorer-guest-none-phone-light');
	await change(`/api/v1/devices/${east.id}`, { area: 'Hall' });
	await page.getByText('2 topics, 2 messages').waitFor();

	/* other rooms: the connection ends and comes back by itself with what is heard there */
	await change(`/api/v1/users/${made.json.id}`, { rooms: ['Kitchen'] });
	await page.getByLabel('Find a topic').fill('power'); /* which unfolds */
	await row(page, 'west').waitFor();
	assert.equal(await row(page, 'east').count(), 0);
	await page.getByLabel('Find a topic').fill('');
	await change(`/api/v1/users/${made.json.id}`, { rooms: [] });
	await page.getByText('Nothing was heard yet: there is no device in your rooms, or none has said anything.').waitFor();
	await page.goto(`${hub.url}/explorer/broker`);
	await page.getByText('Only the owner of this hub can look at the broker.').waitFor();
}, '/explorer', /^console: WebSocket connection to /));

test('when the session ends, the explorer leads to the login', () => visit(PHONE, async (page, context) => {
	await ready(page);
	const answer = await hub.api('/api/v1/login', { method: 'POST', body: { name: 'astrid', password: 'correct horse battery' } });
	const [name, ...value] = answer.cookie.split('=');
	await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
	await page.reload();
	await ready(page);
	await hub.api('/api/v1/logout', { method: 'POST', cookie: answer.cookie });
	await page.getByRole('heading', { name: 'Log in' }).waitFor();
}));

test('the hub restarts and the explorer finds back by itself', () => visit(PHONE, async (page) => {
	await atLeast(page, 7);
	await page.evaluate(() => { globalThis.notReloaded = true; });
	await hub.kill('SIGTERM');
	await page.getByText('The connection broke. Trying again…').waitFor();
	await hub.start();
	await page.locator('.explorer-status[data-state="live"]').waitFor();
	traffic.close();
	traffic = await Traffic.open(hub);
	await traffic.send(['house/after', 'back', {}]);
	await row(page, 'house').click();
	await row(page, 'after').waitFor();
	assert.equal(await page.evaluate(() => globalThis.notReloaded), true);
}, '/explorer', /^console: WebSocket connection to /));
