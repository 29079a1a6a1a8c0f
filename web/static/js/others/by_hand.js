// A device described by hand: what the form holds, as Home Assistant's device discovery has it, and back. What the form does
// not know of a description stays as it is. Pure.
import { branches, isBranch, step } from '../explorer/payload.js';
import { CLASSES } from '../classes.js';

/** @import {Content} from '../explorer/payload.js' */

/** What can be made by hand. */
export const PLATFORMS = ['sensor', 'binary_sensor', 'switch', 'light', 'number', 'select', 'button', 'cover', 'text'];
/** Those that are told something. */
const COMMANDED = new Set(['switch', 'light', 'number', 'select', 'button', 'cover', 'text']);
/** @param {string} platform */
export const isCommanded = (platform) => COMMANDED.has(platform);
/** Those that say how they are. @param {string} platform */
export const isReporting = (platform) => platform !== 'button';
/** @param {string} platform */
export const hasUnit = (platform) => platform === 'sensor' || platform === 'number';

/** Payloads by platform, with what they are when nothing is said. @type {Record<string, Record<string, string>>} */
export const PAYLOADS = {
	binary_sensor: { payload_on: 'ON', payload_off: 'OFF' }, switch: { payload_on: 'ON', payload_off: 'OFF' }, light: { payload_on: 'ON', payload_off: 'OFF' },
	button: { payload_press: 'PRESS' }, cover: { payload_open: 'OPEN', payload_close: 'CLOSE', payload_stop: 'STOP' },
};

/**
 * @typedef {object} Draft one entity in the form
 * @property {string} id
 * @property {string} name
 * @property {string} platform
 * @property {string} topic that it reports on
 * @property {string} template '' when the message is the value
 * @property {string} unit
 * @property {string} deviceClass
 * @property {string} commandTopic
 * @property {Record<string, string>} payloads
 * @property {string} options of a select, with commas
 * @property {string} min
 * @property {string} max
 * @property {string} step
 * @property {Record<string, any>} rest of its description
 * @property {boolean} [fresh] nobody has said yet what it is
 * @property {boolean} [own] somebody gave it its name
 */

// ---- a place in a message -----------------------------------------------------

/** @param {string} path JSONPath as payload.js writes it */
export const templateOf = (path) => (path === '' || path === '$' ? '' : `{{ value_json${path.slice(1)} }}`);

/** The JSONPath that a template means; null: it does more. @param {string} template */
export function pathOf(template) {
	if (!template) return '$';
	const match = /^\{\{\s*value_json((?:\.[A-Za-z_]\w*|\[\d+\]|\['(?:[^'\\]|\\.)*'\])+)\s*\}\}$/.exec(template.trim());
	return match ? `$${match[1]}` : null;
}

/** What stands there; undefined: nothing. @param {any} value @param {string} wanted @param {string} path of value */
function at(value, wanted, path = '$') {
	if (path === wanted) return value;
	if (!isBranch(value)) return undefined;
	for (const [key, member] of branches(value)) {
		const next = path + step(key);
		if (wanted === next || (wanted.startsWith(next) && /[.[]/.test(wanted[next.length]))) return at(member, wanted, next);
	}
	return undefined;
}

/** The value that a template finds in a message; undefined: none, or only the hub can tell. @param {Content} content @param {string} template */
export function valueIn(content, template) {
	const path = pathOf(template);
	if (path === null || content.kind === 'binary' || content.kind === 'empty') return undefined;
	if (path === '$') return isBranch(content.value) ? undefined : content.text.trim();
	return content.kind === 'json' ? at(content.value, path) : undefined;
}

// ---- guesses ------------------------------------------------------------------

/** By the name of a value. @type {[RegExp, string, string][]} */
const USUAL = [
	[/temp/i, 'temperature', '°C'], [/humid/i, 'humidity', '%'], [/press/i, 'pressure', 'hPa'], [/batt/i, 'battery', '%'], [/energy|kwh|total/i, 'energy', 'kWh'],
	[/power|watt/i, 'power', 'W'], [/volt/i, 'voltage', 'V'], [/current|amp/i, 'current', 'A'], [/illum|lux/i, 'illuminance', 'lx'], [/co2/i, 'carbon_dioxide', 'ppm'], [/rain|precip/i, 'precipitation', 'mm'],
];

/** The last name of a place: what the value is called. @param {string} topic @param {string} path */
const lastName = (topic, path) => /(?:\.|\[')([^.[\]']+)(?:'\])?(?:\[\d+\])*$/.exec(path)?.[1] ?? topic.slice(topic.lastIndexOf('/') + 1);

/** @param {string} topic @param {string} path */
function nameOf(topic, path) {
	const name = topic ? lastName(topic, path).replace(/[_-]+/g, ' ') : '';
	return name ? name[0].toUpperCase() + name.slice(1) : '';
}

/** @param {string} text */
const idOf = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 28);

/** An id that no other has. @param {string} wanted @param {Draft[]} drafts */
function freeId(wanted, drafts) {
	const base = wanted || 'value';
	for (let n = 1; ; n++) {
		const id = n === 1 ? base : `${base}_${n}`;
		if (!drafts.some((draft) => draft.id === id)) return id;
	}
}

/** What a value seems to be. @param {string} name @param {any} value @returns {{platform: string, deviceClass: string, unit: string}} */
function guessOf(name, value) {
	if (typeof value === 'boolean' || (typeof value === 'string' && /^(?:on|off|true|false|open|closed)$/i.test(value))) return { platform: 'binary_sensor', deviceClass: '', unit: '' };
	const numeric = value !== '' && value !== null && Number.isFinite(Number(value));
	const known = numeric && USUAL.find(([pattern]) => pattern.test(name));
	return { platform: 'sensor', deviceClass: known ? known[1] : '', unit: known ? known[2] : '' };
}

/** An entity to begin with. @param {Draft[]} drafts that there are @param {{topic?: string, path?: string, value?: any}} from @returns {Draft} */
export function draftOf(drafts, { topic = '', path = '$', value } = {}) {
	const name = nameOf(topic, path);
	return { id: freeId(idOf(name), drafts), name, topic, template: templateOf(path), commandTopic: '', payloads: payloadsFor(value), options: '', min: '', max: '', step: '', rest: {}, fresh: value === undefined, ...guessOf(name, value) };
}

/** The draft as a value makes it that was picked. @param {Draft} draft @param {string} path @param {any} value @returns {Draft} */
export function picked(draft, path, value) {
	const guess = draft.platform === 'sensor' || draft.platform === 'binary_sensor' ? guessOf(nameOf(draft.topic, path), value) : {};
	return { ...draft, template: templateOf(path), ...(!draft.own && { name: nameOf(draft.topic, path) }), ...guess, payloads: { ...draft.payloads, ...payloadsFor(value) }, fresh: false };
}

/** The words that a thing has for on and off, when its message shows one. @param {any} value @returns {Record<string, string>} */
function payloadsFor(value) {
	if (typeof value === 'boolean') return { payload_on: 'True', payload_off: 'False' }; // as templates write them
	for (const pair of [['on', 'off'], ['true', 'false'], ['open', 'closed'], ['Open', 'Closed'], ['On', 'Off']]) {
		if (pair.includes(String(value))) return { payload_on: pair[0], payload_off: pair[1] };
	}
	return {};
}

// ---- to and from a description ------------------------------------------------

const KNOWN = ['name', 'platform', 'state_topic', 'value_template', 'state_value_template', 'unit_of_measurement', 'device_class', 'command_topic', 'options', 'min', 'max', 'step',
	'payload_on', 'payload_off', 'payload_press', 'payload_open', 'payload_close', 'payload_stop'];

/** @param {string} platform */
const templateKey = (platform) => (platform === 'light' ? 'state_value_template' : 'value_template');
/** @param {any} value */
const text = (value) => (value === undefined || value === null ? '' : String(value));

/** @param {any} form a description @returns {{name: string, area: string, drafts: Draft[], rest: Record<string, any>}} */
export function fromDescription(form) {
	const { device = {}, components = {}, ...rest } = form;
	const drafts = Object.entries(components).map(([id, /** @type {any} */ component]) => {
		const { platform } = component;
		const payloads = Object.fromEntries(Object.keys(PAYLOADS[platform] ?? {}).filter((key) => component[key] !== undefined).map((key) => [key, text(component[key])]));
		return {
			id, name: text(component.name), own: true, platform, topic: text(component.state_topic), template: text(component[templateKey(platform)]), unit: text(component.unit_of_measurement),
			deviceClass: text(component.device_class), commandTopic: text(component.command_topic), payloads, options: (component.options ?? []).join(', '),
			min: text(component.min), max: text(component.max), step: text(component.step),
			rest: Object.fromEntries(Object.entries(component).filter(([key]) => !KNOWN.includes(key))),
		};
	});
	return { name: text(device.name), area: text(device.suggested_area), drafts, rest: { ...rest, device } };
}

/** @param {Draft} draft */
function componentOf(draft) {
	const { platform, rest } = draft;
	/** @type {Record<string, any>} */
	const made = { ...rest, platform, name: draft.name.trim() || null };
	/** @param {string} key @param {string} value */
	const put = (key, value) => { if (value.trim()) made[key] = value.trim(); };
	if (isReporting(platform)) {
		put('state_topic', draft.topic);
		put(templateKey(platform), draft.template);
	}
	if (isCommanded(platform)) put('command_topic', draft.commandTopic);
	if (hasUnit(platform)) put('unit_of_measurement', draft.unit);
	if (CLASSES[platform] || platform === 'number') put('device_class', draft.deviceClass);
	for (const key of Object.keys(PAYLOADS[platform] ?? {})) put(key, draft.payloads[key] ?? '');
	if (platform === 'select') made.options = draft.options.split(',').map((option) => option.trim()).filter(Boolean);
	if (platform === 'number') for (const key of /** @type {const} */ (['min', 'max', 'step'])) if (draft[key].trim()) made[key] = Number(draft[key].replace(',', '.'));
	if (platform === 'sensor' && !made.state_class && draft.unit.trim()) made.state_class = /^(?:energy|water|gas)$/.test(draft.deviceClass) ? 'total_increasing' : 'measurement';
	return made;
}

/** @param {{name: string, area: string, drafts: Draft[], rest?: Record<string, any>}} all @returns {Record<string, any>} */
export function toDescription({ name, area, drafts, rest = {} }) {
	return {
		...rest, device: { ...rest.device, name: name.trim(), suggested_area: area.trim() || undefined },
		components: Object.fromEntries(drafts.map((draft) => [draft.id, componentOf(draft)])),
	};
}

/** What keeps an entity from being made: the member of the form. @param {Draft} draft @returns {'name'|'topic'|'commandTopic'|'options'|null} */
export function lacks(draft) {
	if (!draft.name.trim()) return 'name';
	if (isReporting(draft.platform) && !isCommanded(draft.platform) && !draft.topic.trim()) return 'topic';
	if (isCommanded(draft.platform) && !draft.commandTopic.trim()) return 'commandTopic';
	if (draft.platform === 'select' && !draft.options.split(',').some((option) => option.trim())) return 'options';
	return null;
}
