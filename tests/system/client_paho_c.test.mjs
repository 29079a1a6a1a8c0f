/* Paho's C library (Debian) against the open broker over TCP and the hub over TLS and WebSocket, through
 * its synchronous and its asynchronous interface. The cases are in tests/clients/paho_cases.c. */
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {DEADLINE, startBroker, startHubWithDevice, stopBrokers} from '../support/clients.mjs';
import {buildDir, run, stopAll} from '../support/hub.mjs';

await run('make', ['-s', '-C', buildDir, 'paho-clients'], {timeout: 300000}); // says so when the library is missing

let broker, device;

before(async () => {
	[broker, device] = await Promise.all([startBroker(), startHubWithDevice()]);
});
after(async () => {
	await stopBrokers();
	await device.hub.stop();
	await stopAll();
});

// what the library itself leaves behind is not ours to find
const env = {...process.env, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:detect_leaks=0`};

async function casesOf(program) {
	const {stdout} = await run(program, ['--list'], {env});
	return stdout.trim().split('\n').map((line) => line.split(' ')).flatMap(([name, versions, where]) => [...versions].map((version) => ({name, version, where})));
}

const programs = [];
for (const kind of ['paho_sync', 'paho_async']) {
	const program = path.join(buildDir, 'tests/clients', kind);
	programs.push({kind, program, cases: await casesOf(program)});
}

// most of the time these programs wait for the library's threads to look round
describe('Paho C', {concurrency: true}, () => {
	for (const {kind, program, cases} of programs)
		describe(`${kind} over TCP`, {concurrency: 8}, () => {
			for (const {name, version} of cases.filter((c) => c.where === 'open'))
				test(`${name}, version ${version}`, DEADLINE, () => run(program, [name, version, `tcp://${broker.host}:${broker.port}`], {env}));
		});
	describe('the hub', {concurrency: 1}, () => { // one after the other: a device has one client id
		const doors = {ssl: () => device.port, ws: () => `${device.wsPort}/mqtt`, wss: () => `${device.wssPort}/mqtt`};
		for (const [scheme, door] of Object.entries(doors))
			for (const {kind, program, cases} of programs)
				for (const {name, version} of cases.filter((c) => c.where === (scheme === 'ssl' ? 'hub' : 'web')))
					test(`${kind} over ${scheme}: ${name}, version ${version}`, DEADLINE, () => run(program,
						[name, version, `${scheme}://${device.host}:${door()}`, device.id, device.user, device.token, device.caFile], {env}));
	});
});
