// What every control shares: the value it shows, its fate, and whether it may be used.
import { cell, devices, mayCommand, session } from '../store.js';
import { fateOf, send, shownValue } from '../commands.js';
import { isOffline } from '../house.js';
import { isOn } from '../format.js';

/** @import {Device, Entity, Value} from '../types.js' */
/** @import {Fate} from '../commands.js' */

/**
 * @param {Device} device @param {Entity} entity
 * @returns {{value: Value, on: boolean|null, fate: Fate|null, phase: string|undefined, usable: boolean, send: (value: Value) => void, toggle: () => void}}
 */
export function useControl(device, entity) {
	const { state } = cell(device.id, entity.id).value;
	const fate = fateOf(device.id, entity.id).value;
	const value = shownValue(fate, state);
	const on = isOn(value);
	const usable = mayCommand(session.value) && !isOffline(devices.value.get(device.id) ?? device);
	/** @param {Value} wish */
	const give = (wish) => { if (usable) send(device.id, entity.id, wish); };
	return {
		value, on, fate, phase: fate?.phase, usable, send: give,
		toggle: () => {
			const next = on ? 'OFF' : 'ON';
			give(entity.component === 'light' ? { state: next } : next);
		},
	};
}

