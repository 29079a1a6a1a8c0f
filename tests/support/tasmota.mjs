/* A simulated device with Tasmota: native discovery, tele, stat and cmnd topics, answers and reports as its firmware gives them. It has
 * relays, one lamp or a shutter, and an energy meter when it is told to. */
import {SimulatedDevice} from './simulated.mjs';

const states = ['OFF', 'ON', 'TOGGLE', 'HOLD'];
const row = (length, value, given = []) => Array.from({length}, (_, i) => given[i] ?? value);

export class Tasmota extends SimulatedDevice {
	/** relays: as in "rl", 1 relay, 2 lamp, 3 half of a shutter. light: "lt_st", 1 dimmer to 5 colours and whites. sensors: what "sn" has
	 * beside the clock, e.g. {DS18B20: {Temperature: 20.6}, TempUnit: 'C'}. config: more of the configuration. */
	constructor({mac = 'AABBCC112233', topic = `tasmota_${mac.slice(-6)}`, name = 'Tasmota', relays = [1], light = 0, sensors = {}, config = {}} = {}) {
		super();
		Object.assign(this, {mac, topic, name, light, sensors, config});
		this.relays = relays;
		this.count = relays.length;
		this.power = relays.map(() => false);
		this.lamp = {dimmer: 100, hue: 0, saturation: 0, white: 0, ct: 153, scheme: 0};
		this.shutter = {position: 0, direction: 0, target: 0, tilt: 0};
	}

	async connect(where) {
		await this.open(where, `DVES_${this.mac.slice(-6)}`, {topic: this.tele('LWT'), payload: 'Offline'},
			[this.cmnd('#'), 'cmnd/tasmotas/#', `cmnd/DVES_${this.mac.slice(-6)}_fb/#`]);
		await this.publish(this.tele('LWT'), 'Online', {retain: true});
		await this.announce();
		await this.telemetry();
	}

	cmnd = (rest) => `cmnd/${this.topic}/${rest}`;
	stat = (rest) => `stat/${this.topic}/${rest}`;
	tele = (rest) => `tele/${this.topic}/${rest}`;

	/* ---- what it tells ---------------------------------------------- */

	async announce() {
		const at = `tasmota/discovery/${this.mac}`;
		await this.publish(`${at}/config`, {
			ip: '192.168.15.10', dn: this.name, fn: row(8, null, [this.name]), hn: `${this.topic}-1234`, mac: this.mac, md: 'Generic', ty: 0, if: 0,
			ofln: 'Offline', onln: 'Online', state: states, sw: '14.2.0', t: this.topic, ft: '%prefix%/%topic%/', tp: ['cmnd', 'stat', 'tele'],
			rl: row(8, 0, this.relays), swc: row(8, -1), swn: row(8, null), btn: row(8, 0),
			so: {4: 0, 11: 0, 13: 0, 17: 0, 20: 0, 30: 0, 68: 0, 73: 0, 82: 0, 114: 0, 117: 0}, lk: 1, lt_st: this.light, sho: row(4, 0),
			ver: 1, ...this.config}, {retain: true});
		await this.publish(`${at}/sensors`, {sn: this.measured(), ver: 1}, {retain: true});
	}

	/** SetOption19 1: takes its discovery back. */
	async withdraw() {
		for (const part of ['config', 'sensors'])
			await this.publish(`tasmota/discovery/${this.mac}/${part}`, '', {retain: true});
	}

	measured() {
		const shutter = this.relays.includes(3) ? this.shutterState() : {};
		return {Time: '2026-01-01T12:00:00', ...this.sensors, ...shutter};
	}

	async telemetry() {
		await this.publish(this.tele('STATE'), this.state());
		await this.publish(this.tele('SENSOR'), this.measured());
	}

	powerKey = (index) => this.count > 1 ? `POWER${index + 1}` : 'POWER';

	powers() {
		return Object.fromEntries(this.power.map((on, i) => [this.powerKey(i), on ? 'ON' : 'OFF']));
	}

	state() {
		return {Time: '2026-01-01T12:00:00', Uptime: '0T00:10:00', UptimeSec: 600, Heap: 25, ...this.powers(), ...(this.light ? this.lampState() : {}),
			Wifi: {AP: 1, SSId: 'home', BSSId: '00:00:5E:00:53:01', Channel: 1, RSSI: 80, Signal: -60, LinkCount: 1, Downtime: '0T00:00:04'}};
	}

	lampState() {
		const {dimmer, hue, saturation, white, ct, scheme} = this.lamp;
		const index = this.relays.indexOf(2);
		return {[this.powerKey(index)]: this.power[index] ? 'ON' : 'OFF', Dimmer: dimmer,
			...(this.light >= 3 ? {HSBColor: `${hue},${saturation},${white ? 0 : dimmer}`, Scheme: scheme} : {}),
			...(this.light >= 4 ? {White: white} : {}), ...(this.light === 2 || this.light === 5 ? {CT: ct} : {})};
	}

	shutterState() {
		const {position, direction, target, tilt} = this.shutter;
		return {Shutter1: {Position: position, Direction: direction, Target: target, Tilt: tilt}};
	}

	/** Someone at its button. */
	async press(index = 0) {
		await this.setPower(index, !this.power[index]);
	}

	async setPower(index, on) {
		this.power[index] = on;
		await this.publish(this.stat('RESULT'), {[this.powerKey(index)]: on ? 'ON' : 'OFF'});
		await this.publish(this.stat(this.powerKey(index)), on ? 'ON' : 'OFF');
	}

	async measure(sensors) {
		this.sensors = {...this.sensors, ...sensors};
		await this.publish(this.tele('SENSOR'), this.measured());
	}

	/* ---- what it obeys ---------------------------------------------- */

	obey(topic, text) {
		const command = topic.split('/').at(-1);
		this.run(command, text).catch((error) => { // the connection may end meanwhile
			this.lastError = error;
		});
	}

	async run(command, data) {
		const [, name, digits] = command.toUpperCase().match(/^(.*?)(\d*)$/);
		const index = Number(digits || 1) - 1;
		const handler = this.commands[name];
		await (handler && !(name === 'POWER' && index >= this.count) ? handler(data, index)
			: this.publish(this.stat('RESULT'), {Command: 'Unknown'}));
	}

	commands = {
		POWER: async (data, index) => {
			const word = data.toUpperCase();
			if (!['', '0', '1', 'ON', 'OFF', 'TOGGLE'].includes(word))
				return;
			const on = word === '' ? this.power[index] : word === 'TOGGLE' ? !this.power[index] : word === 'ON' || word === '1';
			await this.setPower(index, on);
		},
		STATE: () => this.publish(this.stat('RESULT'), this.state()),
		TELEPERIOD: async () => {
			await this.publish(this.stat('RESULT'), {TelePeriod: 300});
			await this.telemetry();
		},
		STATUS: (data) => data === '10' ? this.publish(this.stat('STATUS10'), {StatusSNS: this.measured()})
			: this.publish(this.stat('STATUS'), {Status: {Module: 0, DeviceName: this.name, Topic: this.topic}}),
		DIMMER: (data) => this.shine({dimmer: Number(data)}),
		CT: (data) => this.shine({ct: Number(data), white: this.lamp.dimmer}),
		HSBCOLOR: (data, index) => this.shine(index === 0 ? {hue: Number(data), white: 0} : {saturation: Number(data), white: 0}),
		WHITE: (data) => this.shine({white: Number(data)}),
		SCHEME: (data) => this.shine({scheme: Number(data)}),
		NODELAY: async () => {},
		BACKLOG: async (data) => {
			for (const part of data.split(';')) {
				const [command, ...rest] = part.trim().split(' ');
				await this.run(command, rest.join(' '));
			}
		},
		SHUTTERPOSITION: (data) => this.move(data),
	};

	/* A lamp that is told how to shine does so. */
	async shine(change) {
		if (!this.light)
			return this.publish(this.stat('RESULT'), {Command: 'Unknown'});
		Object.assign(this.lamp, change);
		this.power[this.relays.indexOf(2)] = true;
		return this.publish(this.stat('RESULT'), this.lampState());
	}

	/* It starts; arrive() ends the way. */
	async move(data) {
		const word = {OPEN: 100, CLOSE: 0, STOP: this.shutter.position}[data.toUpperCase()] ?? (data === '' ? this.shutter.target : Number(data));
		this.shutter.target = word;
		this.shutter.direction = Math.sign(word - this.shutter.position);
		await this.publish(this.stat('RESULT'), this.shutterState());
	}

	async arrive() {
		Object.assign(this.shutter, {position: this.shutter.target, direction: 0});
		await this.publish(this.stat('RESULT'), this.shutterState());
	}
}
