// Settings → People and → Me: roles, rooms, passwords, sessions, tokens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESK, assertAccessible, assertNoSideways, launch, openPage, passing, shoot } from './browser.mjs';
import { MockHub, USER } from './mock_hub.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const panel = (page, name) => page.locator('.panel', { has: page.getByRole('heading', { name, exact: true }) });
const person = (page, name) => page.locator('details.item', { has: page.getByText(name, { exact: true }) });

test('More leads an owner to people, and everybody to themselves', () => story({}, '/more', async (page) => {
	await page.getByRole('link', { name: /^People/ }).click();
	await page.getByRole('heading', { name: 'Who may log in' }).waitFor();
	await page.getByText('Guest · Hall, Living room').waitFor();
	await page.getByText('Viewer · must choose a password').waitFor();
	await page.getByRole('link', { name: 'Back to More' }).click();
	await page.getByRole('link', { name: /^Me/ }).click();
	await page.getByRole('heading', { name: 'Where you are logged in' }).waitFor();
}));

test('a guest is let in with rooms, and the password to tell is shown', () => story({}, '/settings/people', async (page, hub) => {
	const add = panel(page, 'Add somebody');
	await add.getByLabel('Name').fill('Mia');
	await add.getByText('Guest', { exact: true }).click();
	await add.getByText('sees and controls the chosen rooms').waitFor();
	await add.getByText('No room yet: sees nothing.').waitFor();
	await add.getByRole('checkbox', { name: 'Kitchen' }).check();
	await add.getByRole('button', { name: 'Add', exact: true }).click();
	await add.getByText('Somebody has this name already.').waitFor();
	await add.getByLabel('Name').fill('Linus');
	const password = await add.getByLabel('Password to begin with').inputValue();
	assert.match(password, /^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
	await add.getByRole('button', { name: 'Add', exact: true }).click();
	await add.getByText('Tell Linus this password.').waitFor();
	await add.locator('code', { hasText: password }).waitFor();
	await assertNoSideways(page);
	await assertAccessible(page);
	await shoot(page, 'people-added-phone-light', true);
	await person(page, 'Linus').waitFor();
	const linus = hub.people.users.find((user) => user.name === 'Linus');
	assert.deepEqual([linus.role, linus.rooms, hub.people.passwords.get('Linus')], ['guest', ['Kitchen'], password]);
	assert.notEqual(await add.getByLabel('Password to begin with').inputValue(), password, 'the next one gets another');
}));

test('role and rooms change, and only when something is different', () => story({}, '/settings/people', async (page, hub) => {
	const mia = person(page, 'Mia');
	await mia.getByText('Mia', { exact: true }).click();
	const save = mia.getByRole('button', { name: 'Save' });
	assert.ok(await save.isDisabled());
	await mia.getByRole('checkbox', { name: 'Hall' }).uncheck();
	await mia.getByRole('checkbox', { name: 'Kitchen' }).check();
	await save.click();
	await page.getByText('Saved. It holds at once.').first().waitFor();
	assert.deepEqual(hub.people.users[2].rooms, ['Living room', 'Kitchen']);
	await mia.getByText('Adult', { exact: true }).click();
	assert.equal(await mia.getByRole('checkbox').count(), 0);
	await mia.getByRole('button', { name: 'Save' }).click();
	await page.waitForFunction(() => document.querySelector('details.item[open] small')?.textContent === 'Adult');
	assert.equal(hub.people.users[2].role, 'adult');
}));

test('the only owner stays one until there is another', () => story({}, '/settings/people', async (page, hub) => {
	const anna = person(page, 'anna');
	await anna.getByText('anna', { exact: true }).click();
	await anna.getByText('The only owner: make somebody else an owner first.').waitFor();
	assert.ok(await anna.getByRole('radio', { name: 'Viewer' }).isDisabled());
	assert.equal(await anna.getByRole('button', { name: 'Remove' }).count(), 0);
	assert.equal(await anna.getByText('Set a new password').count(), 0, 'one’s own is changed under Me');
	const bertil = person(page, 'Bertil');
	await bertil.getByText('Bertil', { exact: true }).click();
	await bertil.getByText('Owner', { exact: true }).click();
	await bertil.getByRole('button', { name: 'Save' }).click();
	await page.waitForFunction(() => document.querySelectorAll('fieldset:disabled').length === 0);
	assert.equal(hub.people.users[1].role, 'owner');
	await anna.getByText('Viewer', { exact: true }).click();
	await anna.getByRole('button', { name: 'Save' }).click();
	await page.getByText('Only the owner of this hub can see and change this.').waitFor();
}));

test('a new password ends everything, and a removal asks first', () => story({}, '/settings/people', async (page, hub) => {
	const bertil = person(page, 'Bertil');
	await bertil.getByText('Bertil', { exact: true }).click();
	await bertil.getByText('Set a new password').click();
	await bertil.getByLabel('Password to begin with').fill('short');
	await bertil.getByRole('button', { name: 'Set password' }).click();
	await bertil.getByText('A password needs at least 8 characters.').waitFor();
	await bertil.getByLabel('Password to begin with').fill('lantern-in-the-fog');
	await bertil.getByRole('button', { name: 'Set password' }).click();
	await bertil.getByText('Tell Bertil this password.').waitFor();
	assert.equal(hub.people.passwords.get('Bertil'), 'lantern-in-the-fog');
	assert.ok(hub.people.users[1].must_change);
	await bertil.getByRole('button', { name: 'Remove' }).click();
	await page.getByRole('heading', { name: 'Remove Bertil?' }).waitFor();
	await assertAccessible(page);
	await shoot(page, 'people-remove-phone-light');
	await page.keyboard.press('Escape');
	assert.equal(hub.people.users.length, 4);
	await bertil.getByRole('button', { name: 'Remove' }).click();
	await page.locator('dialog').getByRole('button', { name: 'Remove' }).click();
	await page.getByText('Bertil is removed.').first().waitFor();
	assert.equal(hub.people.users.length, 3);
	assert.equal(await bertil.count(), 0);
}));

test('sessions are told by browser and place, and ended', () => story({}, '/settings/me', async (page, hub) => {
	const sessions = panel(page, 'Where you are logged in');
	await sessions.getByText('Firefox on Linux').waitFor();
	await sessions.getByText('fd00::42').waitFor();
	assert.equal(await sessions.getByRole('button', { name: 'Log out Firefox on Linux' }).count(), 0, 'this one logs out elsewhere');
	await sessions.getByRole('button', { name: 'Log out Chrome on Android' }).click();
	await page.getByText('Logged out there.').first().waitFor();
	assert.deepEqual(hub.people.sessions.map((one) => one.id), ['a1', 'b2']);
	await sessions.getByRole('button', { name: 'Log out everywhere else' }).click();
	await page.getByText('Logged out everywhere else.').first().waitFor();
	assert.equal(await sessions.getByRole('listitem').count(), 1);
	assert.equal(await sessions.getByRole('button').count(), 0);
}));

test('a token is shown once and revoked', () => story({}, '/settings/me', async (page, hub) => {
	const tokens = panel(page, 'Tokens');
	await tokens.getByText('has ended').waitFor();
	await tokens.getByText('Make a token').click();
	await tokens.getByLabel('What for').fill('Node-RED');
	await tokens.getByLabel('It may').selectOption('look and control');
	await tokens.getByLabel('It ends').selectOption('after 30 days');
	await tokens.getByRole('button', { name: 'Make', exact: true }).click();
	await tokens.getByText('Copy it now: it is shown only this once.').waitFor();
	await tokens.locator('code', { hasText: 'tomte_0123' }).waitFor();
	await assertNoSideways(page);
	await assertAccessible(page);
	await shoot(page, 'me-token-phone-light', true);
	const made = hub.people.tokens[2];
	assert.deepEqual([made.name, made.scope], ['Node-RED', 'control']);
	await tokens.getByRole('button', { name: 'Revoke Node-RED' }).click();
	await page.getByText('Node-RED opens nothing any more.').first().waitFor();
	assert.equal(await tokens.locator('code').count(), 0);
	assert.equal(hub.people.tokens.length, 2);
}));

test('a guest sees the rooms, and is offered no more than a guest may', () => story({ role: 'guest', rooms: ['Hall'] }, '/more', async (page, hub) => {
	assert.equal(await page.getByRole('link', { name: /^People/ }).count(), 0);
	assert.equal(await page.getByRole('link', { name: 'Add', exact: true }).count(), 0);
	await page.getByRole('link', { name: /^Me/ }).click();
	await page.locator('.facts').getByText('Hall', { exact: true }).waitFor();
	await page.getByText('Make a token').click();
	assert.deepEqual(await page.getByLabel('It may').locator('option').allTextContents(), ['look', 'look and control']);
	await page.getByRole('link', { name: 'Home' }).click();
	await passing(page, '.card[data-phase="confirmed"]', () => page.getByRole('switch', { name: /^Hall light/ }).tap());
	assert.equal(await page.getByText('Living room').count(), 0);
	await shoot(page, 'guest-home-phone-light', true);
	hub.rooms = ['Kitchen']; // the owner decides otherwise
	hub.reset();
	await page.getByText('Coffee machine').first().waitFor();
	assert.equal(await page.getByText('Hall light').count(), 0);
	await page.goto(`${hub.url}/settings/people`);
	await page.getByText('Only the owner of this hub can see and change this.').waitFor();
}));

test('a guest without rooms is told whom to ask', () => story({ role: 'guest', rooms: [] }, '/', async (page) => {
	await page.getByText('There is nothing in your rooms yet.').waitFor();
}));

test('who becomes a viewer while the page is open is offered no switch', () => story({ role: 'adult' }, '/', async (page, hub) => {
	const lamp = page.getByRole('switch', { name: /^Reading lamp/ });
	await lamp.waitFor();
	assert.equal(await lamp.getAttribute('aria-disabled'), null);
	hub.role = 'viewer';
	hub.reset();
	await page.locator('[role="switch"][aria-disabled="true"]').first().waitFor();
}));

for (const [name, options] of [['phone-dark', { colorScheme: 'dark' }], ['desk-light', { ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false }]]) {
	test(`a given password is changed before anything else, ${name}`, async () => {
		const hub = await new MockHub({}).start();
		hub.mustChange = true;
		const { page, context, problems } = await openPage(browser, hub.url, { ...(name === 'phone-dark' ? { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 } : {}), ...options });
		await page.goto(hub.url);
		await page.getByLabel('Name', { exact: true }).fill(USER.name);
		await page.getByLabel('Password', { exact: true }).fill(USER.password);
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
		await page.getByLabel('Password you were given').fill('not this');
		await page.getByLabel('New password').fill('chosen-by-the-lantern');
		await page.getByRole('button', { name: 'Change password' }).click();
		await page.getByText('The current password is wrong.').waitFor();
		await assertNoSideways(page);
		await assertAccessible(page);
		await shoot(page, `first-password-${name}`);
		assert.ok(!hub.requests.some((line) => line.endsWith('/devices')), 'the house was asked for');
		await page.getByLabel('Password you were given').fill(USER.password);
		await page.getByRole('button', { name: 'Change password' }).click();
		await page.locator('.frame[data-link="live"]').waitFor();
		await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
		assert.deepEqual(problems(), []);
		await context.close();
		await hub.stop();
	});
}

test('by keyboard: somebody is added without a mouse', () => story({ ...DESK, deviceScaleFactor: 1, isMobile: false, hasTouch: false }, '/settings/people', async (page, hub) => {
	await panel(page, 'Add somebody').getByLabel('Name').focus();
	await page.keyboard.type('Linus');
	await page.keyboard.press('Tab'); // the role chosen: adult
	await page.keyboard.press('ArrowLeft');
	await page.keyboard.press('Tab'); // the first room
	await page.keyboard.press('Space');
	await page.keyboard.press('Enter');
	await person(page, 'Linus').waitFor();
	const linus = hub.people.users.find((user) => user.name === 'Linus');
	assert.deepEqual([linus.role, linus.rooms], ['guest', ['Cellar']]);
}));
