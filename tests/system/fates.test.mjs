/* What must not be told of commands, nor happen to them, at a real hub: that another has acknowledged them, that a door opens late, that what waits
 * cannot be taken back; and a client that describes without end costs itself alone. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {admit, device, entity} from '../support/others.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const PATIENCE = {timeout: 120000};
const program = path.join(buildDir, 'tomtectl');

let hub;
const clients = new Set();
before(async () => {
	hub = await startHub();
	await hub.setUp();
});
after(async () => {
	for (const client of clients)
		client.end(true);
	await stopAll();
});

async function connect(account, options = {}) {
	const client = mqtt.connect(account.url, {...account, reconnectPeriod: 0, ...options});
	clients.add(client);
	client.on('error', () => {});
	await once(client, 'connect');
	return client;
}

/** What the client has sent so far has been handled. */
const settled = (client) => new Promise((answer) => {
	client.on('packetreceive', (packet) => packet.cmd === 'pingresp' && answer());
	client.sendPing();
});

const ask = (id, name, body, cookie = hub.cookie) => hub.api(`/api/v1/devices/${id}/entities/${name}/command`, {method: 'POST', cookie, body});
const takeBack = (id, cookie = hub.cookie) => hub.api(`/api/v1/commands/${id}`, {method: 'DELETE', cookie});
const ctl = (...args) => run(program, ['--socket', hub.socket, ...args], {mayFail: true});

const PORCH = {
	'homeassistant/lock/porch/config': {name: 'Door', unique_id: 'porch_lock', state_topic: 'porch/lock', command_topic: 'porch/lock/set', availability_topic: 'porch/there', device: {identifiers: ['porch'], name: 'Porch'}},
	'homeassistant/cover/porch/config': {name: 'Garage', unique_id: 'porch_garage', device_class: 'garage', state_topic: 'porch/garage', command_topic: 'porch/garage/set', availability_topic: 'porch/there', device: {identifiers: ['porch'], name: 'Porch'}},
	'homeassistant/button/porch/config': {name: 'Bell', unique_id: 'porch_bell', command_topic: 'porch/bell/set', availability_topic: 'porch/there', device: {identifiers: ['porch'], name: 'Porch'}},
};

test('only the device acknowledges, and no door opens late', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Porch', topics: [{filter: 'homeassistant/#', publish: true}, {filter: 'porch/#', publish: true, subscribe: true}]});
	const logger = await connect(await admit(hub, {title: 'Logger', topics: [{filter: '#', subscribe: true}]}));
	await logger.subscribeAsync('porch/#', {qos: 1});
	const porch = await connect(account, {protocolVersion: 5, clean: false, clientId: 'porch', properties: {sessionExpiryInterval: 3600}});
	for (const [topic, body] of Object.entries(PORCH))
		await porch.publishAsync(topic, JSON.stringify(body), {qos: 1, retain: true});
	await porch.publishAsync('porch/there', 'online', {qos: 1, retain: true});
	const {id, entities} = await device(hub, (d) => d.name === 'Porch' && d.online && d.entities.length === 3, 'the porch is there');
	const [lock, garage, bell] = ['lock', 'cover', 'button'].map((component) => entities.find((e) => e.component === component).id);

	// the logger has it, the porch does not listen
	const heard = new Promise((answer) => logger.once('message', (topic) => answer(topic)));
	const sent = await ask(id, lock, {value: 'LOCK'});
	assert.equal(sent.json.state, 'sent');
	assert.ok(sent.json.expires >= sent.json.at + 29000, 'a lock is given half a minute');
	assert.equal(await heard, 'porch/lock/set');
	await settled(logger);
	assert.equal((await entity(hub, id, lock)).desired.state, 'sent');
	await porch.subscribeAsync('porch/+/set', {qos: 1});
	assert.equal((await ask(id, lock, {value: 'LOCK'})).status, 202);
	await entity(hub, id, lock, (e) => e.desired?.state === 'acknowledged');
	await porch.publishAsync('porch/lock', 'LOCKED', {qos: 1});
	await entity(hub, id, lock, (e) => e.desired === null && e.state === 'locked');

	// what is unsafe later is refused, the rest waits
	await porch.publishAsync('porch/there', 'offline', {qos: 1, retain: true});
	await device(hub, (d) => d.id === id && d.online === false, 'the porch is away');
	for (const [name, value] of [[lock, 'UNLOCK'], [garage, 'OPEN'], [garage, 'STOP'], [bell, 'PRESS']]) {
		const refused = await ask(id, name, {value, wait_s: 3600});
		assert.equal(refused.status, 409, refused.text);
		assert.equal(refused.json.code, 'unsafe_late');
	}
	const many = await hub.api('/api/v1/commands', {method: 'POST', cookie: hub.cookie, body: {component: 'cover', value: 'OPEN'}});
	assert.deepEqual(many.json.refused.map(({entity: name, code}) => [name, code]), [[garage, 'unsafe_late']]);
	// the owner knows that it is a shutter
	const classify = (deviceClass, cookie = hub.cookie) => hub.api(`/api/v1/devices/${id}/entities/${garage}`, {method: 'PATCH', cookie, body: {device_class: deviceClass}});
	const wrong = await classify('motion');
	assert.deepEqual([wrong.status, wrong.json.code, wrong.json.field], [422, 'device_class', 'device_class'], wrong.text);
	const shutter = await classify('shutter');
	assert.equal(shutter.status, 200, shutter.text);
	assert.deepEqual(shutter.json.entities.filter((e) => e.id === garage).map((e) => [e.device_class, e.described_class]), [['shutter', 'garage']]);
	const opens = await ask(id, garage, {value: 'OPEN', wait_s: 3600});
	assert.equal(opens.json.state, 'queued', opens.text);
	assert.equal((await takeBack(opens.json.id)).status, 200);
	assert.equal((await classify(null)).status, 200);
	assert.equal((await ask(id, garage, {value: 'OPEN', wait_s: 3600})).json.code, 'unsafe_late');

	const waits = [await ask(id, lock, {value: 'LOCK', wait_s: 3600}), await ask(id, garage, {value: 'CLOSE', wait_s: 3600})];
	assert.deepEqual(waits.map(({json}) => json.state), ['queued', 'queued']);
	for (const {json} of waits)
		assert.equal((await takeBack(json.id)).status, 200);
});

test('what waits is taken back by whom it may', PATIENCE, async () => {
	const shed = await startAgent(hub, {name: 'Shed', area: 'Garden'});
	await device(hub, (d) => d.id === shed.id && d.online && d.entities.some((e) => e.id === 'lamp' && e.state), 'the lamp is there');
	const made = await hub.api('/api/v1/users', {method: 'POST', cookie: hub.cookie,
		body: {name: 'mia', password: 'chosen by mia', role: 'guest', rooms: ['Garden'], must_change: false}});
	assert.equal(made.status, 201, made.text);
	const guest = (await hub.api('/api/v1/login', {method: 'POST', body: {name: 'mia', password: 'chosen by mia'}})).cookie;
	const brightness = async () => (await entity(hub, shed.id, 'lamp')).state.brightness;
	const before = await brightness(), wish = {value: {state: 'ON', brightness: before === 9 ? 8 : 9}, wait_s: 3600};

	const done = await ask(shed.id, 'lamp', {value: {state: 'ON', brightness: before}});
	await entity(hub, shed.id, 'lamp', (e) => e.desired === null);
	const late = await eventually(async () => { // once it is stored
		const answer = await takeBack(done.json.id);
		return answer.status !== 404 && answer;
	}, 'what is over is known');
	assert.deepEqual([late.status, late.json.code], [409, 'command_over']);
	assert.equal((await takeBack(5)).status, 404);

	await shed.stop();
	await device(hub, (d) => d.id === shed.id && d.online === false, 'the shed is away');
	const mine = await ask(shed.id, 'lamp', wish);
	assert.deepEqual([(await takeBack(mine.json.id, guest)).json.code, (await entity(hub, shed.id, 'lamp')).desired.state], ['command_of_another', 'queued']);
	const back = await takeBack(mine.json.id);
	assert.deepEqual([back.status, back.json.state, back.json.until, back.json.expires], [200, 'cancelled', null, null], back.text);
	const theirs = await ask(shed.id, 'lamp', wish, guest);
	assert.equal((await takeBack(theirs.json.id, guest)).status, 200);
	const third = await ask(shed.id, 'lamp', wish);
	const row = new RegExp(`${third.json.id} +now +${shed.id}/lamp .* queued `);
	await eventually(async () => row.test((await ctl('command', 'list', shed.id)).stdout), 'it is listed'); // once it is stored
	assert.match((await ctl('command', 'cancel', String(third.json.id))).stdout, /lamp is not asked any more/);
	await eventually(async () => /It is over already/.test((await ctl('command', 'cancel', String(third.json.id))).stderr), 'it is over');

	await hub.restart();
	const kept = (await hub.get(`/api/v1/commands?device=${shed.id}&state=cancelled`)).commands;
	assert.deepEqual(kept.map(({by, reason}) => [by, reason.replace(/.* by /, '')]), [[kept[0].by, 'tomtectl'], ['mia', 'mia'], [kept[0].by, kept[0].by]]);
	assert.equal((await entity(hub, shed.id, 'lamp')).desired, null);
	await shed.start();
	await device(hub, (d) => d.id === shed.id && d.online && d.entities.some((e) => e.id === 'lamp' && e.state), 'the lamp is back');
	const word = await ask(shed.id, 'lamp', {value: {state: 'ON', brightness: before}}); // behind what else may come
	await eventually(async () => (await hub.get(`/api/v1/commands?device=${shed.id}&state=confirmed`)).commands.some(({id}) => id === word.json.id), 'the lamp obeys');
	assert.equal((await hub.get(`/api/v1/commands?device=${shed.id}`)).commands.filter(({state}) => state === 'confirmed').length, 2, 'nothing else came');
	await shed.stop();
});

test('a flood of descriptions is counted, told once, and costs its sender', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Mad', topics: [{filter: 'homeassistant/#', publish: true}, {filter: 'mad/#', publish: true}]});
	const mad = await connect(account), calm = await connect(await admit(hub, {title: 'Calm', topics: [{filter: 'homeassistant/#', publish: true}, {filter: 'calm/#', publish: true}]}));
	const about = (name, i) => JSON.stringify({name: `N${i}`, unique_id: `${name}_s`, state_topic: `${name}/s`, device: {identifiers: [name], name: name.toUpperCase()}});
	for (let i = 0; i < 15000; i++)
		mad.publish('homeassistant/sensor/mad/config', about('mad', i), {qos: 0});
	await settled(mad);
	const count = async () => Number(/^tomte_house_descriptions_refused_total (\d+)$/m.exec((await hub.api('/metrics', {cookie: hub.cookie})).text)?.[1]);
	await eventually(async () => await count() > 0, 'what is too much is refused');
	await calm.publishAsync('homeassistant/sensor/calm/config', about('calm', 1), {qos: 1});
	await device(hub, (d) => d.name === 'CALM', 'others are heard');
	const alerts = await eventually(async () => { // once it is stored
		const found = (await hub.get('/api/v1/alerts')).alerts.filter(({kind}) => kind === 'flood');
		return found.length > 0 && found;
	}, 'the owner is told');
	assert.equal(alerts.length, 1);
	assert.match(alerts[0].text, new RegExp(`^${account.client} describes devices without end`));
});
