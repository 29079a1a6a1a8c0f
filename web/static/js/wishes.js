// What a control shows while its command is under way: the device's word as it
// will be. Pure functions.
import { whole } from './format.js';

/** @import {Entity, Value, Whole} from './types.js' */
/** @import {Fate} from './commands.js' */

/** What a word that tells a thing what to do makes of it meanwhile. @type {Record<string, Record<string, string|null>>} */
const MEANWHILE = {
	cover: { OPEN: 'opening', CLOSE: 'closing', STOP: null },
	lock: { LOCK: 'locking', UNLOCK: 'unlocking' },
	update: { INSTALL: null },
	button: { PRESS: null },
};

const GOING = new Set(['opening', 'closing', 'locking', 'unlocking']);

/** Whether the device itself says that it is on its way. @param {Value} actual */
export const isGoing = (actual) => GOING.has(String(typeof actual === 'string' ? actual : whole(actual).state)) || whole(actual).progress !== undefined;

const NEAR = 1; // of brightness, per cent, kelvin…: devices round

/** Whether what a device says is what was asked of it. @param {any} wish @param {any} actual @returns {boolean} */
export function grants(wish, actual) {
	if (typeof wish === 'number' && typeof actual === 'number') return Math.abs(wish - actual) <= NEAR;
	if (wish && typeof wish === 'object') return Object.entries(wish).every(([key, value]) => grants(value, /** @type {any} */ (actual)?.[key]));
	return wish === actual || (actual !== null && typeof actual === 'object' && actual.state === wish);
}

/** @param {Entity} entity @param {Whole} wish @param {Whole} actual @returns {Whole} */
function merged(entity, wish, actual) {
	const shown = { ...actual, ...wish };
	// a lamp shows one kind of colour at a time
	if (wish.color) delete shown.color_temp;
	if (wish.color_temp !== undefined) delete shown.color;
	if (entity.component === 'cover' && wish.position !== undefined && actual.position !== undefined && wish.position !== actual.position) {
		shown.state = wish.position > actual.position ? 'opening' : 'closing';
	}
	return shown;
}

/**
 * What a control shows: the wish while it is under way, else the device's word.
 * @param {Entity} entity @param {Fate|null} fate @param {Value} actual @returns {Value}
 */
export function shownValue(entity, fate, actual) {
	if (!fate || fate.phase === 'failed') return actual;
	const wish = fate.value;
	if (wish && typeof wish === 'object') return merged(entity, wish, whole(actual));
	const words = MEANWHILE[entity.component];
	if (!words || typeof wish !== 'string') return wish;
	// confirmed, the device's own word is the better one
	const word = fate.phase === 'waiting' ? words[wish] : null;
	if (!word) return actual;
	return entity.component === 'lock' ? word : { ...whole(actual), state: word };
}
