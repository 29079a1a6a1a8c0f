/* kill -9 of the whole hub in the moment of an acknowledgement: every reading whose PUBACK a device has seen is in the
 * history. The acknowledgement waits for the journal's sync, whatever the sampler gathers meanwhile. */
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, test} from 'node:test';
import {buildDir, eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const usual = /sanitize|threads/.test(path.basename(buildDir)) ? 10 : 50;
const ROUNDS = process.env.TEST_LONG === 'yes' ? usual * 10 : usual;
const READINGS = 20; // on their way at a time

after(stopAll);

/** A device that has joined, with a temperature of which every reading is kept; the agent itself is gone. */
async function device(hub) {
	const agent = await startAgent(hub, {name: 'Cellar'});
	const find = async () => (await hub.get('/api/v1/series')).series.find((s) => s.device === agent.id && s.entity === 'temperature');
	const series = await eventually(find, 'the temperature is recorded');
	const body = {recorder: {preset: 'all'}};
	const answer = await hub.api(`/api/v1/series/${series.id}`, {method: 'PATCH', cookie: hub.cookie, body});
	assert.equal(answer.status, 200, answer.text);
	const {user, token} = await agent.credentials();
	await agent.stop();
	return {id: agent.id, user, token, series: series.id};
}

/** The values of the history that this test has sent. */
async function recorded(hub, series) {
	const lines = (await hub.ctl('export', '--series', String(series), '-')).trim().split(/\r?\n/).slice(1);
	return new Set(lines.map((line) => Number(line.split(',').at(-1))));
}

/** Sends readings from `first` on and kills the hub when the nth is acknowledged. Resolves with all that were. */
async function sendAndKill(hub, d, first, n) {
	const acknowledged = [];
	const client = mqtt.connect(`mqtts://127.0.0.1:${hub.mqttsPort}`,
		{protocolVersion: 5, clientId: d.id, username: d.user, password: d.token, rejectUnauthorized: false, reconnectPeriod: 0});
	client.on('error', () => {});
	await new Promise((resolve, reject) => {
		client.once('connect', resolve);
		client.once('close', () => reject(new Error('closed before CONNACK')));
	});
	const killed = new Promise((resolve) => {
		for (let i = 0; i < READINGS; i++)
			client.publish(`tomte/${d.id}/tele/temperature`, String(first + i), {qos: 1}, (error) => {
				if (error)
					return;
				acknowledged.push(first + i);
				if (acknowledged.length === n)
					resolve(hub.kill());
			});
	});
	await killed;
	client.end(true);
	return acknowledged;
}

test('every acknowledged reading outlives kill -9', {timeout: 20000 * ROUNDS}, async (t) => {
	const hub = await startHub();
	await hub.setUp();
	const d = await device(hub);
	const all = [];
	for (let round = 0; round < ROUNDS; round++) {
		all.push(...await sendAndKill(hub, d, 1000 + round * READINGS, 1 + round % READINGS));
		await hub.start();
		const there = await recorded(hub, d.series);
		assert.deepEqual(all.filter((value) => !there.has(value)), [], `round ${round}`);
	}
	t.diagnostic(`${ROUNDS} rounds, ${all.length} acknowledged readings`);
	await hub.stop();
});
