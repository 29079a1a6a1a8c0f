// The fate of commands. A control moves at once; here is kept what it shows
// until the device has confirmed, and why it went back when it did not.
import { batch, signal } from './lib.js';
import { call, devicePath, reasonOf } from './api.js';
import { announce } from './parts/announce.js';
import { cell, generation } from './store.js';
import { grants, isGoing } from './wishes.js';
import { T } from './text.js';

/** @import {Command, Desired, Device, Entity, Value} from './types.js' */
/** @import {Signal} from './lib.js' */

/**
 * @typedef {object} Fate
 * @property {'waiting'|'confirmed'|'failed'} phase
 * @property {Value} value what was asked for
 * @property {string|null} reason why it failed, for the reader
 */

const SETTLE_MS = 900;     // confirmed: until the control shows the device's own word again
const REASON_MS = 6000;    // failed: how long the reason stays
const PATIENCE_MS = 30000; // no word at all: given up

class Lane {
	/** @type {Signal<Fate|null>} */
	fate = signal(/** @type {Fate|null} */ (null));
	/** Commands of this entity so far; the latest alone decides. */
	serial = 0;
	/** @type {number|null} */
	id = null;
	/** It waits for a device that is away. */
	queued = false;
	/** The newest that was heard of, whoever asked. @type {Signal<Command|null>} */
	last = signal(/** @type {Command|null} */ (null));
	posting = false;
	/** Asked for while the last one was being posted. @type {{value: Value}|null} */
	next = null;
	/** @type {number|undefined} */
	timer;
}

/** @type {Map<string, Lane>} */
const lanes = new Map();
/** Fates heard before the answer that names them. @type {Map<number, Command>} */
const early = new Map();

/** @param {string} device @param {string} entity */
function lane(device, entity) {
	const key = `${device}/${entity}`;
	let found = lanes.get(key);
	if (!found) lanes.set(key, found = new Lane());
	return found;
}

/** @type {Set<(command: Command) => void>} */
const listeners = new Set();

/**
 * Calls fn with whatever becomes of a command. Answers the function that ends it.
 * @param {(command: Command) => void} fn
 */
export function onCommand(fn) {
	listeners.add(fn);
	return () => { listeners.delete(fn); };
}

// what is fetched anew knows more than what was heard before
generation.subscribe(() => batch(() => {
	for (const of of lanes.values()) of.last.value = null;
}));

/**
 * What was asked of an entity and is not so, yet or any more; null: it is as asked.
 * @param {Device} device @param {Entity} entity @returns {Desired|null}
 */
export function desiredOf(device, entity) {
	const own = entity.desired ?? null, last = lane(device.id, entity.id).last.value;
	if (!last || (own && own.command > last.id)) return own;
	const over = last.state === 'expired' || last.state === 'failed';
	if (last.state === 'confirmed' || (over && grants(last.value, cell(device.id, entity.id).value.state))) return null;
	return { value: last.value, command: last.id, state: last.state, until: last.until };
}

/** @param {string} device @param {string} entity */
export const fateOf = (device, entity) => lane(device, entity).fate;

/** @param {Lane} of @param {Fate|null} fate @param {number} ms @param {Fate|null} then */
function settle(of, fate, ms, then = null) {
	clearTimeout(of.timer);
	of.fate.value = fate;
	if (ms > 0) of.timer = setTimeout(() => settle(of, then, then ? REASON_MS : 0), ms);
}

/** @param {Value} value @param {string} reason @returns {Fate} */
const failed = (value, reason) => ({ phase: 'failed', value, reason });

/** @param {Lane} of @param {Value} value @param {string} reason */
function fail(of, value, reason) {
	settle(of, failed(value, reason), REASON_MS);
	announce(reason, true);
}

/** @param {Lane} of @param {Command} command */
function apply(of, command) {
	const value = of.fate.peek()?.value ?? command.value, waited = of.queued;
	of.queued = command.state === 'queued';
	// how long it waits is told beside what the device is until then
	if (of.queued) settle(of, null, 0);
	else if (command.state === 'confirmed') settle(of, { phase: 'confirmed', value, reason: null }, SETTLE_MS);
	else if (command.state === 'failed') fail(of, value, command.reason || T.fate.failed);
	else if (command.state === 'expired') {
		// a shutter takes its time: what the device says of itself tells more than the hub's patience
		if (isGoing(cell(command.device, command.entity).peek().state)) settle(of, null, 0);
		else fail(of, value, waited ? T.fate.late : T.fate.expired);
	}
}

/** A command event. @param {Command} command */
export function takeCommand(command) {
	const of = lane(command.device, command.entity);
	if ((of.last.peek()?.id ?? 0) <= command.id) of.last.value = command;
	for (const fn of [...listeners]) fn(command);
	if (of.id === command.id) {
		if (!of.next) apply(of, command);
		return;
	}
	if (!of.posting) return;
	early.set(command.id, command);
	if (early.size > 50) early.delete(/** @type {number} */ (early.keys().next().value));
}

/** @param {Lane} of @param {string} path @param {Value} value */
async function deliver(of, path, value) {
	of.posting = true;
	const serial = of.serial;
	try {
		/** @type {Command} */
		const command = await call('POST', path, { value });
		of.posting = false;
		if (of.next || serial !== of.serial) return;
		of.id = command.id;
		const heard = early.get(command.id);
		early.delete(command.id);
		apply(of, heard ?? command);
	} catch (error) {
		of.posting = false;
		if (!of.next) fail(of, value, reasonOf(error));
	} finally {
		const next = of.next;
		of.next = null;
		if (next) void deliver(of, path, next.value);
	}
}

/**
 * Sends a value to an entity. While one is under way only the newest waits
 * behind it, so a finger drawn over a slider does not flood the device.
 * @param {string} device @param {string} entity @param {Value} value
 */
export function send(device, entity, value) {
	const of = lane(device, entity);
	of.serial++;
	of.id = null;
	settle(of, { phase: 'waiting', value, reason: null }, PATIENCE_MS, failed(value, T.fate.silence));
	if (of.posting) {
		of.next = { value };
		return;
	}
	void deliver(of, `${devicePath(device)}/entities/${encodeURIComponent(entity)}/command`, value);
}
