// What the pages know of the house, as signals. Filled by live.js and by the
// answers of api.js; knows neither HTTP nor the page.
import { batch, signal } from './lib.js';
import { dropStates, forgetStates, takeDescribed } from './states.js';

/** @import {Alert, Device, Session} from './types.js' */
/** @import {Signal} from './lib.js' */

export { cell } from './states.js';

/** undefined: not asked yet; null: nobody is logged in. @type {Signal<Session|null|undefined>} */
export const session = signal(/** @type {Session|null|undefined} */ (undefined));

/** @type {Signal<Map<string, Device>>} */
export const devices = signal(new Map());
export const devicesLoaded = signal(false);

/** Newest first. @type {Signal<Alert[]>} */
export const alerts = signal(/** @type {Alert[]} */ ([]));
export const alertsLoaded = signal(false);

/** How the way to the hub is: 'live', 'connecting' (for the first time), 'lost'. @type {Signal<'live'|'connecting'|'lost'>} */
export const link = signal(/** @type {'live'|'connecting'|'lost'} */ ('connecting'));

/** The house is shown as it was at this time (ms), from memory; null: it is the hub's own word. @type {Signal<number|null>} */
export const asOf = signal(/** @type {number|null} */ (null));

/** Grows whenever all must be fetched anew, so that charts do so too. */
export const generation = signal(0);

/** Ms that the hub's clock is ahead of ours. */
let clockOffset = 0;

/** The hub's time in ms. */
export const hubNow = () => Date.now() + clockOffset;

/** @param {number} now the hub's clock, ms, just heard */
export function setClock(now) {
	clockOffset = now - Date.now();
	tick.value = hubNow();
}

/** The hub's time, moving every ten seconds: for relative times. */
export const tick = signal(Date.now());
setInterval(() => { tick.value = hubNow(); }, 10000);

/** @param {Device} device */
function takeStates(device) {
	for (const { id, state, at } of device.entities) takeDescribed(device.id, id, { state: state ?? null, at: at ?? null });
}

/** All devices, as GET /devices answers them. @param {Device[]} list */
export function takeDevices(list) {
	batch(() => {
		const map = new Map();
		for (const device of list) {
			map.set(device.id, device);
			takeStates(device);
		}
		devices.value = map;
		devicesLoaded.value = true;
	});
}

/** One device: new, described anew, renamed, on- or offline. @param {Device} device */
export function takeDevice(device) {
	batch(() => {
		const map = new Map(devices.peek());
		map.set(device.id, device);
		takeStates(device);
		devices.value = map;
	});
}

/** @param {string} id */
export function dropDevice(id) {
	if (!devices.peek().has(id)) return;
	const map = new Map(devices.peek());
	map.delete(id);
	devices.value = map;
	dropStates(id);
}

/** Opened or closed. @param {Alert} alert */
export function takeAlert(alert) {
	const rest = alerts.peek().filter((other) => other.id !== alert.id);
	alerts.value = [alert, ...rest].sort((a, b) => b.opened - a.opened);
}

/** @param {Alert[]} list */
export function takeAlerts(list) {
	batch(() => {
		alerts.value = list;
		alertsLoaded.value = true;
	});
}

/** Forgets the house: someone logged out. */
export function forget() {
	batch(() => {
		asOf.value = null;
		devices.value = new Map();
		devicesLoaded.value = false;
		alerts.value = [];
		alertsLoaded.value = false;
		link.value = 'connecting';
	});
	forgetStates();
}

/** @param {Session|null|undefined} who */
export const mayCommand = (who) => !!who && who.user.role !== 'viewer';
/** Takes back what was asked: a guest its own alone. @param {Session|null|undefined} who @param {string|undefined} by who asked; undefined: nobody knows, so not a guest's */
export const mayTakeBack = (who, by) => !!who && who.user.role !== 'viewer' && (who.user.role !== 'guest' || by === who.user.name);
/** Makes groups and scenes: who controls the whole house. @param {Session|null|undefined} who */
export const mayArrange = (who) => !!who && (who.user.role === 'owner' || who.user.role === 'adult');
/** Sees chosen rooms, and hears no more. @param {Session|null|undefined} who */
export const seesRooms = (who) => !!who && who.user.role === 'guest';
/** @param {Session|null|undefined} who */
export const mayManage = (who) => !!who && who.user.role === 'owner';
