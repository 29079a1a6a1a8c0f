// Devices of others without a browser: the texts to paste, what is nearby, and descriptions by hand.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { draftOf, fromDescription, lacks, pathOf, picked, templateOf, toDescription, valueIn } from '../../web/static/js/others/by_hand.js';
import { groupsOf, ownersOf } from '../../web/static/js/others/nearby.js';
import { snippetsOf } from '../../web/static/js/others/recipes.js';
import { contentOf } from '../../web/static/js/explorer/payload.js';

const content = (text) => contentOf(new TextEncoder().encode(text));
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const access = { kind: 'tasmota', host: 'hub.lan', port: 1883, secure: false, user: 'plug', password: 'secret', prefix: 'kitchen', ca: PEM, address: '192.168.1.7' };
const textOf = (changes) => snippetsOf({ ...access, ...changes }).map(({ text }) => text);

describe('what is pasted', () => {
	test('Tasmota takes one line', () => {
		assert.deepEqual(textOf({}), ['Backlog SetOption3 1; SetOption19 0; SetOption103 0; MqttHost hub.lan; MqttPort 1883; MqttUser plug; MqttPassword secret; FullTopic %prefix%/%topic%/; Topic kitchen']);
		assert.match(textOf({ secure: true, port: 8883 })[0], /SetOption132 1; SetOption103 1; MqttHost hub\.lan; MqttPort 8883/);
		assert.match(textOf({ host: '[fd00::1]' })[0], /MqttHost fd00::1;/);
	});

	test('Shelly is configured through addresses, and encrypted once it has the certificate', () => {
		const [set, restart] = textOf({ kind: 'shelly' });
		const url = new URL(set);
		assert.equal(url.origin + url.pathname, 'http://192.168.1.7/rpc/Mqtt.SetConfig');
		const config = JSON.parse(url.searchParams.get('config'));
		assert.deepEqual([config.server, config.user, config.pass, config.topic_prefix, config.ssl_ca, config.enable_rpc, config.rpc_ntf], ['hub.lan:1883', 'plug', 'secret', 'kitchen', null, true, true]);
		assert.equal(restart, 'http://192.168.1.7/rpc/Shelly.Reboot');
		const [certificate, secured] = textOf({ kind: 'shelly', secure: true });
		assert.equal(JSON.parse(/-d '(.*)' http/.exec(certificate)[1]).data, PEM);
		assert.equal(JSON.parse(new URL(secured).searchParams.get('config')).ssl_ca, 'user_ca.pem');
	});

	test('YAML is whole', () => {
		assert.deepEqual(textOf({ kind: 'zigbee2mqtt', secure: true, port: 8883, password: 'it\'s' }), [
			"mqtt:\n  server: mqtts://hub.lan:8883\n  user: 'plug'\n  password: 'it''s'\n  base_topic: 'kitchen'\n  ca: /opt/zigbee2mqtt/data/tomte-ca.pem"]);
		const [board] = textOf({ kind: 'esphome', secure: true, port: 8883, host: '10.0.0.2' });
		assert.equal(board, "esphome:\n  name: kitchen\n\nmqtt:\n  broker: '10.0.0.2'\n  port: 8883\n  username: 'plug'\n  password: 'secret'\n  topic_prefix: 'kitchen'\n  discovery: true\n  skip_cert_cn_check: true\n  certificate_authority: |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----");
		assert.doesNotMatch(textOf({ kind: 'esphome' })[0], /certificate/);
	});
});

describe('nearby', () => {
	const nobody = ownersOf([], new Set(), []);

	test('topics are gathered into likely devices', () => {
		const groups = groupsOf(['tele/boiler/SENSOR', 'stat/boiler/POWER', 'plug/tele/LWT', 'shellies/shelly1-AB/relay/0', 'shellyplus1-cd/events/rpc', 'shellyplus1-cd/online', 'homie/lamp/$state', 'homie/5/fan/$state',
			'zigbee2mqtt/bridge/state', 'zigbee2mqtt/Hall/motion', 'board/sensor/air/state', 'board/status', 'board/debug', 'garden/rain', 'house/attic/temperature', 'house/attic/humidity', 'house/cellar/temperature'], nobody);
		assert.deepEqual(groups.map(({ base, kind, topics }) => [base, kind, topics.length]), [
			['board', 'esphome', 3], ['boiler', 'tasmota', 2], ['garden', 'prefix', 1], ['homie/5/fan', 'homie', 1], ['homie/lamp', 'homie', 1], ['house/attic', 'prefix', 2], ['house/cellar', 'prefix', 1],
			['plug', 'tasmota', 1], ['shellies/shelly1-AB', 'shelly', 1], ['shellyplus1-cd', 'shelly', 2], ['zigbee2mqtt', 'zigbee2mqtt', 2]]);
	});

	test('what is somebody’s is left out', () => {
		const clients = [{ name: 'living', topics: [{ filter: 'living/#', publish: true }, { filter: 'heard/#', publish: false }] }, { name: 'quiet', topics: [{ filter: 'quiet/#', publish: true }] }, { name: 'all', topics: [{ filter: '#', publish: true }] }];
		const byHand = [{ parts: [{ topic: 'hand', payload: JSON.stringify({ device: { name: 'x' }, components: { a: { state_topic: 'garden/rain', command_topic: 'garden/pump/set' } } }) }] }];
		const owned = ownersOf(clients, new Set(['living', 'all']), byHand);
		const topics = ['living/status', 'heard/x', 'quiet/x', 'garden/rain', 'garden/pump/set', 'garden/pump', 'tomte/d/state/x', 'homeassistant/light/x/config', 'tasmota/discovery/x/config', '$SYS/x'];
		assert.deepEqual(topics.filter((topic) => groupsOf([topic], owned).length), ['heard/x', 'quiet/x', 'garden/pump']);
	});
});

describe('by hand', () => {
	test('a place in a message becomes a template, and back', () => {
		for (const path of ['$.a', '$.a.b_1', '$.a[0].mm', "$['odd name'].x", "$['it\\'s']"]) assert.equal(pathOf(templateOf(path)), path);
		assert.equal(templateOf('$'), '');
		assert.equal(templateOf('$.a[0].mm'), '{{ value_json.a[0].mm }}');
		assert.equal(pathOf(''), '$');
		assert.equal(pathOf('{{ value_json.a | round(1) }}'), null);
	});

	test('the value is found as the hub finds it', () => {
		const message = content('{"a":[{"mm":1.5}],"ab":2,"odd name":{"x":true}}');
		assert.equal(valueIn(message, '{{ value_json.a[0].mm }}'), 1.5);
		assert.equal(valueIn(message, '{{ value_json.ab }}'), 2);
		assert.equal(valueIn(message, "{{ value_json['odd name'].x }}"), true);
		assert.equal(valueIn(message, '{{ value_json.b }}'), undefined);
		assert.equal(valueIn(message, ''), undefined, 'an object is no value');
		assert.equal(valueIn(content('21.5'), ''), '21.5');
		assert.equal(valueIn(content('ON'), '{{ value_json.a }}'), undefined);
	});

	test('a picked value says what it may be', () => {
		const draft = picked(draftOf([], { topic: 'garden/weather' }), '$.air_temperature', 4.5);
		assert.deepEqual([draft.name, draft.platform, draft.deviceClass, draft.unit, draft.template], ['Air temperature', 'sensor', 'temperature', '°C', '{{ value_json.air_temperature }}']);
		const open = picked(draft, '$.open', true);
		assert.deepEqual([open.name, open.platform, open.payloads], ['Open', 'binary_sensor', { payload_on: 'True', payload_off: 'False' }]);
		assert.equal(picked({ ...draft, name: 'Outside', own: true }, '$.x', 1).name, 'Outside', 'a name that somebody gave stays');
		assert.equal(picked({ ...draft, platform: 'switch' }, '$.x', 1).platform, 'switch', 'and so does what it is');
	});

	test('a description goes out and comes back whole', () => {
		const form = {
			availability_topic: 'garden/status', device: { name: 'Garden', suggested_area: 'Outside', model: 'Self-made' },
			components: {
				rain: { platform: 'sensor', name: 'Rain', state_topic: 'garden/rain', value_template: '{{ value_json.mm }}', unit_of_measurement: 'mm', device_class: 'precipitation', state_class: 'measurement', expire_after: 600 },
				pump: { platform: 'switch', name: 'Pump', state_topic: 'garden/pump', command_topic: 'garden/pump/set', payload_on: '1', payload_off: '0' },
				level: { platform: 'number', name: 'Level', command_topic: 'garden/level/set', min: 0, max: 9.5, step: 0.5 },
				mode: { platform: 'select', name: 'Mode', command_topic: 'garden/mode/set', options: ['dry', 'wet'] },
				lamp: { platform: 'light', name: 'Lamp', state_topic: 'garden/lamp', state_value_template: '{{ value_json.state }}', command_topic: 'garden/lamp/set' },
			},
		};
		const made = fromDescription(form);
		assert.deepEqual(made.drafts.map(lacks), [null, null, null, null, null]);
		assert.deepEqual(JSON.parse(JSON.stringify(toDescription(made))), form);
	});

	test('what is missing is named, and ids stay apart', () => {
		const first = draftOf([], { topic: 'a/temp' });
		const second = draftOf([first], { topic: 'b/temp' });
		assert.deepEqual([first.id, second.id], ['temp', 'temp_2']);
		assert.equal(lacks({ ...first, platform: 'switch' }), 'commandTopic');
		assert.equal(lacks({ ...first, topic: ' ' }), 'topic');
		assert.equal(lacks({ ...first, name: '' }), 'name');
		assert.equal(lacks({ ...first, platform: 'select', commandTopic: 'x', options: ' , ' }), 'options');
	});
});
