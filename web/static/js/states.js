// The values of entities, as signals. What the hub tells of them waits for the next frame, of each entity the newest alone, and
// goes in by as much as leaves the frame room for a finger: first what somebody sees, then the rest of a large house.
import { batch, signal } from './lib.js';

/** @import {Cell, Value} from './types.js' */
/** @import {Signal} from './lib.js' */

const FRAME_MS = 6;  // that new values may take of a frame, drawing of the components included
const FAR_MS = 1000; // between two turns of what nobody sees
const MOST = 64, LEAST = 4;

/** @type {Map<string, Signal<Cell>>} */
const cells = new Map();
/** Not yet in their cells: what is seen, and what is not. @type {Map<string, Cell>} */
const near = new Map();
/** @type {Map<string, Cell>} */
const far = new Map();
/** Devices that have a card in sight, and how many; none known: all are. @type {Map<string, number>} */
const seen = new Map();

let share = MOST; // values that a frame takes; follows what they cost
let frame = 0;
let farAt = 0;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let farTimer;

/** @param {string} device @param {string} entity */
const keyOf = (device, entity) => `${device}/${entity}`;
/** @param {string} key of a cell */
const deviceOf = (key) => key.slice(0, key.indexOf('/'));

/** @param {string} key @returns {Signal<Cell>} */
function cellOf(key) {
	let found = cells.get(key);
	if (!found) cells.set(key, found = signal(/** @type {Cell} */ ({ state: null, at: null })));
	return found;
}

/**
 * The value of an entity.
 * @param {string} device @param {string} entity
 * @returns {Signal<Cell>}
 */
export const cell = (device, entity) => cellOf(keyOf(device, entity));

/** Puts values into their cells. @param {Map<string, Cell>} waiting @param {number} count at most */
function put(waiting, count) {
	batch(() => {
		for (const [key, value] of waiting) {
			if (count-- <= 0) break;
			waiting.delete(key);
			cellOf(key).value = value;
		}
	});
}

function turn() {
	frame = 0;
	const begin = performance.now();
	if (begin >= farAt && !near.size) put(far, share);
	else put(near, share);
	if (!far.size) farAt = begin + FAR_MS;
	// the components that these values concern are drawn before this: their microtask is older
	queueMicrotask(() => {
		const took = performance.now() - begin;
		if (took > FRAME_MS) share = Math.max(LEAST, share >> 1);
		else if (took < FRAME_MS / 2) share = Math.min(MOST, share * 2);
		soon();
	});
}

/** A turn in the next frame that has something to do. */
function soon() {
	const farDue = far.size > 0 && performance.now() >= farAt;
	if (!frame && (near.size || farDue)) frame = requestAnimationFrame(turn);
	else if (far.size && !farDue && farTimer === undefined) {
		farTimer = setTimeout(() => {
			farTimer = undefined;
			soon();
		}, Math.max(0, farAt - performance.now()));
	}
}

/** What the hub tells of an entity. @param {{device: string, entity: string, state: Value, at: number}} event */
export function takeState({ device, entity, state, at }) {
	(seen.size && !seen.has(device) ? far : near).set(keyOf(device, entity), { state, at });
	soon();
}

/** The value that is in a description, which may be older than one that came on its own. @param {string} device @param {string} entity @param {Cell} value */
export function takeDescribed(device, entity, value) {
	const key = keyOf(device, entity), target = cellOf(key);
	const now = near.get(key) ?? far.get(key) ?? target.peek();
	if (now.at !== null && value.at !== null && value.at < now.at) return;
	near.delete(key);
	far.delete(key);
	const shown = target.peek();
	if (shown.at !== value.at || shown.state !== value.state) target.value = value;
}

/** Puts all that waits into its cells, of one entity or of all: something is about to be compared with it. @param {string} [device] @param {string} [entity] */
export function settle(device, entity) {
	if (device === undefined || entity === undefined) {
		put(near, Infinity);
		put(far, Infinity);
		return;
	}
	const key = keyOf(device, entity), value = near.get(key) ?? far.get(key);
	near.delete(key);
	far.delete(key);
	if (value) cellOf(key).value = value;
}

/** A card of the device comes into sight, or leaves it. @param {string} device @param {boolean} inSight */
export function sight(device, inSight) {
	const count = (seen.get(device) ?? 0) + (inSight ? 1 : -1);
	if (count > 0) seen.set(device, count);
	else seen.delete(device);
	if (!inSight || count !== 1) return;
	for (const [key, value] of far) {
		if (deviceOf(key) !== device) continue;
		far.delete(key);
		near.set(key, value);
	}
	soon();
}

/** A device is gone: its values too. @param {string} device */
export function dropStates(device) {
	for (const map of [cells, near, far]) {
		for (const key of map.keys()) {
			if (deviceOf(key) === device) map.delete(key);
		}
	}
}

export function forgetStates() {
	cells.clear();
	near.clear();
	far.clear();
}
