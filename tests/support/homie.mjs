/* Homie devices after the convention, versions 4 and 5: they describe themselves, take what is set for what is so, and have
 * "lost" for their last will. */
import {once} from 'node:events';
import {createRequire} from 'node:module';

const mqtt = createRequire(new URL('../clients/package.json', import.meta.url))('mqtt');

class HomieDevice {
	/** nodes: {id: {name, type, properties: {id: {name, datatype, format, settable, retained, unit}}}}, as in version 5. */
	constructor(url, root, {name, nodes, ...options}) {
		Object.assign(this, {url, root, name, nodes, options});
		this.values = new Map(); // "node/property" -> value
		this.commands = []; // {topic, payload} in order
		this.waiting = new Set();
		this.told = new Set(); // the topics that hold something retained
	}

	async start() {
		this.over = false;
		this.client = mqtt.connect(this.url, {
			reconnectPeriod: 0, ...this.options, will: {topic: `${this.root}/$state`, payload: 'lost', retain: true, qos: 1},
		});
		this.client.on('message', (topic, payload) => this.hear(topic, String(payload)));
		await once(this.client, 'connect');
		await this.setState('init');
		await this.describe();
		await this.client.subscribeAsync(`${this.root}/+/+/set`, {qos: 1});
		await this.setState('ready');
	}

	async say(topic, payload, retain = true) {
		if (retain)
			this.told.add(topic);
		await this.client.publishAsync(`${this.root}/${topic}`, payload, {retain, qos: 1});
	}

	setState(state) {
		return this.say('$state', state);
	}

	/** What a property is from now on. */
	async report(path, value) {
		const [node, property] = path.split('/');
		this.values.set(path, String(value));
		await this.say(path, String(value), this.nodes[node].properties[property].retained !== false);
	}

	async hear(topic, payload) {
		const path = topic.slice(this.root.length + 1, -'/set'.length);
		const [node, property] = path.split('/');
		this.commands.push({topic, payload});
		if (this.nodes[node]?.properties[property]?.settable)
			await this.report(path, payload).catch((error) => {
				if (!this.over) // else it has died with it
					throw error;
			});
		for (const check of [...this.waiting])
			check();
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

	/** Takes back all that it has said: it is there no more. */
	async remove() {
		for (const topic of [...this.told])
			await this.client.publishAsync(`${this.root}/${topic}`, '', {retain: true, qos: 1});
		this.told.clear();
	}

	async stop() {
		await this.setState('disconnected');
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

export class Homie5Device extends HomieDevice {
	/** more: further keys of the description, such as root and parent. */
	constructor(url, id, {more = {}, ...options}) {
		super(url, `homie/5/${id}`, options);
		this.more = more;
	}

	describe() {
		return this.say('$description', JSON.stringify({homie: '5.0', version: 1, name: this.name, nodes: this.nodes, ...this.more}));
	}
}

export class Homie4Device extends HomieDevice {
	constructor(url, id, options) {
		super(url, `homie/${id}`, options);
	}

	async describe() {
		await this.say('$homie', '4.0.0');
		await this.say('$name', this.name);
		await this.say('$extensions', '');
		for (const [id, node] of Object.entries(this.nodes)) {
			for (const [property, attributes] of Object.entries(node.properties))
				for (const [attribute, value] of Object.entries(attributes))
					await this.say(`${id}/${property}/$${attribute}`, String(value));
			await this.say(`${id}/$name`, node.name ?? id);
			await this.say(`${id}/$type`, node.type ?? '');
			await this.say(`${id}/$properties`, Object.keys(node.properties).join());
		}
		await this.say('$nodes', Object.keys(this.nodes).join());
	}
}
