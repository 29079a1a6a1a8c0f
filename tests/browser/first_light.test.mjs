// First light, with the real hub, the real agent and a real browser: set-up by
// the link, log-in, a device that enters by the code on the page, its chart, its
// lamp switched by a thumb, its death told without a reload.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { Daemon, buildDir, pageSources, startAgent, startHub, stopAll } from '../support/hub.mjs';
import { PHONE, assertAccessible, assertNoSideways, launch, openPage, passing, shoot } from './browser.mjs';

const OWNER = { name: 'astrid', password: 'lantern-at-dusk-in-november' };
let browser, hub, agent, page, problems;

before(async () => {
	browser = await launch();
	hub = await startHub({ conf: { hub: { web_dir: pageSources } } }); // as where esbuild is missing: each module a file
	({ page, problems } = await openPage(browser, hub.url, PHONE));
});
after(async () => {
	await browser?.close();
	await stopAll();
});

async function fillLogin() {
	await page.getByLabel('Name', { exact: true }).fill(OWNER.name);
	await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
	await page.getByRole('button', { name: 'Log in' }).click();
}

test('without an owner the house shows nothing but the way in', async () => {
	await page.goto(hub.url);
	await page.getByRole('heading', { name: 'Log in' }).waitFor();
});

test('the set-up link makes the owner', async () => {
	await page.goto(await hub.setupLink());
	await page.getByLabel('Your name').fill(OWNER.name);
	await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
	await shoot(page, 'first-light-1-setup');
	await page.getByRole('button', { name: 'Start' }).click();
	await page.getByText('No devices yet').waitFor();
	await shoot(page, 'first-light-2-empty');
});

test('log out, a wrong password, and log in', async () => {
	await page.getByRole('link', { name: 'More', exact: true }).click();
	await page.getByRole('link', { name: /^Settings/ }).click();
	await page.getByRole('button', { name: 'Log out' }).click();
	await page.getByLabel('Name', { exact: true }).fill(OWNER.name);
	await page.getByLabel('Password', { exact: true }).fill('not this one');
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.getByText('Name or password is wrong.').waitFor();
	await fillLogin();
	await page.getByRole('heading', { name: 'Settings', exact: true }).or(page.getByRole('heading', { name: 'Home', exact: true })).waitFor();
	await page.locator('.frame[data-link="live"]').waitFor();
});

test('a device enters by the code on the page, which becomes its page', async () => {
	await page.getByRole('link', { name: 'Add', exact: true }).click();
	await page.getByLabel('Name', { exact: true }).fill('Reading lamp');
	await page.getByLabel('Room', { exact: true }).fill('Living room');
	await page.getByRole('button', { name: 'Make a code' }).click();
	await page.locator('.qr svg').waitFor();
	await shoot(page, 'first-light-3-code', true);
	const command = await page.locator('.command code').textContent();
	const [, code, host] = /join (\S+) (\S+)$/.exec(command);
	assert.equal(host, `127.0.0.1:${hub.httpPort}`, 'the command must reach this very hub');
	agent = await startAgent(hub, { code, name: 'raspberrypi', simulate: { lamp: 'Lamp', thermometer: 'Temperature' } });
	await page.getByRole('heading', { name: 'Reading lamp' }).waitFor();
	assert.equal(new URL(page.url()).pathname, `/devices/${agent.id}`);
});

test('its points draw themselves on the chart', async () => {
	await page.locator('.chart-area[data-phase="ready"]').waitFor();
	await page.waitForFunction(() => Number(document.querySelector('.chart-area')?.getAttribute('data-points')) >= 5);
	await page.getByText('Living room').first().waitFor();
	await assertNoSideways(page);
	await assertAccessible(page);
	await shoot(page, 'first-light-4-chart', true);
});

test('every range of a young series shows it, and what it costs is told', async () => {
	for (const name of ['Last 24 h', 'Last 1 y', 'All there is', 'Last 1 h']) {
		await page.getByRole('button', { name }).click();
		await page.locator('.chart-area[data-phase="ready"]:not([data-busy])').waitFor();
		await page.waitForFunction(() => Number(document.querySelector('.chart-area')?.getAttribute('data-points')) >= 2);
		assert.equal(await page.getByText('could not be loaded').count(), 0, name);
	}
	await page.getByRole('link', { name: 'More', exact: true }).click();
	await page.getByRole('link', { name: /^History/ }).click();
	await page.getByText(/^\d.* for 1 device since /).waitFor();
	await page.getByText(/Reading lamp · Temperature/).first().waitFor();
	await page.getByRole('group', { name: 'Summaries' }).getByText('For a time').click();
	await page.locator('.panel', { hasText: 'How long it is kept' }).getByRole('button', { name: 'Save' }).click();
	await page.getByText('Saved').first().waitFor();
	await shoot(page, 'first-light-4-history', true);
});

test('a young series already draws its line on the overview', async () => {
	await page.getByRole('link', { name: 'Home', exact: true }).click();
	await page.reload();
	await page.waitForFunction(() => (document.querySelector('.spark-line')?.getAttribute('d')?.match(/L/g) ?? []).length >= 4);
});

test('a thumb switches the lamp', async () => {
	await page.getByRole('link', { name: 'Home', exact: true }).click();
	const lamp = page.getByRole('switch', { name: /^Reading lamp/ });
	await lamp.waitFor();
	const was = await lamp.getAttribute('aria-checked');
	const now = was === 'true' ? 'false' : 'true';
	await passing(page, '.card[data-phase="confirmed"]', async () => {
		await lamp.tap();
		await page.getByRole('switch', { name: /^Reading lamp/, checked: now === 'true' }).waitFor();
	});
	await page.waitForFunction(() => !document.querySelector('.card[data-phase]'));
	assert.equal(await lamp.getAttribute('aria-checked'), now, 'the lamp itself says otherwise');
	if (now === 'false') {
		await passing(page, '.card[data-phase="confirmed"]', () => lamp.tap());
	}
	await page.getByRole('link', { name: 'Details of Reading lamp' }).click();
	await passing(page, '.panel-control[data-phase="confirmed"]', () => page.getByRole('button', { name: 'Lagoon' }).tap());
	await page.waitForFunction(() => document.querySelector('[aria-label="Lagoon"][aria-pressed="true"]'));
	await page.getByRole('link', { name: 'Home', exact: true }).click();
	await lamp.waitFor();
	await shoot(page, 'first-light-5-lamp', true);
});

test('the death of the agent is told without a reload', async () => {
	await page.evaluate(() => { /** @type {any} */ (globalThis).notReloaded = true; });
	await agent.kill('SIGKILL');
	await page.locator('.card[data-offline]', { hasText: 'Reading lamp' }).first().getByText(/^Last seen/).waitFor();
	await page.locator('.alert-line').waitFor();
	await shoot(page, 'first-light-6-offline', true);
	await page.getByRole('link', { name: /^Alerts/ }).click();
	await page.locator('.alert[data-open]', { hasText: 'Reading lamp' }).waitFor();
	await shoot(page, 'first-light-7-alerts', true);
});

test('its return closes the alert, which stays in the history', async () => {
	await agent.restart();
	await page.waitForFunction(() => !document.querySelector('.alert[data-open]'));
	await page.locator('.alert', { hasText: 'Reading lamp' }).getByText(/lasted/).waitFor();
	assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).notReloaded), true);
});

test('a long-lived code needs the owner, who compares what the device and the page show', async () => {
	const code = (await hub.ctl('key', 'new', '--name', 'Shed thermometer', '--room', 'Garden', '--ttl', '2h', '--code-only')).trim();
	await page.getByRole('link', { name: 'Add', exact: true }).click();
	const state = join(hub.dir, 'shed');
	const joining = new Daemon('tomte-agent join', join(buildDir, 'tomte-agent'), ['--state-dir', state, 'join', code, `127.0.0.1:${hub.httpPort}`], join(hub.dir, 'join.log'));
	const [, fingerprint] = await joining.waitLog(/^ {2}([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})$/m);
	const asks = page.locator('.panel', { hasText: 'Waiting for your approval' });
	await asks.getByText(fingerprint, { exact: true }).waitFor();
	await asks.getByText('Shed thermometer').waitFor();
	await shoot(page, 'first-light-8-approve', true);
	await asks.getByRole('button', { name: 'Approve' }).click();
	assert.equal((await joining.exited).code, 0, joining.log);
	await asks.waitFor({ state: 'detached' });
	assert.match(await hub.ctl('devices'), /Shed thermometer +Garden/);
});

test('nothing went wrong on the page, and nothing was asked of others', () => {
	assert.deepEqual(problems(), []);
});
