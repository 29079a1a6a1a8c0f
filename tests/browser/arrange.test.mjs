// One's own Home: favourites by a star, cards and rooms moved by finger, mouse, keyboard and menu; saved at once, undone, joined
// with another page's, and what is to be done when it cannot be saved.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DESK, PHONE, assertAccessible, assertNoSideways, launch, shoot, told } from './browser.mjs';
import { eventually } from '../support/hub.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const WIDE = { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false };
const LOOKS = [['phone', PHONE.viewport], ['desk', DESK.viewport]];

/** Names of cards, of a section with this heading. */
const cards = (page, heading) => page.locator('.room', { has: page.getByRole('heading', { name: heading, exact: true }) }).locator('.card-name').allTextContents();
const card = (page, name) => page.locator('.card', { has: page.getByText(name, { exact: true }) });
const headings = (page) => page.locator('.room h2').allTextContents();
const grip = (page, name, list = 'Living room') => page.getByRole('button', { name: `Move ${name}, in ${list}` });
const keys = (list) => list.map(({ device, entity = '' }) => `${device}/${entity}`);
/** What the hub has of a room. */
const kept = (hub, area) => keys(hub.home.home.rooms.find((room) => room.area === area)?.cards ?? []);

async function arrange(page) {
	await page.getByRole('button', { name: 'Arrange' }).click();
	await page.getByText('Drag by the handles.').waitFor();
}

/** Waits until something of the hub is so. @param {() => boolean} is */
const until = (is) => eventually(is, String(is));

/** Waits until the names of the section's cards stand so. */
const stand = (page, heading, names) => page.waitForFunction(([title, wanted]) => {
	const room = [...document.querySelectorAll('.room')].find((one) => one.querySelector('h2')?.textContent === title);
	return [...room?.querySelectorAll('.card-name') ?? []].map((name) => name.textContent).join() === wanted;
}, [heading, names.join()]);

/** The middle of an element, scrolled to the middle of the window. */
async function middle(locator) {
	await locator.evaluate((element) => element.scrollIntoView({ block: 'center', behavior: 'instant' }));
	const { x, y, width, height } = await locator.boundingBox();
	return { x: x + width / 2, y: y + height / 2 };
}

/** A finger, as the screen tells of it. */
async function finger(page) {
	const cdp = await page.context().newCDPSession(page);
	const send = (type, ...points) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points });
	let at = { x: 0, y: 0 };
	return {
		down: (point) => send('touchStart', at = point),
		/** In steps, as a finger comes. */
		async to(point, steps = 6) {
			const from = at;
			for (let i = 1; i <= steps; i++) {
				at = { x: from.x + (point.x - from.x) * i / steps, y: from.y + (point.y - from.y) * i / steps };
				await send('touchMove', at);
			}
		},
		up: () => send('touchEnd'),
		cancel: () => send('touchCancel'),
	};
}

const settled = (page) => page.waitForFunction(() => !document.querySelector('[data-sorting]'));

/** Shows the four looks of what is open. */
async function looks(page, name, fullPage = false) {
	const scheme = await page.evaluate(() => document.documentElement.dataset.theme);
	for (const [look, viewport] of LOOKS) {
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
			await page.setViewportSize({ ...viewport, height: 3000 }); // what is out of sight keeps the other theme's colours
			await page.evaluate(async () => {
				await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
				await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
			});
			await assertNoSideways(page);
			if (look === 'phone') await assertAccessible(page); // the same elements
			await page.setViewportSize(viewport);
			await shoot(page, `${name}-${look}-${colorScheme}`, fullPage);
		}
	}
	await page.emulateMedia({ colorScheme: scheme });
}

const LIVING = ['Ceiling light', 'Reading lamp', 'Thermometer'];
const CEILING = 'lamp2/light', READING = 'lamp1/lamp', THERMOMETER = 'thermo/';

/** Many lamps more in the living room. */
function furnish(hub, count) {
	const lamp = hub.device('lamp2');
	for (let i = 0; i < count; i++) hub.devices.push({ ...lamp, id: `spot${i}`, name: `Spot ${String(i).padStart(2, '0')}`, entities: [{ ...lamp.entities[0] }] });
	hub.reset();
}

describe('favourites', () => {
	test('by the star of a device of one thing, and of several; what is starred is used at the top of Home', () => story({}, '/devices/lamp2', async (page, hub) => {
		const star = page.getByRole('button', { name: 'Favourite: Ceiling light' });
		await star.click();
		await until(() => keys(hub.home.home.favourites).join() === CEILING);
		assert.equal(await star.getAttribute('aria-pressed'), 'true');
		await page.getByRole('link', { name: 'Home' }).click();
		await card(page, 'Thermometer').getByRole('link').click();
		await page.getByRole('button', { name: 'Favourites' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Favourite: Humidity' }).click();
		await until(() => keys(hub.home.home.favourites).join() === `${CEILING},thermo/humidity`);
		await looks(page, 'home-stars');
		await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
		await page.getByRole('link', { name: 'Home' }).click();
		await stand(page, 'Favourites', ['Ceiling light', 'Thermometer Humidity']);
		await page.locator('.room', { has: page.getByRole('heading', { name: 'Favourites' }) }).getByRole('switch').click();
		await until(() => hub.commands.some(({ device, state }) => device === 'lamp2' && state === 'confirmed'));
		await stand(page, 'Living room', LIVING); // it stands in its room, too
		await page.reload();
		await page.locator('.frame[data-link="live"]').waitFor();
		await stand(page, 'Favourites', ['Ceiling light', 'Thermometer Humidity']);
		await looks(page, 'home-favourites');
		hub.home.arrange({ favourites: [{ device: 'gone', entity: 'x' }, { device: 'thermo', entity: 'humidity' }], rooms: [] }); // on another page
		await stand(page, 'Favourites', ['Thermometer Humidity']);
		await arrange(page);
		await page.locator('.room', { has: page.getByRole('heading', { name: 'Favourites' }) }).getByRole('button', { name: 'Favourite: Thermometer Humidity' }).click();
		await page.getByText('Give a star to what you use most').waitFor();
		await page.getByRole('button', { name: 'Undo' }).click();
		await until(() => keys(hub.home.home.favourites).join() === 'gone/x,thermo/humidity'); // what is not there now keeps its place
	}));

	test('everybody has them, also who only looks', () => story({ role: 'viewer' }, '/', async (page, hub) => {
		await arrange(page);
		await page.getByRole('button', { name: 'Favourite: Reading lamp' }).click();
		await until(() => keys(hub.home.home.favourites).join() === READING);
		await stand(page, 'Favourites', ['Reading lamp']);
	}));
});

describe('with a finger', () => {
	test('cards move by their handles and stay; elsewhere the finger scrolls; new things come last, and no value moves them', () => story({}, '/', async (page, hub) => {
		await arrange(page);
		await looks(page, 'home-arrange');
		await page.setViewportSize(PHONE.viewport);
		const touch = await finger(page);
		const from = await middle(grip(page, 'Thermometer')), above = { x: from.x, y: from.y - 230 };
		await touch.down(from);
		await touch.to(above);
		await page.locator('.arrange-card[data-lifted]', { hasText: 'Thermometer' }).waitFor();
		assert.deepEqual(await cards(page, 'Living room'), LIVING, 'while it is held nothing is drawn anew');
		await shoot(page, 'home-arrange-lifted');
		await touch.up();
		await stand(page, 'Living room', ['Thermometer', 'Ceiling light', 'Reading lamp']);
		await until(() => kept(hub, 'Living room').join() === [THERMOMETER, CEILING, READING].join());
		assert.equal(await page.getByRole('dialog').count(), 0, 'the tap that ends a drag opens no menu');

		const saved = hub.home.tag;
		await touch.down(await middle(grip(page, 'Ceiling light')));
		await touch.to({ x: from.x, y: 500 });
		await touch.cancel();
		await settled(page);
		const body = await middle(page.locator('.arrange-card', { hasText: 'Ceiling light' }).locator('.card-icon'));
		const before = await page.evaluate(() => scrollY);
		await Promise.all([touch.down(body), touch.to({ x: body.x, y: body.y - 200 }, 10)]); // in one go: a finger that rests is a long press
		await page.waitForFunction((y) => scrollY > y + 100, before);
		await touch.up();
		assert.equal(hub.home.tag, saved, 'neither moved anything');

		await page.getByRole('button', { name: 'Done' }).click();
		await stand(page, 'Living room', ['Thermometer', 'Ceiling light', 'Reading lamp']);
		hub.devices.push({ ...hub.device('lamp2'), id: 'aaa', name: 'A new lamp' });
		hub.emit('device', hub.device('aaa'));
		await stand(page, 'Living room', ['Thermometer', 'Ceiling light', 'Reading lamp', 'A new lamp']);
		for (const device of ['lamp1', 'lamp2', 'aaa']) hub.emit('state', { device, entity: hub.device(device).entities[0].id, state: { state: 'ON', brightness: 20 }, at: Date.now() });
		await page.locator('.card', { hasText: 'A new lamp' }).getByText('On · 8%').waitFor();
		await page.reload();
		await page.locator('.frame[data-link="live"]').waitFor();
		await stand(page, 'Living room', ['Thermometer', 'Ceiling light', 'Reading lamp', 'A new lamp']);
	}));

	test('the page scrolls along when the finger comes to its edge', () => story({ tick: 0 }, '/', async (page, hub) => {
		furnish(hub, 24);
		await page.locator('.card', { hasText: 'Spot 23' }).waitFor();
		await arrange(page);
		const touch = await finger(page), from = await middle(grip(page, 'Ceiling light'));
		const start = await page.evaluate(() => scrollY);
		await touch.down(from);
		await touch.to({ x: from.x, y: 660 }); // above the bar
		await page.waitForFunction((y) => scrollY > y + 1500, start);
		const far = await page.evaluate(() => scrollY);
		await touch.to({ x: from.x, y: 90 }); // below the heading
		await page.waitForFunction((y) => scrollY < y - 500, far);
		await touch.to({ x: from.x, y: 360 });
		await touch.up();
		await settled(page);
		await until(() => kept(hub, 'Living room').length === 27);
		const place = kept(hub, 'Living room').indexOf(CEILING);
		assert.ok(place > 3 && place < 20, `it stands at ${place}`);
		const { y } = await page.locator('.arrange-card', { hasText: 'Ceiling light' }).boundingBox();
		assert.ok(y > 200 && y < 460, `and lies where the finger left it, not at ${y}`);
	}));

	test('rooms move folded, and lie where they were let go', () => story({ tick: 0 }, '/', async (page, hub) => {
		furnish(hub, 12);
		await page.locator('.card', { hasText: 'Spot 11' }).waitFor();
		await arrange(page);
		assert.deepEqual(await headings(page), ['Favourites', 'Cellar', 'Hall', 'Kitchen', 'Living room', 'Without a room']);
		const touch = await finger(page), from = await middle(grip(page, 'Without a room', 'Rooms'));
		await touch.down(from);
		await touch.to({ x: from.x, y: from.y - 20 }, 3);
		await page.locator('[data-folded]').waitFor();
		const cellar = await page.getByRole('heading', { name: 'Cellar' }).boundingBox();
		await touch.to({ x: from.x, y: cellar.y - 8 });
		await shoot(page, 'home-arrange-rooms');
		await touch.up();
		await settled(page);
		await page.waitForFunction(() => !document.querySelector('[data-folded]'));
		assert.deepEqual(await headings(page), ['Favourites', 'Without a room', 'Cellar', 'Hall', 'Kitchen', 'Living room']);
		await until(() => hub.home.home.rooms.map(({ area }) => area).join() === ',Cellar,Hall,Kitchen,Living room');
		assert.ok(await page.getByRole('heading', { name: 'Without a room' }).evaluate((heading) => {
			const { top, bottom } = heading.getBoundingClientRect();
			return top > 0 && bottom < innerHeight;
		}), 'it is still in sight');
		await page.getByRole('button', { name: 'Back to the usual order' }).click();
		await until(() => hub.home.home.rooms.length === 0);
		assert.deepEqual(await headings(page), ['Favourites', 'Cellar', 'Hall', 'Kitchen', 'Living room', 'Without a room']);
		await page.getByRole('button', { name: 'Undo' }).click();
		await page.getByRole('button', { name: 'Undo' }).click();
		await until(() => hub.home.home.rooms.map(({ area }) => area).join() === 'Cellar,Hall,Kitchen,Living room,');
	}));
});

describe('with mouse and keys', () => {
	test('a mouse takes hold of the whole card; Escape lets it go home', () => story({ ...WIDE, reducedMotion: 'reduce' }, '/', async (page, hub) => {
		await arrange(page);
		const first = card(page, 'Ceiling light'), last = card(page, 'Thermometer');
		const from = await middle(first.locator('.card-icon')), to = await last.locator('.card-icon').boundingBox();
		const drag = async () => {
			await page.mouse.move(from.x, from.y);
			await page.mouse.down();
			await page.mouse.move(to.x + 10, to.y + 10, { steps: 5 });
			await page.locator('[data-lifted]').waitFor();
		};
		await drag();
		await page.keyboard.press('Escape');
		await settled(page);
		await page.mouse.up();
		assert.deepEqual(await cards(page, 'Living room'), LIVING);
		await drag();
		await page.mouse.up();
		await settled(page);
		await stand(page, 'Living room', ['Reading lamp', 'Thermometer', 'Ceiling light']);
		await until(() => kept(hub, 'Living room').join() === [READING, THERMOMETER, CEILING].join());
	}));

	test('arrows move what has the focus, which stays; the menu does without them', () => story({ ...WIDE, tick: 0 }, '/', async (page, hub) => {
		furnish(hub, 4);
		await page.locator('.card', { hasText: 'Spot 03' }).waitFor();
		await arrange(page);
		const told = page.locator('[role="status"].sr-only'), handle = grip(page, 'Ceiling light');
		const press = async (key, at) => {
			await page.keyboard.press(key);
			await told.getByText(`Ceiling light: ${at} of 7`).waitFor();
			assert.ok(await handle.evaluate((element) => element === document.activeElement), `${key}: the focus stays`);
		};
		await handle.focus();
		await press('ArrowRight', 2);
		await press('ArrowDown', 5); // three beside each other
		await press('ArrowUp', 2);
		await press('End', 7);
		await press('ArrowLeft', 6);
		await press('Home', 1);
		await page.keyboard.press('Enter');
		const menu = page.getByRole('dialog', { name: 'Move Ceiling light' });
		await menu.getByRole('button', { name: 'Later' }).click();
		await menu.getByText('2 of 7 in Living room').waitFor();
		await menu.getByRole('button', { name: 'To the end' }).press('Enter');
		await menu.getByText('7 of 7 in Living room').waitFor();
		assert.equal(await menu.getByRole('button', { name: 'Later' }).getAttribute('aria-disabled'), 'true');
		await assertAccessible(page);
		await shoot(page, 'home-arrange-menu');
		await page.keyboard.press('Escape');
		await menu.waitFor({ state: 'detached' });
		assert.ok(await handle.evaluate((element) => element === document.activeElement));
		await until(() => kept(hub, 'Living room').at(-1) === CEILING);
		await grip(page, 'Cellar', 'Rooms').focus();
		await page.keyboard.press('ArrowDown');
		await told.getByText('Cellar: 2 of 5').waitFor();
		assert.deepEqual((await headings(page)).slice(0, 3), ['Favourites', 'Hall', 'Cellar']);
		await page.getByRole('button', { name: 'Done' }).click();
		await page.getByRole('button', { name: 'Arrange' }).waitFor();
		assert.deepEqual(await headings(page), ['Hall', 'Cellar', 'Kitchen', 'Living room', 'Without a room']);
	}));
});

describe('what another page, or the way to the hub, does meanwhile', () => {
	test('both changes are kept, and that is said', () => story({}, '/', async (page, hub) => {
		await arrange(page);
		hub.home.before = () => hub.home.arrange({ favourites: [{ device: 'mood', entity: 'light' }], rooms: [{ area: 'Hall', cards: [{ device: 'meter' }] }] });
		await grip(page, 'Reading lamp').press('Home');
		await told(page, 'both are kept');
		await stand(page, 'Hall', ['Power meter', 'Hall light', 'Front door']);
		assert.deepEqual(keys(hub.home.home.favourites), ['mood/light']);
		assert.deepEqual(kept(hub, 'Living room'), [READING, CEILING, THERMOMETER]);
		assert.deepEqual(kept(hub, 'Hall'), ['meter/']);
		await stand(page, 'Favourites', ['Hall light']);
	}));

	test('what cannot be saved is shown as such, tried again or given up', () => story({}, '/', async (page, hub) => {
		await arrange(page);
		hub.home.failing = 2;
		await grip(page, 'Reading lamp').press('Home');
		const bar = page.locator('.unsaved');
		await bar.getByText('What you arranged is not saved. The disk of the hub is full.').waitFor();
		assert.deepEqual(await cards(page, 'Living room'), ['Reading lamp', 'Ceiling light', 'Thermometer']);
		await looks(page, 'home-unsaved');
		await bar.getByRole('button', { name: 'Try again' }).click();
		await until(() => hub.home.failing === 0);
		await bar.getByRole('button', { name: 'Try again' }).click();
		await bar.waitFor({ state: 'detached' });
		assert.deepEqual(kept(hub, 'Living room'), [READING, CEILING, THERMOMETER]);
		hub.home.failing = 1;
		await grip(page, 'Thermometer').press('Home');
		await bar.getByRole('button', { name: 'Discard' }).click();
		await stand(page, 'Living room', ['Reading lamp', 'Ceiling light', 'Thermometer']);
		assert.equal(await bar.count(), 0);
	}));

	test('while the hub is away Home stands as it was arranged', () => story({}, '/', async (page, hub) => {
		hub.home.arrange({ favourites: [{ device: 'lamp1', entity: 'lamp' }], rooms: [{ area: 'Kitchen', cards: [] }] });
		await stand(page, 'Favourites', ['Reading lamp']);
		assert.equal((await headings(page))[1], 'Kitchen');
		await page.evaluate(() => dispatchEvent(new Event('pagehide')));
		const remembered = await page.evaluate(() => JSON.parse(localStorage.getItem('house') ?? '{}').home);
		assert.deepEqual(remembered, hub.home.home);
	}));
});

test('in German', () => story({ locale: 'de-DE' }, '/', async (page) => {
	await page.getByRole('button', { name: 'Anordnen' }).click();
	await page.getByText('Ziehe an den Griffen.').waitFor();
	await assertNoSideways(page);
	await shoot(page, 'home-arrange-de');
	await page.getByRole('button', { name: 'Reading lamp verschieben, in Living room' }).click();
	await page.getByRole('button', { name: 'Nach vorn' }).waitFor();
	await shoot(page, 'home-arrange-menu-de');
}));
