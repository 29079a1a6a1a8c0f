/* MQTT by a browser's session, at the real hub: what the cookie opens and for how long, and everything that must not get in by it. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {WebSocketClient, browser, mqtt} from '../support/websocket.mjs';

const {next, publish, subscribe} = browser;
const PUBLISH = 3, DISCONNECT = 14;
const NOBODY_LISTENS = 0x10, BAD_LOGIN = 0x86, NOT_AUTHORIZED = 0x87, CLIENT_ID_NOT_VALID = 0x85;
const PASSWORD = 'correct horse battery';

let hub, credentials, ways;

before(async () => {
	hub = await startHub();
	await hub.setUp();
	const agent = await startAgent(hub, {name: 'A device'});
	credentials = await agent.credentials();
	await agent.stop();
	ways = {
		ws: {port: hub.httpPort, origin: hub.httpUrl, base: 'http'},
		wss: {port: hub.httpsPort, origin: hub.url, tls: {rejectUnauthorized: false}},
	};
});
after(stopAll);

async function logIn(way = 'ws', name = 'astrid', password = PASSWORD) {
	const answer = await hub.api('/api/v1/login', {method: 'POST', base: ways[way].base, body: {name, password}});
	assert.equal(answer.status, 200);
	return answer.cookie;
}

/** Opens /mqtt as a page does that has this cookie. */
async function open(way, cookie, origin = ways[way].origin) {
	const client = await WebSocketClient.open({...ways[way], headers: {...(cookie ? {Cookie: cookie} : {}), ...(origin ? {Origin: origin} : {})}});
	after(() => client.socket.destroy());
	return client;
}

/** Opens it and sends this CONNECT; answers the client with the reason of its CONNACK. */
async function come(way, cookie, connect = {}, origin) {
	const client = await open(way, cookie, origin);
	assert.equal(client.status, 101, client.head);
	return browser.connect(client, connect);
}

const ended = async (client) => assert.equal(await client.nextPacket(), null);

for (const way of ['ws', 'wss']) {
	test(`${way}: the owner's session opens everything, and nobody writes below $`, async () => {
		const client = await come(way, await logIn(way));
		assert.equal(client.reason, 0);
		assert.match(client.connack.body.toString('latin1'), /browser-[0-9a-z]{20}/);
		assert.equal(await subscribe(client, '#'), 0);
		assert.equal(await subscribe(client, '$SYS/#'), 0);
		assert.match((await next(client, PUBLISH)).body.toString(), /^..\$SYS\/broker\/|^..homeassistant\/|^..tomte\//);
		assert.equal(await publish(client, `tomte/${credentials.device_id}/set/lamp`, 'OFF'), 0);
		assert.equal(await publish(client, '$SYS/broker/version', 'x'), NOT_AUTHORIZED);
		assert.equal(await publish(client, '$other', 'x'), NOT_AUTHORIZED);
		assert.equal(await subscribe(client, '$other/#'), NOT_AUTHORIZED);
		client.socket.destroy();
		await eventually(async () => (await hub.get('/api/v1/health')).broker.sessions === 0, 'nothing of it stays');
	});

	test(`${way}: it ends when that session logs out, and no other`, async () => {
		const cookies = [await logIn(way), await logIn(way)];
		const [mine, other] = [await come(way, cookies[0]), await come(way, cookies[1])];
		const answer = await hub.api('/api/v1/logout', {method: 'POST', base: ways[way].base, cookie: cookies[0]});
		assert.equal(answer.status, 204);
		await ended(mine);
		assert.equal(await publish(other, 'still/here', 'x'), NOBODY_LISTENS);
		assert.equal((await come(way, cookies[0])).reason, BAD_LOGIN);
	});
}

test('a page of another site is refused before anything else', async () => {
	const cookie = await logIn();
	for (const origin of ['https://evil.example', 'null', hub.url, `http://127.0.0.1:${hub.httpPort + 1}`])
		assert.equal((await open('ws', cookie, origin)).status, 403, origin);
	/* who says no Origin is no browser: the cookie is not looked at */
	assert.equal((await come('ws', cookie, {}, null)).reason, BAD_LOGIN);
});

test('without a session, or with one that is over or made up, all is as it was', async () => {
	const over = await logIn();
	await hub.api('/api/v1/logout', {method: 'POST', base: 'http', cookie: over});
	for (const cookie of [null, 'tomte=', `tomte=${'0'.repeat(64)}`, over])
		assert.equal((await come('ws', cookie)).reason, BAD_LOGIN, cookie);
	const login = {clientId: credentials.device_id, user: credentials.user, password: credentials.token};
	assert.equal((await come('ws', over, login)).reason, 0);
});

test('who names somebody in CONNECT is that one, or nobody', async () => {
	const cookie = await logIn();
	for (const connect of [{user: '@owner'}, {user: '@owner', password: 'x'}, {user: 'astrid', password: PASSWORD}, {user: credentials.user}, {password: 'x'}])
		assert.equal((await come('ws', cookie, connect)).reason, BAD_LOGIN, JSON.stringify(connect));
	const device = await come('ws', cookie, {clientId: credentials.device_id, user: credentials.user, password: credentials.token});
	assert.equal(device.reason, 0);
	assert.equal(await subscribe(device, '#'), NOT_AUTHORIZED);
	device.socket.destroy();
});

/** A person of this role, with a cookie. */
async function person(name, role) {
	const answer = await hub.api('/api/v1/users', {method: 'POST', cookie: hub.cookie, body: {name, password: PASSWORD, role, must_change: false}});
	assert.equal(answer.status, 201, answer.text);
	return logIn('ws', name);
}

test('who sees the whole house hears it and says nothing', async () => {
	const owner = await come('ws', await logIn());
	for (const [name, role] of [['arne', 'adult'], ['vera', 'viewer']]) {
		const client = await come('ws', await person(name, role));
		assert.equal(client.reason, 0, role);
		assert.equal(await subscribe(client, '#'), 0, role);
		for (const filter of ['$SYS/#', '$SYS/broker/uptime', '$share/all/$SYS/#'])
			assert.equal(await subscribe(client, filter), NOT_AUTHORIZED, `${role}: ${filter}`);
		for (const topic of ['house/lamp/set', `tomte/${credentials.device_id}/set/lamp`, 'homeassistant/switch/made/config', '$SYS/broker/uptime'])
			assert.equal(await publish(client, topic, 'x'), NOT_AUTHORIZED, `${role}: ${topic}`);
		assert.equal(await publish(owner, `house/${role}`, 'heard'), 0);
		const {body} = await next(client, PUBLISH);
		assert.ok(body.includes(`house/${role}`) && body.includes('heard'), `${role} heard something else`);
		client.socket.destroy();
	}
	await eventually(async () => await publish(owner, 'house/nobody', 'heard') === NOBODY_LISTENS, 'those who heard all have gone');
});

test('who has to choose a password chooses that first', async () => {
	const answer = await hub.api('/api/v1/users', {method: 'POST', cookie: hub.cookie, body: {name: 'ny', password: PASSWORD, role: 'adult'}});
	assert.equal(answer.status, 201, answer.text);
	const client = await open('ws', await logIn('ws', 'ny'));
	assert.equal(client.status, 403);
	assert.match(client.head, /application\/problem\+json/);
});

test('another role is another right at once', async () => {
	const cookie = await person('olle', 'owner');
	const client = await come('ws', cookie);
	assert.equal(await publish(client, 'house/x', 'as an owner'), NOBODY_LISTENS);
	const {users} = await hub.get('/api/v1/users');
	const answer = await hub.api(`/api/v1/users/${users.find(({name}) => name === 'olle').id}`, {method: 'PATCH', cookie: hub.cookie, body: {role: 'adult'}});
	assert.equal(answer.status, 200, answer.text);
	await ended(client);
	const again = await come('ws', await logIn('ws', 'olle'));
	assert.equal(await publish(again, 'house/x', 'no more'), NOT_AUTHORIZED);
});

test('nobody comes as an owner without a session', async () => {
	for (const connect of [{user: '@owner'}, {user: '@owner', password: ''}, {user: '@owner', password: '@owner'}, {clientId: 'browser-x'}])
		assert.equal((await come('ws', null, connect)).reason, BAD_LOGIN, JSON.stringify(connect));
});

test('a client identifier cannot be chosen, and no will is left', async () => {
	const cookie = await logIn();
	const first = await come('ws', cookie);
	const [id] = first.connack.body.toString('latin1').match(/browser-[0-9a-z]{20}/);
	for (const clientId of [credentials.device_id, id, '@owner', 'x'])
		assert.equal((await come('ws', cookie, {clientId})).reason, CLIENT_ID_NOT_VALID, clientId);
	assert.equal((await come('ws', cookie, {will: {topic: 'a', payload: 'x'}})).reason, NOT_AUTHORIZED);
	assert.equal(await publish(first, 'still/here', 'x'), NOBODY_LISTENS);
	/* nor does a device get at the browser's */
	assert.equal((await come('ws', null, {clientId: id, user: credentials.user, password: credentials.token})).reason, CLIENT_ID_NOT_VALID);
	assert.equal(await publish(first, 'still/here', 'x'), NOBODY_LISTENS);
});

test('a new password ends the others, one set by the machine\'s owner all', async () => {
	const cookies = [await logIn(), await logIn('wss')];
	const [mine, other] = [await come('ws', cookies[0]), await come('wss', cookies[1])];
	const answer = await hub.api('/api/v1/password', {method: 'POST', base: 'http', cookie: cookies[0], body: {old: PASSWORD, new: `${PASSWORD}!`}});
	assert.equal(answer.status, 204, answer.text);
	await ended(other);
	assert.equal(await publish(mine, 'still/here', 'x'), NOBODY_LISTENS);
	const {users} = JSON.parse(await hub.ctl('--json', 'users'));
	const local = await (await import('../support/request.mjs')).request(new URL(`http://localhost/api/v1/users/${users[0].id}/password`),
		{method: 'PUT', body: {password: PASSWORD}, socketPath: hub.socket});
	assert.equal(local.status, 204, local.text);
	await ended(mine);
	hub.cookie = await logIn('wss');
});

test('it is counted, and in the log with its name', async () => {
	const cookie = await logIn();
	const count = async () => Number(/^tomte_web_mqtt_logins_total (\d+)$/m.exec((await hub.api('/metrics', {cookie: hub.cookie})).text)?.[1]);
	const before = await count();
	const from = hub.daemon.log.length;
	await come('ws', cookie);
	assert.equal(await count(), before + 1);
	await hub.daemon.waitLog(/web: astrid, from 127\.0\.0\.1: MQTT as client browser-/, from);
});

test('when the hub stops, the browser is told', async () => {
	const client = await come('wss', await logIn('wss'));
	const stopping = hub.daemon.kill('SIGTERM');
	const packet = await next(client, DISCONNECT);
	assert.equal(packet.body[0], 0x8b);
	assert.deepEqual(await stopping, {code: 0, signal: null});
});
