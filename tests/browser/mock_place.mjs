// What is in a device's place at the hub of pretence: keys for it, its credentials, and another device of others instead of it.
export class MockPlace {
	/** Devices that have taken themselves away. */
	formers = [];
	/** Called when a device is told to renew its credentials. */
	onRenewal = () => {};

	/** Answers the route, or nothing when it is not about that. */
	serve(route, { url, body, json, problem, end, hub }) {
		if (route === 'GET /former-devices') return json(200, { devices: this.formers, next: null });
		const match = /^(\w+) \/devices\/([^/]+)(?:\/(key|credentials|replacement))?$/.exec(route);
		if (!match) return null;
		const [, method, id, what] = match, device = hub.device(id), former = this.formers.find((one) => one.id === id);
		if (!what && method === 'DELETE' && former) {
			this.formers = this.formers.filter((one) => one !== former);
			return end(204);
		}
		if (!what) return null;
		if (!device && !former) return problem(404, 'There is no such device.');
		if (what === 'key') return json(201, hub.newKey({ note: '', area: '' }, id));
		if (what === 'replacement') return this.#replace(method, device ?? former, hub.device(body?.with ?? url.searchParams.get('with')), { json, problem, hub });
		if (method === 'DELETE') {
			Object.assign(device, { online: false, parting: 'revoked', changed: Date.now() });
			hub.emit('device', device);
			return end(204);
		}
		const { kid, expires } = hub.newKey({ note: '', area: '' }, id);
		setTimeout(() => this.onRenewal(kid), 0);
		return json(202, { kid, expires });
	}

	#replace(method, old, fresh, { json, problem, hub }) {
		if (!fresh) return problem(404, 'There is no such device.');
		const before = old.entities ?? fresh.entities;
		const kept = before.filter((one) => fresh.entities.some((other) => other.name === one.name)).map((one) => ({ entity: one.id, name: one.name, from: fresh.entities.find((other) => other.name === one.name).id }));
		const answer = {
			kept, lost: before.filter((one) => !kept.some((other) => other.entity === one.id)).map(({ id, name }) => ({ entity: id, name })),
			fresh: fresh.entities.filter((one) => !kept.some((other) => other.from === one.id)).map(({ id, name }) => ({ entity: id, name })),
		};
		if (method === 'GET') return json(200, answer);
		hub.devices = hub.devices.filter((one) => one !== fresh && one.id !== old.id);
		this.formers = this.formers.filter((one) => one.id !== old.id);
		const device = { ...fresh, id: old.id, name: old.name, area: old.area };
		hub.devices.push(device);
		hub.emit('gone', { id: fresh.id });
		hub.emit('device', device);
		return json(200, answer);
	}
}
