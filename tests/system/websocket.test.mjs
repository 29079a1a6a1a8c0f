/* MQTT over WebSocket and secure WebSocket at the dashboard's ports of the real hub: how bytes may be cut, what
 * breaks the rules, who is let in, and how both sides end. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {OP, WebSocketClient, frame, mqtt} from '../support/websocket.mjs';

const CONNACK = 2, PUBLISH = 3, PUBACK = 4, SUBACK = 9, PINGRESP = 13, DISCONNECT = 14;

let hub, credentials, ways;

before(async () => {
	hub = await startHub();
	await hub.setUp();
	const agent = await startAgent(hub, {name: 'Borrowed credentials'});
	credentials = await agent.credentials();
	await agent.stop();
	const tls = {ca: credentials.ca, servername: `${credentials.hub_id}.tomte.home.arpa`};
	ways = {ws: {port: hub.httpPort}, wss: {port: hub.httpsPort, tls}};
});
after(stopAll);

const own = (rest) => `tomte/${credentials.device_id}/${rest}`;
const login = (more = {}) => mqtt.connect({clientId: credentials.device_id, user: credentials.user, password: credentials.token, ...more});

async function opened(way, more) {
	const client = await WebSocketClient.open({...ways[way], ...more});
	assert.equal(client.status, 101, client.head);
	return client;
}

async function connected(way, more) {
	const client = await opened(way);
	await client.send(login(more));
	const answer = await client.nextPacket();
	assert.equal(answer?.type, CONNACK);
	assert.equal(answer.body[1], 0);
	return client;
}

async function expectPacket(client, type) {
	const packet = await client.nextPacket();
	assert.equal(packet?.type, type);
	return packet;
}

async function goodbye(client) {
	await client.write(Buffer.concat([frame(OP.binary, mqtt.disconnect()), frame(OP.close, Buffer.from([0x03, 0xe8]))]));
	let last;
	for (let f = await client.nextFrame(); f; f = await client.nextFrame())
		last = f;
	assert.equal(last?.opcode, OP.close);
	assert.equal(last.payload.readUInt16BE(0), 1000);
}

for (const way of ['ws', 'wss']) {
	test(`${way}: everything byte by byte, from the handshake on`, async () => {
		const client = await opened(way, {dribble: true});
		await client.write(Buffer.concat([frame(OP.binary, login()), frame(OP.binary, mqtt.subscribe(own('state/x'))), frame(OP.ping, 'hello'),
			frame(OP.binary, mqtt.publish(own('state/x'), 'v'.repeat(200), {qos: 1}))]), true);
		const seen = [];
		let echoed;
		while (seen.length < 4) {
			const packet = await client.nextPacket();
			assert.ok(packet, 'the hub closed');
			seen.push(packet.type);
			if (packet.type === PUBLISH)
				echoed = packet.body.subarray(2 + own('state/x').length).toString();
		}
		assert.deepEqual(seen.sort((a, b) => a - b), [CONNACK, PUBLISH, PUBACK, SUBACK]);
		assert.equal(echoed, 'v'.repeat(200));
		assert.deepEqual(client.controls.map((f) => [f.opcode, f.payload.toString()]), [[OP.pong, 'hello']]);
		await goodbye(client);
	});

	test(`${way}: packets over fragments with control frames between, and many in one frame`, async () => {
		const client = await connected(way);
		for (const name of ['big', 'n']) {
			await client.send(mqtt.subscribe(own(`state/${name}`)));
			await expectPacket(client, SUBACK);
		}
		const packet = mqtt.publish(own('state/big'), Buffer.alloc(300000, 'b'));
		await client.write(frame(OP.binary, packet.subarray(0, 3), {fin: false}));
		await client.write(frame(OP.ping, 'between'));
		await client.write(frame(OP.continuation, packet.subarray(3, 70000), {fin: false}));
		await client.write(frame(OP.continuation, Buffer.alloc(0), {fin: false}));
		await client.write(frame(OP.continuation, packet.subarray(70000)));
		const big = await expectPacket(client, PUBLISH);
		assert.equal(big.body.length, packet.length - 4);
		assert.ok(big.body.subarray(-300000).every((byte) => byte === 98));
		assert.equal(client.controls[0].payload.toString(), 'between');
		const many = Array.from({length: 500}, (_, i) => mqtt.publish(own('state/n'), String(i)));
		await client.send(Buffer.concat([...many, mqtt.pingreq()]));
		for (let i = 0; i < 500; i++)
			assert.equal((await expectPacket(client, PUBLISH)).body.subarray(2 + own('state/n').length).toString(), String(i));
		await expectPacket(client, PINGRESP);
		await goodbye(client);
	});

	const wrong = [
		['a text frame', frame(OP.text, mqtt.pingreq()), 1003],
		['a frame without a mask', frame(OP.binary, mqtt.pingreq(), {masked: false}), 1002],
		['2 bytes announced in 16 bits', frame(OP.binary, mqtt.pingreq(), {lengthBytes: 2}), 1002],
		['2 bytes announced in 64 bits', frame(OP.binary, mqtt.pingreq(), {lengthBytes: 8}), 1002],
		['2^63 bytes announced', frame(OP.binary, mqtt.pingreq(), {lengthBytes: 8, announced: 1n << 63n}), 1002],
		['a continuation of nothing', frame(OP.continuation, mqtt.pingreq()), 1002],
		['a ping of 126 bytes', frame(OP.ping, 'p'.repeat(126)), 1002],
	];
	for (const [name, bytes, code] of wrong)
		test(`${way}: ${name} ends the connection with ${code}`, async () => {
			const client = await connected(way);
			await client.write(bytes);
			const f = await client.nextFrame();
			assert.equal(f?.opcode, OP.close);
			assert.equal(f.payload.readUInt16BE(0), code);
			assert.equal(await client.nextFrame(), null);
		});

	test(`${way}: a huge frame is the broker's to judge: its packet is too large`, async () => {
		const client = await connected(way, {version: 5});
		const head = mqtt.publish(own('state/x'), Buffer.alloc(2 * 1024 * 1024), {version: 5});
		await client.write(frame(OP.binary, head.subarray(0, 100), {lengthBytes: 8, announced: 1n << 62n}));
		const packet = await expectPacket(client, DISCONNECT);
		assert.equal(packet.body[0], 0x95);
	});

	test(`${way}: login is MQTT's`, async () => {
		const token = credentials.token.replace(/./, (c) => (c === '0' ? '1' : '0'));
		const client = await opened(way);
		await client.send(mqtt.connect({clientId: credentials.device_id, user: credentials.user, password: token}));
		const answer = await expectPacket(client, CONNACK);
		assert.equal(answer.body[1], 4);
		assert.equal(await client.nextPacket(), null);
		assert.equal(client.controls.at(-1).opcode, OP.close);
	});

	test(`${way}: requests that are refused`, async () => {
		const other = ways[way].port + 1;
		for (const [headers, status] of [[{Upgrade: null}, 426], [{'Sec-WebSocket-Version': '8'}, 426], [{'Sec-WebSocket-Key': 'short'}, 400],
			[{'Sec-WebSocket-Protocol': null}, 400], [{'Sec-WebSocket-Protocol': 'chat'}, 400], [{Origin: 'https://evil.example'}, 403],
			[{Origin: `https://127.0.0.1:${other}`}, 403], [{Host: 'evil.example'}, 421]]) {
			const client = await WebSocketClient.open({...ways[way], headers});
			assert.equal(client.status, status, JSON.stringify(headers));
			client.socket.destroy();
		}
		const client = await opened(way, {headers: {Origin: `https://127.0.0.1:${ways[way].port}`}});
		client.socket.destroy();
	});

	test(`${way}: a client that breaks off is noticed, and its last words count`, async () => {
		const connections = async () => (await hub.get('/api/v1/health')).broker.connections;
		await eventually(async () => await connections() === 0, 'those of before have gone');
		const client = await connected(way);
		assert.equal(await connections(), 1);
		await client.send(mqtt.publish(own('status'), `last of ${way}`, {retain: true}));
		client.socket.destroy();
		await eventually(async () => await connections() === 0, 'the hub notices');
		const other = await connected('ws');
		await other.send(mqtt.subscribe(own('status')));
		await expectPacket(other, SUBACK);
		const kept = await expectPacket(other, PUBLISH);
		assert.match(kept.body.toString(), new RegExp(`last of ${way}$`));
		await goodbye(other);
	});
}

test('wss: open connections outlive a SIGHUP', async () => {
	const client = await connected('wss');
	const from = hub.daemon.log.length;
	hub.daemon.child.kill('SIGHUP');
	await hub.daemon.waitLog(/settings and certificate reloaded/, from);
	await client.send(mqtt.pingreq());
	await expectPacket(client, PINGRESP);
	await goodbye(client);
});

test('when the hub stops, clients are told by MQTT and by WebSocket', async () => {
	/* one device, so one after the other: the hub is stopped with wss, which has the longer way */
	const client = await connected('wss', {version: 5});
	const stopping = hub.daemon.kill('SIGTERM');
	const packet = await expectPacket(client, DISCONNECT);
	assert.equal(packet.body[0], 0x8b);
	assert.equal(await client.nextPacket(), null);
	assert.equal(client.controls.at(-1).opcode, OP.close);
	assert.deepEqual(await stopping, {code: 0, signal: null});
});
