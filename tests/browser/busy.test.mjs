// A house of 500 entities at a real hub, all changing at once: every card ends with the last word, and the page draws by
// frames rather than by events. What it costs in milliseconds is measured by `make bench-page`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BusyHouse } from '../support/busy_house.mjs';
import { eventually, startHub, stopAll } from '../support/hub.mjs';
import { PHONE, launch, openPage, shoot } from './browser.mjs';

const SENSORS = 400, LAMPS = 100, ROUNDS = 20;

let browser, hub, house;
/** The devices of the cards, in the order that they were given. @type {string[]} */
let arranged;
before(async () => {
	browser = await launch();
	hub = await startHub();
	await hub.setUp();
	house = await BusyHouse.open(hub, { sensors: SENSORS, lamps: LAMPS, eventually });
	await arrange();
});
after(async () => {
	house?.close();
	await browser?.close();
	await stopAll();
});

/** Every card has a place of its own: the other way round than by itself. */
async function arrange() {
	const { devices } = await hub.get('/api/v1/devices?limit=1000');
	const cards = devices.flatMap(({ id, area, entities }) => entities.map(({ id: entity, component }) => ({ area, card: component === 'light' ? { device: id, entity } : { device: id } })))
		.sort((a, b) => Number(!b.card.entity) - Number(!a.card.entity));
	const areas = [...new Set(cards.map(({ area }) => area))].sort().reverse();
	const rooms = areas.map((area) => ({ area, cards: cards.filter((one) => one.area === area).map(({ card }) => card).reverse() }));
	const answer = await hub.api('/api/v1/me/home', { method: 'PUT', cookie: hub.cookie, body: { favourites: [], rooms } });
	assert.equal(answer.status, 200, answer.text);
	const names = new Map(devices.map(({ id, name }) => [id, name]));
	arranged = rooms.flatMap(({ cards: some }) => some.map(({ device }) => names.get(device)));
}

async function visit(tell) {
	const { page, context, problems } = await openPage(browser, hub.url, PHONE);
	try {
		const [name, ...value] = hub.cookie.split('=');
		await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
		await page.goto(hub.url + '/');
		await page.locator('.frame[data-link="live"]').waitFor();
		await page.waitForFunction((n) => document.querySelectorAll('.card:not(.skeleton)').length === n, SENSORS + LAMPS);
		await tell(page);
		assert.deepEqual(problems(), []);
	} finally {
		await context.close();
	}
}

/** What stands on the cards, by their names. */
const shown = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.card')].map((card) =>
	[card.querySelector('.card-name').textContent, (card.querySelector('.card-value') ?? card.querySelector('.card-state')).textContent])));

/** What should stand there. */
function expected() {
	const sensors = Array.from({ length: SENSORS }, (_, i) => [`Sensor ${i}`, house.temperature(i, house.round)]);
	const lamps = Array.from({ length: LAMPS }, (_, i) => [`Board ${Math.floor(i / 5)} Lamp ${i}`, Math.max(1, Math.round(house.brightness(i, house.round) / 2.55))]);
	return { sensors, lamps };
}

const numberIn = (text) => Number(/-?\d+(\.\d+)?/.exec(text ?? '')?.[0]);

/** Waits until all cards, in sight or not, have the last values; names those that do not. */
async function allLast(page) {
	const { sensors, lamps } = expected();
	let wrong;
	await eventually(async () => {
		const cards = await shown(page);
		wrong = [...sensors, ...lamps].filter(([name, value]) => Math.abs(numberIn(cards[name]) - value) > 0.051).map(([name, value]) => `${name}: ${cards[name]}, not ${value}`);
		return wrong.length === 0;
	}, 'the last values on all cards').catch((error) => assert.fail(`${error.message}\n${wrong.length}: ${wrong.slice(0, 5).join('\n')}`));
}

test('500 cards have the last word after 10,000 changes, drawn by frames', () => visit(async (page) => {
	await allLast(page);
	await page.evaluate(() => {
		const seen = globalThis.seen = { draws: 0, frames: 0 };
		const frame = () => {
			seen.frames++;
			requestAnimationFrame(frame);
		};
		requestAnimationFrame(frame);
		const observer = new MutationObserver(() => { seen.draws++; });
		for (const text of document.querySelectorAll('.card-value, .card-state, .summary')) observer.observe(text, { subtree: true, childList: true, characterData: true });
	});
	for (let i = 0; i < ROUNDS; i++) await house.publishRound();
	await allLast(page);
	const { draws, frames } = await page.evaluate(() => globalThis.seen);
	const order = await page.locator('.card-name').allTextContents();
	assert.deepEqual(order.map((name) => name.replace(/ Lamp \d+$/, '')), arranged, 'no value moves a card');
	assert.ok(draws > 0, 'the page drew while nobody saw it');
	assert.ok(draws <= 2 * frames + ROUNDS, `${draws} drawings in ${frames} frames`);
}));

test('what comes into sight is up to date, and its line is fetched then', () => visit(async (page) => {
	const asked = [];
	page.on('request', (request) => {
		if (/\/series\/\d+\/points/.test(request.url())) asked.push(request.url());
	});
	for (let i = 0; i < 3; i++) await house.publishRound(); // a line has two points
	await allLast(page);
	await page.locator('.card.sensor').first().scrollIntoViewIfNeeded();
	await page.locator('.card.sensor').first().locator('.spark-line').waitFor({ state: 'attached' });
	const lines = await page.locator('.spark-line').count();
	assert.ok(lines < 60, `${lines} lines are drawn for one window`);
	await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
	await page.locator('.card').last().locator('.spark-line').waitFor({ state: 'attached' });
	assert.ok(asked.length < 200, `${asked.length} lines were fetched for two windows`);
	await house.publishRound();
	await allLast(page);
	await shoot(page, 'busy-house-end-phone-light');
}));

test('a lamp out of the crowd obeys a tap while all change', () => visit(async (page) => {
	house.client.subscribe('busy/l0/set');
	const told = new Promise((resolve) => { house.client.on('message', (topic, payload) => resolve(JSON.parse(payload.toString()))); });
	const end = house.keepChanging(500);
	try {
		await page.getByRole('switch', { name: /Board 0 Lamp 0/ }).click();
		assert.equal((await told).state, 'OFF');
	} finally {
		await end();
	}
	await house.publishRound();
	await allLast(page);
}));
