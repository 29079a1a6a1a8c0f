// The fate of commands. A control moves at once; here is kept what it shows
// until the device has confirmed, and why it went back when it did not.
import { batch, signal } from './lib.js';
import { call, devicePath, erase, reasonOf } from './api.js';
import { announce } from './parts/announce.js';
import { cell, devices, generation, hubNow, link } from './store.js';
import { grants, isGoing } from './wishes.js';
import { T } from './text.js';

/** @import {Command, Desired, Device, Entity, Value} from './types.js' */
/** @import {Signal} from './lib.js' */

/**
 * @typedef {object} Fate
 * @property {'waiting'|'confirmed'|'failed'} phase
 * @property {Value} value what was asked for
 * @property {string|null} reason why it failed, for the reader
 * @property {'sent'|'acknowledged'|null} [step] how far it is, once that takes long enough to be worth a word
 */

const SETTLE_MS = 900;     // confirmed: until the control shows the device's own word again
const REASON_MS = 6000;    // failed: how long the reason stays
const SLOW_MS = 2000;      // under way: until it is told how far it is
const MARGIN_MS = 5000;    // beyond the hub's own patience: for its word to come here
const PATIENCE_MS = 30000; // of a hub that does not say how long it waits

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
	/** The device as the hub had described it by then. @type {Device|undefined} */
	described;
	posting = false;
	/** Asked for while the last one was being posted. @type {{value: Value}|null} */
	next = null;
	/** @type {number|undefined} */
	timer;
	/** @type {number|undefined} */
	slow;
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
	for (const [key, of] of lanes) {
		of.last.value = null;
		if (of.id !== null && of.fate.peek()?.phase === 'waiting') resume(of, key);
	}
}));

/** What became of a command while the hub was not heard: that is in the device as it is now. @param {Lane} of @param {string} key */
function resume(of, key) {
	const at = key.indexOf('/'), entity = devices.peek().get(key.slice(0, at))?.entities.find(({ id }) => id === key.slice(at + 1));
	const desired = entity?.desired ?? null, fate = /** @type {Fate} */ (of.fate.peek());
	if (!entity || (desired && desired.command !== of.id)) settle(of, null, 0); // something newer was asked
	else if (!desired) settle(of, { phase: 'confirmed', value: fate.value, reason: null }, SETTLE_MS);
	else if (desired.state === 'failed' || desired.state === 'expired') fail(of, fate.value, desired.state === 'failed' ? T.fate.failed : T.fate.expired);
	else if (desired.state === 'queued') settle(of, null, 0);
}

/**
 * What was asked of an entity and is not so, yet or any more; null: it is as asked.
 * @param {Device} device @param {Entity} entity @returns {Desired|null}
 */
export function desiredOf(device, entity) {
	const own = entity.desired ?? null, of = lane(device.id, entity.id), last = of.last.value;
	if (!last || (own && own.command > last.id) || devices.value.get(device.id) !== of.described) return own;
	if (last.state === 'cancelled') return null;
	const over = last.state === 'expired' || last.state === 'failed';
	if (last.state === 'confirmed' || (over && grants(last.value, cell(device.id, entity.id).value.state))) return null;
	return { value: last.value, command: last.id, state: last.state, until: last.until, by: last.by };
}

/** @param {string} device @param {string} entity */
export const fateOf = (device, entity) => lane(device, entity).fate;

/** @param {Lane} of @param {Fate|null} fate @param {number} ms until it is over; 0: it stays */
function settle(of, fate, ms) {
	clearTimeout(of.timer);
	clearTimeout(of.slow);
	of.fate.value = fate;
	if (ms > 0) of.timer = setTimeout(() => settle(of, null, 0), ms);
}

/** @param {Lane} of @param {Value} value @param {string} reason */
function fail(of, value, reason) {
	settle(of, { phase: 'failed', value, reason }, REASON_MS);
	announce(reason, true);
}

/** What the hub says of a command's end, in the reader's language. @param {Command} command */
export function endText({ state, reason }) {
	const by = /^taken back by (.*)$/.exec(reason ?? '');
	if (by) return T.commands.takenBack(by[1]);
	return (reason && (T.commands.reasons[reason] ?? reason)) || (state === 'failed' ? T.fate.failed : state === 'expired' ? T.fate.expired : '');
}

/** How long the hub waits for it yet, ms; and a while longer. @param {Command} command */
export const patienceOf = ({ expires }) => (expires ? Math.max(0, expires - hubNow()) + MARGIN_MS : PATIENCE_MS);

/** On its way: as long as the hub waits, so do we; it knows what covers, locks and firmware take. @param {Lane} of @param {Command} command @param {Value} value */
function follow(of, command, value) {
	const step = command.state === 'sent' || command.state === 'acknowledged' ? command.state : null;
	const told = of.fate.peek()?.step !== undefined;
	settle(of, { phase: 'waiting', value, reason: null, ...told && { step } }, 0);
	of.timer = setTimeout(() => fail(of, value, link.peek() === 'live' ? T.fate.silence : T.fate.unheard), patienceOf(command));
	if (!told) of.slow = setTimeout(() => { if (of.fate.peek()?.phase === 'waiting') of.fate.value = { phase: 'waiting', value, reason: null, step }; }, SLOW_MS);
}

/** @param {Lane} of @param {Command} command */
function apply(of, command) {
	const value = of.fate.peek()?.value ?? command.value, waited = of.queued;
	of.queued = command.state === 'queued';
	// how long it waits is told beside what the device is until then
	if (of.queued) settle(of, null, 0);
	else if (command.state === 'confirmed') settle(of, { phase: 'confirmed', value, reason: null }, SETTLE_MS);
	else if (command.state === 'cancelled') settle(of, null, 0);
	else if (command.state === 'failed') fail(of, value, endText(command));
	else if (command.state === 'expired') {
		// a shutter takes its time: what the device says of itself tells more than the hub's patience
		if (isGoing(cell(command.device, command.entity).peek().state)) settle(of, null, 0);
		else fail(of, value, waited ? T.fate.late : T.fate.expired);
	} else follow(of, command, value);
}

/** A command event. @param {Command} command */
export function takeCommand(command) {
	const of = lane(command.device, command.entity);
	if ((of.last.peek()?.id ?? 0) <= command.id) {
		of.last.value = command;
		of.described = devices.peek().get(command.device);
	}
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
	settle(of, { phase: 'waiting', value, reason: null }, 0); // asking ends by itself, and then the hub says how long it waits
	if (of.posting) {
		of.next = { value };
		return;
	}
	void deliver(of, `${devicePath(device)}/entities/${encodeURIComponent(entity)}/command`, value);
}

/** Takes back what waits for its device. Throws ApiError. @param {number} id */
export async function takeBack(id) {
	takeCommand(await erase(`/commands/${id}`));
}
