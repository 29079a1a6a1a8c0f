/* The simulated gateways and devices of other dialects, against the broker alone: what other tests rely on. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {DEADLINE, startBroker, stopBrokers} from '../support/clients.mjs';
import {Homie4Device, Homie5Device} from '../support/homie.mjs';
import {Zigbee2mqtt, zigbeeDevices} from '../support/zigbee2mqtt.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

let broker, observer;
const last = new Map(), waiting = new Set(); // topic -> text

before(async () => {
	broker = await startBroker();
	observer = mqtt.connect(broker.url, {reconnectPeriod: 0, protocolVersion: 5});
	observer.on('message', (topic, payload) => {
		last.set(topic, String(payload));
		for (const check of [...waiting])
			check();
	});
	await once(observer, 'connect');
	await observer.subscribeAsync('#', {qos: 1, rh: 0});
});
after(async () => {
	await observer.endAsync();
	await stopBrokers();
});

/** Resolves when a topic's last message is as wanted; a function, or a text. */
function says(topic, wanted) {
	const fits = typeof wanted === 'function' ? wanted : (text) => text === wanted;
	return new Promise((resolve) => {
		const check = () => {
			if (!last.has(topic) || !fits(last.get(topic)))
				return;
			waiting.delete(check);
			resolve(last.get(topic));
		};
		waiting.add(check);
		check();
	});
}

const tell = (topic, payload) => observer.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), {qos: 1});
const holds = (part) => (text) => {
	const state = text && JSON.parse(text);
	return Object.entries(part).every(([key, value]) => JSON.stringify(state[key]) === JSON.stringify(value));
};

for (const [name, options] of [['MQTT 5', {protocolVersion: 5}], ['MQTT 3.1.1, version 1 words', {protocolVersion: 4, legacy: true}]])
	test(`Zigbee2MQTT over ${name}`, DEADLINE, async () => {
		last.clear();
		const bridge = new Zigbee2mqtt(broker.url, {devices: await zigbeeDevices('Colour bulb', 'Blind', 'Remote'),
			groups: [{id: 1, friendly_name: 'Lamps', members: [{ieee_address: '0x00158d0000100003', endpoint: 1}], scenes: []}], ...options});
		await bridge.start();
		const word = (state) => options.legacy ? state : JSON.stringify({state});
		await says('zigbee2mqtt/bridge/state', word('online'));
		await says('zigbee2mqtt/Lamps/availability', word('online'));
		assert.deepEqual(JSON.parse(last.get('zigbee2mqtt/bridge/devices')).map((each) => each.friendly_name),
			['Coordinator', 'Colour bulb', 'Blind', 'Remote']);

		await tell('zigbee2mqtt/Colour bulb/set', {state: 'ON', color: {x: 0.3, y: 0.2}, transition: 1});
		await says('zigbee2mqtt/Colour bulb', holds({state: 'ON', color_mode: 'xy', color: {x: 0.3, y: 0.2}, transition: undefined}));
		await tell('zigbee2mqtt/Colour bulb/set/state', 'TOGGLE');
		await says('zigbee2mqtt/Colour bulb', holds({state: 'OFF'}));
		last.delete('zigbee2mqtt/Colour bulb');
		await tell('zigbee2mqtt/Colour bulb/get', {state: ''});
		await says('zigbee2mqtt/Colour bulb', holds({state: 'OFF'}));
		await tell('zigbee2mqtt/Blind/set', {state: 'OPEN'});
		await says('zigbee2mqtt/Blind', holds({state: 'OPEN', position: 100}));
		await tell('zigbee2mqtt/Blind/set', 'nonsense');
		await says('zigbee2mqtt/bridge/logging', holds({level: 'error'}));
		await bridge.report('Remote', {action: 'toggle', battery: 90});
		await says('zigbee2mqtt/Remote', holds({battery: 90, action: 'toggle'}));
		await bridge.report('Remote', {battery: 89});
		await says('zigbee2mqtt/Remote', holds({battery: 89, action: undefined}));

		await tell('zigbee2mqtt/bridge/request/permit_join', {value: true, time: 254});
		await says('zigbee2mqtt/bridge/info', holds({permit_join: true}));
		const [, weather] = await zigbeeDevices('Weather');
		await bridge.join(weather);
		await says('zigbee2mqtt/bridge/devices', (text) => JSON.parse(text).at(-1).definition?.model === 'WSDCGQ11LM');
		await tell('zigbee2mqtt/bridge/request/device/remove', {id: '0x00158d0000100003'});
		await says('zigbee2mqtt/bridge/response/device/remove', holds({status: 'ok'}));
		await says('zigbee2mqtt/bridge/devices', (text) => !text.includes('Colour bulb'));
		await says('zigbee2mqtt/Colour bulb/availability', '');
		await tell('zigbee2mqtt/bridge/request/group/remove', {id: 1});
		await says('zigbee2mqtt/bridge/groups', '[]');
		await bridge.crash();
		await says('zigbee2mqtt/bridge/state', word('offline'));
	});

const nodes = {lamp: {name: 'Lamp', properties: {
	power: {name: 'Power', datatype: 'boolean', settable: true},
	level: {name: 'Level', datatype: 'integer', format: '0:100', unit: '%'},
}}};

for (const [name, Device, root] of [['4', Homie4Device, 'homie/shed'], ['5', Homie5Device, 'homie/5/shed']])
	test(`Homie ${name}`, DEADLINE, async () => {
		const device = new Device(broker.url, 'shed', {name: 'Shed', nodes});
		await device.start();
		await says(`${root}/$state`, 'ready');
		if (name === '5')
			assert.equal(JSON.parse(last.get(`${root}/$description`)).nodes.lamp.properties.level.format, '0:100');
		else
			assert.deepEqual([last.get(`${root}/$nodes`), last.get(`${root}/lamp/$properties`), last.get(`${root}/lamp/power/$settable`)],
				['lamp', 'power,level', 'true']);
		await tell(`${root}/lamp/power/set`, 'true');
		await says(`${root}/lamp/power`, 'true');
		assert.equal((await device.heard('power/set')).payload, 'true');
		await device.report('lamp/level', 40);
		await says(`${root}/lamp/level`, '40');
		await device.crash();
		await says(`${root}/$state`, 'lost');
		await device.start();
		await says(`${root}/$state`, 'ready');
		await device.remove();
		await says(`${root}/$state`, '');
		await says(`${root}/lamp/level`, '');
		await device.stop();
		await says(`${root}/$state`, 'disconnected');
	});
