/* How long a command takes: from the HTTP request to the device's socket, and from a phone's request over the lamp, the simulated
 * agent's, back to the phone as the event that says "confirmed". One after the other over one kept connection, as a browser has it;
 * this process is phone and device at once, so its own delays are in the figures.
 *
 *   TOMTE_BUILD=build node tests/bench/commands.mjs [COUNT]      (make bench-commands)
 */
import https from 'node:https';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {startHubWithDevice, stopBrokers} from '../support/clients.mjs';
import {startAgent, stopAll} from '../support/hub.mjs';
import {device} from '../support/others.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const count = Number(process.argv[2] ?? 1000);
const agent = new https.Agent({keepAlive: true, maxSockets: 1, rejectUnauthorized: false});

function post(hub, route, body) {
	const data = JSON.stringify(body);
	return new Promise((resolve, reject) => {
		const request = https.request(new URL(route, hub.url), {method: 'POST', agent, headers: {
			cookie: hub.cookie, 'x-tomte': '1', 'content-type': 'application/json', 'content-length': Buffer.byteLength(data)}}, async (answer) => {
			const text = (await answer.toArray()).join('');
			if (answer.statusCode === 202)
				resolve(JSON.parse(text));
			else
				reject(new Error(`${answer.statusCode} ${text}`));
		});
		request.on('error', reject);
		request.end(data);
	});
}

/** Calls heard(event, data) for each server-sent event. */
function listen(hub, heard) {
	return new Promise((resolve) => {
		https.get(new URL('/api/v1/live', hub.url), {rejectUnauthorized: false, headers: {cookie: hub.cookie}}, (answer) => {
			let rest = '';
			resolve(() => answer.destroy());
			answer.on('error', () => {});
			answer.on('data', (chunk) => {
				const events = (rest + chunk).split('\n\n');
				rest = events.pop();
				for (const event of events)
					heard(event.match(/^event: (.*)$/m)?.[1], event.match(/^data: (.*)$/m)?.[1]);
			});
		});
	});
}

function show(name, times) {
	times.sort((a, b) => a - b);
	const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(2).padStart(8);
	console.log(`${name.padEnd(44)} ${at(0.5)} ${at(0.9)} ${at(0.99)} ${at(1)}`);
}

const device0 = await startHubWithDevice(), {hub} = device0;
try {
	const lamp = mqtt.connect(`mqtts://127.0.0.1:${hub.mqttsPort}`, {username: device0.user, password: device0.token, clientId: device0.id,
		rejectUnauthorized: false, protocolVersion: 5});
	await once(lamp, 'connect');
	await lamp.subscribeAsync(device0.own('set/lamp'), {qos: 1});
	await lamp.publishAsync(`homeassistant/device/${device0.id}/config`, JSON.stringify({dev: {name: 'Bench'}, o: {name: 'bench'}, cmps: {
		lamp: {p: 'switch', stat_t: device0.own('state/lamp'), cmd_t: device0.own('set/lamp')}}}), {qos: 1, retain: true});
	await lamp.publishAsync(device0.own('status'), 'online', {qos: 1, retain: true});
	await device(hub, (d) => d.id === device0.id && d.online && d.entities.length, 'the device is there');

	console.log(`${count} commands, one after the other; ms                       p50      p90      p99      max`);
	const arrivals = [];
	for (let i = 0; i < count + 100; i++) {
		const came = once(lamp, 'message').then(() => performance.now());
		const from = performance.now();
		const answer = post(hub, `/api/v1/devices/${device0.id}/entities/lamp/command`, {value: i % 2 ? 'ON' : 'OFF'});
		const to = await came;
		await answer;
		lamp.publish(device0.own('state/lamp'), i % 2 ? 'ON' : 'OFF', {qos: 0});
		if (i >= 100)
			arrivals.push(to - from);
	}
	show('HTTP request to the device\'s socket', arrivals);

	await startAgent(hub, {name: 'Lamp'});
	const there = await device(hub, (d) => d.name === 'Lamp' && d.online && d.entities.some((e) => e.id === 'lamp'), 'the agent is there');
	const confirmed = new Map();
	const stop = await listen(hub, (event, data) => {
		const command = event === 'command' && JSON.parse(data);
		if (command?.state === 'confirmed')
			confirmed.get(command.device)?.(command.id);
	});
	const rounds = [];
	for (let i = 0; i < count + 100; i++) {
		const over = new Promise((resolve) => confirmed.set(there.id, () => resolve(performance.now())));
		const from = performance.now();
		await post(hub, `/api/v1/devices/${there.id}/entities/lamp/command`, {value: {state: 'ON', brightness: 20 + i % 200}});
		const to = await over;
		if (i >= 100)
			rounds.push(to - from);
	}
	show('phone to lamp to phone, confirmed', rounds);
	stop();
	lamp.end(true);
} finally {
	agent.destroy();
	await hub.stop();
	await stopAll();
	await stopBrokers();
}
