/* The ways to the broker besides plain TCP and TLS with a password: Unix socket, client certificates, pre-shared keys, ALPN,
 * a proxy in front, IPv6; and what a reload changes. Debian's mosquitto clients speak. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import nodeTls from 'node:tls';
import {after, before, test} from 'node:test';
import {run, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {OP, WebSocketClient, frame, mqtt} from '../support/websocket.mjs';

let dir, hub, credentials, ca, socket, psk;

/** An authority, or a certificate that it has signed. */
async function makeCertificate(name, cn, signer) {
	const file = (ending) => path.join(dir, `${name}.${ending}`);
	await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${cn}`,
		'-keyout', file('key'), '-out', file('pem'), ...(signer ? ['-CA', path.join(dir, `${signer}.pem`), '-CAkey', path.join(dir, `${signer}.key`),
			'-addext', 'basicConstraints=critical,CA:FALSE'] : [])]);
	return ['--cert', file('pem'), '--key', file('key')];
}

/** With what the log says: all was taken, or not. */
async function reload(wanted = /info: hub: settings and certificate reloaded/) {
	const from = hub.daemon.log.length;
	hub.daemon.child.kill('SIGHUP');
	await hub.daemon.waitLog(/settings and certificate reloaded|the settings were reloaded, but not all/, from);
	assert.match(hub.daemon.log.slice(from), wanted);
}

before(async () => {
	dir = await mkdtemp(path.join(os.tmpdir(), 'tomte-transports-'));
	socket = path.join(dir, 'mqtt.sock');
	psk = path.join(dir, 'psk');
	await makeCertificate('clients', 'Signs clients');
	await makeCertificate('strangers', 'Signs strangers');
	await writeFile(psk, '# none yet\n');
	hub = await startHub({conf: {
		mqtt: {tls_address: '*', plain_address: '::1', socket, proxy_protocol: '127.0.0.2', tls_client_certificates: 'optional',
			tls_client_ca: path.join(dir, 'clients.pem'), tls_psk_file: psk},
		web: {address: '*'},
	}});
	await hub.setUp();
	const agent = await startAgent(hub, {name: 'Borrowed credentials'});
	credentials = await agent.credentials();
	await agent.stop();
	ca = path.join(dir, 'house.pem');
	await writeFile(ca, credentials.ca);
});
after(async () => {
	await stopAll();
	await rm(dir, {recursive: true});
});

const own = (rest) => `tomte/${credentials.device_id}/${rest}`;
const login = () => ['-u', credentials.user, '-P', credentials.token];
const tls = () => ['-h', '127.0.0.1', '-p', String(hub.mqttsPort), '--cafile', ca];
/** One QoS 1 message; resolves with {code, stderr}. */
const pub = (...args) => run('mosquitto_pub', ['-i', credentials.device_id, '-V', 'mqttv5', '-q', '1', '-t', own('state/x'), '-m', 'x', ...args], {mayFail: true});

async function goes(...args) {
	const answer = await pub(...args);
	assert.equal(answer.code, 0, answer.stderr);
}

async function isRefused(...args) {
	const answer = await pub(...args);
	assert.notEqual(answer.code, 0, 'it was let in');
	return answer;
}

test('a Unix socket, for root and the group, with a login like everywhere', async () => {
	assert.equal((await stat(socket)).mode & 0o777, 0o660);
	await goes('--unix', socket, ...login());
	const from = hub.daemon.log.length;
	await isRefused('--unix', socket, '-u', credentials.user, '-P', 'wrong');
	const [, pid] = await hub.daemon.waitLog(/login failed: .* from unix:(\d+)/, from);
	assert.ok(Number(pid) > 1);
});

test('a Unix socket that a killed hub left is taken over', async () => {
	await hub.kill('SIGKILL');
	assert.ok((await stat(socket)).isSocket());
	await hub.start();
	await goes('--unix', socket, ...login());
});

test('a certificate stands for user name and password', async () => {
	const device = await makeCertificate('device', credentials.user, 'clients');
	await goes(...tls(), ...device);
	await goes(...tls(), ...device, '-u', credentials.user);
	await goes(...tls(), ...login()); /* others log in as before */
	await goes(...tls(), ...device, ...login());
	await isRefused(...tls());
	await isRefused(...tls(), ...device, '-u', 'somebody-else', '-P', 'x');
	await isRefused(...tls(), ...(await makeCertificate('nobody', 'nobody', 'clients'))); /* valid, but no user of ours */
	const from = hub.daemon.log.length;
	await isRefused(...tls(), ...(await makeCertificate('stranger', credentials.user, 'strangers')), ...login());
	await hub.daemon.waitLog(/connection refused: its certificate is not valid here/, from);
});

test('a certificate cannot borrow a client id', async () => {
	const answer = await run('mosquitto_pub', ['-i', 'another', '-V', 'mqttv5', '-q', '1', '-t', own('state/x'), '-m', 'x', ...tls(),
		'--cert', path.join(dir, 'device.pem'), '--key', path.join(dir, 'device.key')], {mayFail: true});
	assert.notEqual(answer.code, 0);
});

test('pre-shared keys come and go with a reload', async () => {
	const key = crypto.randomBytes(32).toString('hex');
	const server = ['-h', '127.0.0.1', '-p', String(hub.mqttsPort), '--psk-identity', credentials.user, '--psk', key];
	await isRefused(...server);
	await writeFile(psk, `other:${crypto.randomBytes(16).toString('hex')}\n${credentials.user}:${key}\n`);
	await reload();
	await goes(...server);
	await goes(...server, '--tls-version', 'tlsv1.2');
	await isRefused(...server.slice(0, -1), key.replace(/./, (c) => (c === '0' ? '1' : '0')));
	await isRefused(...server, '-u', 'somebody-else');
	await writeFile(psk, '# none any more\n');
	await reload();
	await isRefused(...server);
	await writeFile(psk, 'no key here\n');
	await reload(/the broker's certificate was not taken: line 1 of the pre-shared keys[^]*not all that they name was taken/);
	await goes(...tls(), ...login());
	await writeFile(psk, '');
	await reload();
});

/** The fingerprint of the certificate that is served at the port. */
async function served(port) {
	const socket = nodeTls.connect({host: '127.0.0.1', port, rejectUnauthorized: false});
	await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
	const {fingerprint256} = socket.getPeerCertificate();
	socket.destroy();
	return fingerprint256;
}

test('a new certificate reaches the dashboard while the broker cannot read its keys, and then the broker', async () => {
	const before = await served(hub.httpsPort);
	assert.equal(await served(hub.mqttsPort), before);
	await rm(path.join(hub.stateDir, 'pki', 'hub.pem')); /* the hub makes another */
	await writeFile(psk, 'no key here\n');
	await reload(/not all that they name was taken/);
	const fresh = await served(hub.httpsPort);
	assert.notEqual(fresh, before);
	assert.equal(await served(hub.mqttsPort), before);
	await writeFile(psk, '');
	await reload();
	assert.equal(await served(hub.mqttsPort), fresh);
	assert.equal(await served(hub.httpsPort), fresh);
});

test('another authority of clients counts after a reload', async () => {
	await run('cp', [path.join(dir, 'strangers.pem'), path.join(dir, 'clients.pem')]);
	await reload();
	await isRefused(...tls(), '--cert', path.join(dir, 'device.pem'), '--key', path.join(dir, 'device.key'));
	await goes(...tls(), '--cert', path.join(dir, 'stranger.pem'), '--key', path.join(dir, 'stranger.key'));
});

test('whether clients show certificates, and whose, needs no restart', async () => {
	const conf = await readFile(hub.confFile, 'utf8');
	const stranger = ['--cert', path.join(dir, 'stranger.pem'), '--key', path.join(dir, 'stranger.key')];
	const from = hub.daemon.log.length;
	await writeFile(hub.confFile, conf.replace('tls_client_certificates = optional', 'tls_client_certificates = required'));
	await reload();
	await goes(...tls(), ...stranger);
	await isRefused(...tls(), ...login());
	await writeFile(hub.confFile, conf.replace('tls_client_certificates = optional', 'tls_client_certificates = off'));
	await reload();
	await isRefused(...tls(), ...stranger);
	await goes(...tls(), ...login());
	assert.doesNotMatch(hub.daemon.log.slice(from), /at the next start/);
	await writeFile(hub.confFile, conf.replace(/^sys_interval_s.*/m, '').replace('[mqtt]', '[mqtt]\nsys_interval_s = 7'));
	await reload(/these settings take effect at the next start: sys_interval_s\n/);
	await writeFile(hub.confFile, conf);
	await reload();
});

test('ALPN: mqtt or nothing', async () => {
	await goes(...tls(), '--tls-alpn', 'mqtt', ...login());
	await isRefused(...tls(), '--tls-alpn', 'h2', ...login());
	const good = await run('openssl', ['s_client', '-connect', `127.0.0.1:${hub.mqttsPort}`, '-alpn', 'http/1.1,mqtt']);
	assert.match(good.stdout, /ALPN protocol: mqtt/);
});

test('sessions resume', async () => {
	const file = path.join(dir, 'session');
	const connect = (...args) => run('openssl', ['s_client', '-connect', `127.0.0.1:${hub.mqttsPort}`, '-tls1_2', ...args]);
	assert.match((await connect('-sess_out', file)).stdout, /^New, TLSv1\.2/m);
	await reload();
	assert.match((await connect('-sess_in', file)).stdout, /^Reused, TLSv1\.2/m);
});

test('a proxy says for whom it speaks', async () => {
	const talk = async (bytes) => {
		const client = net.connect({host: '127.0.0.1', port: hub.mqttsPort, localAddress: '127.0.0.2'});
		client.on('error', () => {});
		await new Promise((resolve) => client.once('connect', resolve));
		client.write(bytes);
		return client;
	};
	const header = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n'), Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 7, 127, 0, 0, 1, 0x30, 0x39, 0, 1])]);
	/* behind the header TLS begins: let openssl speak through us */
	const server = net.createServer(async (inner) => {
		const outer = await talk(header);
		inner.pipe(outer).pipe(inner);
		inner.on('error', () => {}).on('close', () => outer.destroy());
		outer.on('close', () => inner.destroySoon());
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const through = ['-h', '127.0.0.1', '-p', String(server.address().port), '--cafile', ca];
	await goes(...through, ...login());
	let from = hub.daemon.log.length;
	await isRefused(...through, '-u', credentials.user, '-P', 'wrong');
	await hub.daemon.waitLog(/login failed: .* from 192\.0\.2\.7:12345/, from);
	await new Promise((resolve) => server.close(resolve));
	/* and who says nothing of the kind is closed */
	from = hub.daemon.log.length;
	const silent = await talk(Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no header', 'latin1'));
	silent.resume();
	await new Promise((resolve) => silent.once('close', resolve));
	await hub.daemon.waitLog(/proxy 127\.0\.0\.2:\d+: connection closed: it does not begin with a PROXY header/, from);
});

test('IPv6: TLS, plain TCP, WebSocket with TLS and without', async () => {
	await goes('-h', '::1', '-p', String(hub.mqttPort), ...login());
	/* mosquitto_pub 2.0.11 would send the address as server name, which is no name (RFC 6066 §3) and refused by GnuTLS */
	const direct = nodeTls.connect({host: '::1', port: hub.mqttsPort, ca: credentials.ca, servername: `${credentials.hub_id}.tomte.home.arpa`});
	await new Promise((resolve, reject) => direct.once('secureConnect', resolve).once('error', reject));
	direct.write(mqtt.connect({clientId: credentials.device_id, user: credentials.user, password: credentials.token}));
	const connack = await new Promise((resolve) => direct.once('data', resolve));
	assert.deepEqual([...connack], [0x20, 2, 0, 0]);
	direct.destroy();
	const ways = [{port: hub.httpPort}, {port: hub.httpsPort, tls: {ca: credentials.ca, servername: `${credentials.hub_id}.tomte.home.arpa`}}];
	for (const way of ways) {
		const client = await WebSocketClient.open({...way, host: '::1'});
		assert.equal(client.status, 101, client.head);
		const from = hub.daemon.log.length;
		await client.write(frame(OP.binary, mqtt.connect({clientId: credentials.device_id, user: credentials.user, password: 'wrong'})));
		await hub.daemon.waitLog(/login failed: .* from \[::1\]:\d+/, from);
		client.socket.destroy();
	}
});
