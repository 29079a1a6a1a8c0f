// What is typed or pasted into a device of others so that it finds the hub: for each kind the exact text. Pure.

/** @import {Client} from '../types.js' */

/** What they are, the most common ones first; "prefix" is anything else. */
export const KINDS = /** @type {const} */ (['tasmota', 'shelly', 'zigbee2mqtt', 'esphome', 'homie', 'homeassistant', 'prefix']);
/** @typedef {(typeof KINDS)[number]} Kind */

/** What they call themselves, in every language. @type {Record<string, string>} */
export const NAMES = { tasmota: 'Tasmota', shelly: 'Shelly', zigbee2mqtt: 'Zigbee2MQTT', esphome: 'ESPHome', homie: 'Homie', homeassistant: 'Home Assistant' };

/**
 * How a device reaches the hub, and as whom.
 * @typedef {{kind: Kind, host: string, port: number, secure: boolean, user: string, password: string, prefix: string, ca: string, address: string}} Access
 * ca: the house's certificate, PEM; address: of the device itself, as far as it is known
 * @typedef {'console'|'certificate'|'shell'|'browser'|'restart'|'yaml'} Place where a text goes
 * @typedef {{place: Place, text: string}} Snippet
 */

/** Kinds whose usual firmware encrypts. */
const ENCRYPTS = new Set(['shelly', 'zigbee2mqtt', 'esphome', 'homie', 'homeassistant', 'prefix']);
/** @param {string} kind */
export const encrypts = (kind) => ENCRYPTS.has(kind);

/** Kinds that describe themselves to the hub once they are connected: a device appears by itself. @param {string} kind */
export const describesItself = (kind) => kind !== 'homeassistant' && kind !== 'prefix';

/** @param {string|null} kind @returns {Kind} */
export const kindOf = (kind) => KINDS.find((known) => known === kind) ?? 'prefix';

/** The topic as the device's own settings name it. @param {Kind} kind @param {string} prefix */
export const topicOf = (kind, prefix) => (kind === 'homie' ? `homie/${prefix}` : prefix);

/** In quotes of YAML, which only need themselves escaped. @param {string} text */
const quoted = (text) => `'${text.replace(/'/g, "''")}'`;
/** @param {string} text @param {number} by */
const indented = (text, by) => text.trim().split('\n').map((line) => ' '.repeat(by) + line.trim()).join('\n');
/** An address rather than a name; IPv6 stands in brackets. @param {string} host */
const isAddress = (host) => /^[\d.]+$|^\[/.test(host);
/** For what takes an address without brackets. @param {string} host */
export const bare = (host) => host.replace(/^\[|\]$/g, '');

/** FullTopic and discovery are the firmware's own defaults, but the hub depends on them. @param {Access} a @returns {Snippet[]} */
function tasmota(a) {
	const encryption = a.secure ? 'SetOption132 1; SetOption103 1' : 'SetOption103 0'; // the certificate that it meets first is the one it trusts
	return [{ place: 'console', text: `Backlog SetOption3 1; SetOption19 0; ${encryption}; MqttHost ${bare(a.host)}; MqttPort ${a.port}; ` +
		`MqttUser ${a.user}; MqttPassword ${a.password}; FullTopic %prefix%/%topic%/; Topic ${a.prefix}` }];
}

/** @param {Access} a @returns {Snippet[]} */
function shelly(a) {
	const config = {
		enable: true, server: `${a.host}:${a.port}`, client_id: a.prefix, user: a.user, pass: a.password, ssl_ca: a.secure ? 'user_ca.pem' : null,
		topic_prefix: a.prefix, rpc_ntf: true, status_ntf: true, enable_rpc: true, enable_control: true,
	};
	/** @param {string} method @param {object} params */
	const call = (method, params) => `curl -d '${JSON.stringify(params)}' http://${a.address}/rpc/${method}`;
	/** @type {Snippet[]} */
	const snippets = [{ place: 'browser', text: `http://${a.address}/rpc/Mqtt.SetConfig?config=${encodeURIComponent(JSON.stringify(config))}` },
		{ place: 'restart', text: `http://${a.address}/rpc/Shelly.Reboot` }];
	return a.secure ? [{ place: 'certificate', text: call('Shelly.PutUserCA', { data: `${a.ca.trim()}\n`, append: false }) }, ...snippets] : snippets;
}

/** @param {Access} a @returns {Snippet[]} */
function zigbee2mqtt(a) {
	const ca = a.secure ? '\n  ca: /opt/zigbee2mqtt/data/tomte-ca.pem' : '';
	return [{ place: 'yaml', text: `mqtt:\n  server: ${a.secure ? 'mqtts' : 'mqtt'}://${a.host}:${a.port}\n  user: ${quoted(a.user)}\n  password: ${quoted(a.password)}\n  base_topic: ${quoted(a.prefix)}${ca}` }];
}

/** The board's name is in the topics of its description, so it has to be the prefix. @param {Access} a @returns {Snippet[]} */
function esphome(a) {
	// mbed TLS compares names only, not addresses
	const trust = a.secure ? `${isAddress(a.host) ? '\n  skip_cert_cn_check: true' : ''}\n  certificate_authority: |\n${indented(a.ca, 4)}` : '';
	return [{ place: 'yaml', text: `esphome:\n  name: ${a.prefix}\n\nmqtt:\n  broker: ${quoted(bare(a.host))}\n  port: ${a.port}\n  username: ${quoted(a.user)}\n  password: ${quoted(a.password)}\n` +
		`  topic_prefix: ${quoted(a.prefix)}\n  discovery: true${trust}` }];
}

/** Texts to paste, in their order; kinds without any take the values by hand. @param {Access} access @returns {Snippet[]} */
export function snippetsOf(access) {
	switch (access.kind) {
	case 'tasmota': return tasmota(access);
	case 'shelly': return shelly(access);
	case 'zigbee2mqtt': return zigbee2mqtt(access);
	case 'esphome': return esphome(access);
	default: return [];
	}
}
