/* Zigbee2MQTT as its documentation describes it, without a Zigbee network: its devices are those of the corpus, whose
 * exposes are real. It answers /set with a state and /get with what is known, removes devices when it is asked to, and says
 * goodbye as its last will. */
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {sourceDir} from './hub.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const corpus = path.join(sourceDir, 'tests/unit/hub/dialect/corpus/zigbee2mqtt/devices.json');

/** What a device of this name exposes, with the coordinator before it: a list for bridge/devices. Without names: all. */
export async function zigbeeDevices(...names) {
	const all = JSON.parse(await readFile(corpus, 'utf8'));
	return names.length ? all.filter((each) => each.type === 'Coordinator' || names.includes(each.friendly_name)) : all;
}

export class Zigbee2mqtt {
	/** devices, groups: as in bridge/devices and bridge/groups; legacy: words instead of objects, as version 1 sends them. */
	constructor(url, {base = 'zigbee2mqtt', devices = [], groups = [], legacy = false, ...options} = {}) {
		Object.assign(this, {url, base, devices, groups, legacy, options});
		this.states = new Map(); // friendly name -> object
		this.commands = []; // {topic, payload} of all that was heard, in order
		this.waiting = new Set();
		this.permitJoin = false;
		this.dead = new Set(); // addresses of devices that cannot be asked to leave
	}

	presence(word) {
		return this.legacy ? word : JSON.stringify({state: word});
	}

	/** Connects and says all that Zigbee2MQTT says when it starts. */
	async start() {
		this.over = false;
		this.client = mqtt.connect(this.url, {
			reconnectPeriod: 0, ...this.options,
			will: {topic: `${this.base}/bridge/state`, payload: this.presence('offline'), retain: true, qos: 1},
		});
		this.client.on('message', (topic, payload) => this.hear(topic, String(payload)));
		await once(this.client, 'connect');
		await this.client.subscribeAsync(`${this.base}/#`, {qos: 1, nl: true});
		await this.say('bridge/state', this.presence('online'), true);
		await this.tellInfo();
		await this.tellDevices();
		await this.tellGroups();
		for (const {friendly_name: name} of [...this.devices.filter((each) => each.type !== 'Coordinator'), ...this.groups])
			await this.setAvailable(name, true);
	}

	say(topic, payload, retain = false) {
		return this.client.publishAsync(`${this.base}/${topic}`, typeof payload === 'string' ? payload : JSON.stringify(payload), {retain, qos: 1});
	}

	tellInfo() {
		return this.say('bridge/info', {version: '2.6.0', commit: 'simulated', coordinator: {ieee_address: '0x00158d0000100000'},
			permit_join: this.permitJoin, log_level: 'info'}, true);
	}

	tellDevices() {
		return this.say('bridge/devices', this.devices, true);
	}

	tellGroups() {
		return this.say('bridge/groups', this.groups, true);
	}

	setAvailable(name, available) {
		return this.say(`${name}/availability`, this.presence(available ? 'online' : 'offline'), true);
	}

	/** What a device reports by itself; the message holds all that is known of it, but for actions, which are moments. */
	async report(name, news) {
		const {action, ...lasting} = news;
		const state = {...this.states.get(name), ...lasting};
		this.states.set(name, state);
		await this.say(name, action === undefined ? state : {...state, action});
	}

	/** A device joins: it is in the list first, then understood. */
	async join(device) {
		this.devices.push({...device, definition: null, interview_completed: false, interviewing: true, interview_state: 'IN_PROGRESS'});
		await this.say('bridge/event', {type: 'device_joined', data: {friendly_name: device.friendly_name, ieee_address: device.ieee_address}});
		await this.tellDevices();
		this.devices[this.devices.length - 1] = device;
		await this.tellDevices();
		await this.setAvailable(device.friendly_name, true);
	}

	/** Resolves with the first command heard, also one of the past, whose topic ends so. */
	heard(end) {
		return new Promise((resolve) => {
			const check = () => {
				const found = this.commands.find((each) => each.topic.endsWith(end));
				if (!found)
					return;
				this.waiting.delete(check);
				resolve(found);
			};
			this.waiting.add(check);
			check();
		});
	}

	async hear(topic, payload) {
		const rest = topic.slice(this.base.length + 1);
		const [, name, verb, key] = rest.match(/^(.+)\/(set|get)(?:\/([^/]+))?$/) ?? [];
		const request = rest.match(/^bridge\/request\/(.+)$/)?.[1];
		if (!request && !this.knows(name))
			return;
		this.commands.push({topic, payload});
		try {
			if (request)
				await this.obeyRequest(request, payload);
			else if (verb === 'set')
				await this.obey(name, key ? {[key]: parse(payload)} : JSON.parse(payload));
			else
				await this.say(name, this.states.get(name) ?? {});
		} catch (error) { // as it logs what it does not understand, and goes on
			if (this.over || !this.client.connected)
				return; // what it was about to say has died with it, or with the hub
			await this.say('bridge/logging', {level: 'error', message: error.message});
		}
		for (const check of [...this.waiting])
			check();
	}

	knows(name) {
		return [...this.devices, ...this.groups].some((each) => each.friendly_name === name);
	}

	/** A command's keys become the state; a lamp given a colour says in which mode it is, a cover told to move arrives. */
	async obey(name, {transition, ...command}) { // eslint-disable-line no-unused-vars
		const news = {...command};
		if (command.color)
			news.color_mode = 'xy';
		else if (command.color_temp)
			news.color_mode = 'color_temp';
		if (command.brightness > 0)
			news.state ??= 'ON';
		if (command.state === 'TOGGLE')
			news.state = this.states.get(name)?.state === 'ON' ? 'OFF' : 'ON';
		if (['OPEN', 'CLOSE'].includes(command.state))
			news.position = command.state === 'OPEN' ? 100 : 0;
		else if (command.position !== undefined)
			news.state = command.position > 0 ? 'OPEN' : 'CLOSE';
		delete news.identify;
		await this.report(name, news);
	}

	async obeyRequest(request, payload) {
		const asked = payload ? parse(payload) : {};
		const answer = (data) => this.say(`bridge/response/${request}`, {data, status: 'ok'});
		if (request === 'permit_join') {
			this.permitJoin = asked.time > 0;
			await answer({time: asked.time});
			await this.tellInfo();
		} else if (request === 'device/remove') {
			if (this.dead.has(asked.id) && !asked.force) {
				const {transaction} = asked;
				await this.say(`bridge/response/${request}`, {data: {}, status: 'error', error: `Failed to remove device '${asked.id}'`, transaction});
				return;
			}
			await this.remove(this.devices, asked.id, answer);
			await this.tellDevices();
		} else if (request === 'group/remove') {
			await this.remove(this.groups, asked.id, answer);
			await this.tellGroups();
		} else if (request === 'device/ota_update/update') {
			const device = this.devices.find((each) => each.ieee_address === asked.id);
			const {update} = this.states.get(device.friendly_name) ?? {};
			await this.report(device.friendly_name, {update: {...update, state: 'idle', installed_version: update?.latest_version}});
			await answer({id: asked.id});
		}
	}

	async remove(list, id, answer) {
		const index = list.findIndex((each) => [each.id, each.ieee_address, each.friendly_name].includes(id));
		if (index < 0)
			throw new Error(`nothing has the id ${id}`);
		const [{friendly_name: name}] = list.splice(index, 1);
		this.states.delete(name);
		await this.say(`${name}/availability`, '', true);
		await answer({id, block: false, force: false});
	}

	/** Stops as it should. */
	async stop() {
		await this.say('bridge/state', this.presence('offline'), true);
		await this.client.endAsync();
	}

	/** Dies: the broker speaks its will. */
	async crash() {
		this.over = true;
		const closed = once(this.client, 'close');
		this.client.stream.destroy();
		await closed;
		this.client.end(true);
	}
}

/** JSON, or the text itself. */
function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
