/* A house full of devices at a real hub that all change at once: sensors and lamps as Home Assistant's discovery describes them, each
 * with a card of its own on the overview, one MQTT client for all of them. */
import {createRequire} from 'node:module';
import {admit} from './others.mjs';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');
const ROOMS = ['Attic', 'Bathroom', 'Kitchen', 'Living room', 'Workshop'];
const LAMPS_EACH = 5; // on one device, as a board with relays has them

export class BusyHouse {
	/** Describes the devices to the hub. Resolves when the hub shows all of them. */
	static async open(hub, {sensors, lamps, eventually}) {
		const house = new BusyHouse();
		Object.assign(house, {sensors, lamps, round: 0});
		const account = await admit(hub, {title: 'Busy house', topics: [
			{filter: 'busy/#', publish: true, subscribe: true}, {filter: 'homeassistant/#', publish: true}]});
		house.client = await mqtt.connectAsync({...mqttOptions(account), clientId: 'busy'});
		await Promise.all(house.descriptions().map(([topic, payload]) => house.client.publishAsync(topic, JSON.stringify(payload), {qos: 1, retain: true})));
		await eventually(async () => {
			await house.publishRound(); // what came before its description says nothing
			return (await hub.get('/api/v1/devices?limit=1000')).devices.reduce((n, device) => n + device.entities.filter((entity) => entity.at).length, 0) === house.entities;
		}, 'every entity has a value');
		return house;
	}

	get entities() {
		return this.sensors + this.lamps;
	}

	descriptions() {
		const device = (id, name, room) => ({ids: [id], name, suggested_area: ROOMS[room % ROOMS.length]});
		const sensors = Array.from({length: this.sensors}, (_, i) => [`homeassistant/sensor/busy_s${i}/config`, {
			name: 'Temperature', uniq_id: `busy_s${i}`, stat_t: `busy/s${i}`, dev_cla: 'temperature', stat_cla: 'measurement', unit_of_meas: '°C',
			val_tpl: '{{ value_json.t }}', dev: device(`busy_s${i}`, `Sensor ${i}`, i)}]);
		const lamps = Array.from({length: this.lamps}, (_, i) => [`homeassistant/light/busy_l${i}/config`, {
			name: `Lamp ${i}`, uniq_id: `busy_l${i}`, schema: 'json', stat_t: `busy/l${i}`, cmd_t: `busy/l${i}/set`, brightness: true, sup_clrm: ['brightness'],
			dev: device(`busy_d${Math.floor(i / LAMPS_EACH)}`, `Board ${Math.floor(i / LAMPS_EACH)}`, Math.floor(i / LAMPS_EACH))}]);
		return [...sensors, ...lamps];
	}

	/** What sensor i measures in a round, °C; never the same twice in a row. */
	temperature = (i, round) => 15 + (i * 7 + round * 3) % 200 / 10;
	/** How bright lamp i is, 1 to 254. */
	brightness = (i, round) => 1 + (i * 11 + round * 5) % 254;

	/** Every entity changes once. Resolves when the hub has taken the last. */
	async publishRound() {
		const round = ++this.round;
		for (let i = 0; i < this.sensors; i++)
			this.client.publish(`busy/s${i}`, JSON.stringify({t: this.temperature(i, round), h: 41}));
		for (let i = 0; i < this.lamps; i++)
			this.client.publish(`busy/l${i}`, JSON.stringify({state: 'ON', brightness: this.brightness(i, round)}));
		await this.client.publishAsync('busy/round', String(round), {qos: 1});
	}

	/** Rounds in a row, evenly spread, one of the slices at a time. Ends with the function it answers, which
	 * tells how many changes it sent. */
	keepChanging(period_ms, slices = 10) {
		let over = false, slice = 0, sent = 0, round = this.round;
		const begin = performance.now();
		const told = (async () => {
			for (let n = 0; !over; n++) {
				const wait = begin + n * period_ms / slices - performance.now();
				if (wait > 0)
					await new Promise((done) => setTimeout(done, wait));
				if (slice === 0)
					round = ++this.round;
				for (let i = slice; i < this.sensors; i += slices)
					this.client.publish(`busy/s${i}`, JSON.stringify({t: this.temperature(i, round), h: 41}));
				for (let i = slice; i < this.lamps; i += slices)
					this.client.publish(`busy/l${i}`, JSON.stringify({state: 'ON', brightness: this.brightness(i, round)}));
				sent += Math.ceil((this.entities - slice) / slices);
				slice = (slice + 1) % slices;
			}
		})();
		return async () => {
			over = true;
			await told;
			return sent;
		};
	}

	close() {
		this.client.end(true);
	}
}

const mqttOptions = ({url, username, password}) => {
	const {hostname, port} = new URL(url);
	return {host: hostname, port: Number(port), protocol: 'mqtt', username, password, protocolVersion: 5, reconnectPeriod: 0};
};
