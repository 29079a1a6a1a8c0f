/* What programs that watch the hub see: /metrics over HTTP, $SYS over MQTT, and
 * that both and the health report come from the same counters. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {Daemon, buildDir, run, sourceDir, startHub, stopAll} from '../support/hub.mjs';
import {freePorts} from '../support/ports.mjs';

const token = 'a token for the one that watches';
let hub, dir, broker, port;

before(async () => {
	dir = await mkdtemp(path.join(os.tmpdir(), 'tomte-test-'));
	const file = path.join(dir, 'metrics-token');
	await writeFile(file, `${token}\n`);
	hub = await startHub({conf: {web: {metrics_token_file: file}}});
	await hub.setUp();
	[port] = await freePorts(1);
	broker = new Daemon('tomte-hub', path.join(buildDir, 'tomte-hub'),
		['--broker-only', '--allow-anonymous', '--state-dir', path.join(dir, 'bare'), '--listen', `127.0.0.1:${port}`], path.join(dir, 'broker.log'));
	await broker.waitLog(/ready: an open broker/);
});
after(async () => {
	await broker?.kill('SIGKILL');
	await stopAll();
	await rm(dir, {recursive: true, force: true});
});

/** Prometheus' text format, strictly: every sample belongs to a family that was introduced by HELP and TYPE right before it. */
function parse(text) {
	assert.ok(text.endsWith('\n'));
	const samples = new Map(), families = new Set();
	let family, helped;
	for (const line of text.slice(0, -1).split('\n')) {
		const help = line.match(/^# HELP ([a-z_:][a-z0-9_:]*) (\S.*)$/);
		const type = line.match(/^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge)$/);
		if (help) {
			assert.ok(!families.has(help[1]), `${help[1]} comes twice`);
			families.add(help[1]);
			helped = help[1];
			family = undefined;
		} else if (type) {
			assert.equal(type[1], helped, line);
			family = {name: type[1], type: type[2]};
		} else {
			const sample = line.match(/^([a-z_:][a-z0-9_:]*)(\{[a-z_]+="[^"\\]*"(?:,[a-z_]+="[^"\\]*")*\})? (\d+(?:\.\d+)?)$/);
			assert.ok(sample, `no sample: ${line}`);
			assert.equal(sample[1], family?.name, line);
			assert.equal(family.type === 'counter', sample[1].endsWith('_total'), line);
			const name = sample[1] + (sample[2] ?? '');
			assert.ok(!samples.has(name), `${name} comes twice`);
			samples.set(name, Number(sample[3]));
		}
	}
	return samples;
}

const scrape = (options = {headers: {Authorization: `Bearer ${token}`}}) => hub.api('/metrics', options);

test('/metrics is Prometheus text for who has the token, and for the owner', async () => {
	const answer = await scrape();
	assert.equal(answer.status, 200);
	assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
	const samples = parse(answer.text);
	assert.ok(samples.size > 60);
	for (const [name, least] of [['process_open_fds', 10], ['process_resident_memory_bytes', 1 << 20], ['process_start_time_seconds', 1.7e9],
		['tomte_store_commits_total', 1], ['tomte_web_requests_total', 1], ['tomte_broker_memory_max_bytes', 1 << 26]])
		assert.ok(samples.get(name) >= least, `${name} ${samples.get(name)}`);
	assert.equal(samples.get('tomte_limit_met_total{limit="connections"}'), 0);
	assert.equal([...samples.keys()].filter((name) => name.startsWith('tomte_build_info{version=')).length, 1);
	assert.equal((await scrape({cookie: hub.cookie})).status, 200);
	parse((await run('curl', ['-sSf', '--unix-socket', hub.socket, 'http://localhost/metrics'])).stdout);
	assert.equal((await scrape({})).status, 401);
	assert.equal((await scrape({headers: {Authorization: 'Bearer another token, of someone'}})).status, 401);
	assert.equal((await hub.api('/api/v1/devices', {headers: {Authorization: `Bearer ${token}`}})).status, 401);
});

test('the health report has the same counters', async () => {
	const before = parse((await scrape()).text), health = await hub.get('/api/v1/health');
	assert.equal(health.broker.sessions, before.get('tomte_broker_sessions'));
	assert.equal(health.broker.limit_queue, before.get('tomte_limit_met_total{limit="queue"}'));
	assert.ok(health.web.requests > before.get('tomte_web_requests_total'));
	assert.ok(health.store.journal_syncs >= before.get('tomte_store_journal_syncs_total'));
	assert.equal(health.process.start_time_s, before.get('process_start_time_seconds'));
});

test('a login that fails shows', async () => {
	const answer = await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(hub.mqttPort), '-t', 'x', '-m', 'x'], {mayFail: true});
	assert.notEqual(answer.code, 0);
	assert.ok(parse((await scrape()).text).get('tomte_broker_connect_packets_total') >= 1);
});

test('a token that is none keeps the hub from starting, with a reason', async () => {
	const file = path.join(dir, 'short');
	await writeFile(file, 'short\n');
	for (const [name, reason] of [[file, /16 to 256 characters/], [path.join(dir, 'missing'), /metrics_token_file .*missing/]]) {
		const conf = path.join(dir, 'bad.conf');
		const [mqtts, https, http] = await freePorts(3);
		await writeFile(conf, `[hub]\nadmin_socket = ${dir}/s\nweb_dir = ${path.join(sourceDir, 'web/static')}\n[mqtt]\ntls_address = 127.0.0.1\n`
			+ `tls_port = ${mqtts}\nplain_port = 0\n[web]\naddress = 127.0.0.1\nhttps_port = ${https}\nhttp_port = ${http}\nmetrics_token_file = ${name}\n`);
		const {code, stderr} = await run(path.join(buildDir, 'tomte-hub'), ['--config', conf, '--state-dir', path.join(dir, 'state')], {mayFail: true});
		assert.notEqual(code, 0);
		assert.match(stderr, reason);
	}
});

const sub = (...args) => run('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-W', '60', ...args], {mayFail: true});

/* The names that mosquitto 2 publishes and programs look for. */
const mosquitto = ['version', 'uptime', 'clients/total', 'clients/connected', 'clients/disconnected', 'clients/active', 'clients/inactive',
	'clients/maximum', 'clients/expired', 'messages/received', 'messages/sent', 'messages/stored', 'store/messages/count', 'store/messages/bytes',
	'subscriptions/count', 'shared_subscriptions/count', 'retained messages/count', 'heap/current', 'heap/maximum', 'bytes/received', 'bytes/sent',
	'publish/messages/received', 'publish/messages/sent', 'publish/messages/dropped', 'publish/bytes/received', 'publish/bytes/sent',
	...['messages/received', 'messages/sent', 'publish/received', 'publish/sent', 'publish/dropped', 'bytes/received', 'bytes/sent', 'sockets',
		'connections'].flatMap((name) => ['1min', '5min', '15min'].map((minutes) => `load/${name}/${minutes}`))];

test('mosquitto_sub gets every $SYS topic at once, with mosquitto\'s names and forms', async () => {
	const {stdout, stderr} = await sub('-v', '-t', '$SYS/#', '-C', String(mosquitto.length), '-F', '%t|%p|%r');
	const seen = new Map(stdout.trimEnd().split('\n').map((line) => [line.split('|')[0], line]));
	assert.equal(seen.size, mosquitto.length, stderr);
	for (const name of mosquitto) {
		const got = await sub('-t', `$SYS/broker/${name}`, '-C', '1', '-F', '%t|%p|%r');
		const form = name === 'version' ? /\|tomte version \d+\.\d+\.\d+\|1\n$/ : name === 'uptime' ? /\|\d+ seconds\|1\n$/
			: name.startsWith('load/') ? /\|\d+\.\d\d\|1\n$/ : /\|\d+\|1\n$/;
		assert.match(got.stdout, form, name);
	}
});

test('of a house\'s hub, who has the token sees $SYS and nothing else', async () => {
	const as = (password, topic) => run('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(hub.mqttPort), '-W', '60', '-C', '1', '-u', 'metrics', '-P', password,
		'-t', topic], {mayFail: true});
	assert.match((await as(token, '$SYS/broker/version')).stdout, /^tomte version/);
	assert.match((await as('another token, of someone', '$SYS/broker/version')).stderr, /not authori[sz]ed|refused|bad user/i);
	assert.match((await as(token, '#')).stderr, /denied|rejected/i);
});

test('$SYS counts what was published, and is neither retained nor for #', async () => {
	const pub = (...args) => run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), ...args]);
	const value = async (name) => Number((await sub('-t', `$SYS/broker/${name}`, '-C', '1')).stdout);
	const received = await value('publish/messages/received'), bytes = await value('publish/bytes/received');
	await pub('-t', 'counted', '-m', 'twelve bytes', '-q', '1', '-r');
	assert.equal(await value('publish/messages/received'), received + 1);
	assert.equal(await value('publish/bytes/received'), bytes + 12);
	assert.equal(await value('retained messages/count'), 1);
	const all = await sub('-t', '#', '-C', '1', '-F', '%t');
	assert.equal(all.stdout, 'counted\n');
});
