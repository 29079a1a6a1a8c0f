/* A device of others in the place of another one, at a real hub: the one that stays keeps id, name, room, groups and history, whatever the
 * new one calls itself and its entities. And those that have taken themselves away: they can be replaced, or erased. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {audited, eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {admit, command, device, entity} from '../support/others.mjs';
import {Zigbee2mqtt, zigbeeDevices} from '../support/zigbee2mqtt.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const PATIENCE = {timeout: 120000};
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

const ask = (method, route, body) => hub.api(route, {method, cookie: hub.cookie, body});
const ids = async () => (await hub.get('/api/v1/devices')).devices.map((d) => d.id).sort();
const points = async (series) => (await hub.points(series, 'from=first&width=4000')).map(([, value]) => value);
const recorded = (series, wanted) => eventually(async () => {
	const values = await points(series);
	return JSON.stringify(values) === JSON.stringify(wanted) && values;
}, `${JSON.stringify(wanted)} is recorded`);

async function connect(account) {
	const client = mqtt.connect(account.url, {username: account.username, password: account.password, reconnectPeriod: 0});
	clients.add(client);
	client.on('error', () => {});
	await once(client, 'connect');
	return client;
}

test('a Zigbee sensor takes the place of one that is broken', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Zigbee2MQTT', kind: 'zigbee2mqtt'});
	const [coordinator, sensor] = await zigbeeDevices('Weather');
	const bridge = new Zigbee2mqtt(account.url, {devices: [coordinator, {...sensor, friendly_name: 'Old'}], username: account.username, password: account.password});
	await bridge.start();
	clients.add(bridge.client);
	const old = await device(hub, (d) => d.name === 'Old' && d.online, 'the old one is there');
	await ask('PATCH', `/api/v1/devices/${old.id}`, {name: 'Nursery', area: 'Upstairs'});
	await bridge.report('Old', {temperature: 20.5, linkquality: 80});
	const {series} = await entity(hub, old.id, 'temperature', (e) => e.state === 20.5 && e.series);
	await recorded(series, [20.5]);

	await bridge.join({...sensor, friendly_name: 'New', ieee_address: '0x00158d00deadbeef'});
	const fresh = await device(hub, (d) => d.name === 'New' && d.online, 'the new one is there');
	await bridge.report('New', {temperature: 21, linkquality: 120});
	const spare = (await entity(hub, fresh.id, 'temperature', (e) => e.state === 21 && e.series)).series;
	await recorded(spare, [21]);

	const preview = await hub.get(`/api/v1/devices/${old.id}/replacement?with=${fresh.id}`);
	assert.deepEqual(preview.kept.map((e) => e.entity).sort(), old.entities.map((e) => e.id).sort());
	assert.deepEqual([preview.lost, preview.fresh], [[], []]);
	assert.ok((await ids()).includes(fresh.id), 'a preview changes nothing');
	const done = await ask('POST', `/api/v1/devices/${old.id}/replacement`, {with: fresh.id});
	assert.equal(done.status, 200, done.text);
	await eventually(() => audited(hub, 'device_merged'), 'the audit log has it');
	assert.ok(!await audited(hub, 'device_replaced'), 'no other hardware has used a code');
	assert.deepEqual(done.json, preview);
	await bridge.heard('bridge/request/device/remove');
	const now = await hub.get(`/api/v1/devices/${old.id}`);
	assert.equal(now.name, 'Nursery');
	assert.equal(now.area, 'Upstairs');
	assert.equal(now.online, true);
	assert.equal(now.entities.find((e) => e.id === 'temperature').state, 21, 'what it has said just now counts');
	assert.ok(!(await ids()).includes(fresh.id));
	await bridge.report('New', {temperature: 22});
	await recorded(series, [20.5, 22]);
	await eventually(async () => !(await hub.get('/api/v1/series')).series.some((one) => one.id === spare), 'its own entry is gone, history and all');

	await hub.restart();
	await bridge.start();
	clients.add(bridge.client);
	await bridge.report('New', {temperature: 23});
	await recorded(series, [20.5, 22, 23]);
	assert.deepEqual((await hub.get('/api/v1/devices')).devices.filter((d) => d.name === 'New' || d.name === 'Old'), [], 'nor does it come back');
});

/** A board that describes itself for Home Assistant; each calls its entities after itself. */
async function describe(client, board, extra = {}) {
	const components = {
		t: {p: 'sensor', name: 'Temperature', device_class: 'temperature', unit_of_measurement: '°C', state_topic: `${board}/t`, unique_id: `${board}_t`},
		r: {p: 'switch', name: 'Relay', state_topic: `${board}/r`, command_topic: `${board}/r/set`, unique_id: `${board}_r`}, ...extra,
	};
	await client.publishAsync(`homeassistant/device/${board}/config`, JSON.stringify({
		dev: {ids: [board], name: board}, o: {name: 'test'}, availability_topic: `${board}/status`, cmps: components,
	}), {retain: true, qos: 1});
	await client.publishAsync(`${board}/status`, 'online', {retain: true, qos: 1});
}

const PREFIXES = ['one/#', 'two/#', 'three/#', 'homeassistant/#'].map((filter) => ({filter, publish: true, subscribe: true}));

test('a dead Zigbee device that is erased stays away', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Another bridge', topics: [{filter: 'cellar/#', publish: true, subscribe: true}]});
	const [coordinator, sensor] = await zigbeeDevices('Weather');
	const dead = {...sensor, friendly_name: 'Dead', ieee_address: '0x00158d00000000dd'};
	const bridge = new Zigbee2mqtt(account.url, {base: 'cellar', devices: [coordinator, dead], username: account.username, password: account.password});
	bridge.dead.add(dead.ieee_address);
	await bridge.start();
	clients.add(bridge.client);
	const seen = await device(hub, (d) => d.name === 'Dead', 'it is there');
	assert.equal((await ask('DELETE', `/api/v1/devices/${seen.id}`)).status, 204);
	await eventually(() => !bridge.knows('Dead'), 'its bridge has forgotten it');
	await bridge.tellDevices();
	await bridge.join({...sensor, friendly_name: 'Alive', ieee_address: '0x00158d00000000aa'});
	await device(hub, (d) => d.name === 'Alive', 'the list was read');
	assert.ok(!(await ids()).includes(seen.id), 'it is not back');
	await bridge.join(dead);
	await device(hub, (d) => d.name === 'Dead', 'a sign of life brings it back');
});

test('what the new board calls its entities does not matter', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Boards', topics: PREFIXES});
	const client = await connect(account);
	await describe(client, 'one', {h: {p: 'sensor', name: 'Humidity', device_class: 'humidity', unit_of_measurement: '%', state_topic: 'one/h', unique_id: 'one_h'}});
	const old = await device(hub, (d) => d.name === 'one' && d.online && d.entities.length === 3, 'the first board');
	await client.publishAsync('one/t', '18', {qos: 1});
	const before_ = await entity(hub, old.id, 'Temperature', (e) => e.state === 18 && e.series);
	const relay = old.entities.find((e) => e.component === 'switch');
	await recorded(before_.series, [18]);
	const group = await ask('POST', '/api/v1/groups', {name: 'Relays', members: [{device: old.id, entity: relay.id}]});
	assert.equal(group.status, 201, group.text);
	const series = (await hub.get('/api/v1/series')).series.length;

	await describe(client, 'two', {v: {p: 'sensor', name: 'Voltage', device_class: 'voltage', unit_of_measurement: 'V', state_topic: 'two/v', unique_id: 'two_v'}});
	const fresh = await device(hub, (d) => d.name === 'two' && d.online && d.entities.length === 3, 'the second board');
	const shown = await hub.ctl('device', 'replace', old.id, '--with', fresh.id, '--dry-run');
	assert.match(shown, /Goes on +Temperature \(there called .*two_t.*\)\n +Relay/);
	assert.match(shown, /Ends +Humidity, its history stays/);
	assert.match(shown, /New +Voltage/);
	await hub.ctl('device', 'replace', old.id, '--with', fresh.id);
	const now = await hub.get(`/api/v1/devices/${old.id}`);
	assert.deepEqual(now.entities.map((e) => e.name).sort(), ['Relay', 'Temperature', 'Voltage']);
	await client.publishAsync('two/t', '19', {qos: 1});
	await recorded(before_.series, [18, 19]);
	assert.equal((await hub.get('/api/v1/series')).series.length, series, 'humidity stays in the history');

	const heard = once(client, 'message');
	await client.subscribeAsync('two/r/set', {qos: 1});
	client.on('message', (topic, payload) => topic === 'two/r/set' && client.publish('two/r', payload, {qos: 1}));
	await command(hub, old.id, relay.id, 'ON');
	await heard;
	assert.deepEqual((await hub.get(`/api/v1/groups/${group.json.id}`)).members, [{device: old.id, entity: relay.id}]);

	// also after a restart, and in the place of the second a third
	await hub.restart();
	const again = await connect(account);
	await describe(again, 'two');
	await again.publishAsync('two/t', '20', {qos: 1});
	await recorded(before_.series, [18, 19, 20]);
	await describe(again, 'three');
	const third = await device(hub, (d) => d.name === 'three' && d.online, 'the third board');
	assert.equal((await ask('POST', `/api/v1/devices/${old.id}/replacement`, {with: third.id})).status, 200);
	await again.publishAsync('three/t', '21', {qos: 1});
	await recorded(before_.series, [18, 19, 20, 21]);
	await again.publishAsync('two/t', '99', {qos: 1});
	await again.publishAsync('three/t', '22', {qos: 1});
	await recorded(before_.series, [18, 19, 20, 21, 22]);
	await again.endAsync();
});

test('one that has taken itself away is replaced, or erased', PATIENCE, async () => {
	const account = await admit(hub, {title: 'More boards', topics: ['four/#', 'five/#', 'six/#', 'homeassistant/#'].map((filter) => ({filter, publish: true, subscribe: true}))});
	const client = await connect(account);
	const former = async () => (await hub.get('/api/v1/former-devices')).devices.map((d) => d.id);
	const arrive = async (board) => {
		await describe(client, board);
		const d = await device(hub, (one) => one.name === board && one.online, `${board} is there`);
		await client.publishAsync(`${board}/t`, '5', {qos: 1});
		return {id: d.id, series: (await entity(hub, d.id, 'Temperature', (e) => e.state === 5 && e.series)).series};
	};
	const leave = async (board, id) => {
		await client.publishAsync(`homeassistant/device/${board}/config`, '', {retain: true, qos: 1});
		await eventually(async () => !(await ids()).includes(id), 'it has gone');
	};
	const four = await arrive('four');
	await recorded(four.series, [5]);
	await leave('four', four.id);
	assert.deepEqual(await former(), [four.id]);
	assert.equal((await hub.api(`/api/v1/devices/${four.id}`, {cookie: hub.cookie})).status, 404);
	await hub.restart();
	assert.deepEqual(await former(), [four.id], 'also after a restart');
	clients.add(client);

	const fresh = await connect(account);
	await describe(fresh, 'five');
	const five = await device(hub, (d) => d.name === 'five' && d.online, 'five is there');
	const done = await ask('POST', `/api/v1/devices/${four.id}/replacement`, {with: five.id});
	assert.equal(done.status, 200, done.text);
	assert.deepEqual(await former(), []);
	await fresh.publishAsync('five/t', '6', {qos: 1});
	await recorded(four.series, [5, 6]);
	assert.equal((await hub.get(`/api/v1/devices/${four.id}`)).name, 'four');

	await fresh.publishAsync('homeassistant/device/five/config', '', {retain: true, qos: 1});
	await eventually(async () => (await former())[0] === four.id, 'it has gone again');
	assert.equal((await ask('DELETE', `/api/v1/devices/${four.id}`)).status, 204);
	assert.deepEqual(await former(), []);
	assert.equal((await hub.get('/api/v1/series')).series.some((one) => one.id === four.series), false);
	assert.equal((await ask('DELETE', `/api/v1/devices/${four.id}`)).status, 404);
	await describe(fresh, 'five');
	const back = await device(hub, (d) => d.name === 'five' && d.online, 'who describes itself again is new');
	assert.notEqual(back.id, four.id);
});

test('what cannot take a place is told so', PATIENCE, async () => {
	const agent = await startAgent(hub, {name: 'Ours'});
	const other = await device(hub, (d) => d.name === 'five', 'one of others');
	for (const [id, wanted] of [[agent.id, other.id], [other.id, agent.id], [other.id, other.id]]) {
		const answer = await ask('POST', `/api/v1/devices/${id}/replacement`, {with: wanted});
		assert.equal(answer.status, 422, answer.text);
		assert.equal(answer.json.code, 'not_replaceable');
	}
	assert.equal((await ask('POST', `/api/v1/devices/${other.id}/replacement`, {with: 'nobody'})).status, 404);
	assert.equal((await ask('POST', `/api/v1/devices/${other.id}/replacement`, {})).status, 422);
	assert.equal((await ask('POST', `/api/v1/devices/${other.id}/key`, {})).json.code, 'of_others');
	assert.equal((await ask('DELETE', `/api/v1/devices/${other.id}/credentials`)).json.code, 'of_others');
	assert.equal((await ask('POST', `/api/v1/devices/${other.id}/credentials`, {})).json.code, 'not_renewable');
	assert.equal((await ask('POST', '/api/v1/devices/nobody/key', {})).status, 404);
	await agent.stop();
});
