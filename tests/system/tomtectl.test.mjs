/* tomtectl as an administrator types it, against the real hub and agents: what
 * is printed, the exit codes, and that every error has a way out. */
import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {readFile, readdir} from 'node:fs/promises';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {Daemon, buildDir, eventually, run, startAgent, startHub, stopAll} from '../support/hub.mjs';

const program = path.join(buildDir, 'tomtectl');
let hub, agent;

/** Runs a verb of this hub; resolves with {code, stdout, stderr}. */
const ctl = (args, options = {}) => run(program, ['--socket', hub.socket, ...args], {mayFail: true, ...options});

async function fine(...args) {
	const {code, stdout, stderr} = await ctl(args);
	assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
	assert.equal(stderr, '');
	return stdout;
}

/** Expects a refusal with its exit code, and the way out that it names. */
async function refused(args, code, ...patterns) {
	const result = await ctl(args);
	assert.equal(result.code, code, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
	for (const pattern of patterns)
		assert.match(result.stderr, pattern, args.join(' '));
}

before(async () => { hub = await startHub(); });
after(stopAll);

test('before set-up: the links with the fingerprint of the authority, and doctor says what is missing', async () => {
	const ca = new X509Certificate((await hub.api('/ca.pem', {base: 'http'})).text);
	const wanted = ca.fingerprint256;
	assert.equal(wanted.length, 95);
	const links = await fine('setup-link');
	assert.match(links, /https:\/\/127\.0\.0\.1:\d+\/setup#\w{20,}/);
	assert.equal(links.replace(/\s/g, '').includes(wanted), true, links);
	assert.equal((await fine('fingerprint')).replace(/\s/g, '').endsWith(wanted), true);
	assert.equal(JSON.parse(await fine('--json', 'fingerprint')).ca_fingerprint, wanted);
	assert.match(await fine('users'), /No accounts yet.*setup-link/);
	assert.match(await fine('devices'), /No devices yet.*key new/);
	const doctor = await ctl(['doctor']);
	assert.equal(doctor.code, 1);
	assert.match(doctor.stdout, /WRONG +Nobody has an account yet\.\n.*setup-link/);
	await hub.setUp();
	assert.equal((await hub.get('/api/v1/session')).hub.ca_fingerprint, wanted, 'the settings page shows another one');
	await refused(['setup-link'], 1, /set up already/);
});

test('key new prints a code that works, key list shows what became of it, the making is audited once', async () => {
	const printed = await fine('key', 'new', '--name', 'Reading lamp', '--room', 'Living room', '--host', '127.0.0.1');
	const [, code] = printed.match(/sudo tomte-agent join (\S+) 127\.0\.0\.1:\d+\n/);
	assert.match(printed, /ends in 15 min/);
	assert.match(printed, /[█▀▄]/, 'no QR code');
	assert.match(await fine('key', 'list'), /^[0-9a-f]{16} +new +in 15 min +Reading lamp +Living room/m);
	agent = await startAgent(hub, {code, name: 'a name of its own', simulate: {lamp: 'Lamp', thermometer: 'Temperature', door: 'Door'}});
	await eventually(async () => /^[0-9a-f]{16} +bound .*reading-lamp-\w+/m.test(await fine('key', 'list')), 'the first MQTT login burns the key');
	let traces = '';
	await eventually(async () => {
		traces = '';
		for (const file of await readdir(hub.stateDir))
			if (file.startsWith('hub.db'))
				traces += await readFile(path.join(hub.stateDir, file), 'latin1');
		return traces.includes('key_bound');
	}, 'the audit log tells of the key');
	assert.match(traces, /tomtectlkey_created/, 'who made the key is not said');
	assert.ok(!traces.includes('key_made'), 'the making is told twice');
});

test('key revoke makes a code worthless; what cannot be revoked or approved says where to look', async () => {
	const {kid, code} = JSON.parse(await fine('--json', 'key', 'new', '--ttl', '5m'));
	assert.match(await fine('key', 'revoke', kid), /worthless/);
	assert.match(await fine('key', 'list'), new RegExp(`^${kid} +revoked`, 'm'));
	const join = await run(path.join(buildDir, 'tomte-agent'), ['--state-dir', path.join(hub.dir, 'late'), 'join', code, `127.0.0.1:${hub.httpPort}`], {mayFail: true});
	assert.equal(join.code, 1);
	await refused(['key', 'revoke', kid], 1, /tomtectl key list/);
	await refused(['key', 'approve', kid], 1, /tomtectl key list/);
	await refused(['key', 'revoke', '0123456789abcdef'], 1, /no such key/, /tomtectl key list/);
	await refused(['key', 'revoke', 'all'], 2, /16 hexadecimal digits; see tomtectl key list/);
	await refused(['key', 'new', '--ttl', '2d'], 2, /one minute to one day/);
});

test('devices and device show names, rooms and values', async () => {
	await eventually(async () => (await hub.get(`/api/v1/devices/${agent.id}`)).online, 'the device says that it is there');
	const table = await fine('devices');
	assert.match(table, /^ID +NAME +ROOM +STATUS/m);
	assert.match(table, new RegExp(`^${agent.id} +Reading lamp +Living room +online +now`, 'm'));
	const shown = await eventually(async () => {
		const text = await fine('device', agent.id);
		return /temperature .*\d +°C/.test(text) && text;
	}, 'the temperature is shown');
	assert.match(shown, /^Name +Reading lamp$/m);
	assert.match(shown, /^lamp +Lamp +light +/m);
	assert.equal(JSON.parse(await fine('--json', 'device', agent.id)).id, agent.id);
	await refused(['device', 'nobody'], 1, /no such device/, /tomtectl devices/);
	await refused(['device', '../users'], 2, /is no id; see tomtectl devices/);
	await refused(['device'], 2, /too few arguments\nusage: tomtectl device ID/);
});

test('set waits for the device\'s word, and says why when there is none', async () => {
	assert.match(await fine('set', agent.id, 'lamp', 'on'), /lamp ON: confirmed/);
	assert.match(await fine('set', agent.id, 'lamp', '{"state":"ON","brightness":77}'), /confirmed/);
	assert.equal((await hub.get(`/api/v1/devices/${agent.id}`)).entities.find((e) => e.id === 'lamp').state.brightness, 77);
	assert.equal(JSON.parse(await fine('--json', 'set', agent.id, 'lamp', 'off')).by, 'tomtectl');
	await refused(['set', agent.id, 'lamp', 'purple'], 1, /tomtectl: .{10}/);
	await refused(['set', agent.id, 'ceiling', 'on'], 1, /tomtectl device ID/);
	await refused(['set', agent.id, 'lamp'], 2, /usage: tomtectl set DEVICE ENTITY VALUE/, /for example: tomtectl set/);
	await refused(['set', agent.id, 'lamp', 'on', '--timeout', 'soon'], 2, /--timeout takes one second to one hour/);
	await refused(['set', agent.id, 'lamp', 'on', '--speed', '3'], 2, /no option --speed/, /usage: tomtectl set/);
	await agent.daemon.stop();
	await eventually(async () => (await hub.get(`/api/v1/devices/${agent.id}`)).online === false, 'the device is offline');
	await refused(['set', agent.id, 'lamp', 'on'], 1, /offline\. Check its power and network/);
	await refused(['set', agent.id, 'lamp', 'on', '--wait', '8d'], 2, /--wait takes one second to seven days/);
	assert.match(await fine('set', agent.id, 'lamp', 'on', '--wait', '1h'), /lamp ON: queued/);
});

test('watch prints events as they come, until its reader goes', async () => {
	const watch = new Daemon('tomtectl', program, ['--socket', hub.socket, 'watch'], path.join(hub.dir, 'watch.log'));
	await agent.start();
	await watch.waitLog(new RegExp(`\\d\\d:\\d\\d:\\d\\d state +${agent.id}/temperature \\d`));
	await watch.kill('SIGTERM');
	const json = new Daemon('tomtectl', program, ['--socket', hub.socket, '--json', 'watch'], path.join(hub.dir, 'watch.log'));
	const [line] = await json.waitLog(/^\{"event":"points".*\}$/m);
	assert.ok(JSON.parse(line).data.points.length > 0);
	await json.kill('SIGTERM');
});

test('doctor is content with a house that is well, and names a device that is not', async () => {
	const well = await ctl(['doctor']);
	assert.equal(well.code, 0, well.stdout);
	assert.match(well.stdout, /The only device is online/);
	assert.match(well.stdout, /certificate is good for \d+ days/);
	await agent.kill('SIGKILL');
	await eventually(async () => (await hub.get(`/api/v1/devices/${agent.id}`)).online === false, 'the device is offline');
	const ill = await ctl(['doctor']);
	assert.equal(ill.code, 1);
	assert.match(ill.stdout, /WRONG +1 of 1 device is offline: Reading lamp\.\n.*power and network/);
	await eventually(async () => /open .*Reading lamp/.test(await fine('alerts')), 'the alert is stored');
	await agent.start();
	await eventually(async () => (await ctl(['doctor'])).code === 0, 'doctor is content again');
});

test('users and passwd: the new password opens, the old one and its sessions are over', async () => {
	assert.match(await fine('users'), /^astrid +owner +(now|\d+ min ago)/m);
	const set = await ctl(['passwd', 'Astrid'], {input: 'a lantern in november\n'});
	assert.equal(set.code, 0, set.stderr);
	assert.match(set.stdout, /password of astrid is set; open sessions have ended/);
	assert.equal((await hub.api('/api/v1/session', {cookie: hub.cookie})).status, 401);
	const login = (password) => hub.api('/api/v1/login', {method: 'POST', body: {name: 'astrid', password}});
	assert.equal((await login('correct horse battery')).status, 401);
	assert.equal((await login('a lantern in november')).status, 200);
	const short = await ctl(['passwd', 'astrid'], {input: 'short\n'});
	assert.equal(short.code, 1);
	assert.match(short.stderr, /at least 8 characters/);
	await refused(['passwd', 'nobody'], 1, /no such account; see tomtectl users/);
});

test('device edit, class and remove: a device gets another name and room, a contact another class, and goes with all of it', async () => {
	const now = async () => JSON.parse(await fine('--json', 'device', agent.id));
	assert.equal(await fine('device', 'edit', agent.id, '--name', 'Desk lamp', '--room', 'Study'), 'It is called Desk lamp and stands in Study.\n');
	assert.deepEqual([(await now()).name, (await now()).area], ['Desk lamp', 'Study']);
	assert.equal(await fine('device', 'edit', agent.id, '--room', ''), 'It is called Desk lamp and stands in no room.\n');
	assert.equal(JSON.parse(await fine('--json', 'device', 'edit', agent.id, '--name=Lamp')).name, 'Lamp');
	await refused(['device', 'edit', agent.id], 2, /--name, --room/);
	await refused(['device', 'edit', agent.id, '--name', ''], 1, /name/);
	await refused(['device', 'edit', 'nobody', '--name', 'X'], 1, /no such device/, /tomtectl devices/);

	const classOf = async () => (await now()).entities.find(({id}) => id === 'door').device_class;
	assert.equal(await fine('device', 'class', agent.id, 'door', 'window'), 'door is now of class window.\n');
	assert.equal(await classOf(), 'window');
	assert.equal(await fine('device', 'class', agent.id, 'door', 'default'), 'door is again what the device calls it.\n');
	assert.equal(await classOf(), 'door');
	await refused(['device', 'class', agent.id, 'door', 'shutter'], 1, /no such class/);
	await refused(['device', 'class', agent.id, 'ceiling', 'door'], 1, /tomtectl device ID/);

	await refused(['device', 'remove', agent.id], 2, /no way leads back but a backup/, /--yes/);
	assert.equal((await now()).name, 'Lamp');
	assert.match(await fine('device', 'remove', agent.id, '--yes'), /gone, with its history/);
	await refused(['device', agent.id], 1, /no such device/);
	await refused(['device', 'remove', agent.id, '--yes'], 1, /no such device/, /tomtectl devices/);
});

test('the command line helps itself', async () => {
	const help = await fine('--help');
	for (const verb of ['doctor', 'setup-link', 'fingerprint', 'key new', 'devices', 'set DEVICE', 'watch', 'passwd'])
		assert.ok(help.includes(verb), verb);
	assert.match(await fine('set', '--help'), /^usage: tomtectl set DEVICE ENTITY VALUE/);
	await refused(['key'], 2, /new, list, revoke, approve/);
	await refused(['dance'], 2, /no verb "dance"; there are: doctor, /);
	await refused([], 2, /usage: tomtectl/);
});

test('a socket without a hub says what to do and exits 3', async () => {
	for (const args of [['devices'], ['doctor'], ['set', 'a', 'b', 'on'], ['watch']]) {
		const {code, stdout, stderr} = await run(program, ['--socket', path.join(hub.dir, 'nowhere.sock'), ...args], {mayFail: true});
		assert.equal(code, 3, args.join(' '));
		assert.match(stdout + stderr, /There is no hub at .*nowhere\.sock\.\n.*systemctl start tomte-hub/);
	}
});
