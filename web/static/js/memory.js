// What the page knew of the house when it was last open: shown, and said to be old, while the hub is away. It stays in
// this browser as long as its session does.
import { effect } from './lib.js';
import { alerts, asOf, cell, devices, devicesLoaded, hubNow, link, session, takeAlerts, takeDevices } from './store.js';
import { settle } from './states.js';
import { homeToKeep, rememberHome } from './home.js';

/** @import {Device, Entity, Session} from './types.js' */

const PLACE = 'house';
const PLACES = [PLACE, 'charts']; // with what parts/charts_set.js keeps: the next one here is somebody else
const MOST_ALERTS = 50;

/** @param {Device} device @returns {Device} with the values of now */
const current = (device) => ({ ...device, entities: device.entities.map((entity) => ({ ...entity, ...cell(device.id, entity.id).peek() })) });

/** Keeps the house as it is shown, unless that is a memory itself. */
function keep() {
	const who = session.peek();
	if (!who || !devicesLoaded.peek() || asOf.peek() !== null) return;
	settle();
	const house = { at: hubNow(), session: who, devices: [...devices.peek().values()].map(current), alerts: alerts.peek().slice(0, MOST_ALERTS), home: homeToKeep() };
	try {
		localStorage.setItem(PLACE, JSON.stringify(house));
	} catch {
		// no storage, or a house too large for it: nothing is shown while the hub is away then
	}
}

function drop() {
	try {
		PLACES.forEach((place) => localStorage.removeItem(place));
	} catch {
		// nothing is kept then
	}
}

/** The hub cannot be reached: shows the house as it was. */
export function remember() {
	if (session.peek() !== undefined) return;
	/** @type {any} */
	let house = null;
	try {
		house = JSON.parse(localStorage.getItem(PLACE) ?? 'null');
	} catch {
		// what is no house is none
	}
	if (!house || typeof house.at !== 'number' || !house.session?.user || !Array.isArray(house.devices) || !Array.isArray(house.alerts)) return;
	asOf.value = house.at;
	if (Array.isArray(house.home?.favourites) && Array.isArray(house.home.rooms)) rememberHome(house.home);
	takeDevices(house.devices);
	takeAlerts(house.alerts);
	session.value = house.session;
}

/** Once, at start. */
export function keepMemory() {
	effect(() => { if (session.value === null) drop(); });
	effect(() => { if (link.value === 'lost') keep(); });
	addEventListener('pagehide', keep);
	document.addEventListener('visibilitychange', () => { if (document.hidden) keep(); });
}
