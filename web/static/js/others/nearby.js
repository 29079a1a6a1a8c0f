// What was heard on MQTT and belongs to nobody: topics that no known device uses, gathered into likely devices. Pure.
import { matches } from '../explorer/packet.js';

/** @import {Client, DeviceParts} from '../types.js' */
/** @import {Kind} from './recipes.js' */
/** @typedef {{base: string, kind: Kind, name: string, topics: string[]}} Group base: how its topics begin; kind: "prefix" when it is none that we know */

/** What has its own way into the house: the hub's devices, and descriptions of devices. */
const OWN = ['tomte/#', 'homeassistant/#', 'tasmota/discovery/#', 'shellies/announce', 'shellies/command'];

/** All topics that a description names, at whatever depth. @param {any} value @param {Set<string>} found */
function namedIn(value, found) {
	if (!value || typeof value !== 'object') return;
	for (const [key, member] of Object.entries(value)) {
		if (typeof member === 'string' && /(?:^|_)(?:topic|t)$/.test(key)) found.add(member);
		else namedIn(member, found);
	}
}

/**
 * Which topics belong to somebody: what hand-made devices name, and all that the user of a device of others may publish.
 * @param {Client[]} clients @param {Set<string>} describing users that have devices @param {DeviceParts[]} byHand
 * @returns {(topic: string) => boolean}
 */
export function ownersOf(clients, describing, byHand) {
	const filters = [...OWN];
	for (const { name, topics } of clients) {
		if (!describing.has(name)) continue;
		// a right to everything says nothing about what is whose
		for (const { filter, publish } of topics) if (publish && !/^[+#]/.test(filter)) filters.push(filter);
	}
	/** @type {Set<string>} */
	const named = new Set();
	for (const { parts } of byHand) {
		for (const { payload } of parts) {
			try {
				namedIn(JSON.parse(payload), named);
			} catch {
				// the hub does not follow it either
			}
		}
	}
	return (topic) => named.has(topic) || filters.some((filter) => matches(filter, topic));
}

const ESPHOME = new Set(['alarm_control_panel', 'binary_sensor', 'button', 'climate', 'cover', 'fan', 'light', 'lock', 'number', 'select', 'sensor', 'switch', 'text', 'text_sensor', 'valve']);

/**
 * Whose a topic looks like.
 * @param {string} topic @param {Set<string>} bridges bases of Zigbee2MQTT @returns {{base: string, kind: Kind}}
 */
function guess(topic, bridges) {
	const levels = topic.split('/');
	const [first, second, third] = levels;
	for (const base of bridges) if (topic.startsWith(`${base}/`)) return { base, kind: 'zigbee2mqtt' };
	if (/^(?:tele|stat|cmnd)$/.test(first) && second) return { base: second, kind: 'tasmota' };
	if (/^(?:tele|stat|cmnd)$/.test(second ?? '') && third) return { base: first, kind: 'tasmota' };
	if (first === 'shellies' && second) return { base: `shellies/${second}`, kind: 'shelly' };
	if (first.startsWith('shelly') || (second === 'events' && third === 'rpc')) return { base: first, kind: 'shelly' };
	if (first === 'homie' && second === '5' && third) return { base: `homie/5/${third}`, kind: 'homie' };
	if (first === 'homie' && second) return { base: `homie/${second}`, kind: 'homie' };
	if (levels.length === 4 && ESPHOME.has(second) && levels[3] === 'state') return { base: first, kind: 'esphome' };
	return { base: levels.length > 2 ? `${first}/${second}` : first, kind: 'prefix' };
}

/** A board of ESPHome says more than the topics that give it away: these join it. @param {Map<string, Group>} groups */
function joinBoards(groups) {
	for (const board of [...groups.values()].filter(({ kind }) => kind === 'esphome')) {
		for (const [key, group] of groups) {
			if (group.kind !== 'prefix' || (group.base !== board.base && !group.base.startsWith(`${board.base}/`))) continue;
			board.topics.push(...group.topics);
			groups.delete(key);
		}
	}
}

/** Likely devices, by their names. @param {Iterable<string>} topics @param {(topic: string) => boolean} owned @returns {Group[]} */
export function groupsOf(topics, owned) {
	const all = [...topics].filter((topic) => !topic.startsWith('$') && !owned(topic));
	const bridges = new Set(all.filter((topic) => topic.endsWith('/bridge/state') || topic.endsWith('/bridge/info')).map((topic) => topic.slice(0, topic.lastIndexOf('/bridge/'))));
	/** @type {Map<string, Group>} */
	const groups = new Map();
	for (const topic of all) {
		const { base, kind } = guess(topic, bridges);
		const key = `${kind} ${base}`;
		let group = groups.get(key);
		if (!group) groups.set(key, group = { base, kind, name: base.slice(base.lastIndexOf('/') + 1) || base, topics: [] });
		group.topics.push(topic);
	}
	joinBoards(groups);
	for (const group of groups.values()) group.topics.sort();
	return [...groups.values()].sort((a, b) => a.base.localeCompare(b.base, 'en', { numeric: true }));
}
