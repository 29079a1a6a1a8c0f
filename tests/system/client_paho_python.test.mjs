/* Paho's Python client (Debian) against the open broker over TCP and the hub over TLS and WebSocket. The cases are in
 * tests/clients/paho_client.py. */
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {DEADLINE, startBroker, startHubWithDevice, stopBrokers} from '../support/clients.mjs';
import {run, sourceDir, stopAll} from '../support/hub.mjs';

const python = '/usr/bin/python3'; // Debian's own, which has the package
const script = path.join(sourceDir, 'tests/clients/paho_client.py');
const cases = (await run(python, [script, '--list'])).stdout.trim().split('\n').map((line) => line.split(' '))
	.flatMap(([name, versions, where]) => [...versions].map((version) => ({name, version, where})));

let broker, device;

before(async () => {
	[broker, device] = await Promise.all([startBroker(), startHubWithDevice()]);
});
after(async () => {
	await stopBrokers();
	await device.hub.stop();
	await stopAll();
});

describe('Paho Python', {concurrency: true}, () => {
	describe('over TCP', {concurrency: 4}, () => {
		for (const {name, version} of cases.filter((c) => c.where === 'open'))
			test(`${name}, version ${version}`, DEADLINE, () => run(python, [script, name, version, broker.host, broker.port]));
	});
	describe('the hub', {concurrency: 1}, () => { // one after the other: a device has one client id
		for (const door of ['tls', 'ws', 'wss'])
			for (const {name, version} of cases.filter((c) => c.where === 'hub'))
				test(`${name} over ${door}, version ${version}`, DEADLINE, () => {
					const port = {tls: device.port, ws: device.wsPort, wss: device.wssPort}[door];
					return run(python, [script, name, version, device.host, port, device.id, device.user, device.token, device.caFile, ...(door === 'tls' ? [] : [door])]);
				});
	});
});
