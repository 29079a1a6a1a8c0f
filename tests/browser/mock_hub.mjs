// A hub of pretence for the tests of the pages: implements the HTTP interface
// with a few simulated devices, the same headers, and odd states on demand.
// Alone: node mock_hub.mjs [PORT] and open http://127.0.0.1:PORT (name "anna",
// password "lantern-at-dusk").
import { createServer } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packedPages, pageSources } from '../support/hub.mjs';
import { controlsHouse, obeyed } from './mock_controls.mjs';
import { MockClients } from './mock_clients.mjs';
import { MockHome } from './mock_home.mjs';
import { MockHistory } from './mock_history.mjs';
import { MockPeople } from './mock_people.mjs';
import { MockPlace } from './mock_place.mjs';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };
const HEADERS = {
	'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cross-Origin-Opener-Policy': 'same-origin',
};
const FINGERPRINT = '3F9A2C77D10B6E54A8C1F20934BD7E6612AF50C3D98E4B7160A2F3C5D7E98B41';
export const USER = { name: 'anna', password: 'lantern-at-dusk' };
const MINUTE = 60000, HOUR = 3600000, DAY = 86400000;
const WORDS = ['Off', 'Eco', 'Heating', 'Hot water'];
const EXTRAS = /^\/(export|import|backup|backup-schedule|backup-now)$/;

/** Deterministic noise in -1..1. */
function noise(n) {
	const x = Math.sin(n * 12.9898) * 43758.5453;
	return (x - Math.floor(x)) * 2 - 1;
}

function sensor(id, name, device_class, unit, series, extra = {}) {
	return { id, name, component: 'sensor', device_class, unit, state_class: 'measurement', icon: null, category: null, precision: null, series, state: null, at: null, ...extra };
}

/** How each series moves: (ms) → value. */
const WAVES = {
	1: (t) => 21.4 + 1.1 * Math.sin(t / (5 * HOUR)) + 0.25 * Math.sin(t / (11 * MINUTE)) + noise(Math.floor(t / 10000)) * 0.05,
	2: (t) => 46 + 5 * Math.sin(t / (4 * HOUR)) + noise(Math.floor(t / 10000)),
	3: (t) => 48 + 4 * Math.sin(t / (20 * MINUTE)) + noise(Math.floor(t / 10000)) * 1.5,
	4: (t) => Math.max(0.02, 0.5 + 0.4 * Math.sin(t / (7 * MINUTE)) + noise(Math.floor(t / 10000)) * 0.3),
	5: (t) => 38 + noise(Math.floor(t / 60000)) * 2,
	6: (t) => 61.2 + (t % (30 * DAY)) / DAY / 10,
	7: (t) => 240000 + 180000 * (1 + Math.sin(t / (9 * MINUTE))) + noise(Math.floor(t / 10000)) * 40000,
	8: (t) => (t % (40 * DAY)) / 1000,
	9: (t) => (Math.floor(t / (17 * MINUTE)) % 3 === 0 ? 1 : 0),
	10: (t) => 420 + 380 * Math.max(0, Math.sin(t / (2 * HOUR))) + noise(Math.floor(t / 10000)) * 20,
	11: (t) => 4.3 + 2 * Math.sin(t / (6 * HOUR)) + noise(Math.floor(t / 10000)) * 0.1,
	12: (t) => 3581 + (t % (30 * DAY)) / HOUR * 0.4,
	13: (t) => Math.floor(t / (13 * MINUTE)) * 7 % 11 % 4,
	20: (t) => (Math.floor(t / (31 * MINUTE)) % 5 === 0 ? 0 : 1),
	21: (t) => Math.max(0, 3 * Math.sin(t / (3 * HOUR)) - 1.5),
};
/** Of recorded topics, which belong to no device. */
const TOPICS = [20, 21];

function house(now) {
	const base = { model: 'Simulated', manufacturer: 'tomte', sw_version: '0.1.0', online: true, lost: false, last_seen: now, enrolled: now - 12 * DAY };
	return [
		{ ...base, id: 'lamp1', name: 'Reading lamp', area: 'Living room', entities: [
			{ id: 'lamp', name: 'Lamp', component: 'light', device_class: null, unit: null, icon: 'mdi:floor-lamp', category: null, series: null, brightness: true, color_modes: ['rgb'], state: { state: 'ON', brightness: 168, color: { r: 255, g: 172, b: 92 } }, at: now }] },
		{ ...base, id: 'lamp2', name: 'Ceiling light', area: 'Living room', entities: [
			{ id: 'light', name: 'Light', component: 'light', icon: 'mdi:ceiling-light', category: null, series: null, brightness: true, color_modes: ['brightness'], state: { state: 'OFF', brightness: 200 }, at: now }] },
		{ ...base, id: 'thermo', name: 'Thermometer', area: 'Living room', entities: [
			sensor('temperature', 'Temperature', 'temperature', '°C', 1, { precision: 1 }), sensor('humidity', 'Humidity', 'humidity', '%', 2, { precision: 0 })] },
		{ ...base, id: 'door1', name: 'Front door', area: 'Hall', entities: [
			{ ...sensor('contact', 'Door', 'door', null, 9), component: 'binary_sensor', state_class: null }, sensor('battery', 'Battery', 'battery', '%', null, { category: 'diagnostic', state: 87 })] },
		{ ...base, id: 'mood', name: 'Hall light', area: 'Hall', entities: [
			{ id: 'light', name: 'Light', component: 'light', icon: 'mdi:led-strip-variant', category: null, series: null, brightness: true, color_modes: ['rgb'], state: { state: 'ON', brightness: 90, color: { r: 43, g: 91, b: 255 } }, at: now }] },
		{ ...base, id: 'meter', name: 'Power meter', area: 'Hall', entities: [
			sensor('power', 'Power', 'power', 'W', 10, { precision: 0 }), sensor('energy', 'Energy', 'energy', 'kWh', 12, { precision: 1, state_class: 'total_increasing' })] },
		{ ...base, id: 'cellar', name: 'Cellar thermometer', area: 'Cellar', online: false, lost: true, last_seen: now - 4 * MINUTE - 20000, entities: [
			sensor('temperature', 'Temperature', 'temperature', '°C', 11, { precision: 1, state: 4.8, at: now - 4 * MINUTE - 20000 })] },
		{ ...base, id: 'plug', name: 'Coffee machine', area: 'Kitchen', entities: [
			{ id: 'switch', name: 'Switch', component: 'switch', device_class: 'outlet', icon: 'mdi:coffee-maker', category: null, series: null, state: 'OFF', at: now },
			sensor('power', 'Power', 'power', 'W', 5)] },
		{ ...base, id: 'heater', name: 'Heater', area: 'Kitchen', entities: [
			{ id: 'target', name: 'Target', component: 'number', device_class: 'temperature', unit: '°C', category: null, precision: 1, series: null, state: 20.5, at: now, controllable: true, min: 5, max: 30, step: 0.5 },
			sensor('phase', 'Phase', null, null, 13, { state_class: null }),
			{ id: 'mode', name: 'Mode', component: 'select', category: null, series: null, state: 'Eco', at: now, controllable: true, options: ['Off', 'Eco', 'Comfort'] },
			{ id: 'program', name: 'Program', component: 'select', category: 'config', series: null, state: 'Working week', at: now, controllable: true, options: ['Working week', 'Weekend', 'Holidays', 'Away', 'Party'] },
			{ id: 'offset', name: 'Offset', component: 'number', category: 'config', unit: 'Wh', series: null, state: 12, at: now, controllable: true, min: 0, max: 100000, step: 1 }] },
		{ ...base, id: 'server', name: 'homeserver', area: null, model: 'ThinkCentre M710q', manufacturer: 'LENOVO', entities: [
			sensor('cpu_temp', 'CPU temperature', 'temperature', '°C', 3, { precision: 1 }), sensor('load', 'Load (1 min)', null, null, 4, { icon: 'mdi:cpu-64-bit', precision: 2 }),
			sensor('memory', 'Memory used', null, '%', 5, { icon: 'mdi:memory', precision: 1 }), sensor('disk', 'Disk used', null, '%', 6, { icon: 'mdi:harddisk', precision: 1 }),
			sensor('net_rx', 'Network received', 'data_rate', 'B/s', 7, { category: 'diagnostic' }), sensor('uptime', 'Uptime', 'duration', 's', 8, { category: 'diagnostic' })] },
	];
}

/** A drawing that looks like a QR code; what it says nobody reads here. */
function pretendQr(text) {
	let path = '';
	const size = 29;
	const finder = (x, y) => (x < 8 && y < 8) || (x >= size - 8 && y < 8) || (x < 8 && y >= size - 8);
	const inFinder = (x, y) => Math.max(Math.abs(x - 3), Math.abs(y - 3));
	for (let y = 0; y < size; y++) {
		for (let x = 0; x < size; x++) {
			const fx = x >= size - 8 ? x - (size - 7) : x, fy = y >= size - 8 ? y - (size - 7) : y;
			const ring = inFinder(fx, fy);
			const dark = finder(x, y) ? ring === 3 || ring <= 1 : noise(x * 31 + y * 57 + text.charCodeAt((x + y) % text.length)) > 0;
			if (dark) path += `M${x} ${y}h1v1h-1z`;
		}
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 ${size + 4} ${size + 4}"><rect x="-2" y="-2" width="100%" height="100%" fill="#fff"/><path d="${path}" fill="#000"/></svg>`;
}

export class MockHub {
	#server = null;
	#streams = new Set();
	#timers = new Set();
	#sockets = new Set();
	#events = [];
	#boot = 'b1';
	#n = 0;
	#commands = 0;
	port = 0;
	setUp = true;
	token = 'SETUP-TOKEN';
	sessions = new Set();
	role = 'owner';
	/** Of a guest; null: all. */
	rooms = null;
	mustChange = false;
	people = new MockPeople(USER.name, (role) => { this.role = role; });
	/** Device ids whose commands fail, with the reason; or 'silent': never answer. */
	failing = new Map();
	commandDelay = 80;
	/** Commands, newest first, and those that wait for a device. */
	commands = [];
	waiting = [];
	home = new MockHome((name, body) => this.emit(name, body));
	groups = [];
	scenes = [];
	/** What commands to many are refused for: elements of the answer's refused. */
	refused = [];
	/** What was said of which entity. */
	classified = [];
	/** Questions for groups and scenes are answered by 503, or when these promises are kept, one for each. */
	bundlesDown = false;
	bundlesHeld = [];
	/** How long commands may take, ms. */
	patience = 10000;
	/** So many requests for points are answered as if the store did not know the series yet. */
	unknownSeries = 0;
	down = false;
	/** Of the pages; another one is a hub upgraded. The service worker is offered on demand only: it would answer what these tests watch. */
	version = '0123456789abcdef';
	worker = false;
	/** As others find the unencrypted port. */
	plain = false;
	/** Method and path of every request; of history also its query. */
	requests = [];
	/** A hub without export, import and backup. */
	bare = false;
	/** So many requests for history fail. */
	broken = 0;
	/** The answer to the next question for this path breaks off. */
	breaking = '';
	/** Questions for history are answered when this promise is kept. */
	historyHeld = null;
	place = new MockPlace();
	history = new MockHistory((series) => WAVES[series], this);

	/** @param {{setUp?: boolean, empty?: boolean, tick?: number, controls?: boolean, pages?: string}} options pages: another folder than the packed ones */
	constructor({ setUp = true, empty = false, tick = 1000, controls = false, pages = packedPages } = {}) {
		this.pages = pages;
		this.setUp = setUp;
		const now = Date.now();
		this.devices = empty ? [] : controls ? controlsHouse(now) : house(now);
		this.clients = new MockClients(empty);
		this.alerts = empty || controls ? [] : [
			{ id: 3, device: 'cellar', kind: 'offline', text: 'Cellar thermometer is offline', opened: now - 4 * MINUTE, closed: null },
			{ id: 2, device: 'lamp1', kind: 'offline', text: 'Reading lamp is offline', opened: now - 5 * HOUR, closed: now - 5 * HOUR + 3 * MINUTE },
			{ id: 1, device: 'server', kind: 'offline', text: 'homeserver is offline', opened: now - 3 * DAY, closed: now - 3 * DAY + 26 * MINUTE }];
		this.keys = [];
		/** Answers about keys are made, but not sent before this is settled. */
		this.keysHeld = null;
		this.tick = tick;
	}

	get url() {
		return `http://127.0.0.1:${this.port}`;
	}

	async start(port = 0) {
		this.#server = createServer((request, response) => {
			this.#serve(request, response).catch((error) => {
				console.error(error);
				response.destroy();
			});
		});
		this.#server.on('connection', (socket) => {
			this.#sockets.add(socket);
			socket.on('close', () => this.#sockets.delete(socket));
		});
		await new Promise((resolve) => { this.#server.listen(port, '127.0.0.1', resolve); });
		this.port = this.#server.address().port;
		if (this.tick) this.#every(this.tick, () => this.#live());
		this.#live();
		return this;
	}

	#every(ms, fn) {
		const timer = setInterval(fn, ms);
		this.#timers.add(timer);
	}

	async stop() {
		for (const timer of this.#timers) clearInterval(timer);
		this.#timers.clear();
		await this.#close();
	}

	async #close() {
		const closed = new Promise((resolve) => { this.#server.close(resolve); });
		for (const socket of this.#sockets) socket.destroy();
		await closed;
	}

	/** The hub vanishes: nobody listens any more. */
	async vanish() {
		this.down = true;
		await this.#close();
	}

	/** And is back, on the same port. @param {boolean} rebooted with a new boot id, so that cursors are void */
	async comeBack(rebooted = false) {
		if (rebooted) {
			this.#boot = 'b' + (Number(this.#boot.slice(1)) + 1);
			this.#events = [];
			this.#n = 0;
		}
		this.down = false;
		await new Promise((resolve) => { this.#server.listen(this.port, '127.0.0.1', resolve); });
	}

	/** New values of all that is online. */
	#live() {
		const now = Date.now();
		const points = [];
		for (const device of this.devices) {
			if (!device.online) continue;
			device.last_seen = now;
			for (const entity of device.entities) {
				const wave = WAVES[entity.series];
				if (!wave) continue;
				const value = this.#word(entity.series, Math.round(wave(now) * 1000) / 1000);
				const state = entity.component === 'binary_sensor' ? (value ? 'ON' : 'OFF') : value;
				if (entity.state !== state) this.emit('state', { device: device.id, entity: entity.id, state, at: now });
				entity.state = state;
				entity.at = now;
				points.push([entity.series, now, value]);
			}
		}
		for (const series of TOPICS) points.push([series, now, Math.round(WAVES[series](now) * 1000) / 1000]);
		this.emit('points', { points });
	}

	#word(series, value) {
		return series === 13 ? WORDS[value] : value;
	}

	emit(name, body) {
		const event = { n: ++this.#n, name, body: JSON.stringify(body) };
		this.#events.push(event);
		if (this.#events.length > 2000) this.#events.shift();
		for (const stream of this.#streams) this.#write(stream, event);
	}

	#write(stream, { n, name, body }) {
		stream.write(`id: ${this.#boot}-${n}\nevent: ${name}\ndata: ${body}\n\n`);
	}

	get cursor() {
		return `${this.#boot}-${this.#n}`;
	}

	/** Tells every page to fetch anew. */
	reset() {
		this.emit('reset', {});
	}

	device(id) {
		return this.devices.find((device) => device.id === id);
	}

	/** A device falls silent: greyed, and an alert opens. */
	lose(id) {
		const device = this.device(id);
		Object.assign(device, { online: false, lost: true, last_seen: Date.now() });
		this.emit('device', device);
		const alert = { id: this.alerts.length + 1, device: id, kind: 'offline', text: `${device.name} is offline`, opened: Date.now(), closed: null };
		this.alerts.unshift(alert);
		this.emit('alert', alert);
	}

	/** And returns. */
	find(id) {
		const device = this.device(id);
		Object.assign(device, { online: true, lost: false, last_seen: Date.now() });
		this.emit('device', device);
		for (const { command, entity } of this.waiting.filter((one) => one.command.device === id)) this.#obey(command, entity, Date.now() - command.at);
		this.waiting = this.waiting.filter((one) => one.command.device !== id);
		const alert = this.alerts.find((other) => other.device === id && other.closed === null);
		if (!alert) return;
		alert.closed = Date.now();
		this.emit('alert', alert);
	}

	/** Something happened to a key. */
	tellKey(kid, state, device = null) {
		Object.assign(this.keys.find((key) => key.kid === kid), { state, device });
		this.emit('key', { kid, state, device });
	}

	/** A device uses the newest key. */
	enrol(id = 'newpi', name = 'raspberrypi') {
		const key = this.keys[this.keys.length - 1];
		key.state = 'claimed';
		this.emit('key', { kid: key.kid, state: 'claimed', device: null });
		const device = { id, name: key.note || name, area: key.area || null, model: 'Raspberry Pi 4', manufacturer: 'Raspberry Pi', sw_version: '0.1.0', online: true, lost: false, last_seen: Date.now(), enrolled: Date.now(), entities: [sensor('cpu_temp', 'CPU temperature', 'temperature', '°C', 3, { precision: 1, state: 48.2, at: Date.now() })] };
		this.devices.push(device);
		Object.assign(key, { state: 'bound', device: id });
		this.emit('key', { kid: key.kid, state: 'bound', device: id });
		this.emit('device', device);
	}

	/** A device of others is heard of, by its user. */
	announce(client, extra = {}) {
		const device = { id: `of-${client}`, name: 'Kitchen plug', area: '', model: 'Sonoff S26', manufacturer: 'Tasmota', sw_version: '14.2.0', dialect: 'tasmota', client, note: null, online: true, lost: false, last_seen: Date.now(), enrolled: Date.now(), entities: [
			{ id: 'power', name: 'Power', component: 'switch', device_class: 'outlet', unit: null, category: null, series: null, state: 'OFF', at: Date.now(), controllable: true }], ...extra };
		this.devices.push(device);
		this.emit('device', device);
		return device;
	}

	/** A device comes with a long-lived key, which waits for the owner. */
	claim(fingerprint, note = 'Shed thermometer') {
		this.newKey({ note });
		const key = this.keys[this.keys.length - 1];
		Object.assign(key, { state: 'claimed', needs_approval: true, fingerprint });
		this.emit('key', { kid: key.kid, state: 'claimed', device: null });
		return key;
	}

	async #serve(request, response) {
		const url = new URL(request.url, this.url);
		this.requests.push(`${request.method} ${url.pathname}${url.pathname.includes('/series/') ? url.search : ''}`);
		for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
		if (url.pathname.startsWith('/api/')) {
			response.setHeader('Cache-Control', 'no-store');
			await this.#api(request, response, url);
		} else if (url.pathname === '/ca.pem') {
			response.writeHead(200, { 'Content-Type': 'application/x-pem-file' }).end('-----BEGIN CERTIFICATE-----\n');
		} else if (url.pathname === '/ca.json') {
			const ca = `${this.url}/ca.pem`;
			response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
				.end(JSON.stringify({ ca_fingerprint: FINGERPRINT, ca_url: ca, ca_qr_svg: pretendQr(ca), https_port: 8443 }));
		} else if (this.plain && !url.pathname.startsWith('/static/')) {
			this.#plainPage(response);
		} else {
			await this.#file(request, response, url.pathname);
		}
	}

	async #file(request, response, path) {
		const page = path === '/' || /^\/(setup|login|add|add\/[^/]+|alerts|charts|more|scenes|settings|settings\/[^/]+|explorer|explorer\/broker|trust|devices\/[^/]+)$/.test(path);
		const own = `/static/${this.version}/`;
		const name = page ? 'index.html' : path === '/sw.js' && this.worker ? 'sw.js' : path.startsWith(own) ? normalize(path.slice(own.length)) : path.startsWith('/static/') ? normalize(path.slice('/static/'.length)) : null;
		if (!name || name.startsWith('..')) {
			response.writeHead(404).end();
			return;
		}
		try {
			let body = await readFile(join(this.pages, name));
			if (page) body = body.toString().replaceAll('/static/', own);
			if (name === 'sw.js') body = `self.TOMTE = ${JSON.stringify(await this.#kept())};\n${body}`;
			response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Content-Encoding': 'gzip', 'Cache-Control': path.startsWith(own) ? 'public, max-age=31536000, immutable' : 'no-cache' }).end(gzipSync(body, { level: 9 }));
		} catch {
			response.writeHead(404).end();
		}
	}

	/** What the hub tells its service worker (web/pages.c). */
	async #kept() {
		const names = (await readdir(this.pages, { recursive: true })).filter((name) => /\.(js|css|svg)$/.test(name) && name !== 'sw.js' && !/^js\/text\.\w+\.js$/.test(name));
		return { version: this.version, files: names, pages: ['/', '/setup', '/login', '/devices/{}', '/add', '/add/{}', '/alerts', '/charts', '/more', '/scenes', '/settings', '/settings/{}', '/explorer', '/explorer/{}', '/trust'] };
	}

	/** As web/gate.c makes it. */
	#plainPage(response) {
		const own = `/static/${this.version}`;
		const sheets = ['tokens', 'base', 'frame', 'pages'].map((name) => `<link rel="stylesheet" href="${own}/css/${name}.css">`).join('');
		response.writeHead(200, { 'Content-Type': TYPES['.html'] }).end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>tomte</title><meta name="viewport" content="width=device-width, initial-scale=1">` +
			`<script src="${own}/js/start.js"></script>${sheets}<script type="module" src="${own}/js/trust_alone.js"></script></head><body><div id="app"><h1>tomte</h1></div></body></html>`);
	}

	async #api(request, response, url) {
		const path = url.pathname.slice('/api/v1'.length);
		const json = (status, body, headers = {}) => {
			const text = JSON.stringify(body), long = text.length > 1024;
			return response.writeHead(status, { 'Content-Type': 'application/json', ...long && { 'Content-Encoding': 'gzip' }, ...headers }).end(long ? gzipSync(text, { level: 4 }) : text);
		};
		const problem = (status, detail, extra = {}) => response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ type: 'about:blank', title: 'Refused', status, detail, ...extra }));
		if (this.breaking === path) {
			this.breaking = '';
			response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
			return response.write('{"', () => response.destroy());
		}
		if (request.method === 'OPTIONS') return response.writeHead(this.bare && EXTRAS.test(path) ? 404 : 204).end();
		let body = {};
		if (request.method !== 'GET') {
			if (request.headers['x-tomte'] !== '1') return problem(403, 'The header X-Tomte is missing.');
			let text = '';
			for await (const chunk of request) text += chunk;
			if (text && request.headers['content-type'] === 'application/json') body = JSON.parse(text);
		}
		const cookie = /tomte=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
		const answer = () => ({ user: { name: USER.name, role: this.role }, rooms: this.rooms, must_change: this.mustChange, hub: { hub_id: '7k2m9x4qpc', version: '0.1.0', ca_fingerprint: FINGERPRINT, mqtts_port: 8883, https_port: 8443, http_port: 8080 }, now: Date.now() });
		const enter = (status) => {
			const id = 's' + Math.random().toString(36).slice(2);
			this.sessions.add(id);
			json(status, answer(), { 'Set-Cookie': `tomte=${id}; HttpOnly; SameSite=Strict; Path=/` });
		};
		const route = `${request.method} ${path}`;

		if (route === 'POST /setup') {
			if (this.setUp) return problem(409, 'This hub is set up already.');
			if (body.token !== this.token) return problem(403, 'Wrong token.');
			if ([...(body.password ?? '')].length < 8) return problem(422, 'The password needs at least 8 characters.', { field: 'password' });
			this.setUp = true;
			return enter(201);
		}
		if (route === 'POST /login') {
			if (!this.setUp || body.name !== USER.name || body.password !== USER.password) return problem(401, 'Name or password is wrong.');
			return enter(200);
		}
		if (this.plain) return problem(403, 'This is not served over plain HTTP. Use https.', { code: 'plain_http' });
		if (!cookie || !this.sessions.has(cookie)) return problem(401, 'Log in first.', { code: 'log_in' });
		if (route === 'GET /session') return json(200, answer());
		if (route === 'POST /logout') {
			this.sessions.delete(cookie);
			return response.writeHead(204).end();
		}
		if (route === 'POST /password') {
			if (body.old !== USER.password) return problem(401, 'The old password is wrong.');
			this.mustChange = false;
			return response.writeHead(204).end();
		}
		if (this.mustChange) return problem(403, 'Choose a password of your own first.');
		const end = (status, headers = {}) => response.writeHead(status, headers).end();
		const asked = this.home.serve(route, { request, body, json, problem }) ?? this.people.serve(route, { body, json, problem, end, role: this.role }) ??
			this.clients.serve(route, { body, json, problem, end, hub: this }) ?? this.place.serve(route, { url, body, json, problem, end, hub: this });
		if (asked) return asked;
		if (route === 'GET /devices') return json(200, { devices: this.devices.filter((one) => !this.rooms || this.rooms.includes(one.area)), cursor: this.cursor });
		if (route === 'GET /alerts') {
			const before = Number(url.searchParams.get('before')) || Infinity;
			return json(200, { alerts: this.alerts.filter((alert) => alert.id < before).slice(0, Number(url.searchParams.get('limit')) || 50), cursor: this.cursor });
		}
		if (route === 'GET /commands') {
			const mine = this.commands.filter((one) => one.device === url.searchParams.get('device') && one.id < (Number(url.searchParams.get('cursor')) || Infinity));
			const page = mine.slice(0, Number(url.searchParams.get('limit')) || 50);
			return json(200, { commands: page, next: page.length < mine.length ? String(page[page.length - 1].id) : null });
		}
		const many = this.#serveMany(route, path, { body, json, problem, end });
		if (many) return many;
		if (route === 'GET /live') return this.#stream(request, response, url.searchParams.get('cursor'));
		if (route === 'GET /keys') {
			const answer = structuredClone({ keys: this.keys });
			await this.keysHeld;
			return json(200, answer);
		}
		if (route === 'POST /keys') return json(201, this.newKey(body));
		let match = /^\/keys\/(\w+)$/.exec(path);
		if (match && request.method === 'DELETE') {
			const key = this.keys.find((other) => other.kid === match[1]);
			key.state = 'revoked';
			this.emit('key', { kid: key.kid, state: 'revoked', device: null });
			return response.writeHead(204).end();
		}
		match = /^\/keys\/(\w+)\/approve$/.exec(path);
		if (match && request.method === 'POST') {
			const key = this.keys.find((other) => other.kid === match[1]);
			key.approved = true;
			this.emit('key', { kid: key.kid, state: key.state, device: null });
			return response.writeHead(204).end();
		}
		match = /^\/series\/(\d+)\/points$/.exec(path);
		if (match && this.unknownSeries > 0) {
			this.unknownSeries--;
			return problem(404, 'There is no such series.');
		}
		if (match && this.broken > 0) {
			this.broken--;
			return problem(500, 'The hub could not read its history.');
		}
		if (this.historyHeld && path.startsWith('/series/')) await this.historyHeld;
		if (/^\/(series|history|rules)/.test(path) || (EXTRAS.test(path) && !this.bare)) {
			const call = { url, body, request, json, problem, end, cursor: this.cursor, wordOf: (series, value) => this.#word(series, value) };
			const served = this.history.serve(route, call) ?? this.history.serveExtras(route, call);
			if (served) return served;
		}
		match = /^\/devices\/([^/]+)$/.exec(path);
		const device = match && this.device(match[1]);
		const tag = device && `"${JSON.stringify([device.name, device.area]).replace(/[^\w]/g, '')}"`;
		if (device) response.setHeader('ETag', tag);
		if (device && request.method === 'GET') return json(200, device);
		if (device && request.method === 'PATCH' && request.headers['if-match'] !== tag) return problem(412, 'It has been changed in the meantime.');
		if (device && request.method === 'PATCH') {
			Object.assign(device, body);
			this.emit('device', device);
			return json(200, device);
		}
		if (device && request.method === 'DELETE') {
			this.devices = this.devices.filter((other) => other !== device);
			this.emit('gone', { id: device.id });
			return response.writeHead(204).end();
		}
		match = /^\/devices\/([^/]+)\/entities\/([^/]+)$/.exec(path);
		if (match && request.method === 'PATCH') {
			const owner = this.device(match[1]), entity = owner.entities.find(({ id }) => id === match[2]);
			this.classified.push([entity.id, body.device_class]);
			entity.device_class = body.device_class ?? entity.described_class;
			this.emit('device', owner);
			return json(200, owner);
		}
		match = /^\/commands\/(\d+)$/.exec(path);
		if (match && request.method === 'DELETE') return this.#cancel(Number(match[1]), json, problem);
		match = /^\/devices\/([^/]+)\/entities\/([^/]+)\/command$/.exec(path);
		if (match && request.method === 'POST') return this.#command(match[1], match[2], body.value, json, problem);
		return problem(404, 'There is no such thing.');
	}

	#command(id, entityId, value, json, problem) {
		const device = this.device(id);
		const entity = device?.entities.find((other) => other.id === entityId);
		if (!entity) return problem(404, 'There is no such device.');
		return json(202, this.#give(device, entity, value));
	}

	/** Takes back what waits. */
	#cancel(id, json, problem) {
		const found = this.waiting.find((one) => one.command.id === id);
		if (!found) return this.commands.some((one) => one.id === id) ? problem(409, 'It has been sent, and cannot be taken back. Ask for what shall be instead.', { code: 'command_sent' }) : problem(404, 'There is no such command.');
		this.waiting = this.waiting.filter((one) => one !== found);
		const command = { ...found.command, state: 'cancelled', reason: `taken back by ${USER.name}`, until: null, expires: null };
		this.tell(command);
		return json(200, command);
	}

	/** Everything of a kind in a room; groups and scenes. */
	#serveMany(route, path, { body, json, problem, end }) {
		const order = (pairs, cause, name) => json(202, { commands: pairs.map(([device, entity, value]) => this.#give(device, entity, value, cause, name)), refused: this.refused });
		const found = ({ device, entity }) => [this.device(device), this.device(device)?.entities.find((one) => one.id === entity)];
		if (route === 'POST /commands') {
			const list = this.devices.filter((one) => (one.area ?? '') === body.area);
			return order(list.flatMap((device) => device.entities.filter((one) => one.component === body.component).map((entity) => [device, entity, { state: body.value }])), 'room', body.area);
		}
		const match = /^(\w+) \/(groups|scenes)(?:\/(\d+))?(\/\w+)?$/.exec(route);
		if (!match) return null;
		const [, method, kind, id, act] = match, list = this[kind];
		const one = list.find((other) => other.id === Number(id));
		const filled = (members) => members.map((member) => (kind === 'groups' ? member : { ...member, value: member.value ?? found(member)[1]?.state }));
		const tell = (status, answer) => {
			this.emit(kind, {});
			return answer ? json(status, answer) : end(status);
		};
		if (method === 'GET' && !id && this.bundlesDown) return problem(503, 'The hub is starting.');
		if (method === 'GET' && !id && this.bundlesHeld.length) {
			const answer = { [kind]: structuredClone(list), next: null, cursor: this.cursor };
			return this.bundlesHeld.shift().then(() => json(200, answer));
		}
		if (method === 'GET' && !id) return json(200, { [kind]: list, next: null, cursor: this.cursor });
		if (method === 'POST' && !id) {
			if (list.some((other) => other.name === body.name)) return problem(409, 'Another one has this name.', { code: 'bundle_name', field: 'name' });
			const made = { id: ++this.#commands, name: body.name, members: filled(body.members), areas: [...new Set(body.members.map((member) => found(member)[0].area))] };
			list.push(made);
			return tell(201, made);
		}
		if (!one) return problem(404, 'There is no such thing.');
		if (act) return order(one.members.map((member) => [...found(member), member.value ?? (found(member)[1].component === 'light' ? { state: body.value } : body.value)]), kind.slice(0, -1), one.name);
		if (method === 'GET') return json(200, one);
		if (method === 'PATCH') {
			Object.assign(one, body, body.members && { members: filled(body.members) });
			return tell(200, one);
		}
		this[kind] = list.filter((other) => other !== one);
		return tell(204);
	}

	/** One command: who is away gets it when back (find). */
	#give(device, entity, value, cause = 'entity', causeName = null) {
		const id = device.id, entityId = entity.id, away = !device.online;
		const command = { id: 1000 + ++this.#commands, device: id, entity: entityId, value, state: away ? 'queued' : 'sent', reason: null, by: USER.name, cause, cause_name: causeName, at: Date.now(), took_ms: null, until: away ? Date.now() + 300000 : null, expires: Date.now() + (away ? 300000 : this.patience) };
		this.tell(command);
		const reason = this.failing.get(id);
		if (away) this.waiting.push({ command, entity });
		else if (reason !== 'silent') {
			setTimeout(() => {
				if (reason) {
					this.tell({ ...command, state: 'failed', reason, expires: null });
					return;
				}
				this.#obey(command, entity, this.commandDelay);
			}, this.commandDelay);
		}
		return command;
	}

	#obey(command, entity, took) {
		entity.state = obeyed(entity, command.value);
		entity.at = Date.now();
		this.emit('state', { device: command.device, entity: entity.id, state: entity.state, at: entity.at });
		this.tell({ ...command, state: 'confirmed', took_ms: took, until: null, expires: null });
	}

	/** A command changes: kept, newest first, and told. */
	tell(command) {
		this.commands = [command, ...this.commands.filter((other) => other.id !== command.id)].sort((a, b) => b.id - a.id);
		this.emit('command', command);
	}

	newKey({ note = '', area = '' }, replaces = null) {
		const kid = (0x1000 + this.keys.length).toString(16).padStart(16, '0');
		const code = '7KQ2M-XR4TP-9CJ5D-W0BHN-E3Y8V';
		const key = { kid, state: 'new', created: Date.now(), expires: Date.now() + this.keyLife, note, area, needs_approval: false, approved: false, fingerprint: null, device: null, replaces };
		this.keys.push(key);
		return { kid, code, qr: `TOMTE1:${code}:127.0.0.1:8080`, qr_svg: pretendQr(code), expires: key.expires, note, area, needs_approval: false };
	}
	keyLife = 15 * MINUTE;

	#stream(request, response, asked) {
		response.writeHead(200, { 'Content-Type': 'text/event-stream' });
		response.write('retry: 1000\n\n');
		const [boot, n] = (request.headers['last-event-id'] ?? asked ?? '').split('-');
		if (boot !== this.#boot || (this.#events.length && Number(n) < this.#events[0].n - 1)) {
			response.write(`id: ${this.cursor}\nevent: reset\ndata: {}\n\n`);
		} else {
			for (const event of this.#events) if (event.n > Number(n)) this.#write(response, event);
		}
		this.#streams.add(response);
		response.on('close', () => this.#streams.delete(response));
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const hub = await new MockHub({ controls: process.argv[3] === 'controls', pages: pageSources }).start(Number(process.argv[2]) || 0);
	console.log(hub.url);
}
