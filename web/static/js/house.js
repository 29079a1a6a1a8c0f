// What a device is to the reader: which of its entities stand on the overview,
// and with which icon. Pure functions over the descriptions.
import { ICON_NAMES } from './icon_names.js';

/** @import {Device, Entity} from './types.js' */

/** @type {Record<string, string>} */
const CLASS_ICONS = {
	temperature: 'thermometer', humidity: 'water-percent', pressure: 'gauge', atmospheric_pressure: 'gauge', power: 'lightning-bolt',
	energy: 'meter-electric', voltage: 'sine-wave', current: 'current-ac', battery: 'battery', illuminance: 'brightness-6',
	carbon_dioxide: 'molecule-co2', carbon_monoxide: 'molecule-co', duration: 'timer-outline', data_size: 'harddisk', data_rate: 'network-outline',
	frequency: 'sine-wave', signal_strength: 'wifi', water: 'water', gas: 'meter-gas', weight: 'weight', distance: 'ruler', speed: 'speedometer',
	wind_speed: 'weather-windy', moisture: 'water-percent', sound_pressure: 'volume-high', precipitation: 'weather-pouring',
	door: 'door-closed', garage_door: 'garage', window: 'window-closed', opening: 'door-closed', motion: 'motion-sensor', occupancy: 'motion-sensor',
	presence: 'home-outline', smoke: 'smoke-detector', lock: 'lock', plug: 'power-plug', connectivity: 'network-outline', problem: 'alert-circle-outline',
	vibration: 'vibrate', heat: 'heat-wave', cold: 'snowflake', running: 'rotate-right', outlet: 'power-socket-eu', update: 'update', restart: 'refresh',
	battery_charging: 'battery-charging', light: 'brightness-6', moving: 'motion-sensor', safety: 'shield-check-outline', sound: 'volume-high',
	tamper: 'shield-home', awning: 'roller-shade-closed', blind: 'roller-shade-closed', curtain: 'curtains-closed', damper: 'valve', garage: 'garage',
	gate: 'gate', shade: 'roller-shade-closed', shutter: 'window-shutter', doorbell: 'doorbell', button: 'gesture-tap-button', identify: 'magnify',
	firmware: 'chip', apparent_power: 'lightning-bolt', reactive_power: 'lightning-bolt', power_factor: 'sine-wave', pm25: 'air-filter', pm10: 'air-filter',
	aqi: 'air-filter', volatile_organic_compounds: 'air-filter', timestamp: 'clock-outline', volume: 'water', volume_flow_rate: 'pipe', enum: 'pulse',
};

/** @type {Record<string, string>} */
const OPEN_ICONS = {
	door: 'door-open', opening: 'door-open', garage_door: 'garage-open', window: 'window-open', lock: 'lock-open', awning: 'roller-shade', blind: 'blinds',
	curtain: 'curtains', garage: 'garage-open', gate: 'gate-open', shade: 'roller-shade', shutter: 'window-shutter-open',
};

/** @type {Record<string, string>} */
const COMPONENT_ICONS = {
	light: 'lightbulb', switch: 'toggle-switch-variant', button: 'gesture-tap-button', number: 'tune', select: 'tune-variant', sensor: 'gauge',
	binary_sensor: 'pulse', fan: 'fan', cover: 'roller-shade-closed', lock: 'lock', climate: 'thermostat', update: 'update', event: 'bell-outline',
	text: 'pencil-outline',
};
/** @type {Record<string, string>} */
const OPEN_COMPONENT_ICONS = { cover: 'roller-shade', lock: 'lock-open' };

/** @param {Entity} entity @param {boolean|null} on */
export function iconOf(entity, on = null) {
	if (on && entity.device_class && OPEN_ICONS[entity.device_class]) return OPEN_ICONS[entity.device_class];
	if (on && OPEN_COMPONENT_ICONS[entity.component]) return OPEN_COMPONENT_ICONS[entity.component];
	const named = entity.icon?.startsWith('mdi:') ? entity.icon.slice(4) : '';
	if (ICON_NAMES.has(named)) return named;
	return CLASS_ICONS[entity.device_class ?? ''] ?? COMPONENT_ICONS[entity.component] ?? 'devices';
}

/** What somebody uses by hand: it stands on the overview. */
const USED = new Set(['light', 'switch', 'button', 'cover', 'climate', 'fan', 'lock']);
/** What somebody sets now and then: on the overview when a device has nothing else to use. */
const SET = new Set(['number', 'select', 'text']);

/** @param {Entity} entity */
export const takesCommands = (entity) => entity.controllable !== false && (USED.has(entity.component) || SET.has(entity.component) || entity.component === 'update');
/** @param {Entity} entity */
export const isUsed = (entity) => USED.has(entity.component) && takesCommands(entity);
/** @param {Entity} entity */
const isSet = (entity) => SET.has(entity.component) && takesCommands(entity);
/** What tells rather than measures: it has a card and a place of its own though nothing may be done with it. @param {Entity} entity */
const isTelling = (entity) => entity.component === 'update' || entity.component === 'event' ||
	(!takesCommands(entity) && (entity.component === 'climate' || entity.component === 'cover' || entity.component === 'lock'));
/** What has its own place on the device's page. @param {Entity} entity */
export const isControl = (entity) => isUsed(entity) || isSet(entity) || isTelling(entity);
/** Whether a property besides the state can be commanded. @param {Entity} entity @param {string} property */
export const can = (entity, property) => !!entity.can?.includes(property);
/** @param {Entity} entity */
export const isMeasured = (entity) => entity.component === 'sensor' || entity.component === 'binary_sensor';
/** @param {Entity} entity */
export const isNumeric = (entity) => entity.series !== null && entity.series !== undefined;
/** Has a chart; events have a list. @param {Entity} entity */
export const isDrawn = (entity) => isNumeric(entity) && entity.component !== 'event';
/** @param {Entity} entity */
export const hasColour = (entity) => !!entity.color_modes?.some((mode) => /^(rgb|rgbw|rgbww|hs|xy)$/.test(mode));
/** @param {Entity} entity */
export const hasWhite = (entity) => !!entity.color_modes?.includes('color_temp');
/** @param {Entity} entity */
export const hasBrightness = (entity) => !!entity.brightness ||
	!!entity.color_modes?.some((mode) => mode !== 'onoff');

const RANK = ['temperature', 'power', 'humidity', 'carbon_dioxide', 'door', 'window', 'motion', 'illuminance', 'energy', 'pressure', 'battery'];

/** @param {Entity} entity */
function rank(entity) {
	const place = RANK.indexOf(entity.device_class ?? '');
	return (entity.category ? 100 : 0) + (place < 0 ? RANK.length : place);
}

/** The measured ones, the most telling first. @param {Device} device */
export function readings(device) {
	return device.entities.filter(isMeasured).map((entity, i) => ({ entity, key: rank(entity) * 1000 + i }))
		.sort((a, b) => a.key - b.key).map(({ entity }) => entity);
}

/** Kinds that tell most people nothing, whatever their number. */
const OBSCURE = new Set(['voltage', 'current', 'rpm']);
const SHARES = 4; // of those in per cent that stand for different things: processor, memory, disk…

/**
 * The few of a long list to show first: of each kind one, so that eight cores do not hide the memory.
 * @param {Entity[]} list @param {number} count
 */
export function mostTelling(list, count) {
	/** @type {Map<string, number>} */
	const seen = new Map();
	return list.map((entity, i) => {
		const kind = entity.device_class ?? entity.unit ?? '';
		const nth = seen.get(kind) ?? 0;
		seen.set(kind, nth + 1);
		const round = OBSCURE.has(kind) ? list.length + nth : kind === '%' ? Math.floor(nth / SHARES) : nth;
		return { entity, key: round * list.length + i };
	}).sort((a, b) => a.key - b.key).slice(0, count).map(({ entity }) => entity);
}

/** The entity that a device's chart begins with. @param {Device} device */
export function firstSeries(device) {
	return readings(device).find(isDrawn) ?? device.entities.find(isDrawn) ?? null;
}

const MOST_CONTROLS = 6; // cards of one device on the overview; the rest is on its page

/** The entities of a device that have a control card. @param {Device} device */
export function carded(device) {
	const main = device.entities.filter((entity) => !entity.category);
	const used = main.filter((entity) => isUsed(entity) || isTelling(entity));
	return (used.some(isUsed) ? used : [...main.filter(isSet), ...used]).slice(0, MOST_CONTROLS);
}

/**
 * The cards of a device: one for each thing to use, one for what it measures.
 * @param {Device} device
 * @returns {{key: string, device: Device, entity: Entity|null, control: boolean}[]}
 */
export function cardsOf(device) {
	/** @type {{key: string, device: Device, entity: Entity|null, control: boolean}[]} */
	const cards = carded(device).map((entity) => ({ key: `${device.id}/${entity.id}`, device, entity, control: true }));
	const measured = readings(device);
	const telling = measured.filter((entity) => !entity.category);
	if (telling.length) cards.push({ key: `${device.id}/`, device, entity: telling[0], control: false });
	else if (!cards.length) cards.push({ key: `${device.id}/`, device, entity: measured[0] ?? device.entities.find(isControl) ?? null, control: false });
	return cards;
}

/** The cards of a room in their usual order: what a thumb looks for comes first. @param {Device[]} devices */
export const usualCards = (devices) => devices.flatMap(cardsOf).sort((a, b) => Number(b.control) - Number(a.control));

/** What a machine measures of itself says nothing of the room it stands in. */
const OF_ITSELF = /cpu|gpu|core|chip|soc|nvme|ssd|disk|board|package|battery/i;

/** A reading of the air around. @param {Entity} entity @param {string} deviceClass */
export const isAmbient = (entity, deviceClass) => !entity.category && entity.component === 'sensor' && entity.device_class === deviceClass &&
	!OF_ITSELF.test(`${entity.id} ${entity.name}`);

/** Heard of at all, and not gone. @param {Device} device */
export const isOffline = (device) => device.online === false;

/**
 * Rooms in alphabetical order, what has none last.
 * @param {Iterable<Device>} devices
 * @returns {{area: string, devices: Device[]}[]}
 */
export function rooms(devices) {
	/** @type {Map<string, Device[]>} */
	const map = new Map();
	for (const device of devices) {
		const area = device.area?.trim() ?? '';
		const list = map.get(area);
		if (list) list.push(device);
		else map.set(area, [device]);
	}
	return [...map].map(([area, list]) => ({ area, devices: list.sort((a, b) => a.name.localeCompare(b.name)) }))
		.sort((a, b) => Number(!a.area) - Number(!b.area) || a.area.localeCompare(b.area));
}

const SIGNALS = /^(?:linkquality|rssi|wifi_?signal(?:_?strength)?|signal(?:_?strength)?|lqi)$/i;

/** How well the device is heard, where it tells: its entity for that. @param {Device} device @returns {Entity|undefined} */
export const signalOf = ({ entities }) => entities.find(({ device_class: what }) => what === 'signal_strength') ??
	entities.find(({ id, unit, component }) => component === 'sensor' && (unit === 'lqi' || SIGNALS.test(id)));
