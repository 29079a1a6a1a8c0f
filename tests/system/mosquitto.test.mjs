/* Debian's mosquitto_pub and mosquitto_sub speak to the hub over TLS with a
 * device's credentials, and are refused outside its topics. */
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {run, startAgent, startHub, stopAll} from '../support/hub.mjs';

let hub, credentials, tls;

before(async () => {
	hub = await startHub();
	await hub.setUp();
	const agent = await startAgent(hub, {name: 'Borrowed credentials'});
	credentials = await agent.credentials();
	await agent.stop();
	const ca = path.join(hub.dir, 'ca.pem');
	await writeFile(ca, credentials.ca);
	tls = ['-h', '127.0.0.1', '-p', String(hub.mqttsPort), '--cafile', ca, '-i', credentials.device_id];
});
after(stopAll);

const login = () => ['-u', credentials.user, '-P', credentials.token];
const own = (rest) => `tomte/${credentials.device_id}/${rest}`;
const pub = (...args) => run('mosquitto_pub', [...tls, ...args], {mayFail: true});
const sub = (...args) => run('mosquitto_sub', [...tls, '-W', '60', ...args], {mayFail: true});

for (const version of ['31', '311', '5']) {
	test(`publishes and reads back its own retained topic, MQTT ${version}`, async () => {
		const sent = await pub(...login(), '-V', `mqttv${version}`, '-q', '1', '-r', '-t', own('state/x'), '-m', `hello ${version}`);
		assert.equal(sent.code, 0, sent.stderr);
		const got = await sub(...login(), '-V', `mqttv${version}`, '-q', '2', '-C', '1', '-t', own('state/+'));
		assert.equal(got.stdout, `hello ${version}\n`, got.stderr);
	});
}

test('is refused with a wrong token, a wrong user, no user', async () => {
	const wrong = credentials.token.replace(/./, (c) => (c === '0' ? '1' : '0'));
	for (const args of [['-u', credentials.user, '-P', wrong], ['-u', 'nobody', '-P', credentials.token], []]) {
		const answer = await pub(...args, '-t', own('state/x'), '-m', 'x');
		assert.notEqual(answer.code, 0);
		assert.match(answer.stderr, /not authori[sz]ed|Bad user ?name/i);
	}
});

test('cannot take another client id', async () => {
	const answer = await run('mosquitto_pub', [...tls.slice(0, -1), 'someone-else', ...login(), '-t', own('state/x'), '-m', 'x'], {mayFail: true});
	assert.notEqual(answer.code, 0);
});

test('cannot publish outside its topics', async () => {
	for (const topic of ['tomte/other/state/x', 'homeassistant/device/other/config', 'tomte', `tomte/${credentials.device_id}x/state/x`, '$SYS/x']) {
		const answer = await pub(...login(), '-V', 'mqttv5', '-q', '1', '-t', topic, '-m', 'x');
		assert.match(answer.stderr, /not authori[sz]ed/i, topic);
	}
});

test('cannot subscribe outside its topics', async () => {
	for (const filter of ['#', 'tomte/#', 'tomte/+/state/x', 'homeassistant/#', '$SYS/#', 'tomte/other/set/x']) {
		const answer = await sub(...login(), '-V', 'mqttv5', '-t', filter);
		assert.match(answer.stderr, /denied|not authori[sz]ed|rejected/i, filter);
	}
});

test('does not speak TLS 1.1, nor a cipher without forward secrecy', async () => {
	for (const args of [['-tls1_1'], ['-tls1_2', '-cipher', 'AES128-SHA'], ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA']]) {
		const answer = await run('openssl', ['s_client', '-connect', `127.0.0.1:${hub.mqttsPort}`, ...args], {mayFail: true});
		assert.notEqual(answer.code, 0, args.join(' '));
	}
	const good = await run('openssl', ['s_client', '-connect', `127.0.0.1:${hub.mqttsPort}`, '-CAfile', tls[5], '-verify_return_error',
		'-verify_hostname', `${credentials.hub_id}.tomte.home.arpa`]);
	assert.match(good.stdout, /Verification: OK|Verify return code: 0/);
});

test('a will of a killed mosquitto_sub is published', async () => {
	await pub(...login(), '-q', '1', '-r', '-t', own('set/x'), '-m', 'subscribed');
	const child = spawn('mosquitto_sub', [...tls, ...login(), '-t', own('set/x'), '--will-topic', own('status'), '--will-payload', 'offline', '--will-retain']);
	await new Promise((resolve) => child.stdout.on('data', resolve));
	child.kill('SIGKILL');
	await new Promise((resolve) => child.on('close', resolve));
	const got = await sub(...login(), '-C', '1', '-t', own('status'));
	assert.equal(got.stdout, 'offline\n');
});
