/* Rooms, groups and scenes on a real hub with real devices: one wish switches them all, each by a command of its own that is confirmed and
 * kept with its cause; a guest reaches the own rooms; and all of it is there after a restart. */
import assert from 'node:assert/strict';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {openStream} from '../support/request.mjs';

let hub, table, stove, hall, guest;
const program = path.join(buildDir, 'tomtectl');

before(async () => {
	hub = await startHub();
	await hub.setUp();
	table = await startAgent(hub, {name: 'Table', area: 'Kitchen'});
	stove = await startAgent(hub, {name: 'Stove', area: 'Kitchen'});
	hall = await startAgent(hub, {name: 'Hall', area: 'Hall'});
	await eventually(async () => (await hub.get('/api/v1/devices')).devices
		.filter((device) => device.online && device.entities.some((entity) => entity.id === 'lamp' && entity.state)).length === 3, 'all lamps are there');
	const made = await hub.api('/api/v1/users', {method: 'POST', cookie: hub.cookie,
		body: {name: 'mia', password: 'chosen by mia', role: 'guest', rooms: ['Hall'], must_change: false}});
	assert.equal(made.status, 201, made.text);
	guest = (await hub.api('/api/v1/login', {method: 'POST', body: {name: 'mia', password: 'chosen by mia'}})).cookie;
});
after(async () => {
	for (const one of [table, stove, hall, hub])
		await one?.stop();
	await stopAll();
});

/** tomtectl, also when it refuses. */
const ctl = (...args) => run(program, ['--socket', hub.socket, ...args], {mayFail: true});

const ask = (method, route, body, cookie = hub.cookie) => hub.api(`/api/v1/${route}`, {method, body, cookie});

async function lampOf(agent) {
	const device = await hub.get(`/api/v1/devices/${agent.id}`);
	return device.entities.find((entity) => entity.id === 'lamp').state;
}

/** Sends what makes commands, and waits until each of them is confirmed. Returns them as they ended, in order of devices. */
async function confirmed(send) {
	const {cursor} = await hub.get('/api/v1/devices');
	const stream = openStream(new URL(`/api/v1/live?cursor=${cursor}`, hub.url), {cookie: hub.cookie});
	const answer = await send();
	assert.equal(answer.status, 202, answer.text);
	assert.deepEqual(answer.json.refused, []);
	const ended = [];
	for (const {id} of answer.json.commands) {
		const known = ended.find((one) => one.id === id);
		if (known)
			continue;
		await stream.next((event) => {
			if (event.event === 'command' && ['confirmed', 'expired', 'failed'].includes(event.data.state))
				ended.push(event.data);
			return ended.some((one) => one.id === id);
		});
	}
	stream.close();
	for (const command of ended)
		assert.equal(command.state, 'confirmed', JSON.stringify(command));
	return ended.sort((a, b) => (a.device < b.device ? -1 : 1));
}

const devicesOf = (commands) => commands.map((command) => command.device).sort();

test('all lights off in the kitchen', async () => {
	await confirmed(() => ask('POST', 'commands', {component: 'light', value: {state: 'ON', brightness: 200}}));
	for (const agent of [table, stove, hall])
		assert.equal((await lampOf(agent)).state, 'ON');
	const commands = await confirmed(() => ask('POST', 'commands', {area: 'Kitchen', component: 'light', value: 'OFF'}));
	assert.deepEqual(devicesOf(commands), [table.id, stove.id].sort());
	assert.equal((await lampOf(table)).state, 'OFF');
	assert.equal((await lampOf(stove)).state, 'OFF');
	assert.equal((await lampOf(hall)).state, 'ON');
	const kept = await eventually(async () => {
		const list = (await hub.get('/api/v1/commands?cause=room&state=confirmed')).commands;
		return list.length === 2 && list;
	}, 'both commands are kept');
	for (const command of kept) {
		assert.deepEqual([command.cause, command.cause_name, command.by, command.value], ['room', 'Kitchen', 'astrid', 'OFF']);
		assert.ok(command.took_ms >= 0);
	}
	assert.equal((await hub.get('/api/v1/commands?cause=house')).commands.length, 3);
});

test('a group is switched as one', async () => {
	const members = [table, hall].map((agent) => ({device: agent.id, entity: 'lamp'}));
	const made = await ask('POST', 'groups', {name: 'Reading lamps', members});
	assert.equal(made.status, 201, made.text);
	assert.deepEqual([made.json.state, made.json.on, made.json.areas], ['ON', 1, ['Kitchen', 'Hall']]);
	const commands = await confirmed(() => ask('POST', `groups/${made.json.id}/command`, {value: 'TOGGLE'}));
	assert.deepEqual(devicesOf(commands), devicesOf(members));
	assert.ok(commands.every((one) => one.cause === 'group' && one.cause_name === 'Reading lamps'));
	const after = await hub.get(`/api/v1/groups/${made.json.id}`);
	assert.deepEqual([after.state, after.on], ['OFF', 0]);
	const renamed = await hub.api(`/api/v1/groups/${made.json.id}`, {method: 'PATCH', cookie: hub.cookie, body: {name: 'Lamps to read by'},
		headers: {'if-match': made.headers.etag}});
	assert.equal(renamed.status, 200, 'that its lamps were switched is no edit');
	assert.equal((await ask('POST', 'groups', {name: 'LAMPS TO READ BY', members})).status, 409);
});

let evening;

test('a scene keeps how it was and brings it back', async () => {
	await confirmed(() => ask('POST', `devices/${table.id}/entities/lamp/command`, {value: {state: 'ON', brightness: 40}})
		.then((answer) => ({...answer, json: {commands: [answer.json], refused: []}})));
	const stream = openStream(new URL('/api/v1/live', hub.url), {cookie: hub.cookie});
	await stream.next((event) => event.event === 'points');
	const made = await ask('POST', 'scenes', {name: 'Evening', members: [
		{device: table.id, entity: 'lamp'}, {device: stove.id, entity: 'lamp'}, {device: hall.id, entity: 'lamp', value: {state: 'ON', brightness: 10}}]});
	assert.equal(made.status, 201, made.text);
	evening = made.json;
	assert.deepEqual((await stream.next((event) => event.event === 'scenes')).data, {});
	stream.close();
	assert.equal(evening.members[0].value.brightness, 40);
	assert.deepEqual(evening.members[1].value, {state: 'OFF'});
	await confirmed(() => ask('POST', 'commands', {components: ['light'], value: {state: 'ON', brightness: 255}}));
	const commands = await confirmed(() => ask('POST', `scenes/${evening.id}/apply`, {}));
	assert.equal(commands.length, 3);
	assert.ok(commands.every((one) => one.cause === 'scene' && one.cause_name === 'Evening'));
	assert.equal((await lampOf(table)).brightness, 40);
	assert.equal((await lampOf(stove)).state, 'OFF');
	assert.equal((await lampOf(hall)).brightness, 10);
});

test('a guest reaches the own rooms, and what lies in them', async () => {
	assert.equal((await ask('POST', 'commands', {area: 'Kitchen', component: 'light', value: 'OFF'}, guest)).status, 404);
	assert.deepEqual((await ask('GET', 'scenes', undefined, guest)).json.scenes, []);
	assert.deepEqual((await ask('GET', 'groups', undefined, guest)).json.groups, []);
	assert.equal((await ask('GET', `scenes/${evening.id}`, undefined, guest)).status, 404);
	assert.equal((await ask('POST', `scenes/${evening.id}/apply`, {}, guest)).status, 404);
	const members = [{device: hall.id, entity: 'lamp', value: 'OFF'}];
	for (const [method, route, body] of [['POST', 'scenes', {name: 'Mine', members}], ['PATCH', `scenes/${evening.id}`, {name: 'Mine'}],
		['DELETE', `scenes/${evening.id}`], ['POST', 'groups', {name: 'Mine', members: [{device: hall.id, entity: 'lamp'}]}]])
		assert.equal((await ask(method, route, body, guest)).status, 403, `${method} ${route}`);
	assert.equal((await lampOf(table)).brightness, 40, 'nothing of it was done');

	const own = await ask('POST', 'scenes', {name: 'Hall at night', members});
	assert.deepEqual((await ask('GET', 'scenes', undefined, guest)).json.scenes.map((one) => one.name), ['Hall at night']);
	const applied = await confirmed(() => ask('POST', `scenes/${own.json.id}/apply`, {}, guest));
	assert.deepEqual([applied[0].by, applied[0].cause_name], ['mia', 'Hall at night']);
	const all = await confirmed(() => ask('POST', 'commands', {component: 'light', value: 'ON'}, guest));
	assert.deepEqual(devicesOf(all), [hall.id], 'the whole house is what she sees of it');
});

test('scenes and causes outlive a restart', async () => {
	await hub.restart();
	await eventually(async () => (await hub.get('/api/v1/devices')).devices.every((device) => device.online), 'all devices are back');
	const scene = await hub.get(`/api/v1/scenes/${evening.id}`);
	assert.deepEqual(scene, evening);
	assert.ok((await hub.get('/api/v1/groups')).groups.some((one) => one.name === 'Lamps to read by'));
	const [command] = (await hub.get(`/api/v1/commands?device=${stove.id}&cause=scene`)).commands;
	assert.equal(command.cause_name, 'Evening');
	await confirmed(() => ask('POST', `scenes/${evening.id}/apply`, {}));
	assert.equal((await lampOf(hall)).brightness, 10);
});

test('tomtectl does the same', async () => {
	const off = await ctl('room', 'Kitchen', 'off');
	assert.equal(off.code, 0, off.stdout + off.stderr);
	assert.equal(off.stdout.match(/\/lamp OFF: confirmed/g).length, 2, off.stdout);
	assert.equal((await ctl('room', 'Cellar', 'off')).code, 1);
	assert.match((await ctl('room', 'Hall', 'off', '--kind', 'cover')).stdout, /nothing that could take it/);
	assert.match((await ctl('scene', 'list')).stdout, /Evening +Kitchen, Hall/);
	const applied = await ctl('scene', 'apply', 'evening');
	assert.equal(applied.code, 0, applied.stdout + applied.stderr);
	assert.equal(applied.stdout.match(/confirmed/g).length, 3);
	assert.match((await ctl('scene', 'save', 'Night', '--room', 'Hall')).stdout, /The scene Night is kept/);
	assert.match((await ctl('scene', 'save', 'Night', `${hall.id}/lamp=off`)).stdout, /The scene Night is changed/);
	const night = (await hub.get('/api/v1/scenes?q=night')).scenes.find((one) => one.name === 'Night');
	assert.deepEqual(night.members, [{device: hall.id, entity: 'lamp', value: 'OFF'}]);
	assert.match((await ctl('scene', 'rename', 'Night', 'Good night')).stdout, /The scene Good night has its name now/);
	assert.match((await ctl('scene', 'remove', 'Good night')).stdout, /is removed/);
	assert.match((await ctl('group', 'add', 'Two', `${table.id}/lamp`, `${stove.id}/lamp`)).stdout, /The group Two is made/);
	assert.equal((await ctl('group', 'set', 'two', '{"state":"ON","brightness":90}')).code, 0);
	assert.equal((await lampOf(stove)).brightness, 90);
	assert.match((await ctl('group', 'list')).stdout, /Two +ON +Kitchen/);
	const all = await ctl('room', 'all', 'off', '--json');
	assert.equal(JSON.parse(all.stdout).commands.filter((one) => one.state === 'confirmed').length, 3);
});

test('what was reported and what is desired outlive a restart', async () => {
	await hall.stop();
	const before = await eventually(async () => {
		const device = await hub.get(`/api/v1/devices/${hall.id}`);
		return device.online === false && device;
	}, 'the hall is away');
	const of = (device, component) => device.entities.find((entity) => entity.component === component);
	assert.equal(typeof of(before, 'sensor').state, 'number');
	assert.equal(of(before, 'light').desired, null);
	assert.equal(of(before, 'sensor').desired, undefined, 'it takes no commands');
	const waiting = await ask('POST', 'commands', {area: 'Hall', component: 'light', value: {state: 'ON', brightness: 77}, wait_s: 600});
	assert.deepEqual(waiting.json.commands.map((one) => one.state), ['queued']);
	const desired = {value: {state: 'ON', brightness: 77}, command: waiting.json.commands[0].id, state: 'queued', until: waiting.json.commands[0].until};
	assert.ok(desired.until > Date.now() && desired.until <= Date.now() + 600000);
	assert.deepEqual(of(await hub.get(`/api/v1/devices/${hall.id}`), 'light').desired, desired);
	await hub.restart();
	const after = await hub.get(`/api/v1/devices/${hall.id}`);
	assert.deepEqual([of(after, 'sensor').state, of(after, 'sensor').at], [of(before, 'sensor').state, of(before, 'sensor').at], 'nothing retains it');
	assert.deepEqual(of(after, 'light').state, of(before, 'light').state);
	assert.deepEqual(of(after, 'light').desired, desired);
	await hall.start();
	await eventually(async () => of(await hub.get(`/api/v1/devices/${hall.id}`), 'light').desired === null, 'it is as desired');
	assert.equal((await lampOf(hall)).brightness, 77);
	const command = await eventually(async () => { // once it is on the disk
		const [newest] = (await hub.get(`/api/v1/commands?device=${hall.id}&limit=1`)).commands;
		return !['queued', 'sent'].includes(newest.state) && newest;
	}, 'what became of it is stored');
	assert.deepEqual([command.id, command.state, command.cause, command.cause_name], [desired.command, 'confirmed', 'room', 'Hall']);
});

test('a device that is erased is in no scene any more', async () => {
	assert.equal((await ask('DELETE', `devices/${stove.id}`)).status, 204);
	const scene = await hub.get(`/api/v1/scenes/${evening.id}`);
	assert.deepEqual(devicesOf(scene.members), [table.id, hall.id].sort());
	await hub.restart();
	assert.deepEqual(await hub.get(`/api/v1/scenes/${evening.id}`), scene);
});
