// A real device of pretence: with the credentials of an agent that has joined it connects over MQTT, describes
// components in Home Assistant's device discovery, and answers commands as the things themselves would.
import { createRequire } from 'node:module';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

/** Components by topic-relative keys; `~` is the device's own tree. */
const ROOM = {
	blind: { p: 'cover', name: 'Blind', dev_cla: 'blind', stat_t: '~/state/blind', cmd_t: '~/set/blind', pos_t: '~/state/blind_pos', set_pos_t: '~/set/blind_pos', tilt_status_t: '~/state/blind_tilt', tilt_cmd_t: '~/set/blind_tilt' },
	heating: { p: 'climate', name: 'Heating', mode_stat_t: '~/state/mode', mode_cmd_t: '~/set/mode', modes: ['off', 'heat', 'auto'], temp_stat_t: '~/state/target', temp_cmd_t: '~/set/target', min_temp: 5, max_temp: 30, temp_step: 0.5,
		curr_temp_t: '~/tele/room', act_t: '~/state/action', pr_modes: ['eco', 'comfort'], pr_mode_cmd_t: '~/set/preset', pr_mode_stat_t: '~/state/preset', fan_modes: ['auto', 'low', 'medium', 'high', 'turbo'], fan_mode_cmd_t: '~/set/fanmode', fan_mode_stat_t: '~/state/fanmode' },
	fan: { p: 'fan', name: 'Ceiling fan', stat_t: '~/state/fan', cmd_t: '~/set/fan', pct_stat_t: '~/state/speed', pct_cmd_t: '~/set/speed', spd_rng_max: 4, pr_modes: ['normal', 'breeze'], pr_mode_cmd_t: '~/set/breeze', pr_mode_stat_t: '~/state/breeze',
		osc_cmd_t: '~/set/turns', osc_stat_t: '~/state/turns', dir_cmd_t: '~/set/way', dir_stat_t: '~/state/way' },
	door: { p: 'lock', name: 'Front door', stat_t: '~/state/door', cmd_t: '~/set/door' },
	lamp: { p: 'light', name: 'Lamp', schema: 'json', stat_t: '~/state/lamp', cmd_t: '~/set/lamp', bri_scl: 254, sup_clrm: ['xy', 'color_temp'], min_mirs: 153, max_mirs: 500, effect: true, fx_list: ['none', 'candle', 'slow_fade', 'rainbow', 'blink'] },
	chime: { p: 'button', name: 'Chime', cmd_t: '~/set/chime' },
};
const WALL = {
	volume: { p: 'number', name: 'Volume', stat_t: '~/state/volume', cmd_t: '~/set/volume', min: 0, max: 100, step: 5, unit_of_meas: '%' },
	scene: { p: 'select', name: 'Scene', stat_t: '~/state/scene', cmd_t: '~/set/scene', ops: ['Reading', 'Film', 'Dinner', 'Night', 'Away'] },
	message: { p: 'text', name: 'Message', stat_t: '~/state/message', cmd_t: '~/set/message', max: 20 },
	firmware: { p: 'update', name: 'Firmware', dev_cla: 'firmware', stat_t: '~/state/firmware', cmd_t: '~/set/firmware', pl_inst: 'go' },
	knob: { p: 'event', name: 'Knob', dev_cla: 'button', stat_t: '~/state/knob', evt_typ: ['press', 'double_press', 'hold'] },
	skylight: { p: 'binary_sensor', name: 'Skylight', dev_cla: 'window', stat_t: '~/state/skylight' },
	stairs: { p: 'binary_sensor', name: 'Stairs', dev_cla: 'motion', stat_t: '~/state/stairs' },
};
const TINT = { tint: { p: 'light', name: 'Tint', schema: 'json', stat_t: '~/state/tint', cmd_t: '~/set/tint', sup_clrm: ['hs'] } };

/** What is reported at first. */
const FIRST = {
	'state/blind': 'open', 'state/blind_pos': '40', 'state/blind_tilt': '20', 'state/mode': 'heat', 'state/target': '21.5', 'tele/room': '19.8', 'state/action': 'heating', 'state/preset': 'eco', 'state/fanmode': 'auto',
	'state/fan': 'ON', 'state/speed': '2', 'state/breeze': 'normal', 'state/turns': 'oscillate_off', 'state/way': 'forward', 'state/door': 'LOCKED',
	'state/lamp': JSON.stringify({ state: 'ON', brightness: 200, color_mode: 'color_temp', color_temp: 370 }),
	'state/volume': '30', 'state/scene': 'Reading', 'state/message': 'Good morning', 'state/firmware': JSON.stringify({ installed_version: '1.0.3', latest_version: '1.2.0' }),
	'state/knob': JSON.stringify({ event_type: 'double_press' }), 'state/skylight': 'ON', 'state/stairs': 'OFF',
	'state/tint': JSON.stringify({ state: 'ON', brightness: 255, color_mode: 'hs', color: { h: 210, s: 80 } }),
};
export const HOUSES = { ROOM, WALL, TINT };

export class DeviceOfAll {
	/** What was asked of it: ["blind", "OPEN"] … */
	heard = [];
	#waiting = new Set();
	#lamp = { lamp: JSON.parse(FIRST['state/lamp']), tint: JSON.parse(FIRST['state/tint']) };
	#client = null;

	/** @param {{hub: any, agent: any, name: string, components: object}} of its agent has joined and is stopped */
	async start({ hub, agent, name, components }) {
		const { device_id: id, user, token, ca } = await agent.credentials();
		this.id = id;
		this.#client = mqtt.connect(`mqtts://127.0.0.1:${hub.mqttsPort}`, { clientId: id, username: user, password: token, ca, rejectUnauthorized: false, protocolVersion: 5,
			will: { topic: `tomte/${id}/status`, payload: 'offline', qos: 1, retain: true } });
		await new Promise((resolve, reject) => {
			this.#client.once('connect', resolve);
			this.#client.once('error', reject);
		});
		this.#client.on('message', (topic, payload) => this.#obey(topic.slice(`tomte/${id}/set/`.length), String(payload)));
		await this.#client.subscribeAsync(`tomte/${id}/set/#`, { qos: 1 });
		await this.#publish(`homeassistant/device/${id}/config`, JSON.stringify({ '~': `tomte/${id}`, 'dev': { ids: id, name, mf: 'tomte', mdl: 'All of it' }, 'o': { name: 'test' }, 'cmps': components }), true);
		await this.#publish(`tomte/${id}/status`, 'online', true);
		const described = JSON.stringify(components);
		for (const [rest, payload] of Object.entries(FIRST)) if (described.includes(`"~/${rest}"`)) await this.say(rest, payload);
		return this;
	}

	#publish(topic, payload, retain) {
		return this.#client.publishAsync(topic, payload, { qos: 1, retain });
	}

	/** @param {string} rest "state/blind" */
	say(rest, payload) {
		return this.#publish(`tomte/${this.id}/${rest}`, payload, rest.startsWith('state/') && !rest.endsWith('knob'));
	}

	stop() {
		return this.#client.endAsync();
	}

	/** What comes to this place from now on, once it fits. */
	next(place, fits = () => true) {
		const from = this.heard.length;
		return new Promise((resolve) => {
			const check = () => {
				const found = this.heard.slice(from).find(([where, what]) => where === place && fits(what));
				if (!found) return;
				this.#waiting.delete(check);
				resolve(found[1]);
			};
			this.#waiting.add(check);
		});
	}

	/** Whether it answers at all. */
	deaf = false;

	/** What it reports about a command; the blind and the lock travel until told that they have arrived. */
	async #answer(place, payload) {
		switch (place) {
		case 'blind': return this.say('state/blind', { OPEN: 'opening', CLOSE: 'closing', STOP: 'stopped' }[payload]);
		case 'blind_pos': {
			await this.say('state/blind_pos', payload);
			return this.say('state/blind', Number(payload) > 0 ? 'open' : 'closed');
		}
		case 'door': return this.say('state/door', payload === 'LOCK' ? 'LOCKING' : 'UNLOCKING');
		case 'lamp':
		case 'tint': {
			const { state, brightness, color, color_temp: mired, effect } = JSON.parse(payload);
			const lamp = Object.assign(this.#lamp[place], { state }, brightness !== undefined && { brightness }, effect !== undefined && { effect });
			if (color) Object.assign(lamp, { color, color_mode: color.x !== undefined ? 'xy' : 'hs', color_temp: undefined });
			if (mired) Object.assign(lamp, { color_temp: mired, color_mode: 'color_temp', color: undefined });
			return this.say(`state/${place}`, JSON.stringify(lamp));
		}
		case 'target': {
			await this.say('state/action', Number(payload) > 19.8 ? 'heating' : 'idle');
			return this.say('state/target', payload);
		}
		case 'firmware': return this.say('state/firmware', JSON.stringify({ installed_version: '1.0.3', latest_version: '1.2.0', in_progress: true, update_percentage: 40 }));
		case 'chime': return undefined;
		default: return this.say(`state/${place}`, payload);
		}
	}

	#obey(place, payload) {
		this.heard.push([place, payload]);
		if (!this.deaf) void this.#answer(place, payload);
		for (const check of [...this.#waiting]) check();
	}
}
