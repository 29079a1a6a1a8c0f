/* The simulated ESPHome board, seen by another client of the broker: what tests of the hub rest on. */
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {DEADLINE, startBroker, stopBrokers} from '../support/clients.mjs';
import {Esphome} from '../support/esphome.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

const clients = new Set();

after(async () => {
	for (const client of clients)
		client.end(true);
	await stopBrokers();
});

/** A client that hears all; hears(topic) is the newest payload there, until(topic, payload) waits for one. */
async function listener(url) {
	const client = mqtt.connect(url), heard = new Map();
	clients.add(client);
	client.on('message', (topic, payload) => heard.set(topic, payload.toString()));
	await once(client, 'connect');
	await client.subscribeAsync('#');
	return {
		client,
		hears: (topic) => heard.get(topic),
		async until(topic, payload) {
			while (heard.get(topic) !== payload)
				await once(client, 'message');
		},
	};
}

test('describes itself, obeys, reports and is missed', DEADLINE, async () => {
	const broker = await startBroker(), board = new Esphome({url: broker.url, area: 'Kitchen'});
	await board.start();
	clients.add(board.client);
	const house = await listener(broker.url); // later than the board: all is retained
	await house.until('living/sensor/temperature/state', '21.0');
	await house.until('living/status', 'online');
	const lamp = JSON.parse(house.hears('homeassistant/light/living/lamp/config'));
	assert.equal(lamp.cmd_t, 'living/light/lamp/command');
	assert.equal(lamp.avty_t, 'living/status');
	assert.equal(lamp.dev.sa, 'Kitchen');
	const relay = JSON.parse(house.hears('homeassistant/switch/living/relay/config'));
	assert.equal(relay.name, '');

	const obeyed = once(board, 'command');
	house.client.publish(lamp.cmd_t, '{"state":"ON","brightness":64,"color_temp":250,"transition":1}');
	assert.deepEqual(await obeyed, ['living/light/lamp/command', '{"state":"ON","brightness":64,"color_temp":250,"transition":1}']);
	await house.until(lamp.stat_t, '{"state":"ON","brightness":64,"color_mode":"color_temp","effect":"None","color_temp":250}');
	house.client.publish(relay.cmd_t, 'ON');
	await house.until(relay.stat_t, 'ON');
	await board.press();
	await house.until(relay.stat_t, 'OFF');
	const blind = JSON.parse(house.hears('homeassistant/cover/living/blind/config'));
	assert.equal(blind.stat_t, undefined);
	house.client.publish(blind.set_pos_t, '40');
	await house.until(blind.pos_t, '40');
	house.client.publish(blind.cmd_t, 'OPEN');
	await house.until(blind.pos_t, '100');
	await board.measure(19.26);
	await house.until('living/sensor/temperature/state', '19.3');
	await board.remove('blind');
	await house.until('homeassistant/cover/living/blind/config', '');
	await board.vanish();
	await house.until('living/status', 'offline');
	await board.start();
	clients.add(board.client);
	await house.until('living/status', 'online');
	await board.stop();
	await house.until('living/status', 'offline');
	await house.client.endAsync();
});
