// What every control shares: the value it shows, its fate, and whether it may be used.
import { cell, mayCommand, session } from '../store.js';
import { desiredOf, fateOf, send } from '../commands.js';
import { shownValue } from '../wishes.js';
import { isOn } from '../format.js';

/** @import {Desired, Device, Entity, Value} from '../types.js' */
/** @import {Fate} from '../commands.js' */

/**
 * @typedef {object} Control
 * @property {Value} value what it shows
 * @property {boolean|null} on
 * @property {Fate|null} fate
 * @property {string|undefined} phase
 * @property {string|null} reason why the last command failed
 * @property {boolean} usable also while the device is away: the command waits for it then
 * @property {Desired|null} desired what was asked and is not so
 * @property {(value: Value) => void} send
 * @property {() => void} toggle
 */

/** Switched by a property of their whole state. @type {Record<string, boolean>} */
const SWITCHED_WHOLE = { light: true, fan: true };

/** @param {Device} device @param {Entity} entity @returns {Control} */
export function useControl(device, entity) {
	const { state } = cell(device.id, entity.id).value;
	const fate = fateOf(device.id, entity.id).value;
	const value = shownValue(entity, fate, state);
	const on = isOn(value);
	const usable = entity.controllable !== false && mayCommand(session.value);
	const desired = desiredOf(device, entity);
	const waiting = desired?.state === 'queued' ? isOn(desired.value) : null;
	/** @param {Value} wish */
	const give = (wish) => { if (usable) send(device.id, entity.id, wish); };
	return {
		value, on, fate, phase: fate?.phase, reason: fate?.phase === 'failed' ? fate.reason : null, usable, desired, send: give,
		toggle: () => {
			// of what waits, the second thought is the opposite of the first
			const next = waiting ?? on ? 'OFF' : 'ON';
			give(SWITCHED_WHOLE[entity.component] ? { state: next } : next);
		},
	};
}
