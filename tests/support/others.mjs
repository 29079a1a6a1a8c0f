/* Devices of others at a hub: their credentials, and what a test asks of them through the API. */
import {eventually} from './hub.mjs';

/** Gives a device of others its user. Resolves with what its simulator needs: url, username, password, prefix; and the client's name. */
export async function admit(hub, wish) {
	const answer = await hub.api('/api/v1/clients', {method: 'POST', cookie: hub.cookie, body: wish});
	if (answer.status !== 201)
		throw new Error(`client: ${answer.status} ${answer.text}`);
	const {name, password, prefix} = answer.json;
	return {client: name, url: `mqtt://127.0.0.1:${hub.mqttPort}`, username: name, password, prefix};
}

/** Waits until a device is as wanted; resolves with it. */
export const device = (hub, wanted, what) => eventually(async () =>
	(await hub.get('/api/v1/devices')).devices.find(wanted), what);

/** Waits until an entity of the device is as wanted; resolves with it. */
export const entity = (hub, id, name, wanted = () => true) => eventually(async () => {
	const answer = await hub.api(`/api/v1/devices/${id}`, {cookie: hub.cookie});
	const found = answer.json?.entities?.find((e) => e.id === name || e.name === name);
	return found && wanted(found) && found;
}, `${id}/${name} as wanted`);

/** Commands an entity and waits until it is confirmed; resolves with the command. */
export async function command(hub, id, name, value) {
	const answer = await hub.api(`/api/v1/devices/${id}/entities/${name}/command`, {method: 'POST', cookie: hub.cookie, body: {value}});
	if (answer.status !== 202)
		throw new Error(`command: ${answer.status} ${answer.text}`);
	return eventually(async () => {
		const {commands} = await hub.get(`/api/v1/commands?device=${id}`);
		const one = commands.find((c) => c.id === answer.json.id);
		if (['failed', 'expired'].includes(one?.state))
			throw new Error(`command ${JSON.stringify(one)}`);
		return one?.state === 'confirmed' && one;
	}, `${id}/${name} obeys ${JSON.stringify(value)}`);
}

/** Erases the device; its broker then keeps nothing that is retained below these filters. */
export async function erase(hub, id) {
	const answer = await hub.api(`/api/v1/devices/${id}`, {method: 'DELETE', cookie: hub.cookie});
	if (answer.status !== 204)
		throw new Error(`erase: ${answer.status} ${answer.text}`);
}
