/* Writes the corpus of Zigbee2MQTT's bridge/devices message: what its own converters say of well chosen real models, in
 * the form that Zigbee2MQTT 2 publishes. Needed only to renew the corpus, so the converters are no dependency of the tests:
 *
 *   npm install --no-save --ignore-scripts --prefix FOLDER zigbee-herdsman-converters@26.112.0
 *   node tests/support/zigbee2mqtt_corpus.mjs FOLDER > tests/unit/hub/dialect/corpus/zigbee2mqtt/devices.json
 */
import {createRequire} from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(path.resolve(process.argv[2] ?? '.'), 'package.json'));
const {prepareDefinition} = require('zigbee-herdsman-converters');

/* [file of the converters, model, friendly name, model id, power source] */
const mains = 'Mains (single phase)', battery = 'Battery';
const models = [
	['ikea', 'LED1649C5', 'Dimmable bulb', 'TRADFRI bulb E14 W op/ch 400lm', mains],
	['ikea', 'LED1545G12', 'Living room/White bulb', 'TRADFRI bulb E27 WS opal 980lm', mains],
	['ikea', 'LED1624G9', 'Colour bulb', 'TRADFRI bulb E27 CWS opal 600lm', mains],
	['ikea', 'E22x4', 'Outlet', 'TRETAKT Smart plug', mains],
	['ikea', 'E1757', 'Blind', 'FYRTUR block-out roller blind', battery],
	['ikea', 'E1926', 'Blackout blind', 'KADRILJ roller blind', battery],
	['ikea', 'E2007', 'Air purifier', 'STARKVIND Air purifier', mains],
	['ikea', 'E2112', 'Air sensor', 'VINDSTYRKA', mains],
	['ikea', 'E1524/E1810', 'Remote', 'TRADFRI remote control', battery],
	['philips', '8718699673147', 'Hue white', 'LWA001', mains],
	['philips', '9290012573A', 'Hue colour', 'LCT015', mains],
	['philips', '324131092621', 'Hue dimmer', 'RWL021', battery],
	['philips', '9290012607', 'Hue motion', 'SML001', battery],
	['lumi', 'WSDCGQ11LM', 'Weather', 'lumi.weather', battery],
	['lumi', 'MCCGQ11LM', 'Door', 'lumi.sensor_magnet.aq2', battery],
	['lumi', 'RTCGQ11LM', 'Motion', 'lumi.sensor_motion.aq2', battery],
	['lumi', 'SJCGQ11LM', 'Leak', 'lumi.sensor_wleak.aq1', battery],
	['lumi', 'DJT11LM', 'Vibration', 'lumi.vibration.aq1', battery],
	['lumi', 'WXKG11LM', 'Button', 'lumi.remote.b1acn01', battery],
	['lumi', 'MFKZQ01LM', 'Cube', 'lumi.sensor_cube', battery],
	['lumi', 'RTCZCGQ11LM', 'Presence', 'lumi.motion.ac01', mains],
	['lumi', 'QBKG12LM', 'Double rocker', 'lumi.ctrl_ln2.aq1', mains],
	['lumi', 'ZNCLDJ11LM', 'Curtain', 'lumi.curtain', mains],
	['lumi', 'SRTS-A01', 'Aqara valve', 'lumi.airrtc.agl001', battery],
	['tuya', 'TS011F_plug_1', 'Metering plug', 'TS011F', mains],
	['tuya', 'TS0003', 'Triple switch', 'TS0003', mains],
	['tuya', 'TS130F', 'Curtain switch', 'TS130F', mains],
	['tuya', 'TS0601_cover_1', 'Tuya curtain', 'TS0601', mains],
	['tuya', 'TS0601_thermostat', 'Tuya valve', 'TS0601', battery],
	['tuya', 'TS0601_air_quality_sensor', 'Tuya air', 'TS0601', mains],
	['tuya', 'ZS06', 'Infrared sender', 'TS1201', mains],
	['bosch', 'BTH-RA', 'Bosch valve', 'RBSH-TRV0-ZB-EU', battery],
	['bosch', 'BMCT-SLZ', 'Bosch shutter', 'RBSH-MMS-ZB-EU', mains],
	['danfoss', '014G2461', 'Danfoss valve', 'eTRV0100', battery],
	['eurotronic', 'SPZB0001', 'Spirit valve', 'SPZB0001', battery],
	['viessmann', 'ZK03840', 'Viessmann valve', '7637434', battery],
	['hampton_bay', '99432', 'Ceiling fan', 'HBUniversalCFRemote', mains],
	['yale', 'YRD226HA2619', 'Front door lock', 'YRD226 TSDB', battery],
	['gledopto', 'GL-C-007-2ID', 'Two lights', 'GL-C-007', mains],
	['namron', '4512749', 'Namron thermostat', '4512749', mains],
	['heiman', 'HS2WD-E', 'Siren', 'WarningDevice', mains],
	['owon', 'AC201', 'Air conditioner', 'AC201', mains],
	['third_reality', '3RSB015BZ', 'Roller shade', '3RSB015BZ', battery],
	['datek', 'HSE2905E', 'Meter', 'Meter Reader', mains],
	['innr', 'RB 285 C', 'Innr colour', 'RB 285 C', mains],
	['inovelli', 'VZM35-SN', 'Inovelli fan', 'VZM35-SN', mains],
	['sonoff', 'SNZB-02', 'Small weather', 'TH01', battery],
	['ubisys', 'J1', 'Ubisys shutter', 'J1 (5502)', mains],
];

const linkquality = {name: 'linkquality', label: 'Linkquality', access: 1, type: 'numeric', property: 'linkquality',
	description: 'Link quality (signal strength)', category: 'diagnostic', unit: 'lqi', value_min: 0, value_max: 255};

function definitionOf(file, model) {
	const found = require(`zigbee-herdsman-converters/devices/${file}`).definitions.find((d) => d.model === model);
	if (!found)
		throw new Error(`${file} has no ${model}`);
	const definition = prepareDefinition(found);
	const {exposes} = definition;
	return {
		source: 'native', model, vendor: definition.vendor, description: definition.description,
		exposes: [...(typeof exposes === 'function' ? exposes({isDummyDevice: true}, {}) : exposes), linkquality],
		supports_ota: Boolean(definition.ota), options: [],
	};
}

const address = (n) => `0x${(0x00158d0000100000 + n).toString(16).padStart(16, '0')}`;

function device([file, model, name, modelId, power], i) {
	return {
		disabled: false, friendly_name: name, ieee_address: address(i + 1), interview_completed: true,
		interview_state: 'SUCCESSFUL', interviewing: false, manufacturer: file, model_id: modelId,
		network_address: 1000 + i, power_source: power, software_build_id: '1.0.1', supported: true,
		type: power === battery ? 'EndDevice' : 'Router', definition: definitionOf(file, model),
		endpoints: {1: {bindings: [], clusters: {input: [], output: []}, configured_reportings: [], scenes: []}},
	};
}

const coordinator = {disabled: false, endpoints: {}, friendly_name: 'Coordinator', ieee_address: address(0), interview_completed: true,
	interview_state: 'SUCCESSFUL', interviewing: false, network_address: 0, supported: true, type: 'Coordinator', definition: null};
const lines = [coordinator, ...models.map(device)].map((each) => JSON.stringify(each));
process.stdout.write(`[${lines.join(',\n')}]\n`);
