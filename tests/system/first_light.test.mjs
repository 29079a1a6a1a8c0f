/* The whole way through with the real hub and agent: enrolment, telemetry,
 * a command and its confirmation, the last will's alert, kill -9 of the hub. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {openStream} from '../support/request.mjs';

let hub, agent, live;

before(async () => {
	hub = await startHub();
	await hub.setUp();
});
after(stopAll);

const device = async () => (await hub.get('/api/v1/devices')).devices.find((d) => d.id === agent.id);
const entity = (d, component) => d.entities.find((e) => e.component === component);

test('an agent enrols over HTTP and describes itself', async () => {
	const {cursor} = await hub.get('/api/v1/devices');
	live = openStream(new URL(`/api/v1/live?cursor=${cursor}`, hub.url), {cookie: hub.cookie});
	agent = await startAgent(hub, {name: 'Reading lamp', area: 'Living room'});
	const arrived = await live.next((e) => e.event === 'device' && e.data.id === agent.id && e.data.online && e.data.entities.length >= 2);
	assert.equal(arrived.data.name, 'Reading lamp');
	assert.equal(arrived.data.area, 'Living room');
	const keys = await eventually(async () => {
		const {keys} = await hub.get('/api/v1/keys');
		return keys[0]?.state === 'bound' && keys;
	}, 'the first MQTT login burns the key');
	assert.equal(keys.length, 1);
	assert.equal(keys[0].device, agent.id);
});

test('its samples are on the disk and in the API', async () => {
	const arrived = await live.next((e) => e.event === 'points');
	assert.ok(arrived.data.points.length > 0);
	const sensor = entity(await device(), 'sensor');
	assert.equal(sensor.unit, '°C');
	const now = Date.now();
	/* the page is told at once, the disk needs a moment */
	const query = () => `from=${now - 60000}&to=${Date.now() + 1000}&width=600`;
	await eventually(async () => (await hub.points(sensor.series, query())).length > 0, 'the first sample is in the API');
	const {points, raw} = await hub.get(`/api/v1/series/${sensor.series}/points?${query()}`);
	assert.equal(raw, true);
	assert.ok(points.length > 0);
	for (const [at, value] of points) {
		assert.ok(at > now - 60000 && at <= Date.now());
		assert.ok(value > -40 && value < 60);
	}
});

test('a command reaches the lamp and is confirmed by its report', async () => {
	const lamp = entity(await device(), 'light');
	const wanted = {state: 'ON', brightness: 77, color: {r: 255, g: 140, b: 20}};
	const route = `/api/v1/devices/${agent.id}/entities/${lamp.id}/command`;
	const answer = await hub.api(route, {method: 'POST', cookie: hub.cookie, body: {value: wanted}});
	assert.equal(answer.status, 202, answer.text);
	const confirmed = await live.next((e) => e.event === 'command' && e.data.id === answer.json.id && e.data.state === 'confirmed');
	assert.ok(confirmed.data.took_ms >= 0);
	assert.deepEqual({...entity(await device(), 'light').state, color_mode: undefined}, {...wanted, color_mode: undefined});
});

test('nonsense as a command is refused with a reason and changes nothing', async () => {
	const lamp = entity(await device(), 'light');
	const route = `/api/v1/devices/${agent.id}/entities/${lamp.id}/command`;
	for (const value of ['PURPLE', {state: 'ON', brightness: 4711}, {brightness: 'very'}, 12, null, [], {color: {r: 1}}]) {
		const answer = await hub.api(route, {method: 'POST', cookie: hub.cookie, body: {value}});
		assert.equal(answer.status, 422, `${JSON.stringify(value)}: ${answer.text}`);
		assert.ok(answer.json.detail.length > 10, answer.text);
	}
	assert.equal(entity(await device(), 'light').state.brightness, 77);
});

test('kill -9 of the agent opens an alert through its last will', async () => {
	await agent.kill('SIGKILL');
	const opened = await live.next((e) => e.event === 'alert' && e.data.device === agent.id);
	assert.equal(opened.data.kind, 'offline');
	assert.equal(opened.data.closed, null);
	const d = await device();
	assert.equal(d.online, false);
	assert.equal(d.lost, true);
	const lamp = entity(d, 'light');
	const route = `/api/v1/devices/${agent.id}/entities/${lamp.id}/command`;
	const refused = await hub.api(route, {method: 'POST', cookie: hub.cookie, body: {value: {state: 'OFF'}, wait_s: 0}});
	assert.equal(refused.status, 409);
	for (const wait_s of [-1, 1.5, 'long', 604801])
		assert.equal((await hub.api(route, {method: 'POST', cookie: hub.cookie, body: {value: {state: 'OFF'}, wait_s}})).status, 422);
	const waiting = await hub.api(route, {method: 'POST', cookie: hub.cookie, body: {value: {brightness: 33}}});
	assert.equal(waiting.status, 202);
	assert.equal(waiting.json.state, 'queued');
});

test('the alert closes by itself when the device returns; both are kept', async () => {
	await agent.start();
	const [closed, done] = await live.all((e) => e.event === 'alert' && e.data.device === agent.id && e.data.closed !== null,
		(e) => e.event === 'command' && e.data.state === 'confirmed' && e.data.value.brightness === 33);
	assert.ok(closed.data.closed >= closed.data.opened);
	const {alerts} = await hub.get('/api/v1/alerts');
	assert.equal(alerts.length, 1);
	assert.equal(alerts[0].closed, closed.data.closed);
	assert.ok(done.data.took_ms > 0, 'what was asked meanwhile is done');
	const lamp = entity(await eventually(async () => { const d = await device(); return d.online && d; }, 'the device is online'), 'light');
	assert.equal(lamp.state.brightness, 33);
});

test('kill -9 of the hub: devices, samples, session and alerts are back, and the agent returns', async () => {
	const before = await device();
	const sensor = entity(before, 'sensor');
	const now = Date.now();
	const old = (await hub.get(`/api/v1/series/${sensor.series}/points?from=${now - 600000}&to=${now}&width=4096`)).points;
	live.close();
	await hub.kill('SIGKILL');
	await hub.start();
	const after = await device();
	assert.equal(after.name, before.name);
	assert.equal(after.entities.length, before.entities.length);
	const again = (await hub.get(`/api/v1/series/${sensor.series}/points?from=${now - 600000}&to=${now}&width=4096`)).points;
	assert.deepEqual(again.slice(0, old.length), old);
	assert.equal((await hub.get('/api/v1/alerts')).alerts.length, 1);
	const d = await eventually(async () => { const x = await device(); return x.online && x; }, 'the agent is back');
	assert.equal(d.online, true);
});

test('live events resume where the browser left off', async () => {
	const {cursor} = await hub.get('/api/v1/devices');
	const url = new URL(`/api/v1/live?cursor=${cursor}`, hub.url);
	const all = openStream(url, {cookie: hub.cookie});
	const half = openStream(url, {cookie: hub.cookie});
	const first = await half.next();
	half.close();
	await all.next((e) => e.event === 'points');
	await all.next((e) => e.event === 'points');
	const rest = openStream(new URL('/api/v1/live', hub.url), {cookie: hub.cookie, lastEventId: first.id});
	const next = await rest.next();
	const [boot, number] = first.id.split('-');
	assert.equal(next.id, `${boot}-${Number(number) + 1}`);
	all.close();
	rest.close();
	const foreign = openStream(new URL('/api/v1/live', hub.url), {cookie: hub.cookie, lastEventId: 'abcdefgh-12'});
	assert.equal((await foreign.next()).event, 'reset', 'an id of another life asks the page to fetch anew');
	foreign.close();
});

test('a clean stop greys the device without an alert', async () => {
	await agent.kill('SIGTERM');
	const d = await eventually(async () => { const x = await device(); return x.online === false && x; }, 'the device is offline');
	assert.equal(d.lost, false);
	assert.equal((await hub.get('/api/v1/alerts')).alerts.length, 1);
});

test('an erased device is gone with its credentials, and cannot come back', async () => {
	const removed = await hub.api(`/api/v1/devices/${agent.id}`, {method: 'DELETE', cookie: hub.cookie});
	assert.equal(removed.status, 204);
	assert.equal(await device(), undefined);
	const again = agent.launch();
	await again.waitLog(/refuses this device's credentials/);
	await agent.discard();
});

test('the hub stops cleanly', () => hub.stop());
