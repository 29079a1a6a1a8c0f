/* What the tests of real MQTT clients share: an open broker over TCP, where a
 * client may use any topic, and a hub over TLS with the credentials of a device,
 * which reaches its own topics only. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {buildDir, Daemon, startAgent, startHub} from './hub.mjs';
import {freePorts} from './ports.mjs';

/** One generous deadline for a whole test: what does not come in this time does not come. */
export const DEADLINE = {timeout: 180000};

const started = new Set();

/** Starts tomte-hub --broker-only: {host, port, url, dir, stop()}. */
export async function startBroker() {
	const dir = await mkdtemp(path.join(os.tmpdir(), 'tomte-broker-'));
	const [port] = await freePorts(1);
	const daemon = new Daemon('tomte-hub', path.join(buildDir, 'tomte-hub'),
		['--broker-only', '--listen', `127.0.0.1:${port}`, '--allow-anonymous', '--state-dir', path.join(dir, 'state')],
		path.join(dir, 'broker.log'));
	const broker = {host: '127.0.0.1', port, url: `mqtt://127.0.0.1:${port}`, dir, daemon};
	broker.stop = async () => {
		started.delete(broker);
		try {
			await daemon.stop(); // a sanitizer that found something ends it with a status
		} finally {
			await rm(dir, {recursive: true, force: true});
		}
	};
	started.add(broker);
	await daemon.waitLog(/hub: ready/);
	return broker;
}

/** Starts a hub that a device has joined, and gives away the device's credentials:
 * {hub, host, port, wsPort, wssPort, id, user, token, caFile, own(rest): a topic of the device}. */
export async function startHubWithDevice(options) {
	const hub = await startHub(options);
	await hub.setUp();
	const agent = await startAgent(hub, {name: 'Borrowed credentials'});
	const {device_id: id, user, token, ca} = await agent.credentials();
	await agent.stop();
	const caFile = path.join(hub.dir, 'ca.pem');
	await writeFile(caFile, ca);
	return {hub, host: '127.0.0.1', port: hub.mqttsPort, wsPort: hub.httpPort, wssPort: hub.httpsPort, id, user, token, caFile, own: (rest) => `tomte/${id}/${rest}`};
}

/** Stops the open brokers; throws when one did not end well. */
export async function stopBrokers() {
	for (const broker of [...started])
		await broker.stop();
}
process.on('exit', () => {
	for (const broker of started)
		broker.daemon.child.kill('SIGKILL');
});
