/* MQTT by a guest's session, at the real hub with real agents: he hears what the devices in his rooms say and nothing else, and follows what happens to
 * devices, rooms and his account. What he must not hear is shown by what comes next: messages come in order. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {device} from '../support/others.mjs';
import {WebSocketClient, browser} from '../support/websocket.mjs';

const {next, publish, subscribe} = browser;
const PUBLISH = 3;
const BAD_LOGIN = 0x86, NOT_AUTHORIZED = 0x87;
const PASSWORD = 'correct horse battery';

let hub, owner, lamp, oven;
const opened = [];

before(async () => {
	hub = await startHub({conf: {mqtt: {sys_interval_s: 1}}});
	await hub.setUp();
	[lamp, oven] = [await startAgent(hub, {name: 'A lamp', area: 'Hall'}), await startAgent(hub, {name: 'An oven', area: 'Kitchen'})];
	for (const {id} of [lamp, oven])
		await device(hub, (d) => d.id === id && d.online && d.entities.some((e) => e.id === 'lamp' && e.state), 'an agent is there');
	await Promise.all([lamp.stop(), oven.stop()]); /* from here on the test speaks for them, in the order that it wants */
	owner = await come((await hub.api('/api/v1/login', {method: 'POST', base: 'http', body: {name: 'astrid', password: PASSWORD}})).cookie);
});
after(async () => {
	for (const {socket} of opened)
		socket.destroy();
	await stopAll();
});

async function open(cookie) {
	const client = await WebSocketClient.open({port: hub.httpPort, headers: {Cookie: cookie, Origin: hub.httpUrl}});
	opened.push(client);
	return client;
}

async function come(cookie) {
	const client = await open(cookie);
	assert.equal(client.status, 101, client.head);
	return browser.connect(client);
}

/** The next message: [topic, payload, retained]. QoS 0. */
async function hear(client) {
	const {body, flags} = await next(client, PUBLISH);
	const end = 2 + body.readUInt16BE(0);
	return [body.toString('utf8', 2, end), body.toString('utf8', end + 1 + body[end]), !!(flags & 1)];
}

/** All messages until this one, topics only. */
async function hearUntil(client, topic, payload) {
	const topics = [];
	for (;;) {
		const [heard, text] = await hear(client);
		if (heard === topic && text === payload)
			return topics;
		topics.push(heard);
	}
}

async function guest(name, rooms) {
	const made = await hub.api('/api/v1/users', {method: 'POST', cookie: hub.cookie, body: {name, password: PASSWORD, role: 'guest', must_change: false, rooms}});
	assert.equal(made.status, 201, made.text);
	return {id: made.json.id, cookie: await logIn(name)};
}

async function logIn(name) {
	const answer = await hub.api('/api/v1/login', {method: 'POST', base: 'http', body: {name, password: PASSWORD}});
	assert.equal(answer.status, 200, answer.text);
	return answer.cookie;
}

async function change(path, body) {
	const answer = await hub.api(path, {method: 'PATCH', cookie: hub.cookie, body});
	assert.ok([200, 204].includes(answer.status), answer.text);
}

const state = ({id}) => `tomte/${id}/state/lamp`;
const status = ({id}) => `tomte/${id}/status`;
const ON = '{"state":"ON"}', OFF = '{"state":"OFF"}';

test('he hears his lamp and no other, and is let into nothing else', async () => {
	const client = await come((await guest('gast', ['Hall', 'Garage'])).cookie);
	assert.equal(client.reason, 0);
	assert.equal(await subscribe(client, '#'), 0);
	await publish(owner, state(lamp), ON, {retain: true});
	await publish(owner, state(lamp), 'no more is retained');
	const first = await hearUntil(client, state(lamp), 'no more is retained');
	assert.ok(first.includes(status(lamp)), 'what was retained has come');
	assert.deepEqual(first.filter((topic) => !topic.startsWith(`tomte/${lamp.id}/`)), []);
	for (const topic of [state(oven), status(oven), `tomte/${lamp.id}/set/lamp`, `tomte/${lamp.id}/renew`,
		'homeassistant/other', 'zigbee2mqtt/bridge/state', 'house/x'])
		await publish(owner, topic, OFF);
	await publish(owner, status(lamp), 'offline');
	assert.deepEqual(await hear(client), [status(lamp), 'offline', false]);
	for (const filter of [state(oven), `tomte/${oven.id}/#`, `tomte/${lamp.id}/set/lamp`, 'nothing/#', '$SYS/#', '$SYS/broker/uptime', '$share/all/#'])
		assert.equal(await subscribe(client, filter), NOT_AUTHORIZED, filter);
	for (const filter of [state(lamp), `tomte/${lamp.id}/#`, 'tomte/+/status', '+/+/state/+'])
		assert.equal(await subscribe(client, filter), 0, filter);
	for (const topic of [`tomte/${lamp.id}/set/lamp`, state(lamp), 'house/x', '$SYS/broker/uptime'])
		assert.equal(await publish(client, topic, OFF), NOT_AUTHORIZED, topic);
	client.socket.destroy();
});

test('a device that moves takes its topics along, on open connections', async () => {
	const [hall, kitchen] = [await come((await guest('hans', ['Hall'])).cookie), await come((await guest('karin', ['Kitchen'])).cookie)];
	await publish(owner, state(lamp), ON, {retain: true});
	for (const client of [hall, kitchen])
		assert.equal(await subscribe(client, '#'), 0);
	await publish(owner, state(lamp), 'here');
	await hearUntil(hall, state(lamp), 'here');
	await change(`/api/v1/devices/${lamp.id}`, {area: 'Kitchen'});
	await publish(owner, state(lamp), OFF, {retain: true});
	await change(`/api/v1/devices/${oven.id}`, {area: 'Hall'});
	await publish(owner, state(oven), ON);
	assert.ok(!(await hearUntil(hall, state(oven), ON)).some((topic) => topic.startsWith(`tomte/${lamp.id}/`)), 'the lamp is not heard any more');
	const heard = await hearUntil(kitchen, state(lamp), OFF);
	assert.ok(heard.includes(state(lamp)) && heard.includes(status(lamp)), 'what it had retained has come with it');
	assert.equal(await subscribe(hall, state(lamp)), NOT_AUTHORIZED);
	await change(`/api/v1/devices/${lamp.id}`, {area: 'Hall'});
	await change(`/api/v1/devices/${oven.id}`, {area: 'Kitchen'});
	await publish(owner, state(lamp), ON, {retain: true});
	await hearUntil(hall, state(lamp), ON);
	for (const client of [hall, kitchen])
		client.socket.destroy();
});

test('other rooms are other rights at once, no rooms none, and without an account he is out', async () => {
	const {id, cookie} = await guest('olle', ['Hall']);
	const client = await come(cookie);
	assert.equal(await subscribe(client, state(lamp)), 0);
	await change(`/api/v1/users/${id}`, {rooms: ['Kitchen']});
	for (let packet; (packet = await client.nextPacket());)
		assert.equal(packet.type, PUBLISH);
	const again = await come(cookie); /* as the page does by itself */
	assert.equal(again.reason, 0);
	assert.equal(await subscribe(again, state(lamp)), NOT_AUTHORIZED);
	assert.equal(await subscribe(again, state(oven)), 0);
	await change(`/api/v1/users/${id}`, {rooms: []});
	for (let packet; (packet = await again.nextPacket());)
		assert.equal(packet.type, PUBLISH);
	const none = await come(cookie);
	for (const filter of [state(lamp), state(oven), 'tomte/#'])
		assert.equal(await subscribe(none, filter), NOT_AUTHORIZED, filter);
	assert.equal(await subscribe(none, '#'), 0);
	await publish(owner, state(lamp), OFF);
	await publish(owner, state(oven), OFF);
	const answer = await hub.api(`/api/v1/users/${id}`, {method: 'DELETE', cookie: hub.cookie});
	assert.equal(answer.status, 204, answer.text);
	assert.equal(await none.nextPacket(), null, 'it ends, and nothing has come');
	assert.equal((await come(cookie)).reason, BAD_LOGIN);
});

test('of devices of others he hears what their descriptions name', async () => {
	const client = await come((await guest('else', ['Cellar'])).cookie);
	const describe = (name, area, topic) => publish(owner, `homeassistant/sensor/${name}/config`, JSON.stringify({
		unique_id: name, name: 'Power', state_topic: topic, unit_of_measurement: 'W', availability_topic: `meters/${name}/there`,
		device: {identifiers: [name], name: `Meter ${name}`, suggested_area: area},
	}), {retain: true});
	assert.equal(await subscribe(client, '#'), 0);
	await publish(owner, 'meters/a/power', '1', {retain: true});
	await publish(owner, 'meters/b/power', '2', {retain: true});
	await describe('a', 'Cellar', 'meters/a/power');
	await describe('b', 'Attic', 'meters/b/power');
	assert.deepEqual(await hear(client), ['meters/a/power', '1', true], 'it has come with its description');
	await device(hub, (d) => d.name === 'Meter b', 'the other one is there, too');
	await publish(owner, 'meters/b/power', '3');
	await publish(owner, 'meters/a/there', 'online');
	assert.deepEqual(await hear(client), ['meters/a/there', 'online', false]);
	/* the other one names the same topic: it is for who sees both of them */
	await describe('b', 'Attic', 'meters/a/power');
	await eventually(async () => await subscribe(client, 'meters/a/power') === NOT_AUTHORIZED, 'one topic, two rooms');
	await publish(owner, 'meters/a/power', '4');
	await publish(owner, 'meters/a/there', 'offline');
	assert.ok(!(await hearUntil(client, 'meters/a/there', 'offline')).includes('meters/a/power'));
	client.socket.destroy();
});

test('a restart of the hub changes nothing of it', async () => {
	const {cookie} = await guest('rut', ['Hall']);
	await publish(owner, state(lamp), ON, {retain: true});
	await hub.kill('SIGTERM');
	await hub.start();
	const client = await come(cookie);
	assert.equal(await subscribe(client, '#'), 0);
	const heard = [];
	while (!heard.includes(state(lamp)))
		heard.push((await hear(client))[0]);
	assert.deepEqual(heard.filter((topic) => !topic.startsWith(`tomte/${lamp.id}/`)), []);
});
