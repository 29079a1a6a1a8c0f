/* The day after: a hub is saved while it runs, its disk is lost, and a fresh one brings back people, devices and history; with the real
 * daemons and tomtectl. */
import assert from 'node:assert/strict';
import {mkdir, readFile, readdir, rm, stat, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';

const PASSWORD = 'correct horse battery';
const program = path.join(buildDir, 'tomtectl');
let hub, agent, series, archive, saved;

/** Runs a verb; resolves with {code, stdout, stderr}. */
const ctl = (...args) => run(program, ['--socket', hub.socket, ...args], {mayFail: true, encoding: 'latin1'});

const from = Date.now() - 60000;
/** None as long as the series is not on the disk. */
async function pointsUpTo(to) {
	const {json} = await hub.api(`/api/v1/series/${series}/points?from=${from}&to=${to}&width=4096`, {cookie: hub.cookie});
	return json.points ?? [];
}


before(async () => {
	hub = await startHub();
	await hub.setUp('astrid', PASSWORD);
	agent = await startAgent(hub, {name: 'Shed'});
	archive = path.join(hub.dir, 'house.tar');
	series = await eventually(async () => {
		const device = await hub.get(`/api/v1/devices/${agent.id}`);
		return device.entities.find((entity) => entity.id === 'temperature')?.series;
	}, 'the temperature is recorded');
	await eventually(async () => (await pointsUpTo(Date.now())).length >= 3, 'some history');
});
after(stopAll);

test('tomtectl backup saves the running hub; the file is whole and nobody else reads it', async () => {
	const points = await pointsUpTo(Date.now()), at = points.at(-1)[0] + 1; // up to the newest that is stored: of one younger the archive may have it
	saved = {at, points};
	const {code, stdout, stderr} = await ctl('backup', archive);
	assert.equal(code, 0, stderr);
	assert.match(stdout, /house\.tar: [\d.]+ .B\. It holds all keys/);
	assert.equal((await stat(archive)).mode & 0o7777, 0o600);
	assert.deepEqual((await readdir(hub.dir)).filter((name) => name.endsWith('.part')), []);
	const verified = await ctl('verify', archive);
	assert.equal(verified.code, 0, verified.stderr);
	assert.match(verified.stdout, /Backup of hub \w{10}, made .*\nEvery byte/);
});

test('a browser gets the same, and owners alone', async () => {
	const {status, headers, bytes} = await hub.api('/api/v1/backup', {cookie: hub.cookie});
	assert.equal(status, 200);
	assert.match(headers['content-disposition'], /^attachment; filename="tomte-\w{10}-\d{8}-\d{6}\.tar"$/);
	const file = path.join(hub.dir, 'browser.tar');
	await writeFile(file, bytes);
	assert.equal((await ctl('verify', file)).code, 0);
	assert.equal((await hub.api('/api/v1/backup')).status, 401);
	const piped = await ctl('backup', '-');
	assert.equal(piped.code, 0, piped.stderr);
	assert.equal(piped.stdout.slice(0, 16), 'tomte-backup.txt');
});

test('a damaged or cut file, and a hub that runs, are refused in words', async () => {
	const bad = path.join(hub.dir, 'bad.tar');
	const bytes = await readFile(archive);
	bytes[bytes.length >> 1] ^= 1;
	await writeFile(bad, bytes);
	const changed = await ctl('verify', bad);
	assert.equal(changed.code, 1);
	assert.match(changed.stderr, /tomte-hub: The backup is damaged: .* Use another one/);
	await truncate(bad, 100000);
	assert.match((await ctl('verify', bad)).stderr, /ends too early/);
	const running = await ctl('restore', archive, '--state-dir', hub.stateDir);
	assert.equal(running.code, 1);
	assert.match(running.stderr, /Another tomte-hub \(process \d+\) uses .*Stop it first/);
	assert.equal((await ctl('restore', path.join(hub.dir, 'none.tar'), '--state-dir', path.join(hub.dir, 'x'))).code, 1);
});

test('backups by the clock: a directory is asked for that works, and backup-now fills it', async () => {
	const put = (body) => hub.api('/api/v1/backup-schedule', {method: 'PUT', cookie: hub.cookie, body});
	assert.deepEqual(await hub.get('/api/v1/backup-schedule'),
		{path: '', hour: 3, keep: 7, running: false, partial: false, last: {at: null, path: null, bytes: null, error: null}});
	assert.equal((await put({path: hub.stateDir, hour: 4, keep: 2})).status, 422);
	assert.match((await put({path: 'relative', hour: 4, keep: 2})).json.detail, /whole path/);
	assert.match((await put({path: '/nowhere/at/all', hour: 4, keep: 2})).json.detail, /no directory/);
	assert.equal((await put({path: '', hour: 24, keep: 2})).status, 422);
	assert.equal((await hub.api('/api/v1/backup-now', {method: 'POST', cookie: hub.cookie})).status, 409);
	const disk = path.join(hub.dir, 'disk');
	await mkdir(disk);
	assert.equal((await put({path: disk, hour: 4, keep: 2})).json.hour, 4);
	const begun = await hub.api('/api/v1/backup-now', {method: 'POST', cookie: hub.cookie});
	assert.equal(begun.status, 202, begun.text);
	const {last} = await eventually(async () => {
		const schedule = await hub.get('/api/v1/backup-schedule');
		return !schedule.running && schedule;
	}, 'the backup is done');
	assert.equal(last.error, null);
	assert.equal((await stat(last.path)).size, last.bytes);
	assert.equal((await ctl('verify', last.path)).code, 0);
});

test('restored on a fresh hub: the password opens, the agent comes back by itself, history is there', async () => {
	await hub.daemon.stop();
	await rm(hub.stateDir, {recursive: true});
	hub.stateDir = path.join(hub.dir, 'fresh');
	await hub.start(); /* an installed hub has started once, with keys of its own */
	await hub.daemon.stop();
	const {code, stdout, stderr} = await ctl('restore', archive, '--state-dir', hub.stateDir);
	assert.equal(code, 0, stderr);
	const [, aside] = stdout.match(/What was there is kept in (\S+): /);
	assert.ok((await readdir(aside)).includes('hub.db'));
	const seen = agent.daemon.log.length;
	await hub.start();
	const login = await hub.api('/api/v1/login', {method: 'POST', body: {name: 'astrid', password: PASSWORD}});
	assert.equal(login.status, 200, login.text);
	hub.cookie = login.cookie;
	await agent.daemon.waitLog(/hub: connected/, seen);
	await eventually(async () => (await hub.get(`/api/v1/devices/${agent.id}`)).online === true, 'the device is online');
	assert.deepEqual(await pointsUpTo(saved.at), saved.points);
	await eventually(async () => (await pointsUpTo(Date.now())).length > saved.points.length, 'history goes on');
	await hub.daemon.stop();
});
