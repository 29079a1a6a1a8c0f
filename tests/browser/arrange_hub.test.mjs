// Homes of people with the real hub: each arranges the own, all pages of one person follow, a guest has what is in the own rooms,
// and an erased device leaves no hole.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BusyHouse } from '../support/busy_house.mjs';
import { eventually, startHub, stopAll } from '../support/hub.mjs';
import { PHONE, launch, openPage, shoot } from './browser.mjs';

let browser, hub, house;
before(async () => {
	browser = await launch();
	hub = await startHub();
	await hub.setUp();
	house = await BusyHouse.open(hub, { sensors: 5, lamps: 5, eventually });
});
after(async () => {
	house?.close();
	await browser?.close();
	await stopAll();
});

/** Somebody of the house, logged in. */
async function person(name, more) {
	const password = 'staple of the battery';
	const { status } = await hub.api('/api/v1/users', { method: 'POST', cookie: hub.cookie, body: { name, password, must_change: false, ...more } });
	assert.equal(status, 201);
	return (await hub.api('/api/v1/login', { method: 'POST', body: { name, password } })).cookie;
}

/** Home, as somebody's session shows it. */
async function open(cookie) {
	const { page, context, problems } = await openPage(browser, hub.url, PHONE);
	const [name, ...value] = cookie.split('=');
	await context.addCookies([{ name, value: value.join('='), url: hub.url, secure: true }]);
	await page.goto(hub.url);
	await page.locator('.frame[data-link="live"]').waitFor();
	await page.locator('.card:not(.skeleton)').first().waitFor();
	return { page, close: async () => {
		assert.deepEqual(problems(), []);
		await context.close();
	} };
}

const headings = (page) => page.locator('.room h2').allTextContents();
const standsFirst = (page, text) => page.waitForFunction((wanted) => document.querySelector('.room h2')?.textContent === wanted, text);
const favourites = (page) => page.locator('.room', { has: page.getByRole('heading', { name: 'Favourites' }) }).locator('.card-name');
const homeOf = async (cookie) => (await hub.api('/api/v1/me/home', { cookie })).json;

test('each has the own, on all pages', async () => {
	const [anna, mia] = [await person('anna', { role: 'adult' }), await person('mia', { role: 'guest', rooms: ['Kitchen', 'Attic'] })];
	const one = await open(anna), two = await open(anna), other = await open(hub.cookie), guest = await open(mia);
	await one.page.getByRole('button', { name: 'Arrange' }).click();
	await one.page.getByRole('button', { name: 'Favourite: Board 0 Lamp 3' }).click();
	await favourites(two.page).getByText('Board 0 Lamp 3').waitFor(); // it follows
	await one.page.getByRole('button', { name: 'Favourite: Sensor 1' }).click();
	await one.page.getByRole('button', { name: 'Move Kitchen, in Rooms' }).press('Home');
	await one.page.getByRole('button', { name: 'Move Board 0 Lamp 4, in Attic' }).press('Home');
	await two.page.waitForFunction(() => document.querySelectorAll('.room h2')[1]?.textContent === 'Kitchen');
	assert.deepEqual(await headings(two.page), ['Favourites', 'Kitchen', 'Attic', 'Bathroom', 'Living room', 'Workshop']);
	await eventually(async () => (await homeOf(anna)).rooms.some(({ cards }) => cards[0]?.entity?.includes('l4')), 'the hub keeps the card that was moved');

	assert.deepEqual(await headings(other.page), ['Attic', 'Bathroom', 'Kitchen', 'Living room', 'Workshop'], 'another person has another home');
	assert.deepEqual(await homeOf(hub.cookie), { favourites: [], rooms: [] });

	await guest.page.getByRole('button', { name: 'Arrange' }).click();
	await guest.page.getByRole('button', { name: 'Favourite: Sensor 2' }).click();
	await favourites(guest.page).getByText('Sensor 2').waitFor();
	await guest.page.getByRole('button', { name: 'Move Kitchen, in Rooms' }).press('ArrowUp');
	await eventually(async () => (await homeOf(mia)).rooms.map(({ area }) => area).join() === 'Kitchen,Attic', 'a guest arranges the own rooms');
	const users = (await hub.get('/api/v1/users')).users;
	assert.equal((await hub.api(`/api/v1/users/${users.find(({ name }) => name === 'mia').id}`, { method: 'PATCH', cookie: hub.cookie, body: { rooms: ['Attic'] } })).status, 200);
	await standsFirst(guest.page, 'Favourites');
	await favourites(guest.page).waitFor({ state: 'detached' }); // what she may not see any more is no favourite
	assert.deepEqual(await homeOf(mia), { favourites: [], rooms: [{ area: 'Attic', cards: [] }] });

	await two.page.reload();
	await standsFirst(two.page, 'Favourites');
	assert.deepEqual(await favourites(two.page).allTextContents(), ['Board 0 Lamp 3', 'Sensor 1']);
	await shoot(two.page, 'arrange-hub-phone-light');
	const sensor = (await hub.get('/api/v1/devices')).devices.find(({ name }) => name === 'Sensor 1');
	assert.equal((await hub.api(`/api/v1/devices/${sensor.id}`, { method: 'DELETE', cookie: hub.cookie })).status, 204);
	await two.page.locator('.card', { hasText: 'Sensor 1' }).first().waitFor({ state: 'detached' });
	assert.deepEqual(await favourites(two.page).allTextContents(), ['Board 0 Lamp 3']);
	await eventually(async () => (await homeOf(anna)).favourites.length === 1, 'the hub has forgotten it, too');
	await one.page.getByRole('button', { name: 'Favourite: Sensor 4' }).click(); // its page knows the tag of before
	await favourites(two.page).getByText('Sensor 4').waitFor();
	assert.equal(await one.page.getByText('both are kept').count(), 0, 'nobody has arranged anything else');
	for (const visit of [one, two, other, guest]) await visit.close();
});
