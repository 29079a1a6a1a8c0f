/* People on a real hub with real devices: a guest sees and commands one room, tokens open what they should, and nothing
 * outlives the account that it came from. */
import assert from 'node:assert/strict';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {openStream} from '../support/request.mjs';

let hub, kitchen, hall;
const program = path.join(buildDir, 'tomtectl');

before(async () => {
	hub = await startHub();
	await hub.setUp();
	kitchen = await startAgent(hub, {name: 'Kitchen lamp', area: 'Kitchen'});
	hall = await startAgent(hub, {name: 'Hall lamp', area: 'Hall'});
	await eventually(async () => (await hub.get('/api/v1/devices')).devices.filter((device) => device.online && device.entities.length).length === 2, 'both are there');
	await eventually(async () => new Set((await hub.get('/api/v1/series')).series.filter((one) => one.latest).map((one) => one.device)).size === 2, 'both have a history');
});
after(async () => {
	await kitchen?.stop();
	await hall?.stop();
	await hub?.stop();
	await stopAll();
});

/** tomtectl with a line on standard input. */
const ctl = (input, ...args) => run(program, ['--socket', hub.socket, ...args], {input, mayFail: true});

async function logIn(name, password) {
	const answer = await hub.api('/api/v1/login', {method: 'POST', body: {name, password}});
	assert.equal(answer.status, 200, answer.text);
	return answer;
}

const as = (cookie) => (route, options = {}) => hub.api(route, {cookie, ...options});
const turn = (value) => ({method: 'POST', body: {value}});

test('a guest chooses a password first, then sees and commands one room', async () => {
	assert.match((await ctl('given by the owner\n', 'users', 'add', 'mia', '--role', 'guest', '--rooms', 'Kitchen')).stdout, /mia may log in now/);
	const first = await logIn('mia', 'given by the owner');
	assert.equal(first.json.must_change, true);
	const mia = as(first.cookie);
	assert.equal((await mia('/api/v1/devices')).status, 403);
	assert.equal((await mia('/api/v1/password', {method: 'POST', body: {old: 'given by the owner', new: 'chosen by mia'}})).status, 204);

	const {devices} = (await mia('/api/v1/devices')).json;
	assert.deepEqual(devices.map((device) => device.id), [kitchen.id]);
	assert.equal((await mia(`/api/v1/devices/${hall.id}`)).status, 404);
	assert.equal((await mia(`/api/v1/devices/${hall.id}/entities/lamp/command`, turn('ON'))).status, 404);
	assert.equal((await mia(`/api/v1/devices/${kitchen.id}/entities/lamp/command`, turn('ON'))).status, 202);
	assert.equal((await mia(`/api/v1/devices/${kitchen.id}`, {method: 'PATCH', body: {name: 'Mine'}})).status, 403);
	const {series} = (await mia('/api/v1/series')).json;
	assert.ok(series.length > 0 && series.every((one) => one.device === kitchen.id));
	const csv = (await mia('/api/v1/export')).text;
	assert.ok(csv.includes(kitchen.id) && !csv.includes(hall.id));
});

test('live events are of that room, and follow a device that moves in or out', async () => {
	const {cookie} = await logIn('mia', 'chosen by mia');
	const series = new Map((await hub.get('/api/v1/series')).series.map((one) => [one.id, one.device]));
	const stream = openStream(new URL('/api/v1/live', hub.url), {cookie});
	const heard = [];
	const next = (match) => stream.next((event) => heard.push(event) && match(event));
	await next((event) => event.event === 'points'); /* both devices report every second */
	await next((event) => event.event === 'state' && event.data.device === kitchen.id);
	for (const {event, data} of heard) {
		assert.ok(data.device === undefined || data.device === kitchen.id, `${event} ${JSON.stringify(data)}`);
		for (const [id] of data.points ?? [])
			assert.equal(series.get(id), kitchen.id);
	}
	const move = (area) => hub.api(`/api/v1/devices/${hall.id}`, {method: 'PATCH', body: {area}, cookie: hub.cookie});
	assert.equal((await move('Kitchen')).status, 200);
	assert.equal((await next((event) => event.event === 'device' && event.data.id === hall.id)).data.area, 'Kitchen');
	assert.equal((await as(cookie)(`/api/v1/devices/${hall.id}`)).status, 200);
	assert.equal((await move('Hall')).status, 200);
	await next((event) => event.event === 'gone' && event.data.id === hall.id);
	stream.close();
});

test('tokens open what their scope says, until they are revoked; also after a restart', async () => {
	const token = (await ctl('', 'token', 'new', 'astrid', '--name', 'wall panel', '--scope', 'control')).stdout.trim();
	assert.match(token, /^tomte_[0-9a-z]{40}$/);
	const by = (route, options = {}) => hub.api(route, {...options, headers: {authorization: `Bearer ${token}`, 'x-tomte': null}});
	assert.equal((await by('/api/v1/devices')).status, 200);
	assert.equal((await by(`/api/v1/devices/${hall.id}/entities/lamp/command`, turn('ON'))).status, 202);
	assert.equal((await by(`/api/v1/devices/${hall.id}`, {method: 'PATCH', body: {name: 'x'}})).status, 403);
	assert.equal((await by('/api/v1/tokens')).status, 403);
	assert.equal((await by('/metrics')).status, 403);
	await hub.restart();
	assert.equal((await by('/api/v1/devices')).status, 200);
	assert.match((await ctl('', 'token', 'list')).stdout, /wall panel +astrid +control +now +never/);
	const id = (await ctl('', 'token', 'list')).stdout.match(/^(\d+) +wall panel/m)[1];
	assert.equal((await ctl('', 'token', 'revoke', id)).code, 0);
	const refused = await by('/api/v1/devices');
	assert.equal(refused.status, 401);
	assert.equal(refused.headers['www-authenticate'], 'Bearer error="invalid_token"');
	for (const log of [hub.daemon.log, kitchen.daemon.log])
		assert.ok(!log.includes(token), 'a token is in a log');
});

test('who is removed is out at once, and an owner remains', async () => {
	const {cookie} = await logIn('mia', 'chosen by mia');
	const stream = openStream(new URL('/api/v1/live', hub.url), {cookie});
	await stream.next();
	assert.match((await ctl('', 'users', 'remove', 'mia')).stdout, /mia is removed/);
	await assert.rejects(async () => {
		for (;;)
			await stream.next();
	}, /the stream ended/);
	assert.equal((await as(cookie)('/api/v1/session')).status, 401);
	const last = await ctl('', 'users', 'role', 'astrid', 'adult');
	assert.equal(last.code, 1);
	assert.match(last.stderr, /only owner/);
});
