// The explorer's pure parts, without a browser: packets, the tree of topics, payloads, the broker's health.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as packet from '../../web/static/js/explorer/packet.js';
import { MqttClient } from '../../web/static/js/explorer/client.js';
import { BrokerHealth } from '../../web/static/js/explorer/health.js';
import { contentOf, differences, hexLines, isNumeric, previewOf, step } from '../../web/static/js/explorer/payload.js';
import { Past, TopicTree, open } from '../../web/static/js/explorer/topics.js';

const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);
/** One whole packet taken apart. */
const parsed = (data) => {
	const frames = new packet.Framer().take(data);
	assert.equal(frames.length, 1);
	return frames[0];
};

describe('packets', () => {
	test('CONNECT names nobody', () => {
		const { type, body } = parsed(packet.connect({ keepAlive: 60, maximumPacket: 1 << 20 }));
		assert.equal(type, packet.CONNECT);
		assert.deepEqual([...body], [0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 60, 5, 0x27, 0, 0x10, 0, 0, 0, 0]);
	});

	test('a PUBLISH comes back as it went', () => {
		for (const qos of [0, 1, 2]) {
			for (const size of [0, 1, 127, 128, 20000]) {
				const payload = new Uint8Array(size).fill(7);
				const frame = parsed(packet.publish({ topic: 'Küche/°C', payload, qos, retain: qos === 1, id: 4711 }));
				const message = packet.readPublish(frame);
				assert.deepEqual([message.topic, message.qos, message.retain, message.id, message.payload], ['Küche/°C', qos, qos === 1, qos ? 4711 : 0, payload]);
			}
		}
	});

	test('a stream may be cut anywhere', () => {
		const all = [packet.publish({ topic: 'a', payload: bytes('x'.repeat(300)), qos: 1, retain: false, id: 1 }), packet.ack(packet.PUBACK, 2), packet.pingreq()];
		const stream = Uint8Array.from(all.flatMap((one) => [...one]));
		for (const size of [1, 2, 3, 7, 100, 1000]) {
			const framer = new packet.Framer();
			const frames = [];
			for (let at = 0; at < stream.length; at += size) frames.push(...framer.take(stream.subarray(at, at + size)));
			assert.deepEqual(frames.map((frame) => frame.type), [packet.PUBLISH, packet.PUBACK, packet.PINGREQ]);
			assert.equal(text(packet.readPublish(frames[0]).payload).length, 300);
		}
	});

	test('properties of every kind are read, or skipped', () => {
		const string = (s) => [0, s.length, ...bytes(s)];
		const props = [0x01, 1, 0x02, 0, 0, 1, 0, 0x03, ...string('text/x'), 0x08, ...string('re'), 0x09, 0, 2, 1, 2, 0x0b, 0x80, 1, 0x23, 0, 0, 0x26, ...string('k'), ...string('v'), 0x26, ...string('k'), ...string('w')];
		const message = packet.readPublish({ type: 3, flags: 0, body: Uint8Array.from([...string('t'), props.length, ...props, 0x21]) });
		assert.deepEqual(message.props, { user: [['k', 'v'], ['k', 'w']], text: true, expiry: 256, contentType: 'text/x', responseTopic: 're', correlation: Uint8Array.from([1, 2]) });
		assert.equal(text(message.payload), '!');
	});

	test('what is wrong is said to be', () => {
		const bad = [[0, 5, 0x61], [0, 1, 0x61], [0, 1, 0x61, 5, 1], [0, 1, 0x61, 2, 0x7f, 1], [0, 1, 0xff, 0], [0, 1, 0x61, 1, 0x02, 0, 0, 0, 1]];
		for (const body of bad) assert.throws(() => packet.readPublish({ type: 3, flags: 0, body: Uint8Array.from(body) }), packet.MalformedPacket, String(body));
		assert.throws(() => packet.readPublish({ type: 3, flags: 6, body: Uint8Array.from([0, 1, 0x61, 0]) }), packet.MalformedPacket);
		assert.throws(() => new packet.Framer().take(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0xff, 1])), packet.MalformedPacket);
	});

	test('answers with and without reason and properties', () => {
		const suback = packet.readAck({ type: packet.SUBACK, flags: 0, body: Uint8Array.from([0, 9, 6, 0x1f, 0, 3, ...bytes('why'), 0x87]) });
		assert.deepEqual(suback, { id: 9, reason: 0x87, text: 'why' });
		assert.deepEqual(packet.readAck({ type: packet.PUBACK, flags: 0, body: Uint8Array.from([0, 9]) }), { id: 9, reason: 0, text: '' });
		assert.deepEqual(packet.readAck({ type: packet.PUBACK, flags: 0, body: Uint8Array.from([0, 9, 0x10]) }), { id: 9, reason: 0x10, text: '' });
		assert.deepEqual(packet.readDisconnect({ type: 14, flags: 0, body: Uint8Array.from([]) }), { reason: 0, text: '' });
	});

	test('filters and topics', () => {
		for (const filter of ['#', '+', 'a/#', '+/b/+', '$SYS/#', '/', 'a//b', '/#']) assert.ok(packet.filterValid(filter), filter);
		for (const filter of ['', 'a#', '#/a', 'a/#/b', 'a+', '+a/b', 'a/b+/c', 'a\0']) assert.ok(!packet.filterValid(filter), filter);
		for (const topic of ['a', '/', 'a b/ü']) assert.ok(packet.topicValid(topic), topic);
		for (const topic of ['', 'a/+', '#', '$SYS/a', 'a\0b', 'x'.repeat(65536)]) assert.ok(!packet.topicValid(topic), topic.slice(0, 10));
		for (const [filter, topic, yes] of [['#', 'a/b', true], ['a/#', 'a', true], ['a/+', 'a', false], ['a/+', 'a/b', true], ['a/+', 'a/b/c', false], ['+/+', '/', true], ['#', '$SYS/a', false],
			['+/a', '$SYS/a', false], ['$SYS/#', '$SYS/a/b', true], ['a', 'a', true], ['a', 'A', false], ['a/b', 'a', false]]) assert.equal(packet.matches(filter, topic), yes, `${filter} ${topic}`);
	});
});

describe('the client', () => {
	/** A WebSocket whose other end is the test. */
	class Socket {
		static all = [];
		constructor() {
			this.sent = [];
			this.readyState = 1;
			this.framer = new packet.Framer();
			Socket.all.push(this);
		}
		send(data) { this.sent.push(...this.framer.take(data)); }
		close() { this.readyState = 3; }
		/** @param {...(number[]|Uint8Array)} packets in one frame */
		say(...packets) { this.onmessage({ data: Uint8Array.from(packets.flatMap((one) => [...one])).buffer }); }
		types() { return this.sent.splice(0).map((frame) => frame.type); }
	}

	function started() {
		globalThis.WebSocket = /** @type {any} */ (Socket);
		Socket.all = [];
		const seen = { states: [], messages: [] };
		const client = new MqttClient({ url: 'ws://x/mqtt', onState: (state, answer) => seen.states.push([state, answer.reason]), onMessages: (list) => seen.messages.push(...list) });
		return { client, seen, socket: () => Socket.all.at(-1) };
	}

	const connack = (reason = 0) => [0x20, 3, 0, reason, 0];

	test('subscribes when it is let in, and acknowledges in one frame', async () => {
		const { client, seen, socket } = started();
		void client.subscribe('#', 2);
		client.start();
		socket().onopen();
		assert.deepEqual(socket().types(), [packet.CONNECT]);
		socket().say(connack());
		assert.deepEqual(socket().types(), [packet.SUBSCRIBE]);
		const message = (id) => packet.publish({ topic: 't', payload: bytes('x'), qos: 2, retain: false, id });
		socket().say([0x90, 4, 0, 1, 0, 2], message(5), message(5), packet.publish({ topic: 'u', payload: bytes('y'), qos: 1, retain: true, id: 6 }));
		assert.deepEqual(socket().types(), [packet.PUBREC, packet.PUBREC, packet.PUBACK]);
		socket().say(packet.ack(packet.PUBREL, 5));
		assert.deepEqual(socket().types(), [packet.PUBCOMP]);
		assert.deepEqual(seen.messages.map(({ topic }) => topic), ['t', 'u'], 'the second copy is the first one again');
		assert.deepEqual(seen.states, [['live', 0]]);
		client.stop();
	});

	test('tells what became of a message, and fails those that a break leaves open', async () => {
		const { client, seen, socket } = started();
		client.start();
		socket().onopen();
		socket().say(connack());
		const one = client.publish({ topic: 'a', payload: bytes('1'), qos: 1, retain: false });
		const two = client.publish({ topic: 'a', payload: bytes('2'), qos: 2, retain: false });
		const three = client.publish({ topic: 'a', payload: bytes('3'), qos: 2, retain: false });
		socket().say([0x40, 4, 0, 1, 0x10, 0], [0x50, 2, 0, 2], [0x50, 4, 0, 3, 0x87, 0]);
		assert.deepEqual(await one, { reason: 0x10, text: '' });
		assert.deepEqual(await three, { reason: 0x87, text: '' });
		assert.equal(socket().types().at(-1), packet.PUBREL);
		socket().onclose();
		await assert.rejects(two);
		assert.deepEqual(seen.states, [['live', 0], ['lost', 0]]);
		await assert.rejects(client.publish({ topic: 'a', payload: bytes('x'), qos: 0, retain: false }));
		client.stop();
	});

	test('tells when a filter is not granted again after a break, and asks for it no more', async () => {
		const { client, socket } = started();
		const refused = [];
		client.onRefused = (filter) => refused.push(filter);
		void client.subscribe('a/#', 2);
		client.start();
		socket().onopen();
		socket().say(connack(), [0x90, 4, 0, 1, 0, 2]);
		assert.deepEqual(refused, []);
		socket().onclose();
		client.open(); // as it does after a moment
		socket().onopen();
		socket().say(connack(), [0x90, 4, 0, 2, 0, 0x87]);
		await Promise.resolve().then(() => {});
		assert.deepEqual(refused, ['a/#']);
		assert.equal(client.filters.size, 0);
		client.stop();
	});

	test('gives up when the hub says no, and not when it is busy', () => {
		for (const [reason, state] of [[0x86, 'refused'], [0x87, 'refused'], [0x85, 'refused'], [0x88, 'lost'], [0x97, 'lost']]) {
			const { client, seen, socket } = started();
			client.start();
			socket().onopen();
			socket().say(connack(reason));
			assert.equal(seen.states.at(-1)[0], state, reason);
			client.stop();
		}
		const { client, seen, socket } = started();
		client.start();
		socket().onopen();
		socket().say(connack(), [0xe0, 1, 0x87]);
		assert.deepEqual(seen.states.at(-1), ['refused', 0x87]);
		client.stop();
	});
});

describe('the tree', () => {
	const message = (topic, payload = 'x', more = {}) => ({ topic, payload: bytes(payload), qos: 0, retain: false, dup: false, id: 0, props: { user: [] }, ...more });
	const names = (rows) => rows.map(({ node, depth }) => '  '.repeat(depth) + node.name);

	test('levels in natural order, those below opened ones', () => {
		const tree = new TopicTree();
		for (const topic of ['b/10', 'b/9', 'a', 'b', '/lead', 'b/9/deep/er']) tree.hear(message(topic), 1);
		const opened = new Set();
		assert.deepEqual(names(tree.rows(opened)), ['', 'a', 'b']);
		open(opened, tree.root.children.get('b'));
		assert.deepEqual(names(tree.rows(opened)), ['', 'a', 'b', '  9', '  10']);
		open(opened, tree.find('b/9'));
		assert.deepEqual(names(tree.rows(opened)), ['', 'a', 'b', '  9', '    deep', '      er', '  10'], 'on as long as there is nothing to choose');
		const [row] = tree.rows(opened).filter(({ node }) => node.topic === 'b/10');
		assert.deepEqual([row.place, row.siblings, row.open], [2, 2, false]);
		assert.equal(tree.find('/lead').topic, '/lead');
	});

	test('searching opens what is found and hides the rest', () => {
		const tree = new TopicTree();
		for (const topic of ['house/kitchen/Temp', 'house/hall/light', 'x/temperature', 'y']) tree.hear(message(topic), 1);
		assert.deepEqual(names(tree.rows(new Set(), ' TEMP ')), ['house', '  kitchen', '    Temp', 'x', '  temperature']);
		assert.deepEqual(tree.rows(new Set(), 'nothing'), []);
	});

	test('counts and rates, here and below', () => {
		const tree = new TopicTree();
		tree.tick(0);
		for (let s = 1; s <= 60; s++) {
			for (let i = 0; i < 10; i++) tree.hear(message('a/b'), s * 1000);
			tree.tick(s * 1000);
		}
		const a = tree.root.children.get('a');
		assert.equal(a.count, 600);
		assert.ok(Math.abs(a.rate - 10) < 0.01, String(a.rate));
		for (let s = 61; s <= 120; s++) tree.tick(s * 1000);
		assert.equal(a.rate, 0);
		assert.equal(tree.lively.size, 0, 'what is silent costs nothing');
	});

	test('the flag says what the hub keeps', () => {
		const tree = new TopicTree();
		const kept = () => tree.find('a').retained;
		tree.hear(message('a', 'x', { retain: true }), 1);
		assert.ok(kept());
		tree.hear(message('a', 'y'), 2);
		assert.ok(kept(), 'another message does not change it');
		tree.hear(message('a', '', { retain: true }), 3);
		assert.ok(!kept());
	});

	test('memory is bounded by topics and by bytes, and what was silent longest goes', () => {
		const tree = new TopicTree({ maxTopics: 3, maxBytes: 100 });
		for (const topic of ['a/1', 'a/2', 'b', 'a/1', 'c']) tree.hear(message(topic), 1);
		assert.deepEqual([...tree.heard.keys()], ['b', 'a/1', 'c']);
		assert.deepEqual([tree.dropped, tree.root.topics, tree.root.children.get('a').children.size], [1, 3, 1]);
		tree.hear(message('d', 'x'.repeat(99)), 2);
		assert.deepEqual([...tree.heard.keys()], ['c', 'd']);
		tree.hear(message('e', 'x'.repeat(500)), 2);
		assert.deepEqual([...tree.heard.keys()], ['e'], 'one is always kept');
		assert.equal(tree.bytes, 500);
		assert.deepEqual(names(tree.rows(new Set())), ['e']);
		tree.clear();
		assert.deepEqual([tree.bytes, tree.root.topics, tree.rows(new Set()).length], [0, 0, 0]);
	});

	test('a level that is a topic stays while there is something below it', () => {
		const tree = new TopicTree({ maxTopics: 1 });
		tree.hear(message('a'), 1);
		tree.hear(message('a/b'), 1);
		assert.equal(tree.root.children.get('a').last, null);
		assert.equal(tree.root.topics, 1);
		tree.hear(message('c'), 1);
		assert.deepEqual(names(tree.rows(new Set())), ['c']);
	});

	test('the past keeps the last twenty, newest first', () => {
		const past = new Past(20);
		for (let i = 0; i < 30; i++) past.add({ ...message('a', String(i)), at: i });
		assert.deepEqual([past.list.length, text(past.list[0].message.payload), past.list[0].n, past.list[19].n], [20, '29', 30, 11]);
	});
});

describe('payloads', () => {
	test('what they are', () => {
		for (const [given, kind] of [['', 'empty'], ['{"a":1}', 'json'], [' [1]', 'json'], ['21.5', 'json'], ['true', 'json'], ['"x"', 'json'], ['online', 'text'], ['{broken', 'text'], ['-', 'text'], ['tree', 'text']])
			assert.equal(contentOf(bytes(given)).kind, kind, given);
		assert.equal(contentOf(Uint8Array.from([0xff, 0xfe])).kind, 'binary');
		assert.equal(contentOf(Uint8Array.from([65, 0, 66])).kind, 'binary');
	});

	test('a preview in one line, cut between characters', () => {
		assert.equal(previewOf(bytes('a\n\tb')), 'a b');
		assert.equal(previewOf(bytes('x' + 'ü'.repeat(200))), 'x' + 'ü'.repeat(79));
		assert.equal(previewOf(Uint8Array.from([0xff])), null);
		assert.equal(previewOf(Uint8Array.from([0xc3])), null);
	});

	test('bytes in lines of sixteen', () => {
		const lines = hexLines(Uint8Array.from({ length: 20 }, (_, i) => 0x41 + i));
		assert.deepEqual(lines[0], { offset: '0000', hex: '41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50', ascii: 'ABCDEFGHIJKLMNOP' });
		assert.deepEqual(lines[1], { offset: '0010', hex: '51 52 53 54'.padEnd(47), ascii: 'QRST' });
		assert.equal(hexLines(new Uint8Array(100), 20).length, 2);
	});

	test('paths as the hub reads them', () => {
		for (const [key, written] of [['a', '.a'], ['DS18B20', '.DS18B20'], ['a b', "['a b']"], ["it's", "['it\\'s']"], ['a\\b', "['a\\\\b']"], ['0', "['0']"], [0, '[0]']])
			assert.equal(step(key), written);
		for (const value of [1, 0, -2.5, '21.5', ' 3 ']) assert.ok(isNumeric(value), String(value));
		for (const value of ['', ' ', 'ON', null, true, {}, [], NaN, '1 W']) assert.ok(!isNumeric(value), String(value));
	});

	test('where two values differ', () => {
		assert.deepEqual(differences({ a: 1, b: [1, 2], c: { d: null } }, { a: 1, b: [1, 3, 4], c: { d: 0 }, 'e f': 1 }), [
			{ path: '$.b[1]', how: 'changed', before: 2, after: 3 }, { path: '$.b[2]', how: 'added', before: undefined, after: 4 },
			{ path: '$.c.d', how: 'changed', before: null, after: 0 }, { path: "$['e f']", how: 'added', before: undefined, after: 1 }]);
		assert.deepEqual(differences({ a: { b: 1 } }, { a: [1] }), [{ path: '$.a', how: 'changed', before: { b: 1 }, after: [1] }]);
		assert.deepEqual(differences([1, 2], [1]), [{ path: '$[1]', how: 'removed', before: 2, after: undefined }]);
		assert.deepEqual(differences(1, 1), []);
		const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [i, i]));
		assert.equal(differences({}, many).length, 200);
	});
});

describe('the broker\'s health', () => {
	const told = (health, values, now) => Object.entries(values).forEach(([name, value]) => health.take(`$SYS/broker/${name}`, String(value), now));

	test('rates come from counters, and from averages until two values are known', () => {
		const health = new BrokerHealth();
		assert.equal(health.rate('publish/messages/received'), null);
		told(health, { 'load/publish/received/1min': '120.00', 'publish/messages/received': 100, uptime: '50 seconds' }, 0);
		assert.equal(health.rate('publish/messages/received'), 2);
		told(health, { 'publish/messages/received': 150, uptime: '60 seconds' }, 10000);
		assert.equal(health.rate('publish/messages/received'), 5);
		told(health, { uptime: '70 seconds' }, 20000); /* nothing came, so the counter is not told */
		assert.equal(health.rate('publish/messages/received'), 0);
		told(health, { 'publish/messages/received': 3, uptime: '1 seconds' }, 30000); /* another life */
		told(health, { 'publish/messages/received': 13, uptime: '11 seconds' }, 40000);
		assert.equal(health.rate('publish/messages/received'), 1);
		assert.equal(health.lines.get('publish/messages/received').length, 3);
		for (let s = 21; s < 2000; s += 10) told(health, { uptime: `${s} seconds` }, s * 1000);
		assert.equal(health.lines.get('publish/messages/received').length, 60);
	});

	test('overload by its steps, and limits that were met', () => {
		const health = new BrokerHealth();
		assert.equal(health.overload(), 0);
		for (const [used, level] of [[799, 0], [800, 1], [900, 2], [1000, 3], [2000, 3]]) {
			told(health, { 'store/messages/bytes': used, 'tomte/memory/maximum': 1000 }, 0);
			assert.equal(health.overload(), level, used);
		}
		told(health, { 'tomte/limits/queue': 3, 'tomte/limits/retained': 0, 'tomte/limits/websockets': 5 }, 0);
		assert.deepEqual(health.limits(), [['websockets', 5], ['queue', 3]]);
		health.take('other/uptime', '1', 0);
		assert.equal(health.number('uptime'), null);
	});
});
