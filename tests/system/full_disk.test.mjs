/* A disk that is full for real: a small tmpfs that the test fills and gives back. Live routing goes on, 5.0 clients are
 * told 0x97, those of 3.1.1 hear nothing until it is true, the owner is alerted, and with room again all goes on by
 * itself; kill -9 afterwards loses nothing that was acknowledged. Needs root, to mount. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, fsyncSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync} from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {startHubWithDevice} from '../support/clients.mjs';
import {Daemon, buildDir, eventually, stopAll} from '../support/hub.mjs';
import {freePorts} from '../support/ports.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const QUOTA_EXCEEDED = 0x97;
const PAYLOAD_BYTES = 60000; // the journal's open file, which has its room, is full after some of them
const PATIENCE = {timeout: 180000};

const mounts = new Set(), clients = new Set(), daemons = new Set();
after(async () => {
	for (const client of clients)
		client.end(true);
	await stopAll();
	for (const daemon of daemons)
		await daemon.kill();
	for (const disk of [...mounts])
		disk.unmount();
});
process.on('exit', () => {
	for (const disk of [...mounts])
		disk.unmount();
});

/** A disk of its own, or undefined where none can be mounted: then the test is skipped. */
function mountDisk(t, megabytes) {
	const dir = mkdtempSync(path.join(os.tmpdir(), 'tomte-disk-'));
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tomte-test', dir], {stdio: 'pipe'});
	} catch (error) {
		rmdirSync(dir);
		t.skip(`no tmpfs can be mounted: ${String(error.stderr || error.message).trim()}`);
		return undefined;
	}
	const filler = path.join(dir, 'filler');
	const disk = {
		dir,
		/** Takes all room that there is. */
		fill() {
			const fd = openSync(filler, 'a');
			for (let bytes = 1 << 20; bytes >= 4096;) {
				try {
					if (writeSync(fd, Buffer.alloc(bytes)) < bytes)
						bytes = 4096;
				} catch (error) {
					assert.equal(error.code, 'ENOSPC');
					bytes >>= 1;
				}
			}
			fsyncSync(fd);
			closeSync(fd);
		},
		giveBack: () => rmSync(filler, {force: true}),
		unmount() {
			mounts.delete(disk);
			execFileSync('umount', ['-l', dir], {stdio: 'pipe'});
			rmdirSync(dir);
		},
	};
	mounts.add(disk);
	return disk;
}

async function connect(url, options) {
	const client = mqtt.connect(url, {reconnectPeriod: 0, keepalive: 0, ...options});
	clients.add(client);
	client.messages = [];
	client.on('message', (topic, payload, packet) => {
		client.messages.push({topic, text: String(payload).split(':')[0], retain: packet.retain});
		client.emit('taken');
	});
	client.on('error', () => {});
	await once(client, 'connect');
	return client;
}

/** Resolves once the client has a message like this. */
async function received(client, topic, text) {
	while (!client.messages.some((m) => m.topic === topic && m.text === text))
		await once(client, 'taken');
}

/** Publishes; resolves with the reason code, 0 for success. settled tells whether that has come. */
function publish(client, topic, text, options) {
	const sent = {topic, text};
	sent.reason = new Promise((resolve, reject) => {
		client.publish(topic, `${text}:${'.'.repeat(PAYLOAD_BYTES)}`, options, (error) => {
			sent.settled = true;
			if (error && !error.code)
				reject(error);
			else
				resolve(error ? error.code : 0);
		});
	});
	return sent;
}

/** Publishes retained messages on a disk that is kept full, until one is refused. Resolves with all of them: the one that
 * was refused first was on its way to the disk already, and may be there after all. */
async function publishUntilRefused(disk, client, prefix) {
	const all = [];
	for (let i = 0; i < 3000; i++) {
		disk.fill();
		const sent = publish(client, `${prefix}${i % 8}`, `${prefix}${i}`, {qos: 1, retain: true});
		const reason = await sent.reason;
		all.push(sent);
		if (reason === QUOTA_EXCEEDED)
			return all;
		assert.equal(reason, 0);
		sent.acknowledged = true;
	}
	throw new Error('a full disk takes everything');
}

/** The answer to a ping comes behind every acknowledgement that was sent before it. */
async function ping(client) {
	const answer = new Promise((resolve) => {
		client.on('packetreceive', (packet) => packet.cmd === 'pingresp' && resolve());
	});
	client.sendPing();
	return answer;
}

/** The last acknowledged message of each topic must be there, or a later one. The reader has had all that is retained. */
function checkRetained(reader, sent) {
	for (const topic of new Set(sent.map((one) => one.topic))) {
		const list = sent.filter((one) => one.topic === topic);
		const last = list.findLastIndex((one) => one.acknowledged);
		const there = reader.messages.findLast((m) => m.topic === topic)?.text;
		if (last >= 0)
			assert.ok(list.slice(last).some((one) => one.text === there), `${topic}: ${there} instead of ${list[last].text}`);
	}
}

test('an open broker on a full disk', PATIENCE, async (t) => {
	const disk = mountDisk(t, 48);
	if (!disk)
		return;
	const [port] = await freePorts(1);
	const url = `mqtt://127.0.0.1:${port}`;
	const start = async () => {
		const daemon = new Daemon('tomte-hub', path.join(buildDir, 'tomte-hub'),
			['--broker-only', '--durable', '--listen', `127.0.0.1:${port}`, '--allow-anonymous', '--state-dir', path.join(disk.dir, 'state')],
			'/dev/null');
		daemons.add(daemon);
		await daemon.waitLog(/hub: ready/);
		return daemon;
	};
	let daemon = await start();
	const lasting = {protocolVersion: 5, clean: false, properties: {sessionExpiryInterval: 3600}};
	const absent = await connect(url, {clientId: 'absent', ...lasting});
	await absent.subscribeAsync('absent/#', {qos: 2});
	await absent.endAsync();
	const live = await connect(url, {clientId: 'live', protocolVersion: 5});
	await live.subscribeAsync(['live/#', 'new/#'], {qos: 1});
	const five = await connect(url, {clientId: 'five', protocolVersion: 5});
	const three = await connect(url, {clientId: 'three', protocolVersion: 4});
	const retained = [], queued = [];
	for (const qos of [1, 2]) { // there is room still
		queued.push(publish(five, 'absent/before', `before${qos}`, {qos}));
		assert.equal(await queued.at(-1).reason, 0);
	}

	retained.push(...await publishUntilRefused(disk, five, 'new/'));
	// messages for those who are here go on, and those who must be kept for are refused
	assert.equal(await publish(five, 'live/1', 'a', {qos: 1}).reason, 0);
	assert.equal(await publish(five, 'live/2', 'b', {qos: 2}).reason, 0);
	await received(live, 'live/1', 'a');
	await received(live, 'live/2', 'b');
	assert.equal(await publish(five, 'absent/during', 'no', {qos: 1}).reason, QUOTA_EXCEEDED);
	assert.equal(await publish(five, 'absent/during', 'no', {qos: 2}).reason, QUOTA_EXCEEDED);
	assert.equal(await publish(five, 'new/refused', 'no', {qos: 2, retain: true}).reason, QUOTA_EXCEEDED);

	// 3.1.1 has no word for it: no acknowledgement, but the message reaches who is here
	const waiting = [];
	for (let i = 0; i < 3; i++)
		waiting.push(publish(three, `new/three${i}`, `three${i}`, {qos: 1, retain: true}));
	waiting.push(publish(three, 'absent/three', 'three', {qos: 1}));
	await received(live, 'new/three2', 'three2');
	await ping(three);
	assert.deepEqual(waiting.map((sent) => Boolean(sent.settled)), waiting.map(() => false));

	disk.giveBack();
	for (const sent of waiting)
		assert.equal(await sent.reason, 0);
	for (const sent of waiting)
		sent.acknowledged = true;
	retained.push(...waiting.slice(0, 3));
	queued.push(waiting[3]);
	await eventually(async () => await publish(five, 'new/after', 'after', {qos: 1, retain: true}).reason === 0, 'a 5.0 client is served again');
	retained.push({topic: 'new/after', text: 'after', acknowledged: true});
	for (const qos of [1, 2]) {
		queued.push(publish(five, 'absent/after', `after${qos}`, {qos}));
		assert.equal(await queued.at(-1).reason, 0);
	}
	await daemon.kill('SIGKILL');

	daemon = await start();
	const reader = await connect(url, {clientId: 'reader', protocolVersion: 5});
	await reader.subscribeAsync('new/#', {qos: 1});
	await publish(reader, 'new/last', 'last', {qos: 1}).reason; // comes behind all that is retained
	await received(reader, 'new/last', 'last');
	checkRetained(reader, retained);
	assert.equal(reader.messages.some((m) => m.text === 'no'), false);
	const back = await connect(url, {clientId: 'absent', ...lasting});
	for (const sent of queued)
		await received(back, sent.topic, sent.text);
	// MQTT.js tells of a QoS 2 message at its PUBREL: the two levels come in an order of their own
	assert.deepEqual(back.messages.map((m) => m.text).sort(), queued.map((sent) => sent.text).sort(), 'each once');
	for (const client of clients)
		client.end(true);
	await daemon.stop();
});

test('a whole hub on a full disk', PATIENCE, async (t) => {
	const disk = mountDisk(t, 160);
	if (!disk)
		return;
	const before = process.env.TMPDIR;
	process.env.TMPDIR = disk.dir; // where startHub makes its folder
	const device = await startHubWithDevice().finally(() => {
		if (before === undefined)
			delete process.env.TMPDIR;
		else
			process.env.TMPDIR = before;
	});
	const {hub} = device;
	const options = {protocolVersion: 5, username: device.user, password: device.token, ca: undefined, rejectUnauthorized: false};
	const url = `mqtts://127.0.0.1:${hub.mqttsPort}`;
	const client = await connect(url, {...options, clientId: device.id});
	await client.subscribeAsync(device.own('set/#'), {qos: 1});
	const retained = [];
	retained.push(...await publishUntilRefused(disk, client, device.own('js/full')));
	disk.fill(); // also what the hub has given up to make room: there is none for the alert itself
	const alert = () => eventually(async () =>
		(await hub.get('/api/v1/alerts')).alerts.find((a) => a.kind === 'disk'), 'the owner is alerted of the disk');
	assert.match((await alert()).text, /disk is full/);
	disk.giveBack();
	await eventually(async () => await publish(client, device.own('js/after'), 'after', {qos: 1, retain: true}).reason === 0,
		'retained messages are taken again');
	retained.push({topic: device.own('js/after'), text: 'after', acknowledged: true});
	await eventually(async () => (await alert()).closed, 'the alert is over');
	client.end(true);
	await hub.kill('SIGKILL');
	await hub.start();
	await checkRetainedOfHub(device, retained, options, url);
	await hub.stop();
});

/** A device reads what is retained below its own topics. */
async function checkRetainedOfHub(device, retained, options, url) {
	const reader = await connect(url, {...options, clientId: device.id});
	await reader.subscribeAsync(device.own('#'), {qos: 1});
	await publish(reader, device.own('js/last'), 'last', {qos: 1}).reason; // comes behind all that is retained
	await received(reader, device.own('js/last'), 'last');
	checkRetained(reader, retained);
	reader.end(true);
}
