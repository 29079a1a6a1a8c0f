/* tomte's own devices for the programs that people have already: Node-RED drives a lamp and sees its state, and Home Assistant finds
 * what there is. Both log in with the user that the page makes for them. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {Daemon, eventually, sourceDir, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {admit, command, device, entity} from '../support/others.mjs';
import {freePorts} from '../support/ports.mjs';
import {request} from '../support/request.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const PATIENCE = {timeout: 120000};

let hub, lamp, account, red, client;
before(async () => {
	hub = await startHub();
	await hub.setUp();
	await startAgent(hub, {name: 'Reading lamp', area: 'Living room'});
	lamp = await device(hub, (d) => d.name === 'Reading lamp' && d.online && d.entities.some((e) => e.id === 'lamp'), 'the lamp is there');
	account = await admit(hub, {title: 'Home Assistant', kind: 'homeassistant'});
}, PATIENCE);
after(async () => {
	client?.end(true);
	await red?.kill('SIGKILL');
	await stopAll();
});

test('Node-RED drives a lamp and receives its state', PATIENCE, async () => {
	const [port] = await freePorts(1), folder = path.join(hub.dir, 'node-red');
	const topic = (kind) => `tomte/${lamp.id}/${kind}/lamp`;
	const node = (id, type, more, ...wires) => ({id, z: 'tab', x: 0, y: 0, type, name: id, wires: wires.map((to) => [to]), ...more});
	await mkdir(folder);
	await writeFile(path.join(folder, 'flows.json'), JSON.stringify([
		{id: 'tab', type: 'tab', label: 'lamp'},
		{id: 'hub', type: 'mqtt-broker', broker: '127.0.0.1', port: String(hub.mqttPort), clientid: 'node-red', protocolVersion: '5', keepalive: '60', autoConnect: true},
		node('ask', 'http in', {url: '/lamp', method: 'post'}, 'say'),
		node('say', 'function', {outputs: 1, func: 'msg.payload = msg.req.body; return msg;'}, 'set'),
		node('set', 'mqtt out', {broker: 'hub', topic: topic('set'), qos: '1', retain: 'false'}),
		node('done', 'complete', {scope: ['set'], uncaught: false}, 'answer'),
		node('answer', 'http response', {statusCode: '200'}),
		node('state', 'mqtt in', {broker: 'hub', topic: topic('state'), qos: '1', datatype: 'json', rap: true, rh: 0, inputs: 0}, 'note'),
		node('note', 'function', {outputs: 0, func: 'node.log(JSON.stringify(msg.payload));'}),
	]));
	await writeFile(path.join(folder, 'flows_cred.json'), JSON.stringify({hub: {user: account.username, password: account.password}}));
	red = new Daemon('node-red', process.execPath, [path.join(sourceDir, 'tests/clients/nodered.mjs'), folder, String(port)], path.join(folder, 'log'));
	await red.waitLog(/mqtt-broker:hub\] Connected to broker/);
	await red.waitLog(/\[function:note\] \{"state":"OFF"/); // what is retained

	const answer = await request(new URL(`http://127.0.0.1:${port}/lamp`), {method: 'POST', body: {state: 'ON', brightness: 77}, timeout: PATIENCE.timeout});
	assert.equal(answer.status, 200, answer.text);
	await red.waitLog(/\[function:note\] \{"state":"ON","brightness":77/);
	await entity(hub, lamp.id, 'lamp', (e) => e.state?.state === 'ON' && e.state.brightness === 77); // the page sees it, too
	const from = red.log.length;
	await command(hub, lamp.id, 'lamp', {state: 'OFF'}); // and Node-RED what the page does
	await red.waitLog(/\[function:note\] \{"state":"OFF"/, from);
});

test('Home Assistant finds what there is, when it starts and when it asks', PATIENCE, async () => {
	const heard = new Map();
	client = mqtt.connect(account.url, {username: account.username, password: account.password, clientId: 'ha', reconnectPeriod: 0, protocolVersion: 5});
	client.on('message', (topic, payload, packet) => heard.set(topic, {text: String(payload), retain: packet.retain}));
	await once(client, 'connect');
	const config = `homeassistant/device/${lamp.id}/config`;
	await client.subscribeAsync(['homeassistant/#', 'tomte/+/status', 'tomte/+/state/+'], {qos: 1});
	const described = JSON.parse((await eventually(() => heard.get(config), 'the lamp is described')).text);
	assert.equal(heard.get(config).retain, true);
	const {cmps: components = described.components} = described;
	assert.ok(components.lamp, 'with its light');
	assert.ok(described.dev?.ids ?? described.device?.identifiers, 'a device as Home Assistant wants it');
	assert.ok(described.o?.name ?? described.origin?.name);
	assert.equal((await eventually(() => heard.get(`tomte/${lamp.id}/status`), 'it is there')).text, 'online');
	heard.delete(config);
	await client.publishAsync('homeassistant/status', 'online', {qos: 0});
	await eventually(() => heard.get(config), 'the lamp is described again');
	await client.publishAsync(`tomte/${lamp.id}/set/lamp`, '{"state":"ON"}', {qos: 1});
	await entity(hub, lamp.id, 'lamp', (e) => e.state?.state === 'ON');
	// it may not pretend to be the lamp
	await assert.rejects(client.publishAsync(`tomte/${lamp.id}/state/lamp`, '{"state":"OFF"}', {qos: 1}));
});
