// The one stream of events from the hub: fetches the house, follows it from
// the cursor of that answer, and finds back by itself after any break.
import { get, getAll, ApiError } from './api.js';
import { followEvents } from './events.js';
import {
	asOf, dropDevice, forget, generation, link, session, setClock, takeAlert, takeAlerts, takeDevice, takeDevices,
} from './store.js';
import { settle, takeState } from './states.js';
import { takeCommand } from './commands.js';
import { fetchBundles } from './bundles.js';
import { fetchHome, hearOfHome } from './home.js';
import { announceAlert } from './parts/announce.js';

/** @import {Alert} from './types.js' */

const GRACE_MS = 2500;        // a break shorter than this is not worth a word
const SILENCE_MS = 40000;     // the hub says something every 15 s: longer without, ask whether it is there
const HIDDEN_MS = 60000;      // a page that nobody sees lets go of its connection
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15000];

/** Ends the stream; null: there is none. @type {AbortController|null} */
let source = null;
let cursor = '';
let heard = 0;                // Date.now() of the last sign of life
let attempt = 0;
let running = false;
/** @type {number|undefined} */
let retryTimer;
/** @type {number|undefined} */
let graceTimer;
/** @type {number|undefined} */
let hiddenTimer;

/** @type {Map<number, Set<(at: number, value: number) => void>>} */
const pointListeners = new Map();
/** @type {Set<(event: {kid: string, state: string, device: string|null}) => void>} */
const keyListeners = new Set();

/**
 * Calls fn with each new sample of a series. Answers the function that ends it.
 * @param {number} series @param {(at: number, value: number) => void} fn
 */
export function onPoints(series, fn) {
	let set = pointListeners.get(series);
	if (!set) pointListeners.set(series, set = new Set());
	set.add(fn);
	return () => {
		pointListeners.get(series)?.delete(fn);
	};
}

/**
 * Calls fn when a key of Add device changes. Answers the function that ends it.
 * @param {(event: {kid: string, state: string, device: string|null}) => void} fn
 */
export function onKey(fn) {
	keyListeners.add(fn);
	return () => { keyListeners.delete(fn); };
}

/** @type {Record<string, (body: any) => void>} */
const handlers = {
	device: takeDevice,
	gone: (body) => dropDevice(body.id),
	state: takeState,
	points: (body) => {
		for (const [series, at, value] of body.points) {
			for (const fn of pointListeners.get(series) ?? []) fn(at, value);
		}
	},
	command: (body) => {
		settle(body.device, body.entity); // else the old value would shine through for a frame
		takeCommand(body);
	},
	groups: () => void fetchBundles('groups'),
	scenes: () => void fetchBundles('scenes'),
	home: hearOfHome,
	alert: (/** @type {Alert} */ body) => {
		takeAlert(body);
		announceAlert(body);
	},
	key: (body) => {
		for (const fn of [...keyListeners]) fn(body);
	},
	reset: () => {
		close();
		void again();
	},
};

function markLive() {
	heard = Date.now();
	clearTimeout(graceTimer);
	graceTimer = undefined;
	attempt = 0;
	link.value = 'live';
}

function markBroken() {
	if (graceTimer !== undefined || link.peek() === 'lost') return;
	graceTimer = setTimeout(() => {
		graceTimer = undefined;
		link.value = 'lost';
	}, GRACE_MS);
}

function close() {
	source?.abort();
	source = null;
	clearTimeout(retryTimer);
	retryTimer = undefined;
}

/** @param {() => void} again */
function later(again) {
	clearTimeout(retryTimer);
	const wait = BACKOFF_MS[Math.min(attempt++, BACKOFF_MS.length - 1)];
	retryTimer = setTimeout(again, wait * (0.75 + Math.random() / 2));
}

function open() {
	close();
	const own = source = new AbortController();
	heard = Date.now();
	followEvents('/api/v1/live?cursor=' + encodeURIComponent(cursor), {
		signal: own.signal,
		onOpen: markLive,
		onEvent: take,
	}).catch(() => {}).then(() => {
		if (own !== source) return;
		close();
		markBroken();
		later(check);
	});
}

/** @param {{name: string, data: string, id: string}} event */
function take({ name, data, id }) {
	if (id) cursor = id;
	markLive();
	if (!data) return; // the hub's beat
	let body;
	try {
		body = JSON.parse(data);
	} catch {
		console.warn(`live: an event "${name}" that is not JSON`);
		return;
	}
	try {
		handlers[name]?.(body);
	} catch (fault) {
		reportError(fault); // a fault of the page's own: the stream goes on
	}
}

/** All anew: also who we are, whose role may be another one now. */
async function again() {
	try {
		session.value = await get('/session');
	} catch {
		// start() meets the same and knows what to do
	}
	if (running) await start();
}

/** Is the hub there, and are we still logged in? Then the stream goes on. */
async function check() {
	try {
		const who = await get('/session');
		setClock(who.now);
		if (who.must_change) session.value = who;
		else if (running) open();
	} catch (error) {
		if (error instanceof ApiError && error.status === 401) return;
		markBroken();
		if (running) later(check);
	}
}

/**
 * Of two cursors "<boot>-<n>" the one that misses nothing; hearing an event twice does no harm.
 * @param {string|undefined} a @param {string|undefined} b
 */
function older(a, b) {
	if (!a || !b) return a || b || '';
	return Number(b.slice(b.lastIndexOf('-') + 1)) < Number(a.slice(a.lastIndexOf('-') + 1)) ? b : a;
}

/** Fetches the house and follows it. */
async function start() {
	running = true;
	try {
		const [house, history] = await Promise.all([getAll('/devices', 'devices'), get('/alerts?limit=100'), fetchHome()]);
		if (!running) return;
		cursor = older(house.cursor, history.cursor);
		takeDevices(house.devices);
		takeAlerts(history.alerts);
		asOf.value = null;
		generation.value++;
		open();
	} catch (error) {
		if (error instanceof ApiError && error.status === 401) return;
		markBroken();
		if (running) later(() => void start());
	}
}

function stop() {
	running = false;
	close();
	clearTimeout(graceTimer);
	graceTimer = undefined;
	cursor = '';
	attempt = 0;
	forget();
}

function wake() {
	if (!running || document.hidden) return;
	if (!cursor) {
		if (!source) void start();
	} else if (!source || Date.now() - heard > SILENCE_MS) {
		attempt = 0;
		void check();
	}
}

/** Once, at start: the stream follows the session. */
export function followSession() {
	session.subscribe((who) => {
		const may = !!who && !who.must_change;
		if (may && !running) void start();
		else if (!may && running) stop();
	});
	document.addEventListener('visibilitychange', () => {
		clearTimeout(hiddenTimer); // also of a page that nobody was logged in to: it may be by the time that it runs out
		hiddenTimer = document.hidden ? setTimeout(close, HIDDEN_MS) : undefined;
		if (!document.hidden) wake();
	});
	addEventListener('online', wake);
	addEventListener('offline', markBroken);
	setInterval(() => {
		if (source) wake();
	}, 10000);
}
