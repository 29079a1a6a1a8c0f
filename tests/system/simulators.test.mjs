/* The simulated devices themselves, against the bare broker: what they tell is what the devices tell, and they obey. */
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {after, afterEach, before, test} from 'node:test';
import {DEADLINE, startBroker, stopBrokers} from '../support/clients.mjs';
import {Shelly, ShellyGen1} from '../support/shelly.mjs';
import {Tasmota} from '../support/tasmota.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

let broker, listener;
const heard = [], waiting = new Set(), devices = [];

before(async () => {
	broker = await startBroker();
	listener = await mqtt.connectAsync(broker.url, {reconnectPeriod: 0});
	listener.on('message', (topic, payload, {retain}) => {
		heard.push({topic, text: String(payload), retain});
		for (const check of [...waiting])
			check();
	});
	await listener.subscribeAsync('#', {qos: 1});
});
afterEach(async () => {
	for (const device of devices.splice(0))
		await device.stop();
	heard.length = 0;
});
after(async () => {
	await listener?.endAsync(true);
	await stopBrokers();
});

/** Resolves once this was heard on the topic: a text, or an object whose members it has. */
function hears(topic, expected) {
	const fits = (text) => typeof expected === 'string' ? text === expected
		: Object.entries(expected).every(([key, value]) => text.startsWith('{') && JSON.stringify(JSON.parse(text)[key]) === JSON.stringify(value));
	return new Promise((resolve) => {
		const check = () => {
			const found = heard.find((message) => message.topic === topic && fits(message.text));
			if (!found)
				return;
			waiting.delete(check);
			resolve(found);
		};
		waiting.add(check);
		check();
	});
}

async function connected(device) {
	devices.push(device);
	await device.connect({port: broker.port});
	return device;
}

const say = (topic, payload) => listener.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), {qos: 1});

test('a Tasmota plug tells what it is and obeys', DEADLINE, async () => {
	const plug = await connected(new Tasmota({sensors: {ENERGY: {Power: 5}}}));
	await hears('tele/tasmota_112233/LWT', 'Online');
	await hears('tasmota/discovery/AABBCC112233/config', {mac: 'AABBCC112233', rl: [1, 0, 0, 0, 0, 0, 0, 0]});
	await hears('tasmota/discovery/AABBCC112233/sensors', {ver: 1});
	await hears('tele/tasmota_112233/SENSOR', {ENERGY: {Power: 5}});
	await say('cmnd/tasmota_112233/POWER1', 'ON');
	await hears('stat/tasmota_112233/RESULT', {POWER: 'ON'});
	await hears('stat/tasmota_112233/POWER', 'ON');
	await say('cmnd/tasmota_112233/STATE', '');
	await hears('stat/tasmota_112233/RESULT', {UptimeSec: 600, POWER: 'ON'});
	await plug.measure({ENERGY: {Power: 7}});
	await hears('tele/tasmota_112233/SENSOR', {ENERGY: {Power: 7}});
	heard.length = 0;
	await say('cmnd/tasmota_112233/TELEPERIOD', '');
	await hears('tele/tasmota_112233/STATE', {POWER: 'ON'});
	await say('cmnd/tasmota_112233/STATUS', '10');
	await hears('stat/tasmota_112233/STATUS10', {StatusSNS: plug.measured()});
	await say('cmnd/tasmota_112233/NONSENSE', '');
	await hears('stat/tasmota_112233/RESULT', {Command: 'Unknown'});
	await plug.withdraw();
	await hears('tasmota/discovery/AABBCC112233/config', '');
	await plug.vanish();
	assert.ok(await hears('tele/tasmota_112233/LWT', 'Offline'));
});

test('a Tasmota lamp and a shutter', DEADLINE, async () => {
	await connected(new Tasmota({relays: [2], light: 5}));
	await say('cmnd/tasmota_112233/Backlog', 'NoDelay;HSBColor1 120;NoDelay;HSBColor2 80');
	await hears('stat/tasmota_112233/RESULT', {POWER: 'ON', HSBColor: '120,80,100', White: 0});
	await say('cmnd/tasmota_112233/Dimmer', '40');
	await hears('stat/tasmota_112233/RESULT', {Dimmer: 40, HSBColor: '120,80,40'});
	await say('cmnd/tasmota_112233/CT', '250');
	await hears('stat/tasmota_112233/RESULT', {CT: 250, White: 40});

	const shutter = await connected(new Tasmota({mac: 'AABBCC445566', relays: [3, 3]}));
	await say('cmnd/tasmota_445566/ShutterPosition1', 'OPEN');
	await hears('stat/tasmota_445566/RESULT', {Shutter1: {Position: 0, Direction: 1, Target: 100, Tilt: 0}});
	await shutter.arrive();
	await hears('stat/tasmota_445566/RESULT', {Shutter1: {Position: 100, Direction: 0, Target: 100, Tilt: 0}});
});

test('a Shelly answers calls and tells what changed', DEADLINE, async () => {
	const plug = await connected(new Shelly({components: {'switch:0': {}, 'input:0': {config: {type: 'button'}}}})), at = plug.prefix;
	await hears(`${at}/online`, 'true');
	await say(`${at}/rpc`, {id: 1, src: `${at}/hub/config`, method: 'Shelly.GetConfig'});
	const answer = JSON.parse((await hears(`${at}/hub/config/rpc`, {id: 1, dst: `${at}/hub/config`})).text);
	assert.equal(answer.result['input:0'].type, 'button');
	await say(`${at}/rpc`, {id: 2, src: `${at}/events`, method: 'Switch.Set', params: {id: 0, on: true}});
	await hears(`${at}/events/rpc`, {id: 2, result: {was_on: false}});
	await hears(`${at}/events/rpc`, {method: 'NotifyStatus', params: {ts: 1700000000.25, 'switch:0': {id: 0, output: true, apower: 42.5, source: 'MQTT'}}});
	await say(`${at}/command/switch:0`, 'off');
	await plug.toldThat((topic, text) => topic === `${at}/command/switch:0` && text === 'off');
	await hears(`${at}/events/rpc`, {params: {ts: 1700000000.25, 'switch:0': {id: 0, output: false, apower: 0, source: 'MQTT'}}});
	await plug.push('input:0', 'single_push');
	await hears(`${at}/events/rpc`, {method: 'NotifyEvent'});
	await say(`${at}/rpc`, {id: 3, src: `${at}/events`, method: 'No.Such'});
	await hears(`${at}/events/rpc`, {error: {code: 404, message: 'No handler for No.Such'}});
	await plug.vanish();
	await hears(`${at}/online`, 'false');
});

test('a Shelly that hears Bluetooth devices', DEADLINE, async () => {
	const addr = 'f8:44:77:00:00:01';
	const gateway = await connected(new Shelly({id: 'shellyblugwg3-aabbccddeeff', components: {}, dynamic: {
		'bthomedevice:200': {config: {addr}, status: {rssi: -60}}, 'bthomesensor:200': {config: {addr, obj_id: 69}, status: {value: 20}},
		'blutrv:200': {config: {addr}, status: {target_C: 19}}}})), at = gateway.prefix;
	await say(`${at}/rpc`, {id: 4, src: `${at}/hub/components/1`, method: 'Shelly.GetComponents', params: {offset: 2}});
	const answer = JSON.parse((await hears(`${at}/hub/components/1/rpc`, {id: 4})).text);
	assert.deepEqual(answer.result, {components: [{key: 'blutrv:200', config: {id: 200, addr}, status: {id: 200, target_C: 19}}], cfg_rev: 1, offset: 2, total: 3});
	await say(`${at}/rpc`, {id: 7, src: `${at}/events`, method: 'BTHomeSensor.GetStatus', params: {id: 200}});
	await hears(`${at}/events/rpc`, {id: 7, result: {id: 200, value: 20}});
	await say(`${at}/rpc`, {id: 8, src: `${at}/events`, method: 'BluTrv.Call', params: {id: 200, method: 'TRV.SetTarget', params: {id: 0, target_C: 22}}});
	await hears(`${at}/events/rpc`, {method: 'NotifyStatus', params: {ts: 1700000000.25, 'blutrv:200': {id: 200, target_C: 22}}});
	await gateway.remove((config) => config.obj_id === 69);
	await hears(`${at}/events/rpc`, {method: 'NotifyEvent'});
	assert.equal(gateway.dynamic.length, 2);
});

test('a Shelly cover', DEADLINE, async () => {
	const cover = await connected(new Shelly({id: 'shelly2pmg3-aabbccddeeff', prefix: 'house/cover', components: {'cover:0': {}}}));
	await say('house/cover/command/cover:0', 'open');
	await hears('house/cover/events/rpc', {params: {ts: 1700000000.25, 'cover:0': {id: 0, state: 'opening', source: 'MQTT'}}});
	await cover.arrive('cover:0');
	await hears('house/cover/events/rpc', {params: {ts: 1700000000.25, 'cover:0': {id: 0, state: 'open', current_pos: 100, source: 'timeout'}}});
	await say('house/cover/rpc', {id: 1, src: 'house/cover/events', method: 'Cover.GoToPosition', params: {id: 0, pos: 30}});
	await hears('house/cover/events/rpc', {params: {ts: 1700000000.25, 'cover:0': {id: 0, state: 'closing', source: 'MQTT'}}});
});

test('a Shelly of the first generation', DEADLINE, async () => {
	const device = await connected(new ShellyGen1());
	await hears(device.at('announce'), {model: 'SHSW-25', mode: 'relay'});
	await say(device.at('relay/1/command'), 'on');
	await hears(device.at('relay/1'), 'on');
	await hears(device.at('relay/1/power'), '23.50');
	await device.press(1);
	heard.length = 0;
	await say(device.at('command'), 'update');
	await hears(device.at('relay/1'), 'off');
	await say(device.at('command'), 'announce');
	await hears(device.at('announce'), {id: device.id});
	await device.vanish();
	await hears(device.at('online'), 'false');
});
