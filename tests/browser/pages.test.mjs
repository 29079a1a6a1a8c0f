// The pages against a hub of pretence: every page in both sizes and themes,
// and the odd states that a real hub is seldom in.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DESK, PHONE, WIDE, assertAccessible, assertNoSideways, drawn, inBothThemes, launch, openPage, passing, shoot } from './browser.mjs';
import { pageSources } from '../support/hub.mjs';
import { MockHub, USER } from './mock_hub.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function logIn(page, hub, path = '/') {
	await page.goto(hub.url + path);
	await page.getByLabel('Name', { exact: true }).fill(USER.name);
	await page.getByLabel('Password', { exact: true }).fill(USER.password);
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.locator('.frame[data-link="live"]').waitFor();
}

const CARD_DONE = '.card[data-phase="confirmed"]', PANEL_DONE = '.panel-control[data-phase="confirmed"]';
const lamp = (page) => page.getByRole('switch', { name: /^Reading lamp/ });

const VIEWS = [
	['home', '/', (page) => page.locator('.spark-line').nth(3).waitFor()],
	['device', '/devices/thermo', (page) => page.locator('.chart-area[data-phase="ready"]').waitFor()],
	['light', '/devices/lamp1', (page) => page.getByRole('slider', { name: /Colour wheel/ }).waitFor()],
	['settable', '/devices/heater', (page) => page.getByRole('slider', { name: /Set to/ }).waitFor()],
	['add', '/add', async (page) => {
		await page.getByRole('button', { name: 'Make a code' }).click();
		await page.locator('.qr svg').waitFor();
	}],
	['counter', '/devices/meter', async (page) => {
		await page.getByRole('button', { name: /^Energy/ }).click();
		await page.getByRole('button', { name: 'Last 24 h' }).click();
		await page.locator('.chart-area[data-phase="ready"][data-mode="bars"]').waitFor();
	}],
	['states', '/devices/door1', async (page) => {
		await page.getByRole('button', { name: 'Last 24 h' }).click();
		await page.locator('.chart-area[data-phase="ready"][data-mode="states"]').waitFor();
	}],
	['words', '/devices/heater', (page) => page.locator('.chart-area[data-phase="ready"][data-mode="states"]').waitFor()],
	['alerts', '/alerts', (page) => page.getByText('still open').waitFor()],
	['settings', '/settings', (page) => page.getByLabel('Language').waitFor()],
	['trust', '/trust', (page) => page.locator('.qr svg').waitFor()],
	['history', '/settings/history', (page) => page.getByRole('heading', { name: 'Export and import' }).waitFor()],
	['people', '/settings/people', async (page) => {
		await page.getByText('Mia', { exact: true }).click();
		await page.getByRole('checkbox', { name: 'Kitchen' }).waitFor();
	}],
	['me', '/settings/me', (page) => page.getByText('Firefox on Linux').waitFor()],
	['missing', '/devices/nobody', (page) => page.getByText('There is no such device').waitFor()],
];

for (const [size, screen] of [['phone', PHONE], ['desk', WIDE]]) {
	describe(`${size}, light and dark`, () => {
		for (const [name, path, ready] of VIEWS) {
			test(`${name} is whole, accessible, and stays within the window`, () => story(screen, path, async (page) => {
				await ready(page);
				await inBothThemes(page, async (theme) => {
					await assertNoSideways(page);
					await assertAccessible(page);
					await shoot(page, `${name}-${size}-${theme}`, true);
				});
			}));
		}

		test('set-up and log-in are whole and accessible', async () => {
			const hub = await new MockHub({ setUp: false }).start();
			const { page, context, problems } = await openPage(browser, hub.url, screen);
			await page.goto(`${hub.url}/login`);
			await page.getByRole('heading', { name: 'Log in' }).waitFor();
			await inBothThemes(page, async (theme) => {
				await assertAccessible(page);
				await shoot(page, `login-${size}-${theme}`);
			});
			await page.goto(`${hub.url}/setup#wrong`);
			await page.getByLabel('Your name').fill('anna');
			await page.getByLabel('Password', { exact: true }).fill('short');
			await page.getByText('3 characters to go').waitFor();
			await page.getByLabel('Password', { exact: true }).fill(USER.password);
			await inBothThemes(page, async (theme) => {
				await assertNoSideways(page);
				await assertAccessible(page);
				await shoot(page, `setup-${size}-${theme}`);
			});
			assert.deepEqual(problems(), []);
			await context.close();
			await hub.stop();
		});
	});
}

describe('the ways in', () => {
	test('every module of the first page is asked for at once', async () => {
		const hub = await new MockHub({ pages: pageSources }).start();
		const { page, context } = await openPage(browser, hub.url);
		await logIn(page, hub);
		const needed = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname).filter((path) => path.endsWith('.js')));
		const named = await page.evaluate(() => [...document.querySelectorAll('link[rel="modulepreload"], script')].map((element) => new URL(
			/** @type {HTMLLinkElement} */ (element).href || /** @type {HTMLScriptElement} */ (element).src).pathname));
		assert.deepEqual(needed.sort(), named.sort());
		await context.close();
		await hub.stop();
	});

	test('a wrong set-up link says what to do, the right one opens the house', async () => {
		const hub = await new MockHub({ setUp: false, empty: true }).start();
		const { page, context, problems } = await openPage(browser, hub.url);
		const fill = async () => {
			await page.getByLabel('Your name').fill(USER.name);
			await page.getByLabel('Password', { exact: true }).fill(USER.password);
			await page.getByRole('button', { name: 'Start' }).click();
		};
		await page.goto(`${hub.url}/setup#wrong`);
		await fill();
		await page.getByText('This set-up link is wrong or was used already.').waitFor();
		await page.getByText('sudo tomtectl setup-link').waitFor();
		await page.goto('about:blank');
		await page.goto(`${hub.url}/setup#${hub.token}`);
		await fill();
		await page.getByText('No devices yet').waitFor();
		assert.equal(new URL(page.url()).hash, '', 'the token is still in the address');
		await shoot(page, 'empty-phone-light');
		assert.deepEqual(problems(), []);
		await context.close();
		await hub.stop();
	});

	test('a session that ends leads to log-in and back to where one was', () => story({}, '/', async (page, hub) => {
		await page.getByRole('link', { name: 'Details of Reading lamp' }).click();
		await page.getByRole('heading', { name: 'Reading lamp' }).waitFor();
		hub.sessions.clear();
		await page.getByRole('switch', { name: 'Lamp' }).click();
		await page.getByRole('heading', { name: 'Log in' }).waitFor();
		await page.getByLabel('Name', { exact: true }).fill(USER.name);
		await page.getByLabel('Password', { exact: true }).fill('not this one');
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.getByText('Name or password is wrong.').waitFor();
		await page.getByLabel('Password', { exact: true }).fill(USER.password);
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.getByRole('heading', { name: 'Reading lamp' }).waitFor();
		assert.equal(new URL(page.url()).pathname, '/devices/lamp1');
	}));
});

describe('controls', () => {
	test('a tap toggles at once and settles when confirmed', () => story({}, '/', async (page, hub) => {
		hub.commandDelay = 400;
		await passing(page, CARD_DONE, () => passing(page, '.card[data-phase="waiting"] [role="switch"][aria-checked="false"]', () => lamp(page).tap()));
		assert.equal(hub.device('lamp1').entities[0].state.state, 'OFF');
		await page.waitForFunction(() => !document.querySelector('.card[data-phase]'));
		assert.equal(await lamp(page).getAttribute('aria-checked'), 'false');
	}));

	test('a refusal moves it back and says why on the card', () => story({}, '/', async (page, hub) => {
		hub.failing.set('lamp1', 'The bulb is loose.');
		await passing(page, '.card[data-phase="failed"]', () => lamp(page).tap(), 'The bulb is loose.');
		assert.equal(await lamp(page).getAttribute('aria-checked'), 'true');
		await shoot(page, 'failed-phone-light');
	}));

	test('a horizontal drag sets the brightness, a vertical one scrolls', () => story({ isMobile: false, hasTouch: false }, '/', async (page, hub) => {
		await lamp(page).scrollIntoViewIfNeeded();
		const box = await lamp(page).boundingBox();
		const y = box.y + box.height / 2;
		await page.mouse.move(box.x + 40, y);
		await page.mouse.down();
		for (let i = 1; i <= 8; i++) await page.mouse.move(box.x + 40 - i * 3 + i * 15, y, { steps: 2 });
		await passing(page, CARD_DONE, () => page.mouse.up());
		await page.waitForFunction(() => !document.querySelector('.card[data-phase]'));
		const state = hub.device('lamp1').entities[0].state;
		assert.equal(state.state, 'ON', 'the drag ended as a tap');
		assert.ok(state.brightness > 220, `brightness ${state.brightness}`);
	}));

	test('by keyboard: tab reaches the toggle and its slider, and they work', () => story({ ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false }, '/', async (page, hub) => {
		const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') || document.activeElement?.textContent?.trim() || '');
		await page.reload();
		await lamp(page).waitFor();
		const walked = [];
		for (let i = 0; i < 60; i++) {
			await page.keyboard.press('Tab');
			walked.push(await focused());
			if (/^Reading lamp/.test(walked[walked.length - 1])) break;
		}
		assert.match(walked[0], /Skip to the content/);
		assert.match(walked[walked.length - 1], /^Reading lamp/, `never reached; went ${walked.join(' | ')}`);
		const outline = await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement?.closest('.card'))).outlineWidth);
		assert.notEqual(outline, '0px', 'the focus cannot be seen');
		await passing(page, CARD_DONE, () => page.keyboard.press('Space'));
		assert.equal(hub.device('lamp1').entities[0].state.state, 'OFF');
		await page.keyboard.press('Tab');
		assert.equal(await focused(), 'Brightness of Reading lamp');
		await passing(page, `${CARD_DONE} [aria-checked="true"]`, () => page.keyboard.press('ArrowRight'));
		assert.equal(hub.device('lamp1').entities[0].state.state, 'ON');
		assert.equal(hub.device('lamp1').entities[0].state.brightness, Math.round(5 * 2.55));
		await page.keyboard.press('Tab');
		assert.equal(await focused(), 'Details of Reading lamp');
		await page.keyboard.press('Enter');
		const wheel = page.getByRole('slider', { name: /Colour wheel/ });
		await wheel.focus();
		await passing(page, PANEL_DONE, () => page.keyboard.press('ArrowRight'));
		assert.notDeepEqual(hub.device('lamp1').entities[0].state.color, { r: 255, g: 172, b: 92 });
		await page.getByRole('button', { name: 'Lagoon' }).press('Enter');
		await page.waitForFunction(() => document.querySelector('[aria-label="Lagoon"][aria-pressed="true"]'));
	}));

	test('a number slides in its steps and bounds, a choice is one of the options', () => story({}, '/devices/heater', async (page, hub) => {
		const entity = (id) => hub.device('heater').entities.find((other) => other.id === id);
		const slider = page.getByRole('slider', { name: /Set to/ });
		assert.equal(await slider.getAttribute('aria-valuetext'), '20.5 °C');
		await slider.focus();
		await passing(page, PANEL_DONE, () => page.keyboard.press('ArrowRight'));
		assert.equal(entity('target').state, 21);
		await page.keyboard.press('End');
		await page.waitForFunction(() => document.querySelector('.slider input')?.getAttribute('aria-valuetext') === '30.0 °C');
		await page.getByText('Comfort', { exact: true }).click();
		await page.getByRole('radio', { name: 'Comfort' }).and(page.locator(':checked')).waitFor();
		await page.waitForFunction(() => !document.querySelector('.panel-control[data-phase]'));
		assert.equal(entity('mode').state, 'Comfort');
		assert.equal(entity('target').state, 30);
		await passing(page, PANEL_DONE, () => page.getByRole('combobox', { name: 'Program' }).selectOption('Party'), 'Program');
		assert.equal(entity('program').state, 'Party');
		const typed = page.getByRole('spinbutton', { name: 'Offset' });
		await typed.fill('200000');
		await typed.press('Enter');
		assert.equal(entity('offset').state, 12, 'what lies outside the bounds is not sent');
		await typed.fill('250');
		await passing(page, PANEL_DONE, () => typed.press('Enter'), 'Offset');
		assert.equal(entity('offset').state, 250);
		hub.failing.set('heater', 'The valve is stuck.');
		await passing(page, '.panel-control[data-phase="failed"]', () => page.getByLabel('Controls').getByText('Eco', { exact: true }).click(), 'The valve is stuck.');
		await page.getByRole('radio', { name: 'Comfort' }).and(page.locator(':checked')).waitFor();
	}));

	test('a climate that keeps between two temperatures has a stepper for each', () => story({ controls: true }, '/devices/pair', async (page, hub) => {
		const state = () => hub.device('pair').entities[0].state;
		await page.getByText('Cooling · 24.6 °C').waitFor();
		assert.equal(await page.getByRole('slider', { name: 'Target of Air' }).count(), 0, 'a ring without a knob is nothing to turn');
		await passing(page, PANEL_DONE, () => page.getByRole('button', { name: 'Raise: Air To' }).tap());
		assert.deepEqual([state().target_low, state().target_high], [20, 24.5]);
		await page.getByRole('combobox', { name: 'Mode' }).selectOption({ label: 'Fan only' });
		await page.waitForFunction(() => !document.querySelector('.panel-control[data-phase]'));
		assert.equal(state().state, 'fan_only');
		await assertNoSideways(page);
		await assertAccessible(page);
		await shoot(page, 'band-phone-light', true);
	}));

	test('a machine with many sensors shows a few of each kind, the rest is one tap away', () => story({}, '/', async (page, hub) => {
		const make = (id, extra) => ({ id, name: id, component: 'sensor', device_class: null, unit: null, category: 'diagnostic', precision: 0, series: null, state: 1, at: Date.now(), ...extra });
		const cores = Array.from({ length: 8 }, (_, i) => make(`core${i}`, { device_class: 'temperature', unit: '°C' }));
		const volts = Array.from({ length: 6 }, (_, i) => make(`in${i}`, { device_class: 'voltage', unit: 'V' }));
		const others = ['cpu', 'memory', 'swap', 'disk'].map((id) => make(id, { unit: '%' }));
		const device = { ...hub.device('server'), id: 'rack', name: 'Rack', entities: [...cores, ...volts, ...others, make('uptime', { device_class: 'duration', unit: 's', state: 4000 })] };
		hub.devices.push(device);
		hub.emit('device', device);
		await page.getByRole('link', { name: /^Rack/ }).click();
		await page.getByText('11 more').waitFor();
		for (const name of ['core0', 'cpu', 'memory', 'swap', 'disk', 'uptime']) assert.ok(await page.locator('.reading', { hasText: name }).first().isVisible(), name);
		assert.equal(await page.locator('.reading', { hasText: 'in0' }).isVisible(), false);
		await shoot(page, 'many-phone-light', true);
		await page.getByText('11 more').click();
		assert.ok(await page.locator('.reading', { hasText: 'in0' }).isVisible());
		assert.ok(await page.locator('.reading', { hasText: 'core7' }).isVisible());
	}));

	test('who may only look cannot switch, and is not offered to add', () => story({ role: 'viewer' }, '/', async (page, hub) => {
		await lamp(page).tap({ force: true });
		await page.locator('.frame[data-link="live"]').waitFor();
		assert.ok(!hub.requests.some((request) => request.endsWith('/command')), 'a command was sent');
		assert.equal(await page.getByRole('link', { name: 'Add', exact: true }).count(), 0);
	}));
});

describe('the stream', () => {
	test('a lost device greys, its alert opens and closes without a reload', () => story({}, '/', async (page, hub) => {
		hub.lose('lamp1');
		await page.getByText('Alert: Reading lamp is offline').first().waitFor();
		await page.locator('.card[data-offline]', { hasText: 'Reading lamp' }).getByText('Last seen just now').waitFor();
		await shoot(page, 'alert-phone-light');
		await page.getByRole('link', { name: /^Alerts/ }).click();
		await page.locator('.alert[data-open]', { hasText: 'Reading lamp is offline' }).waitFor();
		hub.find('lamp1');
		await page.waitForFunction(() => ![...document.querySelectorAll('.alert[data-open]')].some((row) => row.textContent?.includes('Reading lamp')));
		await page.getByRole('link', { name: 'Home', exact: true }).click();
		await lamp(page).waitFor();
		assert.equal(await page.locator('.card[data-offline]', { hasText: 'Reading lamp' }).count(), 0);
	}));

	for (const rebooted of [false, true]) {
		test(`the hub vanishes and comes back${rebooted ? ', rebooted' : ''}: said, marked, mended`, () => story({}, '/', async (page, hub) => {
			await hub.vanish();
			await page.getByText('The hub is out of reach.').waitFor();
			await shoot(page, 'lost-phone-light');
			Object.assign(hub.device('thermo').entities[1], { state: 99, series: null });
			await hub.comeBack(rebooted);
			await page.locator('.frame[data-link="live"]').waitFor();
			assert.equal(await page.getByText('The hub is out of reach.').count(), 0);
			if (rebooted) await page.locator('.card', { hasText: 'Thermometer' }).getByText('99%').waitFor();
			hub.lose('lamp1');
			await page.locator('.card[data-offline]', { hasText: 'Reading lamp' }).waitFor();
		}));
	}

	test('reset fetches the house anew', () => story({}, '/', async (page, hub) => {
		hub.device('lamp2').name = 'Chandelier';
		hub.reset();
		await page.getByRole('switch', { name: /^Chandelier/ }).waitFor();
	}));

	test('an answer that breaks off is none, not a garbled one', () => story({}, '/', async (page, hub) => {
		hub.device('lamp2').name = 'Chandelier';
		hub.breaking = '/me/home'; // what is garbled would be told on the console
		const broken = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/me/home'));
		hub.reset();
		await broken;
		await page.getByRole('switch', { name: /^Chandelier/ }).waitFor();
		await drawn(page);
	}));

	test('the chart follows, tells the value under finger and keys, and has a table', () => story({ tick: 250 }, '/devices/thermo', async (page) => {
		const area = page.locator('.chart-area');
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		const points = async () => Number(await area.getAttribute('data-points'));
		const first = await points();
		assert.ok(first > 100, `${first} points`);
		await page.waitForFunction((n) => Number(document.querySelector('.chart-area')?.getAttribute('data-points')) > n + 2, first);
		await area.focus();
		await page.keyboard.press('ArrowLeft');
		await page.keyboard.press('PageUp');
		await page.waitForFunction(() => /^\d+\.\d °C, .*\d\d:\d\d/.test(document.querySelector('.chart-area')?.getAttribute('aria-valuetext') ?? ''));
		await page.locator('.chart-now').getByText(/^\d\d:\d\d:\d\d/).waitFor();
		await page.keyboard.press('Escape');
		await page.locator('.chart-now').getByText('now').waitFor();
		await page.getByText('Show as table').click();
		await page.locator('tbody tr').nth(20).waitFor();
		await page.getByRole('button', { name: 'Last 24 h' }).click();
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		await shoot(page, 'chart-day-phone-light');
	}));

	test('a chart that comes before its history asks again by itself', () => story({}, '/', async (page, hub) => {
		hub.unknownSeries = 1;
		await page.goto(`${hub.url}/devices/thermo`);
		await page.locator('.chart-area[data-phase="ready"]').waitFor();
		assert.equal(hub.unknownSeries, 0);
	}));

	test('what a device calls itself stays text', () => story({}, '/', async (page, hub) => {
		const device = { ...hub.device('thermo'), id: 'evil', name: '<img src=x onerror=alert(1)>', area: '<script>alert(2)</script>' };
		hub.devices.push(device);
		hub.emit('device', device);
		await page.getByText('<img src=x onerror=alert(1)>').waitFor();
		assert.equal(await page.locator('img[src="x"]').count(), 0);
	}));
});

describe('adding and removing', () => {
	test('the page of the code turns into the page of the device', () => story({}, '/add', async (page, hub) => {
		await page.getByLabel('Name', { exact: true }).fill('Garden pi');
		await page.getByLabel('Room', { exact: true }).fill('Garden');
		await page.getByRole('button', { name: 'Make a code' }).click();
		await page.getByText(`sudo tomte-agent join 7KQ2M-XR4TP-9CJ5D-W0BHN-E3Y8V 127.0.0.1`).waitFor();
		await page.getByText(/valid for 1[45]:\d\d/).waitFor();
		hub.enrol();
		await page.getByRole('heading', { name: 'Garden pi' }).waitFor();
		assert.equal(new URL(page.url()).pathname, '/devices/newpi');
		assert.equal(hub.device('newpi').area, 'Garden');
		assert.ok(!hub.requests.some((request) => request.startsWith('PATCH')), 'naming is the hub’s work');
	}));

	test('a device with a long-lived code waits for the owner’s word, told by its fingerprint', () => story({}, '/add', async (page, hub) => {
		const asks = page.locator('.panel', { hasText: 'Waiting for your approval' });
		assert.equal(await asks.count(), 0);
		const first = hub.claim('K3QM-7XRT-92CJ-4HBN');
		await asks.getByText('K3QM-7XRT-92CJ-4HBN').waitFor();
		await asks.getByText('Shed thermometer').waitFor();
		const second = hub.claim('0000-1111-2222-3333', 'Not mine');
		await asks.getByText('0000-1111-2222-3333').waitFor();
		await assertAccessible(page);
		await shoot(page, 'approve-phone-light', true);
		await asks.locator('.stack', { hasText: 'Not mine' }).getByRole('button', { name: 'Refuse' }).click();
		await page.waitForFunction(() => !document.body.textContent?.includes('0000-1111'));
		assert.equal(second.state, 'revoked');
		assert.equal(first.approved, false, 'the other one was let in');
		await asks.getByRole('button', { name: 'Approve' }).click();
		await asks.waitFor({ state: 'detached' });
		assert.equal(first.approved, true);
	}));

	test('a code that expired is greyed and offers a new one; cancelling revokes', () => story({}, '/add', async (page, hub) => {
		hub.keyLife = 1200;
		await page.getByRole('button', { name: 'Make a code' }).click();
		await page.getByText('This code has expired.').waitFor();
		hub.keyLife = 60000;
		await page.getByRole('button', { name: 'New code' }).click();
		await page.getByRole('button', { name: 'Cancel the code' }).click();
		await page.getByRole('button', { name: 'Make a code' }).waitFor();
		assert.equal(hub.keys[1].state, 'revoked');
	}));

	test('a device is renamed, and deleted only by typing its name', () => story({}, '/devices/plug', async (page, hub) => {
		await page.getByText('Name and room').click();
		await page.getByLabel('Name', { exact: true }).fill('Espresso');
		await page.getByRole('button', { name: 'Save', exact: true }).click();
		await page.getByRole('heading', { name: 'Espresso' }).waitFor();
		await page.getByRole('button', { name: 'Delete device' }).click();
		const doIt = page.getByRole('button', { name: 'Delete for ever' });
		assert.ok(await doIt.isDisabled());
		await page.getByLabel('Type “Espresso” to confirm').fill('Espresso');
		await shoot(page, 'delete-phone-light');
		await doIt.click();
		await page.getByText('Espresso is deleted.').first().waitFor();
		assert.equal(hub.device('plug'), undefined);
	}));

	test('settings: the theme is kept, a wrong password is said, log-out forgets', () => story({}, '/settings', async (page) => {
		await page.getByText('Dark', { exact: true }).click();
		assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
		await page.reload();
		await page.getByRole('heading', { name: 'Settings' }).waitFor();
		assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
		await page.getByRole('link', { name: 'Back to More' }).click();
		await page.getByRole('link', { name: /^Me/ }).click();
		await page.getByText('Change password').first().click();
		await page.getByLabel('Current password').fill('nonsense');
		await page.getByLabel('New password').fill('a-longer-lantern');
		await page.getByRole('button', { name: 'Change password' }).click();
		await page.getByText('The current password is wrong.').waitFor();
		await page.getByRole('link', { name: 'Back to More' }).click();
		await page.getByRole('link', { name: /^Settings/ }).click();
		await page.getByRole('button', { name: 'Log out' }).click();
		await page.getByRole('heading', { name: 'Log in' }).waitFor();
	}));
});
