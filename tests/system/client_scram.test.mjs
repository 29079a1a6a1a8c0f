/* A device logs in at the hub by SCRAM-SHA-256: MQTT.js (npm) carries the messages, Node's own cryptography makes the
 * client's side of them. The token never travels, and the hub proves that it knows it. */
import assert from 'node:assert/strict';
import {createHash, createHmac, pbkdf2Sync, randomBytes} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {DEADLINE, startHubWithDevice} from '../support/clients.mjs';
import {stopAll} from '../support/hub.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const authenticationMethod = 'SCRAM-SHA-256';

let device;

before(async () => {
	device = await startHubWithDevice();
});
after(async () => {
	await device.hub.stop();
	await stopAll();
});

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/** RFC 5802 §3: what the client answers to the challenge, and what the server has to say to that. */
function answer(bare, challenge, token) {
	const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge);
	const salted = pbkdf2Sync(token, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
	const unproven = `c=biws,r=${nonce}`, message = `${bare},${challenge},${unproven}`;
	const key = hmac(salted, 'Client Key');
	const signature = hmac(createHash('sha256').update(key).digest(), message);
	const proof = Buffer.from(key.map((byte, i) => byte ^ signature[i])).toString('base64');
	return {final: `${unproven},p=${proof}`, expected: `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`};
}

/** Logs in as the device: {client, connack}; rejects with what the hub says. */
async function logIn(token, user = device.user) {
	const bare = `n=${user},r=${randomBytes(18).toString('base64')}`;
	let expected;
	const client = mqtt.connect(`mqtts://${device.host}:${device.port}`, {
		protocolVersion: 5, clientId: device.id, reconnectPeriod: 0, manualConnect: true, ca: await readFile(device.caFile),
		properties: {
			authenticationMethod, authenticationData: Buffer.from(`n,,${bare}`), requestResponseInformation: true,
		},
	});
	client.handleAuth = (packet, done) => {
		const a = answer(bare, packet.properties.authenticationData.toString(), token);
		expected = a.expected;
		done(null, {cmd: 'auth', reasonCode: 0x18,
			properties: {authenticationMethod, authenticationData: Buffer.from(a.final)}});
	};
	client.connect();
	const connack = await new Promise((resolve, reject) => {
		client.once('connect', resolve);
		client.once('error', reject);
	});
	assert.equal(connack.properties.authenticationMethod, authenticationMethod);
	assert.equal(connack.properties.authenticationData.toString(), expected);
	return {client, connack};
}

test('a device logs in without sending its token', DEADLINE, async () => {
	const {client, connack} = await logIn(device.token);
	assert.equal(connack.properties.responseInformation, device.own('reply/'));
	const granted = await client.subscribeAsync(device.own('set/#'), {qos: 1});
	assert.equal(granted[0].qos, 1);
	await client.publishAsync(device.own('tele/x'), '1', {qos: 1});
	await client.endAsync();
});

test('a wrong token and an unknown name end alike', DEADLINE, async () => {
	await assert.rejects(logIn('0'.repeat(64)), (error) => error.code === 0x86);
	await assert.rejects(logIn(device.token, 'nobody'), (error) => error.code === 0x86);
});
