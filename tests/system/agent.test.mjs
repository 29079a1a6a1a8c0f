/* tomte-agent on a machine of pretence: a folder with the kernel's files for a
 * thermal zone, a hwmon chip, an IIO climate sensor, a 1-wire thermometer and an
 * LED, joined to the real hub. */
import assert from 'node:assert/strict';
import {appendFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {Daemon, buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {openStream} from '../support/request.mjs';

const W1 = '28-0316a2795bff';
const LED = 'sys/class/leds/ACT/brightness';
let hub, agent, live, root;

/** Writes one of the kernel's files as the kernel does: whole, with a line end. */
async function put(file, text) {
	const name = path.join(root, file);
	await mkdir(path.dirname(name), {recursive: true});
	await writeFile(name, `${text}\n`);
}

const files = {
	'sys/class/thermal/thermal_zone0/type': 'cpu-thermal',
	'sys/class/thermal/thermal_zone0/temp': '48250',
	'sys/class/hwmon/hwmon3/name': 'nct6775',
	'sys/class/hwmon/hwmon3/temp1_input': '33500',
	'sys/class/hwmon/hwmon3/temp1_label': 'SYSTIN',
	'sys/class/hwmon/hwmon3/fan2_input': '812',
	'sys/bus/iio/devices/iio:device0/name': 'bme280',
	'sys/bus/iio/devices/iio:device0/in_temp_input': '21370',
	'sys/bus/iio/devices/iio:device0/in_humidityrelative_raw': '440',
	'sys/bus/iio/devices/iio:device0/in_humidityrelative_scale': '100',
	[`sys/bus/w1/devices/${W1}/temperature`]: '4062',
	'sys/bus/w1/devices/w1_bus_master1/w1_master_name': 'w1_bus_master1',
	[LED]: '0',
	'sys/class/leds/ACT/max_brightness': '255',
	'sys/class/leds/ACT/trigger': 'none [mmc0] timer',
};

before(async () => {
	hub = await startHub();
	await hub.setUp();
	root = path.join(hub.dir, 'machine');
	for (const [file, text] of Object.entries(files))
		await put(file, text);
	const {cursor} = await hub.get('/api/v1/devices');
	live = openStream(new URL(`/api/v1/live?cursor=${cursor}`, hub.url), {cookie: hub.cookie});
	agent = await startAgent(hub, {name: 'Garden shed', sysfsRoot: root, simulate: {},
		sensors: {thermal: 'yes', hwmon: 'yes', iio: 'yes', w1: 'yes'}});
});
after(stopAll);

const device = () => hub.get(`/api/v1/devices/${agent.id}`);
const entityOf = (d, id) => d.entities.find((entity) => entity.id === id);

/** The entity, once its state is the expected one. */
const settled = (id, expected) => eventually(async () => {
	const found = entityOf(await device(), id);
	return found && found.state === expected && found;
}, `${id} is ${expected}`);

test('the kernel\'s sensors are entities with their units and values', async () => {
	const expected = {
		thermal_cpu_thermal: [48.25, '°C', 'temperature'],
		nct6775_temp1: [33.5, '°C', 'temperature'],
		nct6775_fan2: [812, 'rpm', null],
		bme280_temp: [21.37, '°C', 'temperature'],
		bme280_humidityrelative: [44, '%', 'humidity'],
		w1_28_0316a2795bff: [4.062, '°C', 'temperature'],
	};
	for (const [id, [value, unit, deviceClass]] of Object.entries(expected)) {
		const entity = await settled(id, value);
		assert.equal(entity.unit, unit, id);
		assert.equal(entity.device_class, deviceClass, id);
		assert.equal(entity.component, 'sensor', id);
		assert.equal(typeof entity.series, 'number', id);
	}
	const d = await device();
	assert.deepEqual(d.entities.map((entity) => entity.id).sort(), Object.keys(expected).sort(), 'the LED is not offered unless it is asked for');
	assert.equal(entityOf(d, 'thermal_cpu_thermal').category, 'diagnostic');
	assert.equal(entityOf(d, 'bme280_temp').category ?? null, null);
});

test('a reading follows its file, and one that cannot be leaves the others alone', async () => {
	await put('sys/class/thermal/thermal_zone0/temp', '51000');
	await settled('thermal_cpu_thermal', 51);
	await put('sys/class/thermal/thermal_zone0/temp', 'not a number');
	await put(`sys/bus/w1/devices/${W1}/temperature`, '85000'); /* before its first conversion */
	await put('sys/bus/iio/devices/iio:device0/in_temp_input', '22000');
	await settled('bme280_temp', 22);
	const d = await device();
	assert.equal(entityOf(d, 'thermal_cpu_thermal').state, 51);
	assert.equal(entityOf(d, 'w1_28_0316a2795bff').state, 4.062);
	await put('sys/class/thermal/thermal_zone0/temp', '49000');
	await settled('thermal_cpu_thermal', 49);
});

test('SIGHUP takes new settings, and refuses bad ones with file, line and reason', async () => {
	const good = await readFile(agent.confFile, 'utf8');
	await writeFile(agent.confFile, good.replace(/interval_s = .*/, 'interval_s = never'));
	let from = agent.daemon.log.length;
	agent.daemon.child.kill('SIGHUP');
	await agent.daemon.waitLog(/agent\.conf:\d+: .*interval_s/, from);
	await agent.daemon.waitLog(/the old ones stay/, from);
	await writeFile(agent.confFile, good);
	await appendFile(agent.confFile, '[leds]\nenable = yes\n');
	from = agent.daemon.log.length;
	agent.daemon.child.kill('SIGHUP');
	await agent.daemon.waitLog(/read again/, from);
	const led = await settled('led_act', 'OFF');
	assert.equal(led.component, 'switch');
	assert.equal(led.controllable, true);
});

test('a command lights the LED, its trigger lets go, and the state is read back', async () => {
	const route = `/api/v1/devices/${agent.id}/entities/led_act/command`;
	const answer = await hub.api(route, {method: 'POST', cookie: hub.cookie, body: {value: 'ON'}});
	assert.equal(answer.status, 202, answer.text);
	await live.next((e) => e.event === 'command' && e.data.id === answer.json.id && e.data.state === 'confirmed');
	assert.equal((await readFile(path.join(root, LED), 'utf8')).trim(), '255');
	assert.equal((await readFile(path.join(root, 'sys/class/leds/ACT/trigger'), 'utf8')).trim(), 'none');
	await settled('led_act', 'ON');
	await put(LED, '0'); /* somebody at the machine */
	await settled('led_act', 'OFF');
	const refused = await hub.api(`/api/v1/devices/${agent.id}/entities/bme280_temp/command`, {method: 'POST', cookie: hub.cookie, body: {value: 1}});
	assert.equal(refused.status, 422, refused.text);
});

test('what changed while the hub was away is there when it is back', async () => {
	live.close();
	const from = agent.daemon.log.length;
	await hub.daemon.stop();
	await agent.daemon.waitLog(/hub: lost/, from);
	await put(LED, '255');
	await put('sys/class/thermal/thermal_zone0/temp', '61000');
	await hub.start();
	await agent.daemon.waitLog(/hub: connected/, from);
	await settled('led_act', 'ON');
	await settled('thermal_cpu_thermal', 61);
	await eventually(async () => (await device()).online, 'the device is online');
});

test('a stop says goodbye: offline without an alert, exit status 0', async () => {
	await agent.daemon.stop();
	await eventually(async () => (await device()).online === false, 'the device is offline');
	assert.equal((await device()).lost, false);
	assert.deepEqual((await hub.get('/api/v1/alerts')).alerts.filter((alert) => alert.closed === null), []);
	await agent.start();
	await eventually(async () => (await device()).online === true, 'the device is back');
});

test('an agent whose device was deleted says what to do, and a new code brings it back', async () => {
	const from = agent.daemon.log.length;
	const erased = await hub.api(`/api/v1/devices/${agent.id}`, {method: 'DELETE', cookie: hub.cookie});
	assert.equal(erased.status, 204, erased.text);
	await agent.daemon.waitLog(/refuses this device's credentials.*tomte-agent join CODE/, from);
	const token = (await agent.credentials()).token;
	assert.ok(!agent.daemon.log.includes(token), 'the token is in the log');
	const code = (await hub.ctl('key', 'new', '--name', 'Garden shed', '--code-only')).trim();
	await run(path.join(buildDir, 'tomte-agent'), [...agent.args, 'join', code, `127.0.0.1:${hub.httpPort}`]);
	await agent.daemon.waitLog(/hub: connected/, agent.daemon.log.lastIndexOf('refuses this'));
	agent.id = (await agent.credentials()).device_id;
	await settled('led_act', 'ON');
});

test('an agent that has not joined waits for it and says so', async () => {
	const state = path.join(hub.dir, 'lone');
	const lone = new Daemon('tomte-agent', path.join(buildDir, 'tomte-agent'), ['--config', agent.confFile, '--state-dir', state, '--sysfs-root', root], path.join(hub.dir, 'lone.log'));
	await lone.waitLog(/not joined yet: .*tomte-agent join CODE/);
	await lone.stop();
});

test('a code with a typing error is told apart from one that the hub does not know', async () => {
	const join = (code) => run(path.join(buildDir, 'tomte-agent'), ['--state-dir', path.join(hub.dir, 'other'), '--sysfs-root', root, 'join', code, `127.0.0.1:${hub.httpPort}`], {mayFail: true});
	const typo = await join('00000-00000-00000-00000-00001');
	assert.equal(typo.code, 1);
	assert.match(typo.stderr, /typing error/);
	const unknown = await join('00000-00000-00000-00000-00000');
	assert.equal(unknown.code, 1);
	assert.match(unknown.stderr, /refuses/);
});

test('several devices that join at once all come in', async () => {
	const join = async (n) => {
		const code = (await hub.ctl('key', 'new', '--name', `Twin ${n}`, '--code-only')).trim();
		return run(path.join(buildDir, 'tomte-agent'), ['--state-dir', path.join(hub.dir, `twin-${n}`), '--sysfs-root', root, 'join', code, `127.0.0.1:${hub.httpPort}`]);
	};
	await Promise.all([1, 2, 3, 4].map(join)); /* more than the hub answers in a second */
	assert.equal((await hub.get('/api/v1/devices')).devices.filter((d) => d.name.startsWith('Twin')).length, 4);
});
