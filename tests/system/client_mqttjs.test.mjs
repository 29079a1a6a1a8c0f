/* MQTT.js (npm) against the open broker over TCP in its three versions, and against the hub over TLS, WebSocket and
 * secure WebSocket with a device's credentials. */
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {after, before, describe, test} from 'node:test';
import {DEADLINE, startBroker, startHubWithDevice, stopBrokers} from '../support/clients.mjs';
import {stopAll} from '../support/hub.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

let broker, device, count = 0;
const clients = new Set();

before(async () => {
	[broker, device] = await Promise.all([startBroker(), startHubWithDevice()]);
});
after(async () => {
	for (const client of clients)
		client.end(true);
	await stopBrokers();
	await device.hub.stop();
	await stopAll();
});

const unique = (name) => `${name}-${++count}`;

/** A connected client; got(n) resolves with its first n messages as {topic, payload, packet}. */
async function connect(options = {}, url = broker.url) {
	const client = mqtt.connect(url, {reconnectPeriod: 0, ...options});
	clients.add(client);
	const messages = [], waiting = new Set();
	client.on('message', (topic, payload, packet) => {
		messages.push({topic, payload, text: String(payload), packet});
		for (const check of waiting)
			check();
	});
	client.got = (n) => new Promise((resolve) => {
		const check = () => {
			if (messages.length < n)
				return;
			waiting.delete(check);
			resolve(messages);
		};
		waiting.add(check);
		check();
	});
	client.texts = async (n) => (await client.got(n)).map((m) => m.text);
	client.connack = await new Promise((resolve, reject) => {
		client.once('connect', resolve);
		client.once('error', reject);
		client.once('close', () => reject(new Error('closed before CONNACK')));
	});
	client.removeAllListeners('error');
	client.on('error', (error) => {
		client.lastError = error;
	});
	return client;
}

/** Ends a client as a dead network does: no DISCONNECT. */
async function cut(client) {
	const closed = once(client, 'close');
	client.stream.destroy();
	await closed;
	client.end(true);
}

for (const version of [3, 4, 5]) {
	const v = version === 3 ? {protocolId: 'MQIsdp', protocolVersion: 3} : {protocolVersion: version};
	const join = (options = {}) => connect({...v, clientId: unique('js'), ...options});

	describe(`protocol version ${version}`, {concurrency: true}, () => {
		test('QoS 0, 1 and 2', DEADLINE, async () => {
			const topic = unique('qos'), [a, b] = await Promise.all([join(), join()]);
			await a.subscribeAsync(`${topic}/+`, {qos: 2});
			await Promise.all([0, 1, 2].map((qos) => b.publishAsync(`${topic}/${qos}`, `at ${qos}`, {qos})));
			const got = await a.got(3);
			assert.deepEqual(got.map((m) => [m.topic, m.text, m.packet.qos, m.packet.retain]), [0, 1, 2].map((q) => [`${topic}/${q}`, `at ${q}`, q, false]));
			await Promise.all([a.endAsync(), b.endAsync()]);
		});

		test('a thousand messages at QoS 2, all under way at once, come once and in order', DEADLINE, async () => {
			const topic = unique('many'), [a, b] = await Promise.all([join(), join()]);
			await a.subscribeAsync(topic, {qos: 2});
			// not more: MQTT.js does not heed the broker's receive maximum
			const texts = Array.from({length: 1000}, (_, i) => `message ${i}`);
			await Promise.all(texts.map((text) => b.publishAsync(topic, text, {qos: 2})));
			await b.publishAsync(topic, 'the end', {qos: 2});
			assert.deepEqual(await a.texts(1001), [...texts, 'the end']);
			await Promise.all([a.endAsync(), b.endAsync()]);
		});

		test('retained: set, replaced, seen by newcomers, cleared', DEADLINE, async () => {
			const topic = unique('retained'), a = await join();
			await a.publishAsync(topic, 'one', {qos: 1, retain: true});
			await a.publishAsync(topic, 'two', {qos: 2, retain: true});
			await a.subscribeAsync(`${topic}/#`, {qos: 2});
			const [first] = await a.got(1);
			assert.deepEqual([first.text, first.packet.retain, first.packet.qos], ['two', true, 2]);
			await a.publishAsync(topic, '', {qos: 1, retain: true});
			const b = await join();
			await b.subscribeAsync(topic, {qos: 1});
			await b.publishAsync(topic, 'now', {qos: 1});
			assert.deepEqual((await b.got(1)).map((m) => [m.text, m.packet.retain]), [['now', false]]);
			await Promise.all([a.endAsync(), b.endAsync()]);
		});

		test('the will of a cut client comes, that of one that left does not', DEADLINE, async () => {
			const topic = unique('will'), watcher = await join();
			await watcher.subscribeAsync(`${topic}/#`, {qos: 2});
			const will = (name) => ({will: {topic: `${topic}/${name}`, payload: Buffer.from('gone'), qos: 2, retain: true}});
			const polite = await join(will('polite')), lost = await join(will('lost'));
			await polite.endAsync();
			await cut(lost);
			const [first] = await watcher.got(1);
			assert.deepEqual([first.topic, first.text, first.packet.qos], [`${topic}/lost`, 'gone', 2]);
			const late = await join();
			await late.subscribeAsync(`${topic}/#`, {qos: 2});
			assert.deepEqual((await late.got(1)).map((m) => [m.topic, m.packet.retain]), [[`${topic}/lost`, true]]);
			await Promise.all([watcher.endAsync(), late.endAsync()]);
		});

		test('a session waits for its client with what came meanwhile', DEADLINE, async () => {
			const topic = unique('session'), clientId = unique('sleeper');
			const session = {clientId, clean: false, ...(version === 5 ? {properties: {sessionExpiryInterval: 600}} : {})};
			const first = await join(session), other = await join();
			assert.equal(first.connack.sessionPresent, false);
			await first.subscribeAsync(topic, {qos: 2});
			await cut(first);
			const texts = Array.from({length: 300}, (_, i) => `while away ${i}`);
			await Promise.all(texts.map((text, i) => other.publishAsync(topic, text, {qos: 1 + i % 2})));
			const back = await join(session);
			assert.equal(back.connack.sessionPresent, version !== 3); // MQTT 3.1 has no such flag
			const got = await back.got(300);
			for (const qos of [1, 2]) // MQTT.js shows QoS 2 at PUBREL, so the two are compared apart
				assert.deepEqual(got.filter((m) => m.packet.qos === qos).map((m) => m.text), texts.filter((_, i) => 1 + i % 2 === qos));
			await back.endAsync();
			const clean = await join({...session, clean: true});
			assert.equal(clean.connack.sessionPresent, false);
			await Promise.all([clean.endAsync(), other.endAsync()]);
		});

		test('a client that is cut again and again gets each QoS 2 message once', DEADLINE, async () => {
			const topic = unique('cut'), clientId = unique('unlucky'), got = [];
			const session = {clientId, clean: false, reconnectPeriod: 1, ...(version === 5 ? {properties: {sessionExpiryInterval: 600}} : {})};
			const a = await join(session), b = await join({...session, clientId: unique('unlucky')});
			await a.subscribeAsync(topic, {qos: 2});
			let cuts = 0;
			a.on('message', (_, payload) => {
				got.push(String(payload));
				if (got.length % 50 === 0 && cuts++ < 5)
					a.stream.destroy(); // before PUBREC is out
				if (got.length % 70 === 0 && cuts++ < 10)
					b.stream.destroy();
			});
			const texts = Array.from({length: 500}, (_, i) => `message ${i}`);
			// a PUBREL again whose PUBCOMP was cut off: MQTT.js takes the answer 0x92 for an error, which it is not in recovery (MQTT 5.0 §4.3.3)
			const publish = (text) => b.publishAsync(topic, text, {qos: 2}).catch((err) => assert.equal(err.code, 0x92, err.stack));
			await Promise.all(texts.map(publish));
			await publish('the end');
			await a.got(501);
			assert.ok(cuts > 2);
			assert.deepEqual([...got].sort(), [...texts, 'the end'].sort());
			await Promise.all([a.endAsync(), b.endAsync()]);
		});

		test('unsubscribes', DEADLINE, async () => {
			const topic = unique('unsubscribe'), a = await join();
			await a.subscribeAsync([`${topic}/a`, `${topic}/b`], {qos: 1});
			await a.unsubscribeAsync(`${topic}/a`);
			await a.publishAsync(`${topic}/a`, 'a', {qos: 1});
			await a.publishAsync(`${topic}/b`, 'b', {qos: 1});
			assert.deepEqual(await a.texts(1), ['b']);
			await a.endAsync();
		});

		test('700 KB arrive whole, live and retained, and as a will', DEADLINE, async () => {
			const topic = unique('large'), payload = randomBytes(700000), a = await join();
			await a.subscribeAsync(`${topic}/live`, {qos: 2});
			await a.publishAsync(`${topic}/live`, payload, {qos: 2, retain: true});
			const late = await join();
			await late.subscribeAsync(`${topic}/#`, {qos: 1});
			assert.ok((await a.got(1))[0].payload.equals(payload));
			assert.ok((await late.got(1))[0].payload.equals(payload));
			const heavy = await join({will: {topic: `${topic}/will`, payload: payload.subarray(0, 65535), qos: 1, retain: false}});
			await cut(heavy);
			assert.ok((await late.got(2))[1].payload.equals(payload.subarray(0, 65535)));
			await Promise.all([a.endAsync(), late.endAsync()]);
		});

		test('the second client of one id takes the place of the first', DEADLINE, async () => {
			const clientId = unique('twin'), first = await join({clientId});
			const closed = once(first, 'close');
			const said = version === 5 ? once(first, 'disconnect') : null;
			const second = await join({clientId});
			await closed;
			if (said)
				assert.equal((await said)[0].reasonCode, 0x8e);
			await second.endAsync();
			first.end(true);
		});
	});
}

describe('properties of MQTT 5.0', {concurrency: true}, () => {
	const join = (options = {}) => connect({protocolVersion: 5, clientId: unique('js5'), ...options});

	test('all properties of a message come as they went', DEADLINE, async () => {
		const topic = unique('properties'), a = await join();
		const properties = {
			payloadFormatIndicator: true, messageExpiryInterval: 3600, contentType: 'text/plain', responseTopic: 'answer/to',
			correlationData: Buffer.from([0, 1, 2, 255]), userProperties: {b: ['2', '1', '2'], a: 'x', 'ä': 'ö'},
		};
		await a.subscribeAsync(topic, {qos: 2, properties: {subscriptionIdentifier: 268435455}});
		await a.publishAsync(topic, 'grüß', {qos: 2, retain: true, properties});
		const got = (await a.got(1))[0].packet.properties;
		assert.ok(got.messageExpiryInterval > 0 && got.messageExpiryInterval <= 3600);
		assert.deepEqual({...got, messageExpiryInterval: 3600, userProperties: {...got.userProperties}}, {...properties, subscriptionIdentifier: 268435455});
		await a.subscribeAsync(topic, {qos: 2, properties: {subscriptionIdentifier: 7}}); // replaces, and sends the retained one
		const again = (await a.got(2))[1].packet;
		assert.equal(again.retain, true);
		assert.deepEqual({...again.properties.userProperties}, properties.userProperties);
		assert.equal(again.properties.subscriptionIdentifier, 7);
		await a.endAsync();
	});

	test('request and response', DEADLINE, async () => {
		const topic = unique('request'), answers = unique('answers'), [asker, worker] = await Promise.all([join(), join()]);
		await Promise.all([worker.subscribeAsync(topic, {qos: 1}), asker.subscribeAsync(answers, {qos: 1})]);
		worker.on('message', (_, payload, packet) => worker.publish(packet.properties.responseTopic, `${payload}!`,
			{qos: 1, properties: {correlationData: packet.properties.correlationData}}));
		for (const n of [1, 2, 3])
			await asker.publishAsync(topic, `question ${n}`, {qos: 1, properties: {responseTopic: answers, correlationData: Buffer.from([n])}});
		const got = await asker.got(3);
		assert.deepEqual(got.map((m) => [m.text, m.packet.properties.correlationData[0]]), [1, 2, 3].map((n) => [`question ${n}!`, n]));
		await Promise.all([asker.endAsync(), worker.endAsync()]);
	});

	test('topic aliases that the client gives', DEADLINE, async () => {
		const topic = unique('alias-in'), [a, b] = await Promise.all([join(), join({autoAssignTopicAlias: true})]);
		assert.ok(b.connack.properties.topicAliasMaximum > 0);
		await a.subscribeAsync(`${topic}/#`, {qos: 1});
		let bare = 0; // publications without a topic
		b.on('packetsend', (packet) => {
			bare += packet.cmd === 'publish' && packet.topic === '';
		});
		for (let i = 0; i < 30; i++)
			await b.publishAsync(`${topic}/${i % 3}`, String(i), {qos: 1});
		assert.deepEqual((await a.got(30)).map((m) => `${m.topic} ${m.text}`), Array.from({length: 30}, (_, i) => `${topic}/${i % 3} ${i}`));
		assert.equal(bare, 27);
		await Promise.all([a.endAsync(), b.endAsync()]);
	});

	test('topic aliases that the broker gives', DEADLINE, async () => {
		const topic = unique('alias-out'), [a, b] = await Promise.all([join({properties: {topicAliasMaximum: 4}}), join()]);
		let bare = 0;
		a.on('packetreceive', (packet) => {
			bare += packet.cmd === 'publish' && packet.topic === '';
		});
		await a.subscribeAsync(`${topic}/#`, {qos: 1});
		for (let i = 0; i < 40; i++)
			await b.publishAsync(`${topic}/${i >> 1 & 3}`, String(i), {qos: i % 2});
		assert.deepEqual((await a.got(40)).map((m) => `${m.topic} ${m.text}`), Array.from({length: 40}, (_, i) => `${topic}/${i >> 1 & 3} ${i}`));
		assert.ok(bare >= 20, `${bare} without a topic`); // topics may share an alias, but each comes twice in a row
		await Promise.all([a.endAsync(), b.endAsync()]);
	});

	test('a shared subscription: each message to one member, and on to the other when one is cut', DEADLINE, async () => {
		const topic = unique('shared'), [a, b, pub] = await Promise.all([join(), join({clean: false, properties: {sessionExpiryInterval: 0}}), join()]);
		const seen = new Map();
		for (const member of [a, b]) {
			member.on('message', (_, payload) => seen.set(String(payload), (seen.get(String(payload)) ?? 0) + 1));
			await member.subscribeAsync(`$share/group/${topic}`, {qos: 1});
		}
		await Promise.all(Array.from({length: 100}, (_, i) => pub.publishAsync(topic, `first ${i}`, {qos: 1})));
		while (seen.size < 100)
			await Promise.race([once(a, 'message'), once(b, 'message')]);
		assert.ok([...seen.values()].every((n) => n === 1));
		await cut(b);
		await Promise.all(Array.from({length: 100}, (_, i) => pub.publishAsync(topic, `second ${i}`, {qos: 1})));
		while (seen.size < 200)
			await once(a, 'message');
		await Promise.all([a.endAsync(), pub.endAsync()]);
	});

	test('an assigned client id', DEADLINE, async () => {
		const a = await connect({protocolVersion: 5, clientId: ''});
		assert.ok(a.connack.properties.assignedClientIdentifier.length > 8);
		await a.endAsync();
	});

	test('no local, retain as published and retain handling', DEADLINE, async () => {
		const topic = unique('options'), [a, b] = await Promise.all([join(), join()]);
		await b.publishAsync(`${topic}/old`, 'old', {qos: 1, retain: true});
		await a.subscribeAsync(`${topic}/+`, {qos: 1, nl: true, rap: true, rh: 2});
		await a.publishAsync(`${topic}/own`, 'own', {qos: 1});
		await b.publishAsync(`${topic}/kept`, 'kept', {qos: 1, retain: true});
		assert.deepEqual((await a.got(1)).map((m) => [m.text, m.packet.retain]), [['kept', true]]);
		await a.subscribeAsync(`${topic}/+`, {qos: 1, rh: 1}); // there already: no retained ones
		await b.publishAsync(`${topic}/end`, 'end', {qos: 1});
		assert.deepEqual(await a.texts(2), ['kept', 'end']);
		await Promise.all([a.endAsync(), b.endAsync()]);
	});

	test('the properties of a will, and a will that goes with reason 4', DEADLINE, async () => {
		const topic = unique('will'), watcher = await join();
		await watcher.subscribeAsync(topic, {qos: 1});
		const properties = {contentType: 'text/x', responseTopic: 'r', correlationData: Buffer.from('c'), userProperties: {k: ['v', 'w']}, messageExpiryInterval: 100, payloadFormatIndicator: true};
		const will = {topic, payload: Buffer.from('gone'), qos: 1, retain: false, properties: {...properties, willDelayInterval: 0}};
		await cut(await join({will}));
		const packet = (await watcher.got(1))[0].packet;
		assert.deepEqual({...packet.properties, userProperties: {...packet.properties.userProperties}}, properties);
		const second = await join({will});
		await second.endAsync(false, {reasonCode: 4});
		await watcher.got(2);
		await watcher.endAsync();
	});

	test('a delayed will goes when its session ends first', DEADLINE, async () => {
		const topic = unique('delayed'), clientId = unique('js5'), watcher = await join();
		await watcher.subscribeAsync(topic, {qos: 1});
		const will = {topic, payload: Buffer.from('gone'), qos: 1, retain: false, properties: {willDelayInterval: 600}};
		await cut(await join({clientId, clean: false, properties: {sessionExpiryInterval: 1200}, will}));
		const back = await join({clientId, clean: true}); // ends the session: the will is due at once
		await watcher.got(1);
		await Promise.all([back.endAsync(), watcher.endAsync()]);
	});

	test('a message that expired in the queue does not come', DEADLINE, async () => {
		const topic = unique('expiry'), clientId = unique('js5'), session = {clientId, clean: false, properties: {sessionExpiryInterval: 600}};
		const a = await join(session), b = await join();
		await a.subscribeAsync(topic, {qos: 1});
		await cut(a);
		await b.publishAsync(topic, 'short', {qos: 1, properties: {messageExpiryInterval: 1}});
		await b.publishAsync(topic, 'long', {qos: 1, properties: {messageExpiryInterval: 100}});
		await new Promise((done) => setTimeout(done, 2100)); // the second must pass; longer does no harm
		const back = await join(session);
		const [only] = await back.got(1);
		assert.equal(only.text, 'long');
		assert.ok(only.packet.properties.messageExpiryInterval <= 98);
		await Promise.all([back.endAsync(), b.endAsync()]);
	});

	test('keeps within the receive maximum of a client that asks for little', DEADLINE, async () => {
		const topic = unique('little'), a = await join({properties: {receiveMaximum: 2}}), b = await join();
		let open = 0, most = 0;
		a.on('packetreceive', (packet) => {
			open += packet.cmd === 'publish' ? 1 : packet.cmd === 'pubrel' ? 0 : 0;
			most = Math.max(most, open);
		});
		a.on('packetsend', (packet) => {
			open -= packet.cmd === 'pubcomp' ? 1 : 0;
		});
		await a.subscribeAsync(topic, {qos: 2});
		await Promise.all(Array.from({length: 100}, (_, i) => b.publishAsync(topic, String(i), {qos: 2})));
		assert.deepEqual(await a.texts(100), Array.from({length: 100}, (_, i) => String(i)));
		assert.ok(most <= 2, `${most} under way`);
		await Promise.all([a.endAsync(), b.endAsync()]);
	});

	test('a packet larger than the subscriber takes is left out, the next comes', DEADLINE, async () => {
		const topic = unique('small'), a = await join({properties: {maximumPacketSize: 1000}}), b = await join();
		await a.subscribeAsync(topic, {qos: 1});
		await b.publishAsync(topic, Buffer.alloc(2000), {qos: 1});
		await b.publishAsync(topic, 'fits', {qos: 1});
		assert.deepEqual(await a.texts(1), ['fits']);
		await Promise.all([a.endAsync(), b.endAsync()]);
	});
});

const doors = {
	mqtts: () => `mqtts://${device.host}:${device.port}`,
	ws: () => `ws://${device.host}:${device.wsPort}/mqtt`,
	wss: () => `wss://${device.host}:${device.wssPort}/mqtt`,
};

for (const [door, url] of Object.entries(doors)) describe(`the hub over ${door}`, () => {
	const join = async (options = {}) => connect({clientId: device.id, username: device.user, password: device.token,
		ca: await readFile(device.caFile), protocolVersion: 5, ...options}, url());

	for (const version of [3, 4, 5])
		test(`QoS 2, retained, will and session, version ${version}`, DEADLINE, async () => {
			const v = version === 3 ? {protocolId: 'MQIsdp', protocolVersion: 3} : {protocolVersion: version}, topic = device.own('js/state'), status = device.own('js/status');
			const session = {...v, clean: false, ...(version === 5 ? {properties: {sessionExpiryInterval: 600}} : {})};
			const a = await join({...session, will: {topic: status, payload: Buffer.from('offline'), qos: 1, retain: true}});
			await a.subscribeAsync(device.own('js/#'), {qos: 2});
			await a.publishAsync(topic, 'x'.repeat(500000), {qos: 2, retain: true});
			assert.equal((await a.got(1))[0].text.length, 500000);
			await cut(a);
			const back = await join(session);
			assert.equal(back.connack.sessionPresent, version !== 3);
			assert.deepEqual((await back.got(1)).map((m) => [m.topic, m.text]), [[status, 'offline']]);
			await back.publishAsync(topic, '', {qos: 1, retain: true});
			await back.publishAsync(status, '', {qos: 1, retain: true});
			await back.unsubscribeAsync(device.own('js/#'));
			await back.endAsync();
			await (await join({...v, clean: true})).endAsync();
		});

	test('refuses a subscription and a publication outside the device\'s topics, and stays', DEADLINE, async () => {
		const a = await join();
		const granted = await a.subscribeAsync([device.own('js/+'), '#', 'tomte/other/set/x'], {qos: 1}).catch((error) => error);
		assert.match(String(granted), /not authori[sz]ed|unspecified/i);
		await assert.rejects(a.publishAsync('tomte/other/state/x', 'x', {qos: 1}), (error) => error.code === 0x87);
		await assert.rejects(a.publishAsync('tomte/other/state/x', 'x', {qos: 2}), (error) => error.code === 0x87);
		await a.publishAsync(device.own('js/x'), 'still here', {qos: 1});
		assert.deepEqual(await a.texts(1), ['still here']);
		await a.endAsync();
	});

	test('refuses a wrong token, a foreign client id and no credentials', DEADLINE, async () => {
		await assert.rejects(join({password: 'wrong'}), (error) => error.code === 0x86 || error.code === 0x87);
		await assert.rejects(join({clientId: 'someone-else'}), (error) => error.code === 0x85);
		await assert.rejects(join({username: undefined, password: undefined}), (error) => error.code === 0x86 || error.code === 0x87);
		await assert.rejects(join({protocolVersion: 4, password: 'wrong'}), (error) => error.code === 4 || error.code === 5);
	});

	test('a thousand messages at QoS 2, all under way at once, come once and in order', DEADLINE, async () => {
		const a = await join(), topic = device.own('js/many'), texts = Array.from({length: 1000}, (_, i) => `message ${i}`);
		await a.subscribeAsync(topic, {qos: 2});
		for (let i = 0; i < texts.length; i += 50) // within the hub's receive maximum, which MQTT.js does not heed
			await Promise.all(texts.slice(i, i + 50).map((text) => a.publishAsync(topic, text, {qos: 2})));
		assert.deepEqual(await a.texts(1000), texts);
		await a.endAsync();
	});

	if (door !== 'ws')
		test('a client that does not know the CA does not connect', DEADLINE, async () => {
			await assert.rejects(join({ca: undefined}), /certificate|self.signed|issuer/i);
		});
});
