/* A board with ESPHome's firmware in MQTT mode, as far as MQTT shows it: it describes each of its components in a retained
 * message of Home Assistant's discovery, with ESPHome's abbreviations, has "offline" as its last will, obeys commands and reports
 * what it has done, retained. It has a lamp, a relay, a blind and a thermometer. */
import {EventEmitter, once} from 'node:events';
import {createRequire} from 'node:module';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

const KEEPALIVE_S = 15; // ESPHome's default

/** What a thing of each component adds to its description. */
const DESCRIPTIONS = {
	light: () => ({schema: 'json', clrm: true, supported_color_modes: ['color_temp', 'rgb'], brightness: true, min_mireds: 153, max_mireds: 500,
		effect: true, fx_list: ['Rainbow', 'None']}),
	switch: () => ({dev_cla: 'outlet'}),
	cover: (base) => ({dev_cla: 'blind', pos_t: `${base}/position/state`, set_pos_t: `${base}/position/command`}),
	sensor: () => ({dev_cla: 'temperature', unit_of_meas: '°C', stat_cla: 'measurement', sug_dsp_prc: 1}),
};

/** The board. Emits "command" (topic, payload) for each message that it obeys. */
export class Esphome extends EventEmitter {
	/** Options: url of the broker; name (topic prefix and node); friendlyName, mac, area; username, password. */
	constructor({url, name = 'living', friendlyName = 'Living room', mac = 'a0b765112233', area, username, password}) {
		super();
		Object.assign(this, {url, name, friendlyName, mac, area, username, password});
		this.things = new Map([['lamp', 'light'], ['relay', 'switch'], ['blind', 'cover'], ['temperature', 'sensor']]);
		this.lamp = {state: 'OFF', brightness: 255, color_mode: 'rgb', color: {r: 255, g: 255, b: 255}, effect: 'None'};
		this.relay = 'OFF';
		this.position = 0;
		this.temperature = 21;
	}

	/** Where a thing's topics begin. */
	base(thing) {
		return `${this.name}/${this.things.get(thing)}/${thing}`;
	}

	/** Where a thing is described. */
	discoveryTopic(thing) {
		return `homeassistant/${this.things.get(thing)}/${this.name}/${thing}/config`;
	}

	/** What is said there. */
	discovery(thing) {
		const component = this.things.get(thing), base = this.base(thing);
		const commanded = component !== 'sensor', positioned = component === 'cover';
		return {
			...DESCRIPTIONS[component](base),
			name: thing === 'relay' ? '' : thing[0].toUpperCase() + thing.slice(1), // "": what the board is there for
			...(!positioned && {stat_t: `${base}/state`}),
			...(commanded && {cmd_t: `${base}/command`}),
			avty_t: `${this.name}/status`,
			uniq_id: `ESP${component}${thing}`,
			dev: {
				ids: this.mac, name: this.friendlyName, sw: '2024.6.0 (config hash 0x1a2b3c4d)', mdl: 'esp32dev', mf: 'Espressif',
				...(this.area && {sa: this.area}), cns: [['mac', this.mac]],
			},
		};
	}

	/** Connects, describes itself, reports everything and listens to commands. */
	async start() {
		this.client = mqtt.connect(this.url, {
			clientId: `${this.name}-${this.mac}`, username: this.username, password: this.password,
			keepalive: KEEPALIVE_S, reconnectPeriod: 0,
			will: {topic: `${this.name}/status`, payload: Buffer.from('offline'), qos: 0, retain: true},
		});
		this.client.on('message', (topic, payload) => this.obey(topic, payload.toString()));
		await Promise.race([once(this.client, 'connect'), once(this.client, 'error').then(([error]) => Promise.reject(error))]);
		await this.client.subscribeAsync([...this.things.keys()].flatMap((thing) => [`${this.base(thing)}/command`, `${this.base(thing)}/position/command`]));
		await this.say(`${this.name}/status`, 'online');
		for (const thing of this.things.keys()) {
			await this.say(this.discoveryTopic(thing), JSON.stringify(this.discovery(thing)));
			await this.report(thing);
		}
	}

	/** Goes away as a board does that restarts by command. */
	async stop() {
		await this.say(`${this.name}/status`, 'offline');
		await this.client.endAsync();
	}

	/** Loses its power: the broker has to notice. */
	async vanish() {
		const closed = once(this.client, 'close');
		this.client.stream.destroy();
		await closed;
		await this.client.endAsync(true);
	}

	/** Takes a thing out of its configuration: the new firmware does not describe it, and its old description is removed. */
	async remove(thing) {
		await this.say(this.discoveryTopic(thing), '');
		this.things.delete(thing);
	}

	/** Measures. */
	async measure(temperature) {
		this.temperature = temperature;
		await this.report('temperature');
	}

	/** Somebody presses the button on it. */
	async press() {
		this.relay = this.relay === 'ON' ? 'OFF' : 'ON';
		await this.report('relay');
	}

	async say(topic, payload) {
		await this.client.publishAsync(topic, payload, {qos: 0, retain: true});
	}

	async report(thing) {
		const reports = {
			lamp: () => ['state', JSON.stringify(this.lamp)],
			relay: () => ['state', this.relay],
			blind: () => ['position/state', String(this.position)],
			temperature: () => ['state', this.temperature.toFixed(1)],
		};
		const [end, payload] = reports[thing]();
		await this.say(`${this.base(thing)}/${end}`, payload);
	}

	/** Takes over what a command of the JSON schema names. */
	dim(payload) {
		const {transition: _, flash: __, ...wish} = JSON.parse(payload);
		if (wish.color) { // one mode at a time
			wish.color_mode = 'rgb';
			delete this.lamp.color_temp;
		} else if (wish.color_temp) {
			wish.color_mode = 'color_temp';
			delete this.lamp.color;
		}
		Object.assign(this.lamp, wish);
	}

	async obey(topic, payload) {
		const thing = topic.split('/')[2], on = {ON: 'ON', OFF: 'OFF', TOGGLE: this.relay === 'ON' ? 'OFF' : 'ON'};
		if (thing === 'lamp')
			this.dim(payload);
		else if (thing === 'relay')
			this.relay = on[payload.toUpperCase()] ?? this.relay;
		else if (topic.endsWith('/position/command'))
			this.position = Number(payload);
		else
			this.position = {OPEN: 100, CLOSE: 0}[payload] ?? this.position;
		await this.report(thing);
		this.emit('command', topic, payload);
	}
}
