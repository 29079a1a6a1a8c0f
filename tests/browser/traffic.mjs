// Things that speak MQTT to a real hub, for the explorer to look at: a node client that logs in as pages do.
import assert from 'node:assert/strict';
import { WebSocketClient, mqtt } from '../support/websocket.mjs';

export class Traffic {
	/** @param {any} hub with its owner's cookie */
	static async open(hub) {
		const traffic = new Traffic();
		traffic.client = await WebSocketClient.open({ port: hub.httpsPort, tls: { rejectUnauthorized: false }, headers: { Cookie: hub.cookie, Origin: hub.url } });
		assert.equal(traffic.client.status, 101, traffic.client.head);
		await traffic.client.send(mqtt.connect({ clientId: '', version: 5 }));
		const connack = await traffic.client.nextPacket();
		assert.equal(connack.body[1], 0);
		return traffic;
	}

	/** Sends [topic, payload, options] in one frame. @param {any[]} messages */
	send(...messages) {
		return this.client.send(Buffer.concat(messages.map(([topic, payload, options]) => mqtt.publish(topic, typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload), { version: 5, ...options }))));
	}

	/** Waits until the hub has handled all that was sent. */
	async settle() {
		await this.client.send(mqtt.pingreq());
		for (;;) {
			const packet = await this.client.nextPacket();
			if (packet.type === 13) return;
		}
	}

	close() {
		this.client.socket.destroy();
	}
}
