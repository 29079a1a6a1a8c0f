/* A simulated Shelly of the second generation or later: online and will, RPC on its own topics, notifications of what changed, the
 * command topics of outputs and covers, components that people make and Bluetooth devices, listed in pages. */
import {SimulatedDevice} from './simulated.mjs';

const PAGE = 2; // components in an answer to Shelly.GetComponents
const DYNAMIC = {bthomesensor: 'BTHomeSensor', bthomedevice: 'BTHomeDevice', blutrv: 'BluTrv', boolean: 'Boolean'};
const namespaces = {switch: 'Switch', light: 'Light', rgb: 'RGB', rgbw: 'RGBW', cct: 'CCT', cover: 'Cover'};

export class Shelly extends SimulatedDevice {
	/** components: {'switch:0': {config: {…}, status: {…}}, …}, each with its id added; dynamic: likewise, of those with ids from 200 on. */
	constructor({id = 'shellyplus1pm-aabbccddeeff', prefix = id, name = null, app = 'Plus1PM', version = '1.4.4', components = {'switch:0': {}}, dynamic = {}} = {}) {
		super();
		Object.assign(this, {id, prefix, name, app, version});
		this.config = {};
		this.status = {};
		for (const [key, {config = {}, status = {}}] of Object.entries(components)) {
			const number = Number(key.split(':')[1]);
			this.config[key] = {id: number, name: null, ...config};
			this.status[key] = {id: number, ...Shelly.initial(key), ...status};
		}
		this.dynamic = Object.entries(dynamic).map(([key, {config, status}]) => {
			const number = Number(key.split(':')[1]);
			return {key, config: {id: number, ...config}, status: {id: number, ...status}};
		});
	}

	static initial(key) {
		const [type] = key.split(':');
		const shared = {source: 'init', output: false};
		return {
			switch: {...shared, apower: 0, voltage: 230.1, current: 0, aenergy: {total: 0, by_minute: [0, 0, 0], minute_ts: 0}, temperature: {tC: 40.1, tF: 104.2}},
			light: {...shared, brightness: 50},
			rgb: {...shared, rgb: [255, 255, 255], brightness: 50},
			rgbw: {...shared, rgb: [255, 255, 255], brightness: 50, white: 0},
			cct: {...shared, ct: 2700, brightness: 50},
			cover: {source: 'init', state: 'closed', pos_control: true, current_pos: 0, last_direction: null},
			input: {state: false},
		}[type] ?? {};
	}

	async connect(where) {
		await this.open(where, this.id, {topic: `${this.prefix}/online`, payload: 'false'}, [`${this.prefix}/rpc`, `${this.prefix}/command/#`]);
		await this.publish(`${this.prefix}/online`, 'true', {qos: 1, retain: true});
	}

	/* ---- what it tells ---------------------------------------------- */

	info() {
		return {name: this.name, id: this.id, mac: this.id.split('-').at(-1).toUpperCase(), slot: 0, model: 'SNSW-001P16EU', gen: 2,
			fw_id: `20250101-120000/${this.version}-gabcdef0`, ver: this.version, app: this.app, auth_en: false, auth_domain: null};
	}

	fullConfig() {
		return {ble: {enable: false}, ...this.config, sys: {device: {name: this.name, mac: this.info().mac}, cfg_rev: 1},
			mqtt: {enable: true, topic_prefix: this.prefix, rpc_ntf: true, status_ntf: false, enable_rpc: true, enable_control: true}, wifi: {}};
	}

	fullStatus() {
		return {ble: {}, ...this.status, mqtt: {connected: true}, sys: {mac: this.info().mac, uptime: 100, available_updates: {}},
			wifi: {sta_ip: '192.168.33.10', status: 'got ip', ssid: 'home', rssi: -55}};
	}

	notify(method, params) {
		return this.publish(`${this.prefix}/events/rpc`, {src: this.id, dst: `${this.prefix}/events`, method, params: {ts: 1700000000.25, ...params}}, {qos: 1});
	}

	/** Something about a component becomes another: the change alone is told. */
	async change(key, change, source = 'button') {
		Object.assign(this.status[key], change);
		await this.notify('NotifyStatus', {[key]: {id: this.status[key].id, ...change, ...('output' in change ? {source} : {})}});
	}

	/** The same of a component that people have made, or of a Bluetooth device. */
	async hear(key, change) {
		const {status} = this.dynamic.find((one) => one.key === key);
		Object.assign(status, change);
		await this.notify('NotifyStatus', {[key]: {id: status.id, ...change}});
	}

	/** Takes away all whose configuration is so. */
	async remove(drop) {
		const gone = this.dynamic.filter(({config}) => drop(config));
		this.dynamic = this.dynamic.filter(({config}) => !drop(config));
		await this.notify('NotifyEvent', {events: gone.map(({key}) => ({component: 'sys', event: 'component_removed', target: key, ts: 1700000000.25}))});
	}

	/** Someone at a button that it has as an input. */
	async push(key, event) {
		await this.notify('NotifyEvent', {events: [{component: key, id: this.status[key].id, event, ts: 1700000000.25}]});
	}

	/* ---- what it obeys ---------------------------------------------- */

	obey(topic, text) {
		const work = topic === `${this.prefix}/rpc` ? this.answer(text) : this.command(topic.slice(`${this.prefix}/command/`.length), text);
		work.catch((error) => { // the connection may end meanwhile
			this.lastError = error;
		});
	}

	async answer(text) {
		const {id, src, method, params} = JSON.parse(text);
		const {result, changed} = this.call(method, params ?? {});
		const frame = {id, src: this.id, dst: src, ...(result === undefined ? {error: {code: 404, message: `No handler for ${method}`}} : {result})};
		if (src)
			await this.publish(`${src}/rpc`, frame, {qos: 1});
		await changed?.();
	}

	/* {result, changed}: what is answered, and what happens then. */
	call(method, params) {
		const own = {'Shelly.GetDeviceInfo': () => this.info(), 'Shelly.GetConfig': () => this.fullConfig(), 'Shelly.GetStatus': () => this.fullStatus()}[method];
		if (own)
			return {result: own()};
		if (method === 'Shelly.Reboot')
			return {result: null};
		if (method === 'Shelly.GetComponents')
			return {result: {components: this.dynamic.slice(params.offset, params.offset + PAGE), cfg_rev: 1, offset: params.offset, total: this.dynamic.length}};
		const heard = this.dynamic.find(({key}) => key === `${Object.keys(DYNAMIC).find((type) => DYNAMIC[type] === method.split('.')[0])}:${params.id}`);
		if (heard)
			return this.callHeard(heard, method.split('.')[1], params);
		const [space, verb] = method.split('.');
		const type = Object.keys(namespaces).find((key) => namespaces[key] === space), key = `${type}:${params.id}`;
		if (!this.status[key])
			return {};
		if (verb === 'Set')
			return {result: {was_on: this.status[key].output}, changed: () => this.set(key, params)};
		if (type === 'cover')
			return {result: null, changed: () => this.move(key, verb, params.pos)};
		return {};
	}

	callHeard({key, status}, verb, {method, params}) {
		if (verb === 'GetStatus')
			return {result: status};
		if (verb === 'Call' && method === 'TRV.SetTarget')
			return {result: null, changed: () => this.hear(key, {target_C: params.target_C})};
		return {};
	}

	async set(key, {id, on, ...rest}) {
		const change = {...rest, ...(on === undefined ? {} : {output: on})};
		if (this.status[key].apower !== undefined && on !== undefined)
			change.apower = on ? 42.5 : 0;
		await this.change(key, change, 'MQTT');
	}

	/* It starts; arrive() ends the way. */
	async move(key, verb, pos) {
		const {current_pos: now} = this.status[key];
		this.target = {Open: 100, Close: 0, Stop: now, GoToPosition: pos}[verb];
		if (this.target === now)
			return this.arrive(key);
		return this.change(key, {state: this.target > now ? 'opening' : 'closing', source: 'MQTT'});
	}

	async arrive(key) {
		const state = this.target === 0 ? 'closed' : 'open';
		await this.change(key, {state, current_pos: this.target, source: 'timeout'});
	}

	/* The short commands: on, off, toggle; open, close, stop. */
	async command(key, word) {
		const part = this.status[key];
		if (part && ['on', 'off', 'toggle'].includes(word))
			await this.set(key, {on: word === 'toggle' ? !part.output : word === 'on'});
		else if (part && ['open', 'close', 'stop'].includes(word))
			await this.move(key, word[0].toUpperCase() + word.slice(1));
	}
}

/** A Shelly of the first generation with two relays and meters (Shelly 2.5). */
export class ShellyGen1 extends SimulatedDevice {
	constructor({id = 'shellyswitch25-98CDAC38E9F5'} = {}) {
		super();
		this.id = id;
		this.on = [false, false];
	}

	at = (rest) => `shellies/${this.id}/${rest}`;

	async connect(where) {
		await this.open(where, this.id, {topic: this.at('online'), payload: 'false'}, [this.at('command'), 'shellies/command', this.at('relay/+/command')]);
		await this.publish(this.at('online'), 'true', {retain: true});
		await this.announce();
		await this.update();
	}

	async announce() {
		const announcement = {id: this.id, model: 'SHSW-25', mac: this.id.split('-')[1], ip: '192.168.76.119', new_fw: false,
			fw_ver: '20220209-093016/v1.11.8-g8c7bb8d', mode: 'relay'};
		await this.publish(this.at('announce'), announcement);
		await this.publish(this.at('info'), {wifi_sta: {connected: true, ssid: 'home', ip: '192.168.76.119', rssi: -57}, uptime: 100});
	}

	async update() {
		for (const n of this.on.keys())
			await this.tell(n);
		await this.publish(this.at('temperature'), '45.30');
	}

	async tell(n) {
		await this.publish(this.at(`relay/${n}`), this.on[n] ? 'on' : 'off', {retain: true});
		await this.publish(this.at(`relay/${n}/power`), this.on[n] ? '23.50' : '0.00', {retain: true});
		await this.publish(this.at(`relay/${n}/energy`), '600', {retain: true});
	}

	async press(n = 0) {
		this.on[n] = !this.on[n];
		await this.tell(n);
	}

	obey(topic, text) {
		const relay = topic.match(/relay\/(\d)\/command$/);
		const work = relay ? this.switch(Number(relay[1]), text) : text === 'announce' ? this.announce() : text === 'update' ? this.update() : Promise.resolve();
		work.catch((error) => { // the connection may end meanwhile
			this.lastError = error;
		});
	}

	async switch(n, word) {
		if (!['on', 'off', 'toggle'].includes(word))
			return;
		this.on[n] = word === 'toggle' ? !this.on[n] : word === 'on';
		await this.tell(n);
	}
}
