/* Ports for daemons under test. They are taken below the kernel's own range for connections (ip_local_port_range), so
 * that no connection can sit on one while its daemon is away for a restart, and each is claimed against other tests
 * by a UDP socket of the same number, which the kernel gives back with the process. free_port.h plays by the same
 * rule. */
import dgram from 'node:dgram';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import net from 'node:net';

const LOWEST = 10000;
const [ephemeral] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/).map(Number);

/** Claims a port, or says that another test or program has it. */
async function claim(port) {
	const mark = dgram.createSocket('udp4').unref();
	const server = net.createServer();
	try {
		mark.bind({port, address: '127.0.0.1', exclusive: true});
		await once(mark, 'listening');
		server.listen(port, '127.0.0.1');
		await once(server, 'listening');
		await new Promise((done) => server.close(done));
		return true;
	} catch (error) {
		mark.close();
		if (error.code !== 'EADDRINUSE')
			throw error;
		return false;
	}
}

/** Ports that are this process's own until it ends. */
export async function freePorts(count) {
	const ports = [];
	for (let tries = 0; ports.length < count; tries++) {
		if (tries === 1000)
			throw new Error(`no port between ${LOWEST} and ${ephemeral} is free`);
		const port = LOWEST + Math.floor(Math.random() * (ephemeral - LOWEST));
		if (await claim(port))
			ports.push(port);
	}
	return ports;
}
