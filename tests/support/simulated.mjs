/* What simulated devices share: an MQTT.js client with a last will, and a way to await what they were told. */
import {createRequire} from 'node:module';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

export class SimulatedDevice {
	/** Connects as the firmware does. where: {host, port, user, password, ca, url} - url instead of host and port; ca makes it TLS. will: {topic,
	 * payload}, retained. wanted: topic filters. Resolves once it may hear of them. */
	async open({host = '127.0.0.1', port, url, user, password, ca}, clientId, will, wanted) {
		this.told = [];
		this.waiting = new Set();
		this.client = mqtt.connect(url ?? `${ca ? 'mqtts' : 'mqtt'}://${host}:${port}`, {
			clientId, username: user, password, ca, reconnectPeriod: 0, protocolVersion: 4, will: {qos: 1, retain: true, ...will}});
		await new Promise((resolve, reject) => {
			this.client.once('connect', resolve);
			this.client.once('error', reject);
			this.client.once('close', () => reject(new Error(`${clientId} was not let in`)));
		});
		this.client.removeAllListeners('error');
		this.client.on('error', (error) => {
			this.lastError = error;
		});
		this.client.on('message', (topic, payload) => {
			const text = String(payload);
			this.told.push({topic, text});
			this.obey(topic, text);
			for (const check of [...this.waiting])
				check();
		});
		await this.client.subscribeAsync(wanted, {qos: 1}).catch((error) => {
			if (error.name !== 'ErrorWithSubackPacket') // firmware does not look whether all was granted
				throw error;
		});
	}

	/** Resolves with the first thing told that matches, {topic, text}, behind position `from` of told. */
	toldThat(matches, from = 0) {
		return new Promise((resolve) => {
			const check = () => {
				const found = this.told.slice(from).find(({topic, text}) => matches(topic, text));
				if (!found)
					return;
				this.waiting.delete(check);
				resolve(found);
			};
			this.waiting.add(check);
			check();
		});
	}

	publish(topic, payload, options = {}) {
		return this.client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), options);
	}

	/** Loses its power: the broker tells its last will. */
	async vanish() {
		const gone = new Promise((resolve) => {
			this.client.once('close', resolve);
		});
		this.client.stream.destroy();
		await gone;
	}

	/** Leaves politely, without a last will. */
	async stop() {
		await this.client?.endAsync(true);
	}
}
