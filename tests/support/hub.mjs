/* Starts the real daemons on free loopback ports in temporary directories, for
 * system and browser tests. The binaries come from $TOMTE_BUILD (the build
 * directory). Everything started is stopped by stop(), also when a test fails. */
import {spawn, execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, writeFile, readFile, rm, mkdir, appendFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {freePorts} from './ports.mjs';
import {request} from './request.mjs';

export const sourceDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const buildDir = process.env.TOMTE_BUILD ?? path.join(sourceDir, 'build');
const program = (name) => path.join(buildDir, name);
/** The pages as one works on them. */
export const pageSources = path.join(sourceDir, 'web/static');
/** The pages as they are installed (web/pack): the sources where esbuild was missing. */
export const packedPages = [path.join(buildDir, 'web/packed'), pageSources].find((folder) => existsSync(folder));

/** Runs a program to its end; rejects with its output when it fails. */
export function run(command, args, options = {}) {
	return new Promise((resolve, reject) => {
		const child = execFile(command, args, {timeout: 120000, maxBuffer: 1 << 24, ...options}, (error, stdout, stderr) => {
			if (error && !options.mayFail)
				reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
			else
				resolve({code: error ? error.code : 0, stdout, stderr});
		});
		child.stdin.on('error', () => {}); /* it may end without reading */
		child.stdin.end(options.input ?? '');
	});
}

/** A daemon whose log lines can be waited for. */
export class Daemon {
	constructor(name, command, args, logFile, env = {}) {
		this.name = name;
		this.log = '';
		this.waiting = new Set();
		this.child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...env}});
		const take = (data) => {
			this.log += data;
			appendFile(logFile, data).catch(() => {});
			for (const check of [...this.waiting])
				check();
		};
		this.child.stdout.on('data', take);
		this.child.stderr.on('data', take);
		/* not 'exit': its last words may come behind that */
		this.exited = new Promise((resolve) => this.child.on('close', (code, signal) => {
			this.over = {code, signal};
			for (const check of [...this.waiting])
				check();
			resolve(this.over);
		}));
	}

	/** Resolves with the match once the log has a line like pattern behind position `from`. */
	waitLog(pattern, from = 0) {
		return new Promise((resolve, reject) => {
			const check = () => {
				const match = this.log.slice(from).match(pattern);
				if (!match && !this.over)
					return;
				this.waiting.delete(check);
				if (match)
					resolve(match);
				else
					reject(new Error(`${this.name} ended (${JSON.stringify(this.over)}) before ${pattern}:\n${this.log}`));
			};
			this.waiting.add(check);
			check();
		});
	}

	async kill(signal = 'SIGKILL') {
		if (!this.over)
			this.child.kill(signal);
		return this.exited;
	}

	/** Asks it to stop; the exit status is 0 or this throws: sanitizers report through it. */
	async stop() {
		const over = await this.kill('SIGTERM');
		if (over.code !== 0)
			throw new Error(`${this.name} ended with ${JSON.stringify(over)}:\n${this.log}`);
	}
}

const running = new Set();

/** Kills whatever a failed test left behind. */
export async function stopAll() {
	for (const thing of [...running].reverse()) // agents live in their hub's folder
		await thing.discard();
}
process.on('exit', () => {
	for (const thing of running)
		thing.daemon?.child.kill('SIGKILL');
});

const iniOf = (sections) => Object.entries(sections)
	.map(([section, options]) => `[${section}]\n` + Object.entries(options).map(([k, v]) => `${k} = ${v}\n`).join(''))
	.join('');

/** Waits until check() gives something true; the only polling here, for things
 * that have no event (a port, a file). */
export async function eventually(check, what, tries = 1200) {
	for (let i = 0; i < tries; i++) {
		const value = await check();
		if (value)
			return value;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`never happened: ${what}`);
}

class Hub {
	async start() {
		this.daemon = new Daemon('tomte-hub', program('tomte-hub'),
			['--config', this.confFile, '--state-dir', this.stateDir], path.join(this.dir, 'hub.log'), this.env);
		await this.daemon.waitLog(/hub: ready/);
	}

	/** tomtectl as root of this hub; resolves with its standard output. */
	async ctl(...args) {
		const {stdout} = await run(program('tomtectl'), ['--socket', this.socket, ...args]);
		return stdout;
	}

	/** The set-up link on this test's own address. */
	async setupLink() {
		const links = (await this.ctl('setup-link')).split(/\s+/).filter((word) => word.startsWith('http'));
		const token = new URL(links[0]).hash;
		return `${this.url}/setup${token}`;
	}

	/** A request to the API. options: method, body (object), cookie, headers, base ('https' | 'http'). */
	async api(route, options = {}) {
		return request(new URL(route, options.base === 'http' ? this.httpUrl : this.url), options);
	}

	/** Makes the owner and returns its cookie. */
	async setUp(name = 'astrid', password = 'correct horse battery') {
		const token = new URL(await this.setupLink()).hash.slice(1);
		const answer = await this.api('/api/v1/setup', {method: 'POST', body: {token, name, password}});
		if (answer.status !== 201)
			throw new Error(`set-up: ${answer.status} ${answer.text}`);
		this.cookie = answer.cookie;
		return this.cookie;
	}

	/** The API as the owner; throws on a status of 400 and above. */
	async get(route) {
		const answer = await this.api(route, {cookie: this.cookie});
		if (answer.status >= 400)
			throw new Error(`GET ${route}: ${answer.status} ${answer.text}`);
		return answer.json;
	}

	/** The points of a series [[at, value]…]; none while the house names a series that the store is about to have. */
	async points(series, query) {
		const {status, text, json} = await this.api(`/api/v1/series/${series}/points?${query}`, {cookie: this.cookie});
		if (status >= 400 && status !== 404)
			throw new Error(`points of ${series}: ${status} ${text}`);
		return json.points ?? [];
	}

	async kill(signal = 'SIGKILL') {
		return this.daemon.kill(signal);
	}

	async restart() {
		await this.kill('SIGTERM');
		await this.start();
	}

	async stop() {
		try {
			await this.daemon.stop();
		} finally {
			await this.discard();
		}
	}

	async discard() {
		running.delete(this);
		await this.daemon?.kill('SIGKILL');
		if (!process.env.TOMTE_KEEP)
			await rm(this.dir, {recursive: true, force: true, maxRetries: 20, retryDelay: 50}); // who was killed may still write
	}
}

/** Starts a hub. conf: sections and options that differ from the test's own. */
export async function startHub({conf = {}, env = {}} = {}) {
	const hub = new Hub();
	hub.env = env;
	hub.dir = await mkdtemp(path.join(os.tmpdir(), 'tomte-test-'));
	hub.stateDir = path.join(hub.dir, 'state');
	hub.socket = path.join(hub.dir, 'hub.sock');
	[hub.mqttsPort, hub.mqttPort, hub.httpsPort, hub.httpPort] = await freePorts(4);
	hub.url = `https://127.0.0.1:${hub.httpsPort}`;
	hub.httpUrl = `http://127.0.0.1:${hub.httpPort}`;
	const sections = {
		hub: {admin_socket: hub.socket, web_dir: packedPages, ...conf.hub},
		mqtt: {tls_address: '127.0.0.1', tls_port: hub.mqttsPort, plain_address: '127.0.0.1', plain_port: hub.mqttPort, ...conf.mqtt},
		web: {address: '127.0.0.1', https_port: hub.httpsPort, http_port: hub.httpPort, ...conf.web},
		security: {password_ms: 0, ...conf.security},
	};
	hub.confFile = path.join(hub.dir, 'hub.conf');
	await writeFile(hub.confFile, iniOf(sections));
	running.add(hub);
	await hub.start();
	return hub;
}

class Agent {
	launch() {
		this.daemon = new Daemon('tomte-agent', program('tomte-agent'), this.args, path.join(this.dir, 'agent.log'));
		return this.daemon;
	}

	async start() {
		await this.launch().waitLog(/hub: connected/);
	}

	async kill(signal = 'SIGKILL') {
		return this.daemon.kill(signal);
	}

	async restart() {
		await this.kill('SIGKILL');
		await this.start();
	}

	async stop() {
		try {
			await this.daemon.stop();
		} finally {
			await this.discard();
		}
	}

	async discard() {
		running.delete(this);
		await this.daemon?.kill('SIGKILL');
	}

	async credentials() {
		return JSON.parse(await readFile(path.join(this.stateDir, 'credentials.json'), 'utf8'));
	}
}

/** Whether the hub's database holds this word of the audit log. */
export async function audited(hub, event) {
	const files = await Promise.all(['hub.db', 'hub.db-wal'].map((name) => readFile(path.join(hub.stateDir, name)).catch(() => Buffer.alloc(0))));
	return files.some((content) => content.includes(event));
}

let agentCount = 0;

/** Joins a hub with a code (made by tomtectl when none is given) and runs an
 * agent with simulated drivers. simulate: options of its [simulate] section. */
export async function startAgent(hub, {code, name = 'Test device', area = '', simulate = {lamp: 'Lamp', thermometer: 'Temperature'},
	sensors = {}, interval = 1, sysfsRoot = path.join(hub.dir, 'no-sysfs')} = {}) {
	const agent = new Agent();
	agent.dir = path.join(hub.dir, `agent-${++agentCount}`);
	agent.stateDir = path.join(agent.dir, 'state');
	await mkdir(agent.dir, {recursive: true});
	await mkdir(sysfsRoot, {recursive: true});
	agent.confFile = path.join(agent.dir, 'agent.conf');
	const off = Object.fromEntries(['thermal', 'hwmon', 'load', 'memory', 'disk', 'network', 'uptime', 'iio', 'w1'].map((s) => [s, 'no']));
	await writeFile(agent.confFile, iniOf({
		agent: {name, ...(area ? {area} : {}), interval_s: interval},
		sensors: {...off, ...sensors},
		simulate,
	}));
	agent.args = ['--config', agent.confFile, '--state-dir', agent.stateDir, '--sysfs-root', sysfsRoot];
	running.add(agent);
	code ??= (await hub.ctl('key', 'new', '--name', name, ...(area ? ['--room', area] : []), '--code-only')).trim();
	agent.join = await run(program('tomte-agent'), [...agent.args, 'join', code, `127.0.0.1:${hub.httpPort}`]);
	agent.id = (await agent.credentials()).device_id;
	await agent.start();
	return agent;
}
