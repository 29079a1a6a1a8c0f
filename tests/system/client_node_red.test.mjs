/* Node-RED's MQTT nodes (npm, without its editor) against the open broker, MQTT 3.1, 3.1.1 and 5.0 side by side, and
 * against the hub over TLS with a device's credentials. The flows are driven through Node-RED's own HTTP nodes; what
 * an "mqtt in" node gives goes through a function node into the log. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {DEADLINE, startBroker, startHubWithDevice, stopBrokers} from '../support/clients.mjs';
import {Daemon, sourceDir, stopAll} from '../support/hub.mjs';
import {freePorts} from '../support/ports.mjs';
import {request} from '../support/request.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const versions = {v31: '3', v311: '4', v5: '5'};

let broker, device, folder, port, red, watcher;
const watched = []; // what the watcher, an MQTT.js client, has seen: [topic, text]

/** The nodes around one broker connection: publishing, one fixed subscription, others on request. */
function flow(name, connection, topics) {
	const z = `tab-${name}`, id = (what) => `${name}-${what}`;
	const node = (what, type, more, ...wires) => ({id: id(what), z, x: 0, y: 0, type, name: id(what), wires: wires.map((to) => [].concat(to).map(id)), ...more});
	const logger = (what) => node(what, 'function', {outputs: 0, func: `
		const {topic, qos, retain, payload, userProperties, contentType, responseTopic, correlationData, messageExpiryInterval} = msg;
		node.log(JSON.stringify({topic, qos, retain, payload: payload.length > 1000 ? payload.length : String(payload), userProperties, contentType, responseTopic,
			correlationData: correlationData && correlationData.toString(), messageExpiryInterval}));`});
	return [
		{id: z, type: 'tab', label: name},
		{id: id('broker'), type: 'mqtt-broker', clientid: `nodered-${name}-${process.pid}`, keepalive: '60', cleansession: false, autoConnect: true, sessionExpiry: '600', ...connection,
			birthTopic: `${topics}/life`, birthPayload: 'born', birthQos: '1', birthRetain: 'false', birthMsg: {},
			closeTopic: `${topics}/life`, closePayload: 'closed', closeQos: '1', closeRetain: 'false', closeMsg: {},
			willTopic: `${topics}/life`, willPayload: 'lost', willQos: '1', willRetain: 'false', willMsg: {userProps: '{"why":"cut"}', contentType: 'text/x'}},
		node('publish-in', 'http in', {url: `/publish/${name}`, method: 'post'}, 'prepare'),
		node('prepare', 'function', {outputs: 1, func: `
			Object.assign(msg, msg.req.body);
			if (msg.correlationData) msg.correlationData = Buffer.from(msg.correlationData);
			if (msg.repeat) msg.payload = 'x'.repeat(msg.repeat);
			return msg;`}, 'out'),
		node('out', 'mqtt out', {broker: id('broker'), topic: '', qos: '', retain: ''}),
		node('control-in', 'http in', {url: `/control/${name}`, method: 'post'}, 'control'),
		node('control', 'function', {outputs: 1, func: 'Object.assign(msg, msg.req.body); return msg;'}, 'dynamic'),
		node('dynamic', 'mqtt in', {broker: id('broker'), inputs: 1, datatype: 'utf8', topic: '', qos: '2'}, 'later'),
		node('complete', 'complete', {scope: [id('out'), id('dynamic')], uncaught: false}, 'answer'), // done: with the acknowledgement
		node('answer', 'http response', {statusCode: '200'}),
		node('in', 'mqtt in', {broker: id('broker'), topic: `${topics}/in/#`, qos: '2', datatype: 'utf8', nl: false, rap: true, rh: 0, inputs: 0}, 'got'),
		logger('got'), logger('later'),
		// a narrower filter on the same connection: each node is to get its own copy
		node('overlap', 'mqtt in', {broker: id('broker'), topic: `${topics}/in/+/both`, qos: '1', datatype: 'utf8', nl: false, rap: true, rh: 0, inputs: 0}, 'also'),
		logger('also'),
		// requests are answered in the flow: without a topic "mqtt out" takes the response topic
		node('question', 'mqtt in', {broker: id('broker'), topic: `${topics}/question`, qos: '1', datatype: 'utf8', nl: false, rap: true, rh: 0, inputs: 0}, 'reply'),
		node('reply', 'function', {outputs: 1, func: "msg.payload += '!'; delete msg.topic; return msg;"}, 'replies'),
		node('replies', 'mqtt out', {broker: id('broker'), topic: '', qos: '1', retain: ''}),
	];
}

/** Resolves with the first n messages that a node has logged behind position `from` of the log. */
async function logged(name, n, from = 0) {
	const pattern = new RegExp(`\\[function:${name}\\] (\\{.*\\})\n`, 'g');
	await red.waitLog(new RegExp(`(?:\\[function:${name}\\] \\{[^]*?\n[^]*?){${n}}`), from);
	return [...red.log.slice(from).matchAll(pattern)].map((match) => JSON.parse(match[1]));
}

async function startRed() {
	red = new Daemon('node-red', process.execPath, [path.join(sourceDir, 'tests/clients/nodered.mjs'), folder, String(port)], path.join(folder, 'log'));
	await red.waitLog(/Started flows/);
	for (const name of [...Object.keys(versions), 'tls'])
		await red.waitLog(new RegExp(`mqtt-broker:${name}-broker\\] Connected to broker`));
}

const post = async (where, body) => {
	const answer = await request(new URL(where, `http://127.0.0.1:${port}`), {method: 'POST', body, timeout: DEADLINE.timeout});
	assert.equal(answer.status, 200, answer.text);
};
const publish = (name, body) => post(`/publish/${name}`, body);
const control = (name, body) => post(`/control/${name}`, body);

async function seen(check) {
	while (!watched.some(check))
		await once(watcher, 'message');
}

before(async () => {
	[broker, device] = await Promise.all([startBroker(), startHubWithDevice()]);
	[port] = await freePorts(1);
	folder = path.join(broker.dir, 'node-red');
	await mkdir(folder);
	const open = {broker: broker.host, port: String(broker.port)};
	await writeFile(path.join(folder, 'flows.json'), JSON.stringify([
		...Object.entries(versions).flatMap(([name, protocolVersion]) => flow(name, {...open, protocolVersion, compatmode: name === 'v31'}, `nr/${name}`)),
		...flow('tls', {broker: device.host, port: String(device.port), usetls: true, tls: 'ca', clientid: device.id, protocolVersion: '5'}, device.own('nr')),
		{id: 'ca', type: 'tls-config', name: '', cert: '', key: '', ca: device.caFile, verifyservercert: true, servername: ''},
	]));
	await writeFile(path.join(folder, 'flows_cred.json'), JSON.stringify({'tls-broker': {user: device.user, password: device.token}}));
	watcher = await mqtt.connectAsync(broker.url, {protocolVersion: 5});
	watcher.on('message', (topic, payload, packet) => watched.push({topic, text: String(payload), packet}));
	await watcher.subscribeAsync(['nr/+/life', 'nr/answers'], {qos: 2});
	await startRed();
}, DEADLINE);

after(async () => {
	await red?.kill('SIGKILL');
	await watcher?.endAsync();
	await stopBrokers();
	await device?.hub.stop();
	await stopAll();
});

test('every connection tells its birth', DEADLINE, async () => {
	for (const name of Object.keys(versions))
		await seen((m) => m.topic === `nr/${name}/life` && m.text === 'born');
});

test('QoS 0, 1 and 2 from every version to every version', DEADLINE, async () => {
	const from = red.log.length;
	for (const sender of Object.keys(versions))
		for (const receiver of Object.keys(versions))
			for (const qos of [0, 1, 2])
				await publish(sender, {topic: `nr/${receiver}/in/${sender}`, payload: `${qos}`, qos});
	for (const receiver of Object.keys(versions))
		assert.deepEqual((await logged(`${receiver}-got`, 9, from)).map((m) => [m.topic, m.qos, m.payload]),
			Object.keys(versions).flatMap((sender) => [0, 1, 2].map((qos) => [`nr/${receiver}/in/${sender}`, qos, String(qos)])));
});

test('subscribes and unsubscribes on request; retained messages come and are cleared', DEADLINE, async () => {
	for (const name of Object.keys(versions)) {
		const topic = `nr/${name}/kept`, from = red.log.length;
		await publish(name, {topic, payload: 'kept', qos: 2, retain: true});
		await control(name, {action: 'subscribe', topic: {topic, qos: 2}});
		assert.deepEqual((await logged(`${name}-later`, 1, from)).map((m) => [m.payload, m.retain, m.qos]), [['kept', true, 2]]);
		await control(name, {action: 'unsubscribe', topic});
		await publish(name, {topic, payload: '', qos: 1, retain: true});
		await control(name, {action: 'subscribe', topic: {topic, qos: 1}});
		await publish(name, {topic, payload: 'live', qos: 1});
		assert.deepEqual((await logged(`${name}-later`, 2, from)).map((m) => [m.payload, m.retain]), [['kept', true], ['live', false]]);
		await control(name, {action: 'unsubscribe', topic});
	}
});

test('half a megabyte arrives whole', DEADLINE, async () => {
	for (const name of [...Object.keys(versions), 'tls']) {
		const from = red.log.length;
		await publish(name, {topic: name === 'tls' ? device.own('nr/in/large') : `nr/${name}/in/large`, repeat: 500000, qos: 2});
		assert.equal((await logged(`${name}-got`, 1, from))[0].payload, 500000);
	}
});

test('properties of MQTT 5.0 come as they went', DEADLINE, async () => {
	const from = red.log.length;
	const properties = {userProperties: {room: 'kitchen', 'ä': 'ö'}, contentType: 'text/plain', responseTopic: 'nr/answers', correlationData: 'number 7', messageExpiryInterval: 3600};
	await publish('v5', {topic: 'nr/v5/in/properties', payload: 'x', qos: 2, ...properties});
	const [got] = await logged('v5-got', 1, from);
	assert.ok(got.messageExpiryInterval > 0 && got.messageExpiryInterval <= 3600);
	for (const [name, value] of Object.entries(properties))
		if (name !== 'messageExpiryInterval')
			assert.deepEqual(got[name], value, name);
	await publish('v5', {topic: 'nr/v311/in/properties', payload: 'x', qos: 2, ...properties}); // to 3.1.1 without them
	assert.equal((await logged('v311-got', 1, from))[0].contentType, undefined);
});

test('a request is answered to its response topic', DEADLINE, async () => {
	await watcher.publishAsync('nr/v5/question', 'how warm', {qos: 1, properties: {responseTopic: 'nr/answers', correlationData: Buffer.from('q1')}});
	await seen((m) => m.topic === 'nr/answers' && m.text === 'how warm!' && String(m.packet.properties.correlationData) === 'q1');
});

test('a topic alias stands for its topic', DEADLINE, async () => {
	const from = red.log.length;
	for (const n of [1, 2, 3])
		await publish('v5', {topic: 'nr/v5/in/alias', payload: `${n}`, qos: 1, topicAlias: 5});
	assert.deepEqual((await logged('v5-got', 3, from)).map((m) => [m.topic, m.payload]), [1, 2, 3].map((n) => ['nr/v5/in/alias', `${n}`]));
});

test('overlapping subscriptions with identifiers: each node gets its copy, once', DEADLINE, async () => {
	const from = red.log.length;
	await watcher.publishAsync('nr/v5/in/x/both', 'for two', {qos: 2});
	await watcher.publishAsync('nr/v5/in/end', 'end', {qos: 2});
	assert.deepEqual((await logged('v5-got', 2, from)).map((m) => m.payload), ['for two', 'end']);
	assert.deepEqual((await logged('v5-also', 1, from)).map((m) => m.payload), ['for two']);
});

test('says goodbye with its closing message, not its will, and comes back', DEADLINE, async () => {
	for (const name of Object.keys(versions)) {
		const before = watched.length;
		const since = (text) => (m) => watched.indexOf(m) >= before && m.topic === `nr/${name}/life` && m.text === text;
		await control(name, {action: 'disconnect'});
		await seen(since('closed'));
		await control(name, {action: 'connect'});
		await seen(since('born'));
		assert.ok(!watched.some(since('lost')));
	}
});

test('who loses its place comes back by itself and misses nothing', DEADLINE, async () => {
	const from = red.log.length;
	const thief = await mqtt.connectAsync(broker.url, {protocolVersion: 5, clientId: `nodered-v311-${process.pid}`, clean: false, properties: {sessionExpiryInterval: 600}, reconnectPeriod: 0});
	const closed = thief.connected ? once(thief, 'close') : null; // Node-RED takes it back
	await closed;
	thief.end(true);
	await seen((m) => m.topic === 'nr/v311/life' && m.text === 'lost');
	await watcher.publishAsync('nr/v311/in/after', 'still there', {qos: 2});
	assert.equal((await logged('v311-got', 1, from))[0].payload, 'still there');
});

test('after kill -9 the wills come, and what was sent meanwhile waits', DEADLINE, async () => {
	const before = watched.length;
	await red.kill('SIGKILL');
	for (const name of Object.keys(versions))
		await seen((m) => watched.indexOf(m) >= before && m.topic === `nr/${name}/life` && m.text === 'lost');
	const will = watched.findLast((m) => m.topic === 'nr/v5/life').packet.properties;
	assert.deepEqual([will.contentType, {...will.userProperties}], ['text/x', {why: 'cut'}]);
	for (const name of Object.keys(versions))
		for (const n of [1, 2, 3])
			await watcher.publishAsync(`nr/${name}/in/away`, `${n}`, {qos: 2});
	await startRed();
	for (const name of Object.keys(versions))
		assert.deepEqual((await logged(`${name}-got`, 3)).map((m) => m.payload), ['1', '2', '3']);
});

test('the hub over TLS, as the device: own topics at QoS 2, retained; others are refused', DEADLINE, async () => {
	const from = red.log.length;
	await publish('tls', {topic: device.own('nr/in/x'), payload: 'hello', qos: 2, retain: true, userProperties: {a: 'b'}});
	assert.deepEqual((await logged('tls-got', 1, from)).map((m) => [m.topic, m.payload, m.qos, m.userProperties]), [[device.own('nr/in/x'), 'hello', 2, {a: 'b'}]]);
	// the node's "done" brings the error of PUBACK to the log
	const refused = request(new URL('/publish/tls', `http://127.0.0.1:${port}`), {method: 'POST', body: {topic: 'tomte/other/x', payload: 'x', qos: 1}}).catch(() => {});
	await red.waitLog(/\[mqtt out:tls-out\] .*not authori[sz]ed/i, from);
	await publish('tls', {topic: device.own('nr/in/x'), payload: '', qos: 1, retain: true});
	assert.equal((await logged('tls-got', 2, from))[1].payload, '');
	await red.stop();
	await refused;
});
