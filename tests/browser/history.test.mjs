// Settings → History: what it costs, the policy, what is recorded, rules, backups, files.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, assertNoSideways, launch, passing, shoot } from './browser.mjs';
import { storyTeller } from './story.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
const story = storyTeller(() => browser);
before(async () => { browser = await launch(); });
after(() => browser?.close());

const PAGE = '/settings/history';
const panel = (page, name) => page.locator('.panel', { has: page.getByRole('heading', { name, exact: true }) });

test('More leads there, and the costs are told in plain words', () => story({}, '/more', async (page) => {
	await page.getByRole('link', { name: /^History/ }).click();
	await page.getByText(/^23.4 MB for 10 devices since \w+ \d{4}$/).waitFor();
	await page.getByText('About 301 MB are written a day; at this pace an SD card lasts longer than 50 years.').waitFor();
	await page.getByText(/Supposes a card of 31.9 GB that can be written full 500 times/).waitFor();
	assert.equal(await page.getByRole('link', { name: 'More', exact: true }).getAttribute('aria-current'), 'page');
}));

test('the noisiest series leads to its recording, which is changed', () => story({}, PAGE, async (page, hub) => {
	await page.getByRole('button', { name: /^homeserver · Network received/ }).click();
	const item = page.locator('details.item[open]');
	await item.getByLabel('Record').selectOption('deadband');
	await item.getByLabel('Least change (B/s)').fill('1000');
	await item.getByLabel('Seconds').fill('600');
	await item.getByText('For a time').first().click();
	await item.getByLabel('Keep every sample: Days').fill('90');
	await assertAccessible(page);
	await shoot(page, 'history-recording-phone-light', true);
	await item.getByRole('button', { name: 'Save' }).click();
	await page.getByText('Saved').first().waitFor();
	assert.deepEqual(hub.history.edits.get(7), { recorder: { preset: 'deadband', interval_ms: 600000, deadband: 1000 }, raw_days: 90, rollup_years: 0 });
}));

test('series are found by their words, and switched off', () => story({}, PAGE, async (page, hub) => {
	await page.getByLabel('Search').fill('thermo hum');
	await page.locator('details.item').first().click();
	assert.equal(await page.locator('details.item').count(), 1);
	await page.locator('details.item').getByLabel('Record').selectOption('nothing');
	await page.locator('details.item').getByRole('button', { name: 'Save' }).click();
	await page.getByText('not recorded').waitFor();
	assert.equal(hub.history.edits.get(2).recorder.preset, 'nothing');
	assert.equal(await page.locator('details.item').getByRole('link', { name: 'Add to charts' }).getAttribute('href'), '/charts?s=2&range=day');
	await page.getByLabel('Search').fill('no such thing');
	await page.getByText('Nothing by that name.').waitFor();
}));

test('the policy is a form of few choices', () => story({}, PAGE, async (page, hub) => {
	const policy = panel(page, 'How long it is kept');
	const save = policy.getByRole('button', { name: 'Save' });
	assert.ok(await save.isDisabled());
	await policy.getByRole('group', { name: 'Every single sample' }).getByText('For a time').click();
	await policy.getByLabel('Every single sample: Days').fill('730');
	await policy.getByRole('group', { name: 'Size' }).getByText('At most').click();
	await policy.getByLabel('Size: Megabytes').fill('3');
	await policy.getByRole('switch', { name: 'Spare the SD card' }).click();
	await save.click();
	await policy.getByText('The bound is at least 16 MiB, or 0 for none.').waitFor();
	await policy.getByLabel('Size: Megabytes').fill('4000');
	await save.click();
	await page.getByText('Saved').first().waitFor();
	assert.deepEqual(hub.history.policy, { raw_days: 730, rollup_years: -1, max_bytes: 4e9, sd_saver: true });
	assert.ok(await save.isDisabled());
}));

test('rules are added, refused with the reason, removed, and brought back', () => story({}, PAGE, async (page, hub) => {
	const rules = panel(page, 'Other topics');
	await rules.getByText('Add a topic').click();
	await rules.getByLabel('Topic').fill('a/#b');
	await rules.getByRole('button', { name: 'Add', exact: true }).click();
	await rules.getByText('That is no topic filter.').waitFor();
	await rules.getByLabel('Topic').fill('tele/+/SENSOR');
	await rules.getByLabel('Place in the JSON').fill('$.ENERGY.Power');
	await rules.getByLabel('Unit').fill('W');
	await rules.getByRole('button', { name: 'Add', exact: true }).click();
	await rules.getByText('tele/+/SENSOR').waitFor();
	assert.equal(hub.history.rules.length, 2);
	await rules.getByRole('button', { name: 'Stop recording Zigbee' }).click();
	await rules.getByText('It is no longer recorded.').waitFor();
	assert.equal(hub.history.rules.length, 1);
	await rules.getByRole('button', { name: 'Undo' }).click();
	await rules.getByRole('button', { name: 'Stop recording Zigbee' }).waitFor();
	assert.equal(hub.history.rules.at(-1).filter, 'zigbee2mqtt/+/availability');
}));

test('backups: taken away, by themselves, now', () => story({}, PAGE, async (page, hub) => {
	const backup = panel(page, 'Backup');
	assert.equal(await backup.getByRole('link', { name: 'Download a backup' }).getAttribute('href'), '/api/v1/backup');
	await backup.getByLabel('Folder').fill('backup');
	await backup.getByRole('button', { name: 'Save' }).click();
	await backup.getByText('The folder must be a full path').waitFor();
	await backup.getByLabel('Folder').fill('/mnt/backup');
	await backup.getByLabel('Hour of the day').fill('4');
	await backup.getByRole('button', { name: 'Save' }).click();
	await page.getByText('Saved').first().waitFor();
	assert.equal(hub.history.schedule.hour, 4);
	await backup.getByRole('button', { name: 'Make one now' }).click();
	await backup.getByText('/mnt/backup/tomte-backup.tar').waitFor();
}));

test('a file is sent, its import followed to the end', () => story({}, PAGE, async (page) => {
	const files = panel(page, 'Export and import');
	assert.equal(await files.getByRole('link', { name: 'Export as CSV' }).getAttribute('href'), '/api/v1/export?format=csv');
	await passing(page, 'progress', () => files.locator('input[type="file"]').setInputFiles({ name: 'old.csv', mimeType: 'text/csv', buffer: Buffer.from('time,value\n1,2\n') }));
	await files.getByText('51,234 samples of 12 series are in.').waitFor();
	await files.getByText('2 lines could not be used:').click();
	await files.getByText('Line 7: the time cannot be read.').waitFor();
	await shoot(page, 'history-imported-phone-light', true);
}));

test('a hub without backup and export does not offer them', () => story({ bare: true }, PAGE, async (page) => {
	await panel(page, 'Other topics').getByText('zigbee2mqtt/+/availability').waitFor();
	assert.equal(await panel(page, 'Backup').count(), 0);
	assert.equal(await panel(page, 'Export and import').count(), 0);
	await assertNoSideways(page);
}));

test('who is no owner is told so, and More does not lead there', () => story({ role: 'adult' }, PAGE, async (page, hub) => {
	await page.getByText('Only the owner of this hub can see and change this.').waitFor();
	assert.ok(!hub.requests.includes('GET /api/v1/history'));
	await page.getByRole('link', { name: 'Back to More' }).click();
	await page.getByRole('link', { name: /^Settings/ }).waitFor();
	assert.equal(await page.getByRole('link', { name: /^History/ }).count(), 0);
}));
