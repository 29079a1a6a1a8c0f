/* tomte-hub as an administrator meets it: options, bad settings, readiness,
 * reload, listening sockets, files, logs. */
import assert from 'node:assert/strict';
import {mkdtemp, readFile, readdir, rm, stat, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {Daemon, buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';
import {freePorts} from '../support/ports.mjs';

after(stopAll);
const program = path.join(buildDir, 'tomte-hub');

async function inTemporary(use) {
	const dir = await mkdtemp(path.join(os.tmpdir(), 'tomte-test-'));
	try {
		return await use(dir);
	} finally {
		await rm(dir, {recursive: true, force: true});
	}
}

test('--version and --help answer and exit 0', async () => {
	assert.match((await run(program, ['--version'])).stdout, /^tomte-hub \d+\.\d+\.\d+\n$/);
	assert.match((await run(program, ['--help'])).stdout, /--check-config/);
});

test('an unknown option is refused', async () => {
	const {code, stderr} = await run(program, ['--bogus'], {mayFail: true});
	assert.equal(code, 64);
	assert.match(stderr, /--help/);
});

test('bad settings: file, line, what is wrong, what is allowed; exit 78', () => inTemporary(async (dir) => {
	const file = path.join(dir, 'hub.conf');
	await writeFile(file, '[mqtt]\ntls_port = 99999\nworkerz = 2\n[nonsense]\nx = 1\n');
	for (const args of [['--check-config'], []]) {
		const {code, stderr} = await run(program, ['--config', file, '--state-dir', path.join(dir, 'state'), ...args], {mayFail: true});
		assert.equal(code, 78);
		assert.match(stderr, /hub\.conf:2: .*tls_port.*65535/s);
		assert.match(stderr, /hub\.conf:3: .*workerz.*workers/s);
		assert.match(stderr, /hub\.conf:5?4?: .*nonsense/s);
	}
}));

test('--check-config of good settings exits 0 and starts nothing', () => inTemporary(async (dir) => {
	const file = path.join(dir, 'hub.conf');
	await writeFile(file, '[hub]\nlog_level = debug\n');
	const {code} = await run(program, ['--config', file, '--state-dir', path.join(dir, 'state'), '--check-config']);
	assert.equal(code, 0);
	assert.deepEqual(await readdir(dir), ['hub.conf']);
}));

test('a missing settings file that was named is an error', async () => {
	const {code, stderr} = await run(program, ['--config', '/nonexistent/hub.conf', '--check-config'], {mayFail: true});
	assert.equal(code, 78);
	assert.match(stderr, /nonexistent/);
});

test('a database of a newer tomte is refused with exit 78', async () => {
	const hub = await startHub();
	await hub.kill('SIGTERM');
	await run('sqlite3', [path.join(hub.stateDir, 'hub.db'), 'PRAGMA user_version = 999']);
	const {code, stderr} = await run(program, ['--config', hub.confFile, '--state-dir', hub.stateDir], {mayFail: true});
	assert.equal(code, 78);
	assert.match(stderr, /newer/);
	await hub.discard();
});

test('a second hub on the same state directory is refused', async () => {
	const hub = await startHub();
	const {code, stderr} = await run(program, ['--config', hub.confFile, '--state-dir', hub.stateDir], {mayFail: true});
	assert.notEqual(code, 0);
	assert.match(stderr, /another|already|in use/i);
	await hub.stop();
});

test('--broker-only serves anonymous clients on loopback and refuses any other address', () => inTemporary(async (dir) => {
	const [port] = await freePorts(1);
	for (const address of ['0.0.0.0', '192.0.2.1', '[::]']) {
		const {code, stderr} = await run(program, ['--broker-only', '--listen', `${address}:${port}`, '--allow-anonymous', '--state-dir', dir], {mayFail: true});
		assert.equal(code, 64, address);
		assert.match(stderr, /loopback/);
	}
	const homeless = await run(program, ['--broker-only', '--durable', '--listen', `127.0.0.1:${port}`, '--allow-anonymous'], {mayFail: true});
	assert.equal(homeless.code, 64);
	assert.match(homeless.stderr, /--durable needs --state-dir/);
	const hub = new Daemon('tomte-hub', program, ['--broker-only', '--listen', `127.0.0.1:${port}`, '--allow-anonymous', '--state-dir', dir], path.join(dir, 'log'));
	await hub.waitLog(/hub: ready/);
	const address = ['-h', '127.0.0.1', '-p', String(port)];
	await run('mosquitto_pub', [...address, '-r', '-q', '2', '-t', 'a/b', '-m', 'x']);
	assert.equal((await run('mosquitto_sub', [...address, '-C', '1', '-t', '#'])).stdout, 'x\n');
	await hub.stop();
}));

test('tells systemd READY=1, WATCHDOG=1, RELOADING=1 and STOPPING=1', () => inTemporary(async (dir) => {
	const socketPath = path.join(dir, 'notify');
	/* Node has no Unix datagram sockets: socat hands the datagrams to a file */
	const file = path.join(dir, 'notified');
	const socat = new Daemon('socat', 'socat', ['-u', `UNIX-RECV:${socketPath}`, `OPEN:${file},creat,append`], path.join(dir, 'socat.log'));
	await eventually(() => stat(socketPath).catch(() => false), 'the socket is there');
	const hub = await startHub({env: {NOTIFY_SOCKET: socketPath, WATCHDOG_USEC: '400000'}});
	const notified = async (text) => (await readFile(file, 'utf8').catch(() => '')).includes(text);
	await eventually(() => notified('READY=1'), 'READY=1');
	await eventually(() => notified('WATCHDOG=1'), 'WATCHDOG=1');
	hub.daemon.child.kill('SIGHUP');
	await eventually(() => notified('RELOADING=1'), 'RELOADING=1');
	await hub.stop();
	await eventually(() => notified('STOPPING=1'), 'STOPPING=1');
	await socat.kill();
}));

test('SIGHUP takes new settings; bad ones are reported and the old ones stay', async () => {
	const hub = await startHub();
	const conf = await readFile(hub.confFile, 'utf8');
	await writeFile(hub.confFile, conf.replace('[hub]', '[hub]\nlog_level = nonsense'));
	hub.daemon.child.kill('SIGHUP');
	await hub.daemon.waitLog(/log_level.*(debug|allowed)/);
	await writeFile(hub.confFile, conf.replace('[hub]', '[hub]\nlog_level = debug'));
	const from = hub.daemon.log.length;
	hub.daemon.child.kill('SIGHUP');
	await hub.daemon.waitLog(/settings.*(reloaded|read again)/i, from);
	await hub.stop();
});

test('listens where the documentation says and nowhere else', async () => {
	const hub = await startHub();
	const {stdout} = await run('ss', ['-Hltnup']);
	const mine = stdout.split('\n').filter((line) => line.includes(`pid=${hub.daemon.child.pid},`));
	const ports = mine.map((line) => Number(line.split(/\s+/)[4].split(':').at(-1))).sort();
	assert.deepEqual(ports, [hub.mqttsPort, hub.mqttPort, hub.httpsPort, hub.httpPort].sort());
	await hub.stop();
});

test('what it keeps is for its user alone, and its log holds no secrets', async () => {
	const hub = await startHub({conf: {hub: {log_level: 'debug'}}});
	const token = new URL(await hub.setupLink()).hash.slice(1);
	const password = 'Nisse bor i ladugården 7';
	await hub.setUp('astrid', password);
	const agent = await startAgent(hub, {name: 'Quiet one'});
	const credentials = await agent.credentials();
	for (const [dir, base] of [[hub.stateDir, ''], [path.join(hub.stateDir, 'pki'), 'pki/'], [agent.stateDir, 'agent ']]) {
		assert.equal((await stat(dir)).mode & 0o777, 0o700, dir);
		for (const entry of await readdir(dir, {withFileTypes: true})) {
			const found = entry.isFile() && await stat(path.join(dir, entry.name)).catch((error) => assert.equal(error.code, 'ENOENT')); // what is just being written anew
			if (found)
				assert.equal(found.mode & 0o077, 0, base + entry.name);
		}
	}
	await agent.stop();
	const cookie = hub.cookie.split('=')[1];
	const log = hub.daemon.log + agent.daemon.log + agent.join.stdout + agent.join.stderr;
	for (const [what, secret] of Object.entries({token, password, cookie, credential: credentials.token}))
		assert.ok(!log.includes(secret), `the ${what} is in the log`);
	const {stdout} = await run('grep', ['-rlaF', credentials.token, hub.stateDir], {mayFail: true});
	assert.equal(stdout, '', 'the hub keeps a hash of the token only');
	await hub.stop();
});
