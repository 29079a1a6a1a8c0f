// Settings → API, with the real hub: found, read, tried, copied, and where the type of a problem leads.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startAgent, startHub, stopAll } from '../support/hub.mjs';
import { DESK, PHONE, assertAccessible, assertNoSideways, inBothThemes, launch, openPage, shoot } from './browser.mjs';

let browser, hub, agent;

before(async () => {
	browser = await launch();
	hub = await startHub();
	await hub.setUp();
	agent = await startAgent(hub, { name: 'Reading lamp', area: 'Living room' });
});
after(async () => {
	await browser?.close();
	await stopAll();
});

/** Tells a story on a page of the hub, logged in; nothing may go wrong on it. */
async function story(options, path, tell) {
	const { page, context, problems } = await openPage(browser, hub.url, options);
	try {
		const [name, value] = hub.cookie.split('=');
		await context.addCookies([{ name, value, url: hub.url, secure: true, httpOnly: true, sameSite: 'Strict' }]);
		await page.goto(hub.url + path);
		await page.locator('.frame[data-link="live"]').waitFor();
		await tell(page, context);
		assert.deepEqual(problems(), []);
	} finally {
		await context.close();
	}
}

const item = (page, id) => page.locator(`details#${id}`);
const unfold = async (page, id) => {
	await item(page, id).locator('> summary').click();
	await item(page, id).getByRole('heading', { name: 'In a terminal' }).waitFor();
};

test('the settings lead there, and every operation has its place', () => story(PHONE, '/settings', async (page) => {
	await page.getByRole('link', { name: /^API/ }).click();
	await page.getByRole('heading', { name: 'Devices', exact: true }).waitFor();
	const document = await hub.get('/api/v1/openapi.json');
	const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
	assert.deepEqual((await page.locator('details.api-operation').evaluateAll((all) => all.map((one) => one.id))).sort(), ids.sort());
	assert.equal(await page.getByRole('link', { name: 'Download openapi.json' }).getAttribute('href'), '/api/v1/openapi.json');
}));

for (const [size, options] of [['phone', PHONE], ['desk', DESK]]) {
	test(`reads well: ${size}, light and dark`, () => story(options, '/settings/api', async (page) => {
		await page.getByRole('heading', { name: 'Kinds of problems' }).waitFor();
		await shoot(page, `api-${size}-light`);
		await unfold(page, 'editDevice');
		await unfold(page, 'listDevices');
		await item(page, 'listDevices').locator('summary', { hasText: /^Device$/ }).click();
		await item(page, 'listDevices').getByText('last_seen', { exact: true }).waitFor();
		await item(page, 'listDevices').getByRole('button', { name: 'Ask the hub' }).click();
		await item(page, 'listDevices').getByLabel('The answer').getByText('"Living room"').waitFor();
		await inBothThemes(page, async (theme) => {
			await assertAccessible(page);
			await assertNoSideways(page);
			await item(page, 'listDevices').evaluate((one) => one.scrollIntoView());
			await shoot(page, `api-open-${size}-${theme}`);
			await item(page, 'listDevices').locator('.api-try').evaluate((one) => one.scrollIntoView());
			await shoot(page, `api-tried-${size}-${theme}`);
		});
	}));
}

test('a search narrows it down', () => story(DESK, '/settings/api', async (page) => {
	await page.getByLabel('Search').fill('backup now');
	await page.locator('details.api-operation').nth(1).waitFor({ state: 'detached' });
	assert.deepEqual(await page.locator('details.api-operation').evaluateAll((all) => all.map((one) => one.id)), ['startBackup']);
	await page.getByLabel('Search').fill('no such thing');
	await page.getByText('Nothing by that name.').waitFor();
}));

test('an operation is asked with what was filled in, and its answer shown', () => story(DESK, '/settings/api', async (page) => {
	await unfold(page, 'getDevice');
	const one = item(page, 'getDevice');
	assert.ok(await one.getByRole('button', { name: 'Ask the hub' }).isDisabled());
	await one.getByLabel('id', { exact: true }).fill(agent.id);
	await one.getByRole('button', { name: 'Ask the hub' }).click();
	const text = one.getByLabel('The answer');
	await text.waitFor();
	assert.equal(JSON.parse(await text.textContent()).name, 'Reading lamp');
	assert.match(await one.locator('.api-headers').textContent(), /etag"[0-9a-f]{32}"/);
	assert.match(await one.locator('.copy-line code').textContent(), new RegExp(`^curl --cacert tomte-ca.pem -b '__Host-tomte=…' '${hub.url}/api/v1/devices/${agent.id}'$`));
	await one.getByLabel('id', { exact: true }).fill('nothing');
	await one.getByRole('button', { name: 'Ask the hub' }).click();
	await one.getByText('There is no such device.').waitFor();
	await page.waitForURL('**/settings/api#getDevice');
}));

test('what changes something is not asked here, but can be copied', () => story(DESK, '/settings/api#editDevice', async (page, context) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	const one = item(page, 'editDevice');
	await one.getByRole('heading', { name: 'In a terminal' }).waitFor();
	assert.equal(await one.getByRole('button', { name: 'Ask the hub' }).count(), 0);
	await one.getByRole('button', { name: 'Copy' }).click();
	await one.getByText('Copied').waitFor();
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	assert.match(copied, /^curl --cacert tomte-ca.pem -X PATCH -b '__Host-tomte=…' -H 'X-Tomte: 1' -H 'Content-Type: application\/json' -d '\{"name":"Kitchen lamp","area":"Kitchen"\}' 'https:.*\/api\/v1\/devices\/\{id\}'$/);
}));

test('the type of a problem leads to its explanation', () => story(PHONE, '/problems/changed', async (page) => {
	const wanted = page.locator('[aria-current="true"]', { hasText: '/problems/changed' });
	await wanted.getByText('It has been changed since it was read').waitFor();
	await page.waitForFunction(() => {
		const box = document.querySelector('[data-wanted]')?.getBoundingClientRect();
		return box && box.top >= 0 && box.bottom <= innerHeight;
	});
	await shoot(page, 'api-problem-phone-light');
}));

test('by keyboard alone', () => story(DESK, '/settings/api', async (page) => {
	await page.getByLabel('Search').fill('getHealth');
	await page.getByLabel('Search').press('Tab');
	await page.keyboard.press('Enter');
	await item(page, 'getHealth').getByRole('button', { name: 'Ask the hub' }).focus();
	await page.keyboard.press('Enter');
	await item(page, 'getHealth').getByLabel('The answer').getByText('"ca_fingerprint"').waitFor();
}));
