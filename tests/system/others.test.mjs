/* Devices of others at a real hub, each simulated in its own dialect: it appears with its controls, its state follows, its command goes
 * out as it understands it, it is missed when it goes, and deleting leaves no ghost. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {Esphome} from '../support/esphome.mjs';
import {eventually, startHub, stopAll} from '../support/hub.mjs';
import {Homie4Device, Homie5Device} from '../support/homie.mjs';
import {admit, command, device, entity, erase} from '../support/others.mjs';
import {Shelly, ShellyGen1} from '../support/shelly.mjs';
import {Tasmota} from '../support/tasmota.mjs';
import {Zigbee2mqtt, zigbeeDevices} from '../support/zigbee2mqtt.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const PATIENCE = {timeout: 120000};

let hub;
const clients = new Set();
before(async () => {
	hub = await startHub();
	await hub.setUp();
});
after(async () => {
	for (const client of clients)
		client.end(true);
	await stopAll();
});

async function connect(options) {
	const client = mqtt.connect(options.url, {reconnectPeriod: 0, ...options});
	clients.add(client);
	client.on('error', () => {});
	await once(client, 'connect');
	return client;
}

/** What is retained where a new client may look. */
async function retained(options, filter) {
	const client = await connect({...options, clientId: `looks-${filter.replace(/\W/g, '')}`}), topics = [];
	client.on('message', (topic, payload, packet) => packet.retain && topics.push(topic));
	await client.subscribeAsync(filter, {qos: 1});
	await new Promise((answer) => {
		client.on('packetreceive', (packet) => packet.cmd === 'pingresp' && answer());
		client.sendPing(); // behind what is retained
	});
	await client.endAsync();
	return topics.sort();
}

test('ESPHome', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Living', kind: 'esphome', prefix: 'living'});
	const board = new Esphome({...account, name: 'living', area: 'Kitchen'});
	await board.start();
	clients.add(board.client);
	const seen = await device(hub, (d) => d.name === 'Living room' && d.online && d.entities.length === 4, 'the board appears');
	assert.equal(seen.dialect, 'homeassistant');
	assert.equal(seen.client, 'living');
	assert.equal(seen.area, 'Kitchen');
	assert.equal(seen.note, null);
	await entity(hub, seen.id, 'ESPsensortemperature', (e) => e.state === 21);
	await command(hub, seen.id, 'ESPlightlamp', {state: 'ON', brightness: 100});
	assert.equal(board.lamp.state, 'ON');
	assert.equal(board.lamp.brightness, 100);
	await command(hub, seen.id, 'ESPswitchrelay', 'ON');
	assert.equal(board.relay, 'ON');
	await board.press(); // at the board itself
	await entity(hub, seen.id, 'ESPswitchrelay', (e) => e.state === 'OFF');
	await command(hub, seen.id, 'ESPcoverblind', {position: 40});
	assert.equal(board.position, 40);

	await board.vanish();
	await device(hub, (d) => d.id === seen.id && d.online === false && d.lost, 'the board is missed');
	await hub.restart();
	await hub.get('/api/v1/devices');
	await board.start();
	clients.add(board.client);
	await device(hub, (d) => d.id === seen.id && d.online, 'the board is back after a restart of the hub');

	await board.stop();
	await erase(hub, seen.id);
	assert.deepEqual(await retained(account, 'living/#'), []);
	assert.equal((await hub.get('/api/v1/devices')).devices.length, 0);
	await hub.restart();
	assert.equal((await hub.get('/api/v1/devices')).devices.length, 0, 'no ghost');
});

/** What the simulators of single devices connect with. */
const where = ({url, username, password}) => ({url, user: username, password});

test('Tasmota', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Kitchen plug', kind: 'tasmota'});
	const plug = new Tasmota({topic: account.prefix, name: 'Kitchen plug', sensors: {ENERGY: {Power: 5}}});
	await plug.connect(where(account));
	const seen = await device(hub, (d) => d.dialect === 'tasmota' && d.online && d.entities.length > 2, 'the plug appears');
	assert.equal(seen.name, 'Kitchen plug');
	const relay = seen.entities.find((e) => e.component === 'switch'), power = seen.entities.find((e) => e.device_class === 'power');
	await entity(hub, seen.id, power.id, (e) => e.state === 5);
	await command(hub, seen.id, relay.id, 'ON');
	assert.equal(plug.power[0], true);
	await plug.press();
	await entity(hub, seen.id, relay.id, (e) => e.state === 'OFF');
	await plug.vanish();
	await device(hub, (d) => d.id === seen.id && d.online === false && d.lost, 'the plug is missed');
	await plug.connect(where(account));
	await device(hub, (d) => d.id === seen.id && d.online, 'the plug is back');
	await plug.stop();
	await erase(hub, seen.id);
	assert.deepEqual(await retained({...account, username: account.username}, `cmnd/${account.prefix}/#`), []);
});

test('a Tasmota lamp', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Lamp', kind: 'tasmota'});
	const lamp = new Tasmota({mac: 'AABBCC445566', topic: account.prefix, name: 'Strip', relays: [2], light: 5});
	await lamp.connect(where(account));
	const seen = await device(hub, (d) => d.name === 'Strip' && d.online, 'the lamp appears');
	const light = seen.entities.find((e) => e.component === 'light');
	await command(hub, seen.id, light.id, {state: 'ON', brightness: 128});
	assert.equal(Math.round(lamp.lamp.dimmer), 50);
	await command(hub, seen.id, light.id, {color_temp: 4000});
	assert.equal(lamp.lamp.ct, 250);
	await lamp.stop();
	await erase(hub, seen.id);
});

test('Shelly', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Shelly', kind: 'shelly', prefix: 'shellyplus1pm-aabbccddeeff'});
	const plug = new Shelly({name: 'Boiler'});
	await plug.connect(where(account));
	const seen = await device(hub, (d) => d.dialect === 'shelly' && d.online && d.entities.some((e) => e.component === 'switch'), 'the plug appears');
	assert.equal(seen.name, 'Boiler');
	const relay = seen.entities.find((e) => e.component === 'switch');
	await entity(hub, seen.id, relay.id, (e) => e.state === 'OFF');
	await command(hub, seen.id, relay.id, 'ON');
	await plug.change('switch:0', {output: false}); // at its button
	await entity(hub, seen.id, relay.id, (e) => e.state === 'OFF');
	await plug.vanish();
	await device(hub, (d) => d.id === seen.id && d.online === false && d.lost, 'the plug is missed');
	await plug.connect(where(account));
	await device(hub, (d) => d.id === seen.id && d.online, 'the plug is back');
	await plug.stop();
	await erase(hub, seen.id);
	assert.deepEqual(await retained(account, `${plug.prefix}/#`), []);
});

test('Bluetooth devices that a Shelly hears', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Gateway', kind: 'shelly', prefix: 'shellyblugwg3-aabbccddeeff'});
	const climate = 'fc:4d:6a:00:00:01', radiator = 'f8:44:77:00:00:01';
	const gateway = new Shelly({id: 'shellyblugwg3-aabbccddeeff', name: 'Gateway', app: 'BluGwG3', components: {}, dynamic: {
		'bthomedevice:200': {config: {addr: climate, name: 'Cellar'}, status: {rssi: -70, battery: 88}},
		'bthomesensor:200': {config: {addr: climate, obj_id: 69, idx: 0}, status: {value: 14.5}},
		'bthomesensor:201': {config: {addr: climate, obj_id: 45, idx: 0}, status: {value: true}},
		'blutrv:200': {config: {addr: radiator, name: 'Radiator', trv: 'bthomedevice:201'}, status: {target_C: 19, current_C: 17.5, pos: 40, rssi: -60, battery: 100}},
		'boolean:200': {config: {name: 'Holiday'}, status: {value: false}},
	}});
	await gateway.connect(where(account));
	const cellar = await device(hub, (d) => d.name === 'Cellar' && d.online, 'the sensor appears');
	await entity(hub, cellar.id, 'bthomesensor_200', (e) => e.state === 14.5 && e.device_class === 'temperature');
	await entity(hub, cellar.id, 'bthomesensor_201', (e) => e.state === 'ON' && e.device_class === 'window');
	await entity(hub, cellar.id, 'bthomedevice_200_battery', (e) => e.state === 88 && e.category === 'diagnostic');
	await gateway.hear('bthomesensor:201', {value: false});
	await entity(hub, cellar.id, 'bthomesensor_201', (e) => e.state === 'OFF');

	const valve = await device(hub, (d) => d.name === 'Radiator' && d.online, 'the valve appears');
	await entity(hub, valve.id, 'blutrv_200', (e) => e.state?.target === 19 && e.state.action === 'heating');
	await command(hub, valve.id, 'blutrv_200', {target: 21.5});
	assert.equal(gateway.dynamic.find(({key}) => key === 'blutrv:200').status.target_C, 21.5);

	const box = await device(hub, (d) => d.name === 'Gateway' && d.online, 'the gateway appears');
	await entity(hub, box.id, 'boolean_200', (e) => e.state === 'OFF' && e.name === 'Holiday');
	await gateway.vanish();
	await device(hub, (d) => d.id === cellar.id && d.online === false, 'what the gateway heard is missed with it');
	gateway.dynamic.find(({key}) => key === 'bthomesensor:200').status.value = 12;
	await gateway.connect(where(account));
	await entity(hub, cellar.id, 'bthomesensor_200', (e) => e.state === 12);
	await gateway.remove(({addr}) => addr === climate);
	await eventually(async () => !(await hub.get('/api/v1/devices?limit=1000')).devices.some(({id}) => id === cellar.id), 'what the gateway has forgotten is gone');
	assert.ok(await device(hub, (d) => d.id === valve.id && d.online, 'the valve stays'));
	await gateway.stop();
	await erase(hub, valve.id);
	await erase(hub, box.id);
});

test('Shelly of the first generation', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Old Shelly', kind: 'shelly', prefix: 'shellyswitch25-98CDAC38E9F5'});
	const old = new ShellyGen1();
	await old.connect(where(account));
	const seen = await device(hub, (d) => d.client === account.client && d.online && d.entities.some((e) => e.component === 'switch'), 'it appears');
	const relays = seen.entities.filter((e) => e.component === 'switch');
	assert.equal(relays.length, 2);
	await command(hub, seen.id, relays[1].id, 'ON');
	assert.deepEqual(old.on, [false, true]);
	await old.press(1);
	await entity(hub, seen.id, relays[1].id, (e) => e.state === 'OFF');
	await old.vanish();
	await device(hub, (d) => d.id === seen.id && d.online === false && d.lost, 'it is missed');
	await erase(hub, seen.id);
	assert.deepEqual(await retained(account, 'shellies/shellyswitch25-98CDAC38E9F5/#'), []);
});

test('Zigbee2MQTT, with all models of its converters that the corpus has', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Zigbee2MQTT', kind: 'zigbee2mqtt'});
	const all = await zigbeeDevices(), total = all.length;
	const bridge = new Zigbee2mqtt(account.url, {devices: all, username: account.username, password: account.password});
	await bridge.start();
	clients.add(bridge.client);
	const count = () => hub.get('/api/v1/devices?limit=200').then((answer) => answer.devices.filter((d) => d.client === account.client).length);
	await eventually(async () => await count() === total, 'each appears, and the bridge itself');
	const bulb = await device(hub, (d) => d.name === 'Colour bulb' && d.online, 'the bulb is there');
	const light = bulb.entities.find((e) => e.component === 'light');
	await command(hub, bulb.id, light.id, {state: 'ON', brightness: 100});
	assert.equal(bridge.states.get('Colour bulb').state, 'ON');
	await command(hub, bulb.id, light.id, {color: {x: 0.3, y: 0.2}});
	await bridge.report('Colour bulb', {state: 'OFF'});
	await entity(hub, bulb.id, light.id, (e) => e.state.state === 'OFF');
	await bridge.setAvailable('Colour bulb', false);
	await device(hub, (d) => d.id === bulb.id && d.online === false, 'the bulb is cut off');
	await bridge.setAvailable('Colour bulb', true);
	await device(hub, (d) => d.id === bulb.id && d.online, 'the bulb is back');

	// renamed there, it stays the same here
	bridge.devices.find((d) => d.friendly_name === 'Colour bulb').friendly_name = 'Reading lamp';
	await bridge.tellDevices();
	await bridge.setAvailable('Reading lamp', true);
	await bridge.report('Reading lamp', {state: 'ON', brightness: 7});
	await entity(hub, bulb.id, light.id, (e) => e.state.state === 'ON' && e.state.brightness === 7);

	// what stands for the bridge is deleted, the bridge lives on with its word
	const coordinator = await device(hub, (d) => d.client === account.client && d.name === 'Zigbee2MQTT', 'the bridge is there');
	await erase(hub, coordinator.id);
	assert.deepEqual(await retained(account, 'zigbee2mqtt/bridge/#'), ['devices', 'groups', 'info', 'state'].map((name) => `zigbee2mqtt/bridge/${name}`));
	await bridge.tellDevices();
	await device(hub, (d) => d.client === account.client && d.name === 'Zigbee2MQTT' && d.online &&
		d.entities.some((e) => e.name === 'Version' && e.state), 'and is there again when it says so, with what it had said');

	// deleted, it leaves the network, and the list that comes then does not bring it back
	await erase(hub, bulb.id);
	await bridge.heard('bridge/request/device/remove');
	await eventually(async () => await count() === total - 1, 'it is gone');
	await bridge.crash();
	await device(hub, (d) => d.client === account.client && d.online === false && d.lost, 'without the bridge nothing is there');
	await hub.api(`/api/v1/clients/${account.client}`, {method: 'DELETE', cookie: hub.cookie});
	await eventually(async () => await count() === 0, 'they go with their user');
});

const nodes = {lamp: {name: 'Lamp', properties: {
	power: {name: 'Power', datatype: 'boolean', settable: true},
	level: {name: 'Level', datatype: 'integer', format: '0:100', unit: '%'},
}}};
for (const [version, Device] of [['4', Homie4Device], ['5', Homie5Device]])
	test(`Homie ${version}`, PATIENCE, async () => {
		const account = await admit(hub, {title: `Shed ${version}`, kind: 'homie', prefix: `shed-${version}`});
		const shed = new Device(account.url, `shed-${version}`, {name: `Shed ${version}`, nodes, username: account.username, password: account.password});
		await shed.start();
		clients.add(shed.client);
		const seen = await device(hub, (d) => d.name === `Shed ${version}` && d.online && d.entities.length === 2, 'the shed appears');
		assert.equal(seen.dialect, `homie${version}`);
		const power = seen.entities.find((e) => e.controllable), level = seen.entities.find((e) => !e.controllable);
		await shed.report('lamp/level', 40);
		await entity(hub, seen.id, level.id, (e) => e.state === 40);
		await command(hub, seen.id, power.id, 'ON');
		await shed.report('lamp/power', 'false');
		await entity(hub, seen.id, power.id, (e) => e.state === 'OFF');
		await shed.crash();
		await device(hub, (d) => d.id === seen.id && d.online === false && d.lost, 'the shed is missed');
		await shed.start();
		clients.add(shed.client);
		await device(hub, (d) => d.id === seen.id && d.online, 'the shed is back');
		await shed.stop();
		await erase(hub, seen.id);
		assert.deepEqual(await retained(account, version === '4' ? `homie/shed-4/#` : 'homie/5/shed-5/#'), []);
	});

test('a device takes itself away, and comes back with its history', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Attic', kind: 'esphome', prefix: 'attic'});
	const board = new Esphome({...account, name: 'attic', friendlyName: 'Attic board', mac: 'a0b765112299'});
	await board.start();
	clients.add(board.client);
	const seen = await device(hub, (d) => d.name === 'Attic board' && d.online, 'the board appears');
	await board.measure(22);
	const before = await entity(hub, seen.id, 'ESPsensortemperature', (e) => e.state === 22 && e.series);
	const things = [...board.things];
	for (const [thing] of things)
		await board.remove(thing);
	await eventually(async () => !(await hub.get('/api/v1/devices')).devices.some((d) => d.id === seen.id), 'it is gone');
	await board.stop();
	board.things = new Map(things);
	await board.start();
	clients.add(board.client);
	const again = await entity(hub, seen.id, 'ESPsensortemperature', (e) => e.state === 22 && e.series);
	assert.equal(again.series, before.series);
	await board.stop();
});

test('nobody describes what is not theirs to use', PATIENCE, async () => {
	const mine = await admit(hub, {title: 'Mine', topics: [
		{filter: 'mine/#', publish: true, subscribe: true}, {filter: 'homeassistant/#', publish: true}]});
	const client = await connect({...mine, clientId: 'mine'});
	await client.publishAsync('homeassistant/switch/trap/config', JSON.stringify({
		name: 'Trap', uniq_id: 'trap', cmd_t: 'cmnd/door/POWER', stat_t: 'mine/state', dev: {ids: ['trap'], name: 'Nice lamp'}}), {qos: 1, retain: true});
	const seen = await device(hub, (d) => d.name === 'Nice lamp', 'what is described appears');
	assert.equal(seen.entities[0].controllable, false);
	assert.match(seen.note, /command_topic is not a topic|command_topic: is not a topic/);
	const answer = await hub.api(`/api/v1/devices/${seen.id}/entities/${seen.entities[0].id}/command`,
		{method: 'POST', cookie: hub.cookie, body: {value: 'ON'}});
	assert.notEqual(answer.status, 202);

	// with the right, it is what it says
	await hub.api(`/api/v1/clients/${mine.client}`, {method: 'PATCH', cookie: hub.cookie, body: {topics: [
		{filter: 'mine/#', publish: true, subscribe: true}, {filter: 'homeassistant/#', publish: true}, {filter: 'cmnd/door/#', subscribe: true}]}});
	await device(hub, (d) => d.id === seen.id && d.entities[0].controllable, 'it may be commanded now');

	// and with its user it goes
	await hub.api(`/api/v1/clients/${mine.client}`, {method: 'DELETE', cookie: hub.cookie});
	await eventually(async () => !(await hub.get('/api/v1/devices')).devices.some((d) => d.id === seen.id), 'it is gone');
	await assert.rejects(connect({...mine, clientId: 'mine'}).then((c) => c.publishAsync('mine/x', '1', {qos: 1})));
});

test('a sensor that several gateways hear', PATIENCE, async () => {
	const omg = await admit(hub, {title: 'Gateways', topics: [{filter: 'home/#', publish: true, subscribe: true}, {filter: 'homeassistant/#', publish: true, subscribe: true}]});
	const other = await connect({...await admit(hub, {title: 'Stranger', topics: [{filter: 'street/#', publish: true}]}), clientId: 'stranger'});
	const garage = await connect({...omg, clientId: 'garage'}), attic = await connect({...omg, clientId: 'attic'});
	for (const [key, about] of [['tempc', {dev_cla: 'temperature', unit_of_meas: '°C'}], ['hum', {dev_cla: 'humidity', unit_of_meas: '%'}]])
		await garage.publishAsync(`homeassistant/sensor/A4C138010203-${key}/config`, JSON.stringify({
			stat_t: '+/+/BTtoMQTT/A4C138010203', ...about, name: key, uniq_id: `A4C138010203-${key}`, val_tpl: `{{ value_json.${key} | is_defined }}`, state_class: 'measurement',
			device: {ids: ['A4C138010203'], cns: [['mac', 'A4C138010203']], mdl: 'LYWSD03MMC', name: 'Bedroom climate', via_device: 'OMG_garage'}}), {qos: 1, retain: true});
	const {id, note} = await device(hub, (d) => d.name === 'Bedroom climate' && d.entities.length === 2, 'the sensor appears');
	assert.equal(note, null);
	const value = (name, state) => entity(hub, id, name, (e) => e.state === state);
	await garage.publishAsync('home/OMG_garage/BTtoMQTT/A4C138010203', JSON.stringify({id: 'A4:C1:38:01:02:03', rssi: -80, tempc: 20.5, hum: 41}), {qos: 1});
	await value('tempc', 20.5);
	await value('hum', 41);
	await attic.publishAsync('home/OMG_attic/BTtoMQTT/A4C138010203', JSON.stringify({id: 'A4:C1:38:01:02:03', rssi: -60, tempc: 20.6}), {qos: 1});
	await value('tempc', 20.6);
	await value('hum', 41);
	await other.publishAsync('street/OMG_fake/BTtoMQTT/A4C138010203', JSON.stringify({tempc: 99}), {qos: 1});
	await attic.publishAsync('home/OMG_attic/BTtoMQTT/A4C138010203', JSON.stringify({hum: 42}), {qos: 1});
	await value('hum', 42);
	assert.equal((await entity(hub, id, 'tempc')).state, 20.6); // the stranger's word came before
	await hub.restart();
	clients.clear();
	const again = await connect({...omg, clientId: 'garage'});
	await again.publishAsync('home/OMG_garage/BTtoMQTT/A4C138010203', JSON.stringify({tempc: 20.7}), {qos: 1});
	await value('tempc', 20.7);
	await erase(hub, id);
	assert.deepEqual((await retained(omg, 'homeassistant/#')).filter((topic) => topic.includes('A4C138')), []);
	await again.endAsync();
});

test('rights hold from the moment that they are answered, for connections that are there', PATIENCE, async () => {
	const swing = await admit(hub, {title: 'Swing', topics: [{filter: 'swing/#', publish: true}]});
	const client = await connect({...swing, clientId: 'swing', protocolVersion: 5});
	client.on('error', () => {});
	for (let i = 0; i < 20; i++) {
		const may = i % 2 === 1;
		const answer = await hub.api(`/api/v1/clients/${swing.client}`, {method: 'PATCH', cookie: hub.cookie, body: {topics: [{filter: may ? 'swing/#' : 'other/#', publish: true}]}});
		assert.equal(answer.status, 200, answer.text);
		const told = await client.publishAsync('swing/x', String(i), {qos: 1}).then(() => 'taken', (error) => error.message);
		assert.match(told, may ? /^taken$/ : /Not authorized/i, `round ${i}`);
	}
	await client.endAsync();
});

test('a device made by hand', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Garden', kind: 'prefix', prefix: 'garden'});
	const client = await connect({...account, clientId: 'garden'});
	const body = {device: {name: 'Rain gauge', suggested_area: 'Garden'}, components: {
		rain: {platform: 'sensor', name: 'Rain', state_topic: 'garden/rain', value_template: '{{ value_json.a[0].mm }}', unit_of_measurement: 'mm'},
		pump: {platform: 'switch', name: 'Pump', state_topic: 'garden/pump', command_topic: 'garden/pump/set'}}};
	const made = await hub.api('/api/v1/devices', {method: 'POST', cookie: hub.cookie, body});
	assert.equal(made.status, 201, made.text);
	const {id} = made.json;
	await client.publishAsync('garden/rain', '{"a":[{"mm":1.5}]}', {qos: 1});
	await entity(hub, id, 'rain', (e) => e.state === 1.5);
	await client.subscribeAsync('garden/pump/set', {qos: 1});
	client.on('message', (topic, payload) => client.publish('garden/pump', payload, {qos: 1, retain: true}));
	await command(hub, id, 'pump', 'ON');
	body.components.rain.name = 'Rainfall';
	delete body.components.pump;
	const changed = await hub.api(`/api/v1/devices/${id}/description`, {method: 'PUT', cookie: hub.cookie, body});
	assert.equal(changed.status, 200, changed.text);
	const now = (await hub.get(`/api/v1/devices/${id}`)).entities;
	assert.deepEqual(now.map((e) => e.name), ['Rainfall']);
	assert.equal(now[0].state, 1.5, 'what is known stays');
	const bad = await hub.api('/api/v1/devices', {method: 'POST', cookie: hub.cookie, body: {device: {}, components: {x: {name: 'X'}}}});
	assert.equal(bad.status, 422);
	assert.match(bad.text, /platform/);
	await hub.restart();
	assert.deepEqual((await hub.get(`/api/v1/devices/${id}`)).entities.map((e) => e.name), ['Rainfall']);
	await erase(hub, id);
});

test('MQTT without encryption is one switch', PATIENCE, async () => {
	const account = await admit(hub, {title: 'Old plug', kind: 'prefix', prefix: 'old'});
	const elsewhere = {...account, url: account.url.replace('127.0.0.1', '127.0.0.2')}; // this machine, but not where it listens
	const set = (allowed) => hub.api('/api/v1/unencrypted-mqtt', {method: 'PUT', cookie: hub.cookie, body: {allowed}});
	const refused = () => assert.rejects(Promise.race([
		connect({...elsewhere, clientId: 'old'}),
		once(mqtt.connect(elsewhere.url, {reconnectPeriod: 0}), 'error').then(([error]) => Promise.reject(error))]), /ECONNREFUSED/);
	assert.deepEqual(await hub.get('/api/v1/unencrypted-mqtt'), {allowed: false, port: hub.mqttPort, fixed: false});
	await refused();
	assert.equal((await set(true)).json.allowed, true);
	const client = await connect({...elsewhere, clientId: 'old'});
	await client.publishAsync('old/x', '1', {qos: 1});
	await hub.restart();
	await (await connect({...elsewhere, clientId: 'old'})).publishAsync('old/x', '2', {qos: 1});
	assert.equal((await set('maybe')).status, 422);
	assert.equal((await set(false)).json.allowed, false);
	await refused();
	await (await connect({...account, clientId: 'old'})).publishAsync('old/x', '3', {qos: 1});
});
