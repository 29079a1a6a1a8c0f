// The MQTT users of the hub of pretence, its devices by hand, and the switch for unencrypted MQTT, as the real one answers about them.
const HOUR = 3600000;

/** Topics of the kinds that the tests use. */
const TOPICS = {
	tasmota: (prefix) => [{ filter: `cmnd/${prefix}/#`, publish: false, subscribe: true }, { filter: `stat/${prefix}/#`, publish: true, subscribe: false }, { filter: `tele/${prefix}/#`, publish: true, subscribe: false }],
	esphome: (prefix) => [{ filter: `${prefix}/#`, publish: true, subscribe: true }, { filter: `homeassistant/+/${prefix}/+/config`, publish: true, subscribe: false }],
	homeassistant: () => [{ filter: 'homeassistant/#', publish: true, subscribe: true }],
};
const topicsOf = (kind, prefix) => (TOPICS[kind] ?? ((all) => [{ filter: `${all}/#`, publish: true, subscribe: true }]))(prefix);

export class MockClients {
	open = { allowed: false, port: 1883, fixed: false };
	/** What was said of each device, as GET /devices/{id}/description answers. */
	descriptions = new Map();
	#passwords = 0;

	constructor(empty) {
		const now = Date.now();
		this.clients = empty ? [] : [
			{ name: 'living', title: 'Living room board', kind: 'esphome', created: now - 9 * HOUR, prefix: 'living', topics: topicsOf('esphome', 'living') },
			{ name: 'zigbee2mqtt', title: 'Zigbee stick', kind: 'zigbee2mqtt', created: now - 8 * HOUR, prefix: 'zigbee2mqtt', topics: topicsOf('zigbee2mqtt', 'zigbee2mqtt') }];
	}

	/** Answers the route, or nothing when it is not about them. */
	serve(route, call) {
		const [method, path] = route.split(' ');
		if (path === '/unencrypted-mqtt') {
			if (method === 'PUT') this.open.allowed = call.body.allowed;
			return call.json(200, this.open);
		}
		const described = /^\/devices\/([^/]+)\/description$/.exec(path);
		if (described) return this.#describe(method, described[1], call);
		if (route === 'POST /devices') return this.#make(call);
		const match = /^\/clients(?:\/([\w-]+))?(\/password)?$/.exec(path);
		return match && this.#serveClients(method, match[1], match[2], call);
	}

	#serveClients(method, name, password, { body, json, problem, end }) {
		const client = this.clients.find((one) => one.name === name);
		if (!name && method === 'GET') return json(200, { clients: this.clients });
		if (!name) return this.#add(body, json, problem);
		if (!client) return problem(404, 'There is no such client.');
		if (password) return json(200, { ...client, password: this.#password() });
		if (method === 'GET' && !password) return json(200, client);
		if (method === 'PATCH') return json(200, Object.assign(client, body));
		this.clients = this.clients.filter((one) => one !== client);
		return end(204);
	}

	#password() {
		return `pass${String(++this.#passwords).padStart(12, '0')}`;
	}

	#add(body, json, problem) {
		const made = body.title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
		const prefix = body.kind === 'homeassistant' ? null : body.prefix ?? (body.kind === 'zigbee2mqtt' ? 'zigbee2mqtt' : made);
		if (/[+#]/.test(prefix ?? '')) return problem(422, 'A prefix is a topic without wildcards, and not tomte\'s own.', { field: 'prefix' });
		const client = { name: made, title: body.title, kind: body.kind, created: Date.now(), prefix, topics: topicsOf(body.kind, prefix) };
		this.clients.push(client);
		return json(201, { ...client, password: this.#password() });
	}

	#entities(form) {
		return Object.entries(form.components).map(([id, component]) => ({ id, name: component.name, component: component.platform, device_class: component.device_class ?? null, unit: component.unit_of_measurement ?? null, category: null, series: null, state: null, at: null, controllable: !!component.command_topic }));
	}

	#keep(id, form) {
		this.descriptions.set(id, { dialect: 'hand', client: null, parts: [{ topic: 'hand', payload: JSON.stringify(form) }] });
	}

	#make({ body, json, problem, hub }) {
		if (!body.device?.name) return problem(422, 'The device needs a name.');
		const device = { id: `hand${this.descriptions.size + 1}`, name: body.device.name, area: body.device.suggested_area ?? '', model: '', manufacturer: '', sw_version: '', dialect: 'hand', client: null, note: null, online: null, lost: false, last_seen: null, enrolled: Date.now(), entities: this.#entities(body) };
		this.#keep(device.id, body);
		hub.devices.push(device);
		hub.emit('device', device);
		return json(201, { id: device.id });
	}

	#describe(method, id, { body, json, problem, hub }) {
		const device = hub.device(id);
		if (!device) return problem(404, 'There is no such device.');
		if (method === 'GET') return json(200, this.descriptions.get(id) ?? { dialect: device.dialect ?? null, client: device.client ?? null, parts: [] });
		if (device.dialect !== 'hand') return problem(409, 'This device describes itself.');
		this.#keep(id, body);
		device.entities = this.#entities(body);
		hub.emit('device', device);
		return json(200, { id });
	}
}
