/* Other hardware in a device's place, and new credentials for the same: the real hub and the real agent. What was the device is out at
 * once, what is it now goes on with the same id and the same history. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {access, readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {audited, eventually, run, buildDir, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {openStream} from '../support/request.mjs';

const PATIENCE = {timeout: 120000};
let hub;
before(async () => {
	hub = await startHub();
	await hub.setUp();
});
after(stopAll);

const device = (id) => hub.get(`/api/v1/devices/${id}`);
const entityOf = (d, id) => d.entities.find((one) => one.id === id);
const post = (route, body = {}, method = 'POST') => hub.api(route, {method, cookie: hub.cookie, body});

/** The device, once it is as wanted. */
const settled = (id, wanted, what) => eventually(async () => {
	const d = await device(id);
	return wanted(d) && d;
}, what);

const points = (series) => hub.points(series, 'from=first&width=4000');

test('another board takes the place: the old one is out, the history goes on', PATIENCE, async () => {
	const old = await startAgent(hub, {name: 'Shed', area: 'Garden', simulate: {lamp: 'Lamp', thermometer: 'Temperature'}});
	const before_ = await settled(old.id, (d) => d.online && entityOf(d, 'temperature')?.series, 'the old board reports');
	const series = entityOf(before_, 'temperature').series;
	await eventually(async () => (await points(series)).length >= 2, 'some history');
	const history = await points(series);
	const group = await post('/api/v1/groups', {name: 'Lamps', members: [{device: old.id, entity: 'lamp'}]});
	assert.equal(group.status, 201, group.text);

	const made = await post(`/api/v1/devices/${old.id}/key`);
	assert.equal(made.status, 201, made.text);
	assert.match(made.json.qr, /^TOMTE1:/);
	assert.match(made.json.qr_svg, /<svg/);
	const listed = (await hub.get('/api/v1/keys')).keys.find((key) => key.kid === made.json.kid);
	assert.equal(listed.replaces, old.id);
	assert.equal(listed.device, null);
	const again = await post(`/api/v1/devices/${old.id}/key`);
	assert.equal((await hub.get('/api/v1/keys')).keys.find((key) => key.kid === made.json.kid).state, 'revoked', 'one key a place');

	const from = old.daemon.log.length;
	const oldToken = (await old.credentials()).token;
	const fresh = await startAgent(hub, {code: again.json.code, name: 'A new board', area: 'Cellar', simulate: {lamp: 'Lamp', thermometer: 'Temperature', door: 'Hatch'}});
	assert.equal(fresh.id, old.id, 'it is the same device');
	assert.notEqual((await fresh.credentials()).token, oldToken);
	await old.daemon.waitLog(/hub: lost/, from);
	await old.daemon.waitLog(/refuses this device's credentials/, from);

	const now = await settled(old.id, (d) => d.online && entityOf(d, 'hatch') && entityOf(d, 'temperature')?.state !== null, 'the new board reports');
	assert.equal(now.name, 'Shed');
	assert.equal(now.area, 'Garden');
	assert.equal(now.parting, null);
	assert.equal(entityOf(now, 'temperature').series, series, 'the same series');
	await eventually(async () => (await points(series)).some(([at]) => at > history.at(-1)[0] + 500), 'the history goes on');
	assert.deepEqual((await points(series)).slice(0, history.length), history, 'what was there before is there');
	assert.deepEqual((await hub.get(`/api/v1/groups/${group.json.id}`)).members, [{device: old.id, entity: 'lamp'}]);
	const lit = await post(`/api/v1/devices/${old.id}/entities/lamp/command`, {value: 'ON'});
	assert.equal(lit.status, 202, lit.text);
	await settled(old.id, (d) => entityOf(d, 'lamp').state?.state === 'ON', 'the new board obeys');
	assert.equal((await hub.get('/api/v1/devices')).devices.length, 1);
	assert.equal((await hub.get('/api/v1/keys')).keys.find((key) => key.kid === again.json.kid).state, 'bound');
	assert.deepEqual((await hub.get('/api/v1/alerts')).alerts.filter((alert) => alert.closed === null), [], 'nobody was lost');
	assert.ok(await audited(hub, 'device_replaced'));
	await old.stop();

	const used = await run(path.join(buildDir, 'tomte-agent'), [...old.args, 'join', again.json.code, `127.0.0.1:${hub.httpPort}`], {mayFail: true});
	assert.equal(used.code, 1, 'a code works once');
	assert.match(used.stderr, /refuses/);
	await fresh.stop();
});

test('an agent renews its credentials when it is told to', PATIENCE, async () => {
	const agent = await startAgent(hub, {name: 'Attic'});
	const seen = await settled(agent.id, (d) => d.online && d.renewable, 'it says that it can');
	const before_ = await agent.credentials();
	const seed = await readFile(path.join(agent.stateDir, 'identity.seed'), 'utf8');
	const {cursor} = await hub.get('/api/v1/devices');
	const live = openStream(new URL(`/api/v1/live?cursor=${cursor}`, hub.url), {cookie: hub.cookie});
	const from = agent.daemon.log.length;
	const told = await post(`/api/v1/devices/${agent.id}/credentials`);
	assert.equal(told.status, 202, told.text);
	await live.next((e) => e.event === 'key' && e.data.kid === told.json.kid && e.data.state === 'bound');
	await agent.daemon.waitLog(/the credentials are renewed/, from);
	const now = await agent.credentials();
	assert.notEqual(now.token, before_.token);
	assert.equal(now.device_id, before_.device_id);
	assert.equal(await readFile(path.join(agent.stateDir, 'identity.seed'), 'utf8'), seed, 'it is who it was');
	await assert.rejects(access(path.join(agent.stateDir, 'renewal.code')), 'the order is forgotten');
	await settled(agent.id, (d) => d.online, 'it is back');
	await agent.daemon.waitLog(/the credentials are renewed[^]*hub: connected/, from);
	assert.equal((await device(agent.id)).enrolled >= seen.enrolled, true);
	assert.ok(!agent.daemon.log.includes(now.token) && !hub.daemon.log.includes(now.token));
	live.close();

	/* a power cut between the hub's decision and the device's disk: it has the old credentials and the order */
	await agent.kill();
	await settled(agent.id, (d) => !d.online, 'its last will told');
	const stale = JSON.stringify(before_);
	const order = await hub.ctl('device', 'replace', agent.id, '--code-only');
	await writeFile(path.join(agent.stateDir, 'credentials.json'), stale);
	await writeFile(path.join(agent.stateDir, 'renewal.code'), `TOMTE1:${order.trim()}:127.0.0.1:${hub.httpPort}`);
	await agent.start();
	const mended = await agent.credentials();
	assert.notEqual(mended.token, before_.token);
	assert.notEqual(mended.token, now.token);

	/* one that leads elsewhere is left alone */
	await settled(agent.id, (d) => d.online, 'it is back');
	const stranger = await startHub();
	await stranger.setUp();
	const other = (await stranger.ctl('key', 'new', '--name', 'Elsewhere', '--code-only')).trim();
	await agent.kill();
	await settled(agent.id, (d) => !d.online, 'its last will told');
	await writeFile(path.join(agent.stateDir, 'renewal.code'), `TOMTE1:${other}:127.0.0.1:${stranger.httpPort}`);
	await agent.start();
	await agent.daemon.waitLog(/is another hub than the one that this device has joined/);
	assert.deepEqual(await agent.credentials(), mended);
	assert.deepEqual((await stranger.get('/api/v1/devices')).devices, []);
	await stranger.stop();
	await settled(agent.id, (d) => d.online, 'it is back'); /* who was never back can only be lost */

	await agent.stop();
	await settled(agent.id, (d) => d.online === false, 'it has gone');
	assert.equal((await device(agent.id)).parting, 'goodbye');
	const late = await post(`/api/v1/devices/${agent.id}/credentials`);
	assert.equal(late.status, 409, late.text);
	assert.equal(late.json.code, 'offline');
});

test('revoked credentials end the connection, and a code brings the device back', PATIENCE, async () => {
	const agent = await startAgent(hub, {name: 'Porch'});
	const seen = await settled(agent.id, (d) => d.online && entityOf(d, 'temperature')?.series, 'it reports');
	const from = agent.daemon.log.length;
	const revoked = await post(`/api/v1/devices/${agent.id}/credentials`, undefined, 'DELETE');
	assert.equal(revoked.status, 204, revoked.text);
	const cut = await device(agent.id);
	assert.equal(cut.online, false);
	assert.equal(cut.parting, 'revoked');
	assert.equal(cut.lost, false);
	await agent.daemon.waitLog(/refuses this device's credentials/, from);
	await hub.restart();
	assert.equal((await device(agent.id)).parting, 'revoked');
	assert.match(await hub.ctl('device', agent.id), /Went +credentials were revoked/);
	await agent.kill();
	const code = (await hub.ctl('device', 'replace', agent.id, '--code-only')).trim();
	await run(path.join(buildDir, 'tomte-agent'), [...agent.args, 'join', code, `127.0.0.1:${hub.httpPort}`]);
	await agent.start();
	const back = await settled(agent.id, (d) => d.online, 'it is back');
	assert.equal(entityOf(back, 'temperature').series, entityOf(seen, 'temperature').series);
	await agent.kill();
	await settled(agent.id, (d) => d.parting === 'will', 'its last will told');
});

test('a spare board that was another device leaves that without one', PATIENCE, async () => {
	const kept = await startAgent(hub, {name: 'Hall'}), spare = await startAgent(hub, {name: 'Spare'});
	const spareId = spare.id;
	await settled(kept.id, (d) => d.online, 'it is there');
	await settled(spareId, (d) => d.online, 'and the spare one');
	/* the spare board with the identity that it has: what it joins with is its own seed */
	await spare.kill();
	await settled(spareId, (d) => !d.online, 'its last will told');
	await writeFile(path.join(spare.stateDir, 'joining.seed'), await readFile(path.join(spare.stateDir, 'identity.seed')));
	const code = (await hub.ctl('device', 'replace', kept.id, '--code-only')).trim();
	await run(path.join(buildDir, 'tomte-agent'), [...spare.args, 'join', code, `127.0.0.1:${hub.httpPort}`]);
	await spare.start();
	assert.equal((await spare.credentials()).device_id, kept.id);
	await settled(kept.id, (d) => d.online, 'it is the hall now');
	const left = await device(spareId);
	assert.equal(left.online, false);
	assert.equal(left.parting, 'moved');
	await hub.ctl('device', 'revoke', kept.id);
	assert.equal((await device(kept.id)).parting, 'revoked');
});

test('an agent goes on while a hub that it asks for new credentials says nothing', PATIENCE, async (t) => {
	const agent = await startAgent(hub, {name: 'Loft'});
	await settled(agent.id, (d) => d.online, 'it is there');
	await agent.kill();
	await settled(agent.id, (d) => !d.online, 'its last will told');

	/* MQTT gets through, HTTP does not */
	const asked = [];
	const mute = net.createServer((socket) => asked.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
	t.after(() => { mute.close(); asked.forEach((socket) => socket.destroy()); });
	await once(mute, 'listening');
	const code = (await hub.ctl('device', 'replace', agent.id, '--code-only')).trim();
	await writeFile(path.join(agent.stateDir, 'renewal.code'), `TOMTE1:${code}:127.0.0.1:${mute.address().port}`);
	await agent.start();
	await eventually(() => asked.length > 0, 'it asks');
	let over = false;
	asked[0].on('close', () => { over = true; }).resume();
	await settled(agent.id, (d) => d.online, 'it is back');
	const lit = await post(`/api/v1/devices/${agent.id}/entities/lamp/command`, {value: 'ON'});
	assert.equal(lit.status, 202, lit.text);
	await settled(agent.id, (d) => entityOf(d, 'lamp').state?.state === 'ON', 'it obeys');
	assert.equal(over, false, 'it asks still');

	const from = agent.daemon.log.length;
	await agent.stop();
	await eventually(() => over, 'who has asked is gone with it');
	assert.ok(!agent.daemon.log.slice(from).includes('cannot renew'), 'it did not wait for the end of that');
	await access(path.join(agent.stateDir, 'renewal.code'));
});
