// Every component's card and control with the real hub: used by mouse, finger and keys; what goes out on MQTT is
// checked, and what the device answers is shown. The device is one of pretence (device_of_all.mjs), the way is real.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startAgent, startHub, stopAll } from '../support/hub.mjs';
import { DESK, PHONE, assertAccessible, assertNoSideways, launch, openPage, passing, shoot } from './browser.mjs';
import { DeviceOfAll, HOUSES } from './device_of_all.mjs';

let browser, hub, room, wall, tint;
/** At a desk and on a phone: {page, problems}. */
let desk, phone;

async function borrow(name, area, components) {
	const agent = await startAgent(hub, { name, area, simulate: {} });
	await agent.stop.call({ daemon: agent.daemon, discard: async () => {} }); // its folder with the credentials stays
	return new DeviceOfAll().start({ hub, agent, name, components });
}

async function open(options) {
	const opened = await openPage(browser, hub.url, options);
	const [name, value] = hub.cookie.split('=');
	await opened.context.addCookies([{ name, value, url: hub.url, secure: true }]);
	await opened.page.goto(hub.url);
	await opened.page.locator('.frame[data-link="live"]').waitFor();
	return opened;
}

before(async () => {
	browser = await launch();
	hub = await startHub();
	await hub.setUp();
	room = await borrow('Bedroom', 'Bedroom', HOUSES.ROOM);
	wall = await borrow('Wall panel', 'Office', HOUSES.WALL);
	tint = await borrow('Tinted lamp', 'Office', HOUSES.TINT);
	desk = await open({ ...DESK });
	phone = await open(PHONE);
});
after(async () => {
	await browser?.close();
	for (const device of [room, wall, tint]) await device?.stop();
	await stopAll();
});

const card = (page, name) => page.locator('.card', { hasText: name });
const panel = (page, name) => page.locator('.panel-control').filter({ has: page.getByRole('heading', { name, exact: true }) });
/** The device has confirmed, and the control rests. */
const settled = (of) => of.page().waitForFunction(() => !document.querySelector('.card[data-phase="waiting"], .panel-control[data-phase="waiting"], [data-phase="confirmed"], [data-phase="failed"]'));
/** The colour that a control shows. */
const shownColour = (of) => of.evaluate((element) => /** @type {HTMLElement} */ (element).style.getPropertyValue('--light').match(/\d+/g)?.map(Number));

async function goHome({ page }) {
	await page.goto(hub.url);
	await page.locator('.frame[data-link="live"]').waitFor();
}
async function goTo({ page }, device) {
	await page.goto(`${hub.url}/devices/${device.id}`);
	await page.locator('.frame[data-link="live"]').waitFor();
	await page.locator('.panel-control').first().waitFor();
}

/** Several presses right behind each other, each drawn before the next: what rests between them is sent by itself. */
const presses = (of, ...keys) => of.evaluate(async (element, all) => {
	for (const key of all) {
		if (key === 'click') element.click();
		else element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
		await new Promise((drawn) => { setTimeout(drawn); });
	}
}, keys);

async function drag(page, locator, from, to) {
	const box = await locator.boundingBox();
	const y = box.y + box.height / 2;
	await page.mouse.move(box.x + box.width * from, y);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * to, y, { steps: 8 });
	await page.mouse.up();
}

describe('cards, by mouse and keys', () => {
	test('a cover: arrows, its travel, a drag, keys', async () => {
		const { page } = desk;
		const blind = card(page, 'Bedroom Blind');
		await blind.getByText('Open · 40%').waitFor();
		let told = room.next('blind');
		await blind.getByRole('button', { name: 'Open: Bedroom Blind' }).click();
		assert.equal(await told, 'OPEN');
		await blind.getByText('Opening').waitFor();
		await room.say('state/blind_pos', '70');
		await blind.getByText('Opening · 70%').waitFor();
		told = room.next('blind');
		await blind.getByRole('button', { name: 'Stop: Bedroom Blind' }).press('Enter');
		assert.equal(await told, 'STOP');
		await blind.getByText('Stopped · 70%').waitFor();
		told = room.next('blind');
		await blind.getByRole('button', { name: 'Close: Bedroom Blind' }).press('Space');
		assert.equal(await told, 'CLOSE');
		await blind.getByText('Closing').waitFor();
		await room.say('state/blind_pos', '0');
		await room.say('state/blind', 'closed');
		await blind.getByText('Closed').waitFor();
		await settled(blind);
		told = room.next('blind_pos');
		await drag(page, blind.locator('.card-main'), 0.1, 0.7);
		const position = Number(await told);
		assert.ok(position > 50 && position < 70, `position ${position}`);
		assert.equal(new URL(page.url()).pathname, '/', 'a drag is no click');
		await blind.getByText(`Open · ${position}%`).waitFor();
		await settled(blind);
		told = room.next('blind_pos');
		const range = blind.getByRole('slider', { name: 'Position of Bedroom Blind' });
		await range.focus();
		await page.keyboard.press('Home');
		assert.equal(await told, '0');
		await blind.getByText('Closed').waitFor();
		await settled(blind);
	});

	test('a climate: a few steps are one command', async () => {
		const heating = card(desk.page, 'Bedroom Heating');
		await heating.getByText('Heating · 19.8 °C').waitFor();
		const told = room.next('target'), from = room.heard.length;
		await presses(heating.getByRole('button', { name: 'Raise: Bedroom Heating' }), 'click', 'click');
		assert.equal(await heating.locator('output').textContent(), '22.5°');
		assert.equal(await told, '22.5');
		await settled(heating);
		assert.equal(await heating.locator('output').textContent(), '22.5°');
		assert.deepEqual(room.heard.slice(from), [['target', '22.5']]);
	});

	test('a fan: a press, a drag, keys', async () => {
		const { page } = desk;
		const fan = card(page, 'Bedroom Ceiling fan');
		const toggle = fan.getByRole('switch');
		let told = room.next('fan');
		await toggle.click();
		assert.equal(await told, 'OFF');
		await fan.getByText('Off', { exact: true }).waitFor();
		await settled(fan);
		told = room.next('speed', (speed) => speed === '4');
		await drag(page, toggle, 0.02, 0.98);
		assert.equal(await told, '4');
		await fan.getByText('On · 100%').waitFor();
		await settled(fan);
		told = room.next('speed', (speed) => speed === '2');
		const range = fan.getByRole('slider', { name: 'Speed of Bedroom Ceiling fan' });
		await range.focus();
		await range.fill('50');
		assert.equal(await told, '2');
		await fan.getByText('On · 50%').waitFor();
		await settled(fan);
	});

	test('a lock asks twice before it opens, and locks at once', async () => {
		const door = card(desk.page, 'Bedroom Front door');
		const from = room.heard.length;
		await door.getByRole('button', { name: 'Unlock: Bedroom Front door' }).dblclick();
		await door.getByRole('button', { name: 'Unlock?: Bedroom Front door' }).waitFor();
		assert.equal(room.heard.length, from, 'a slip of the finger opened the door');
		await door.getByRole('button', { name: 'Unlock?: Bedroom Front door' }).blur();
		const button = door.getByRole('button', { name: 'Unlock: Bedroom Front door' });
		await button.waitFor();
		await button.press('Enter');
		let told = room.next('door');
		await door.getByRole('button', { name: 'Unlock?: Bedroom Front door' }).evaluate(async (element) => { // a second press right behind the first is a slip
			await new Promise((over) => { setTimeout(over, 450); });
			element.click();
		});
		assert.equal(await told, 'UNLOCK');
		await door.getByText('Unlocking').waitFor();
		await room.say('state/door', 'UNLOCKED');
		await door.getByText('Unlocked', { exact: true }).waitFor();
		await settled(door);
		told = room.next('door');
		await door.getByRole('button', { name: 'Lock: Bedroom Front door' }).click();
		assert.equal(await told, 'LOCK');
		await room.say('state/door', 'LOCKED');
		await door.getByText('Locked', { exact: true }).waitFor();
		await settled(door);
	});

	test('a lamp and a button', async () => {
		const lamp = card(desk.page, 'Bedroom Lamp');
		const [r, , b] = await shownColour(lamp);
		assert.ok(r === 255 && b > 60 && b < 160, `a white of 2700 K, not rgb(${r} … ${b})`);
		let told = room.next('lamp');
		await lamp.getByRole('switch').click();
		assert.deepEqual(JSON.parse(await told), { state: 'OFF' });
		await lamp.getByText('Off', { exact: true }).waitFor();
		await settled(lamp);
		told = room.next('lamp');
		await lamp.getByRole('switch').press('Space');
		assert.deepEqual(JSON.parse(await told), { state: 'ON' });
		await settled(lamp);
		told = room.next('chime');
		const chime = card(desk.page, 'Bedroom Chime');
		await passing(desk.page, '.card', async () => {
			await chime.getByRole('button', { name: /Chime/ }).click();
			assert.equal(await told, 'PRESS');
		}, 'Done');
		await settled(chime);
	});

	test('a number, a choice, an update and an event', async () => {
		const { page } = desk;
		let told = wall.next('volume');
		await card(page, 'Volume').getByRole('button', { name: /^Lower/ }).click();
		assert.equal(await told, '25');
		told = wall.next('scene');
		await card(page, 'Scene').getByRole('combobox').selectOption('Film');
		assert.equal(await told, 'Film');
		await card(page, 'Firmware').getByText('Update to 1.2.0').waitFor();
		await wall.say('state/knob', JSON.stringify({ event_type: 'hold' }));
		await card(page, 'Knob').getByText(/^Hold · just now/).waitFor();
		await card(page, 'Wall panel Message').getByText('Good morning').waitFor();
		await settled(card(page, 'Scene'));
	});

	test('colours of lamps that speak hs are those of the lamp', async () => {
		const lamp = card(desk.page, 'Tinted lamp');
		await lamp.waitFor();
		assert.deepEqual(await shownColour(lamp), [51, 153, 255]);
	});
});

describe('the device’s page, by finger and keys', () => {
	test('a cover: position and tilt go out where the finger lets go', async () => {
		const { page } = phone;
		await goTo(phone, room);
		const blind = panel(page, 'Blind');
		let told = room.next('blind_pos');
		const position = blind.getByRole('slider', { name: /^Position/ });
		const box = await position.boundingBox();
		await position.tap({ position: { x: box.width / 2, y: box.height / 2 } });
		assert.ok(Math.abs(Number(await told) - 50) <= 2);
		await settled(blind);
		told = room.next('blind_tilt');
		await blind.getByRole('slider', { name: /^Tilt/ }).press('End');
		assert.equal(await told, '100');
		await settled(blind);
		told = room.next('blind');
		await blind.getByRole('button', { name: 'Close: Blind' }).tap();
		assert.equal(await told, 'CLOSE');
		await room.say('state/blind_pos', '0');
		await room.say('state/blind', 'closed');
		await blind.getByText('Closed').first().waitFor();
		await settled(blind);
	});

	test('a climate: the dial by finger and keys, its modes', async () => {
		const { page } = phone;
		const heating = panel(page, 'Heating');
		const dial = heating.getByRole('slider', { name: 'Target of Heating' });
		await dial.scrollIntoViewIfNeeded();
		const touch = await page.context().newCDPSession(page);
		const box = await dial.boundingBox();
		const at = (degrees) => ({ x: box.x + box.width / 2 + Math.cos(degrees * Math.PI / 180) * box.width * 100 / 240, y: box.y + box.height / 2 + Math.sin(degrees * Math.PI / 180) * box.height * 100 / 240, id: 1 });
		const send = (type, ...touchPoints) => touch.send('Input.dispatchTouchEvent', { type, touchPoints });
		let told = room.next('target');
		const from = room.heard.length;
		await send('touchStart', at(300));
		for (let degrees = 295; degrees >= 270; degrees -= 5) await send('touchMove', at(degrees));
		await send('touchEnd');
		assert.equal(await told, '17.5', 'the top of the ring is the middle of 5 and 30');
		assert.equal(room.heard.length, from + 1, 'only where the finger let go');
		await heating.getByText('Idle · 19.8 °C').waitFor();
		await settled(heating);
		told = room.next('target');
		await presses(dial, 'ArrowUp', 'ArrowUp', 'PageUp');
		assert.equal(await dial.getAttribute('aria-valuetext'), '21.0 °C');
		assert.equal(await told, '21');
		await settled(heating);
		for (const [group, word, place, payload] of [['Mode', 'Auto', 'mode', 'auto'], ['Preset', 'Comfort', 'preset', 'comfort']]) {
			told = room.next(place);
			await heating.getByRole('group', { name: group }).getByText(word, { exact: true }).tap();
			assert.equal(await told, payload);
			await heating.getByRole('radio', { name: word, checked: true }).waitFor();
			await settled(heating);
		}
		told = room.next('fanmode');
		await heating.getByRole('combobox', { name: 'Fan' }).selectOption('turbo');
		assert.equal(await told, 'turbo');
		await settled(heating);
	});

	test('a fan: speed, preset, swing, direction', async () => {
		const { page } = phone;
		const fan = panel(page, 'Ceiling fan');
		let told = room.next('speed', (speed) => speed === '4');
		await fan.getByRole('slider', { name: /^Speed/ }).press('End');
		assert.equal(await told, '4');
		await settled(fan);
		told = room.next('breeze');
		await fan.getByText('Breeze', { exact: true }).tap();
		assert.equal(await told, 'breeze');
		await settled(fan);
		told = room.next('turns');
		const turns = fan.getByRole('switch', { name: 'Swings from side to side' });
		await turns.tap();
		assert.equal(await told, 'oscillate_on');
		await fan.getByRole('switch', { name: 'Swings from side to side', checked: true }).waitFor();
		await settled(fan);
		told = room.next('way');
		await fan.getByText('Reverse', { exact: true }).tap();
		assert.equal(await told, 'reverse');
		await settled(fan);
	});

	test('a lamp: white, colour and back, effects', async () => {
		const { page } = phone;
		const lamp = panel(page, 'Lamp');
		const white = lamp.getByRole('slider', { name: /^White/ });
		assert.equal(await white.getAttribute('aria-valuetext'), '2703 K');
		let told = room.next('lamp');
		await white.press('Home');
		assert.deepEqual(JSON.parse(await told), { state: 'ON', color_temp: 500 });
		await settled(lamp);
		assert.equal(await white.getAttribute('aria-valuetext'), '2000 K');
		told = room.next('lamp');
		await lamp.getByRole('button', { name: 'Lagoon' }).tap();
		const { color } = JSON.parse(await told);
		assert.ok(color.x > 0 && color.y > 0, 'the lamp speaks xy');
		await settled(lamp);
		await lamp.getByRole('button', { name: 'Lagoon', pressed: true }).waitFor();
		assert.ok((await shownColour(lamp)).every((part, i) => Math.abs(part - [37, 235, 255][i]) <= 8), 'the lamp’s xy, back in the page');
		assert.equal(await white.getAttribute('aria-valuetext'), null, 'no white is known of a lamp in colour');
		told = room.next('lamp');
		await lamp.getByRole('combobox', { name: 'Effect' }).selectOption('slow_fade');
		assert.equal(JSON.parse(await told).effect, 'slow_fade');
		await settled(lamp);
	});

	test('a cover has a chart of its words', async () => {
		const { page } = phone;
		await panel(page, 'Blind').getByRole('button', { name: 'Blind', exact: true }).tap();
		await page.locator('.chart-area[data-phase="ready"][data-mode="states"]').waitFor();
		await page.locator('.chart-area').focus();
		await page.keyboard.press('Home');
		await page.waitForFunction(() => /^(Closed|Open), /.test(document.querySelector('.chart-area')?.getAttribute('aria-valuetext') ?? ''));
	});

	test('a text, an update, earlier events, words of sensors', async () => {
		const { page } = phone;
		await goTo(phone, wall);
		const message = panel(page, 'Message');
		let told = wall.next('message');
		await message.getByRole('textbox', { name: 'Message' }).fill('Dinner is ready');
		await message.getByRole('button', { name: 'Set' }).tap();
		assert.equal(await told, 'Dinner is ready');
		await settled(message);
		told = wall.next('firmware');
		const firmware = panel(page, 'Firmware');
		await firmware.getByText('1.0.3').waitFor();
		await firmware.getByRole('button', { name: 'Install: Firmware' }).tap();
		assert.equal(await told, 'go');
		await firmware.getByText('Installing · 40%').first().waitFor();
		await firmware.getByRole('progressbar').waitFor();
		await wall.say('state/firmware', JSON.stringify({ installed_version: '1.2.0', latest_version: '1.2.0', in_progress: false, update_percentage: null }));
		await firmware.getByText('Up to date').waitFor();
		await settled(firmware);
		await wall.say('state/knob', JSON.stringify({ event_type: 'press' }));
		const knob = panel(page, 'Knob');
		await knob.getByText(/^Press · just now/).waitFor();
		await knob.getByRole('list', { name: 'Earlier' }).getByText('Hold').waitFor();
		await page.locator('.reading', { hasText: 'Skylight' }).getByText('Open').waitFor();
		await wall.say('state/stairs', 'ON');
		await page.locator('.reading', { hasText: 'Stairs' }).getByText('Motion').waitFor();
	});
});

describe('how it looks', () => {
	for (const colorScheme of ['light', 'dark']) {
		for (const [size, at] of [['phone', () => phone], ['desk', () => desk]]) {
			test(`${size}, ${colorScheme}: whole, accessible, within the window`, async () => {
				const { page } = at();
				await page.emulateMedia({ colorScheme });
				await goHome(at());
				await card(page, 'Bedroom Blind').waitFor();
				for (const [name, device] of [['home', null], ['room', room], ['wall', wall]]) {
					if (device) await goTo(at(), device);
					await assertNoSideways(page);
					await assertAccessible(page);
					await shoot(page, `controls-${name}-${size}-${colorScheme}`, true);
				}
			});
		}
	}

	test('a deaf device: the control goes back and says why', async () => {
		const { page } = desk;
		await goHome(desk);
		room.deaf = true;
		const heating = card(page, 'Bedroom Heating');
		const before = await heating.locator('output').textContent();
		await passing(page, '.card[data-phase="failed"]', async () => {
			await heating.getByRole('button', { name: /^Raise/ }).click();
			assert.notEqual(await heating.locator('output').textContent(), before);
		}, 'The device did not answer.');
		assert.equal(await heating.locator('output').textContent(), before);
		await shoot(page, 'controls-failed-desk');
	});

	test('nothing went wrong on the pages', () => {
		assert.deepEqual([...desk.problems(), ...phone.problems()], []);
	});
});
