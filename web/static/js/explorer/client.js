// An MQTT 5.0 client over the hub's WebSocket, logged in by the page's own session: finds back by itself after a break, and
// gives up when the hub says no. Knows no page.
import {
	CONNACK, DISCONNECT, Framer, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, UNSUBACK,
	ack, connect, disconnect, pingreq, publish, readAck, readConnack, readDisconnect, readPublish, subscribe, unsubscribe,
} from './packet.js';

/** @import {Message} from './packet.js' */
/** @typedef {'connecting'|'live'|'lost'|'refused'} State */
/** @typedef {{reason: number, text: string}} Answer of the hub: a reason code of MQTT, 0x80 and above is a no */

const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15000];
const KEEP_ALIVE_S = 60;
const PING_MS = 25000;
const PONG_MS = 10000;
const MAXIMUM_PACKET = 1 << 20; // larger messages are not for looking at: the hub leaves them out
/** Who asks again gets the same answer: wrong name, not authorised, client identifier, banned, authentication method. */
const FINAL = new Set([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c]);

/** Nobody will answer: the connection broke. */
export class Lost extends Error {}

/** @param {Uint8Array[]} parts */
function joined(parts) {
	if (parts.length === 1) return parts[0];
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

export class MqttClient {
	/**
	 * @param {object} options
	 * @param {string} options.url
	 * @param {(state: State, answer: Answer) => void} options.onState
	 * @param {(messages: Message[]) => void} options.onMessages those of one frame of the WebSocket
	 * @param {(filter: string) => void} [options.onRefused] after a break the hub no longer lets us listen to this
	 */
	constructor({ url, onState, onMessages, onRefused = () => {} }) {
		this.url = url;
		this.onState = onState;
		this.onMessages = onMessages;
		this.onRefused = onRefused;
		/** filter → quality of service, to be had again after a break @type {Map<string, number>} */
		this.filters = new Map();
		/** What waits for its answer, by packet identifier. @type {Map<number, {filter: string, type: number, settle: (answer: Answer) => void, fail: (error: Error) => void}>} */
		this.waiting = new Map();
		/** Messages of QoS 2 that wait for PUBREL: they are told once. @type {Set<number>} */
		this.incoming = new Set();
		/** @type {WebSocket|null} */
		this.socket = null;
		/** @type {State} */
		this.state = 'connecting';
		this.attempt = 0;
		this.lastId = 0;
		/** @type {Uint8Array[]} written at once when a frame has been handled */
		this.out = [];
		this.corked = false;
		/** @type {ReturnType<typeof setTimeout>|undefined} */
		this.timer = undefined;
		/** @type {ReturnType<typeof setTimeout>|undefined} */
		this.pongTimer = undefined;
	}

	/** Also once more after a refusal. */
	start() {
		if (!this.socket) this.open();
	}

	stop() {
		clearTimeout(this.timer);
		if (this.state === 'live') this.write(disconnect());
		this.drop();
	}

	/** @param {State} state @param {Answer} answer */
	tell(state, answer = { reason: 0, text: '' }) {
		this.state = state;
		this.onState(state, answer);
	}

	open() {
		const socket = new WebSocket(this.url, 'mqtt');
		const framer = new Framer();
		socket.binaryType = 'arraybuffer';
		this.socket = socket;
		socket.onopen = () => this.write(connect({ keepAlive: KEEP_ALIVE_S, maximumPacket: MAXIMUM_PACKET }));
		socket.onmessage = ({ data }) => {
			if (socket !== this.socket) return;
			try {
				this.take(framer.take(new Uint8Array(data)));
			} catch (error) {
				console.error(error);
				this.lose();
			}
		};
		socket.onclose = () => {
			if (socket === this.socket) this.lose();
		};
	}

	/** Lets go of the socket; whoever waits for an answer hears that none will come. */
	drop() {
		const socket = this.socket;
		this.socket = null;
		clearTimeout(this.pongTimer);
		this.incoming.clear();
		this.out = [];
		const waiting = [...this.waiting.values()];
		this.waiting.clear();
		for (const { fail } of waiting) fail(new Lost());
		socket?.close();
	}

	lose() {
		clearTimeout(this.timer);
		this.drop();
		const wait = BACKOFF_MS[Math.min(this.attempt++, BACKOFF_MS.length - 1)];
		this.timer = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
		this.tell('lost');
	}

	/** @param {Answer} answer */
	giveUp(answer) {
		clearTimeout(this.timer);
		this.drop();
		this.tell('refused', answer);
	}

	/** @param {Uint8Array} bytes */
	write(bytes) {
		this.out.push(bytes);
		if (!this.corked) this.flush();
	}

	flush() {
		if (this.out.length && this.socket?.readyState === 1) this.socket.send(/** @type {BufferSource} */ (joined(this.out)));
		this.out = [];
	}

	ping() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => {
			this.write(pingreq());
			this.pongTimer ??= setTimeout(() => this.lose(), PONG_MS);
			this.ping();
		}, PING_MS);
	}

	// ---- what comes ---------------------------------------------------------------

	/** @param {import('./packet.js').Frame[]} frames */
	take(frames) {
		/** @type {Message[]} */
		const messages = [];
		this.corked = true;
		for (const frame of frames) {
			if (frame.type === PUBLISH) this.takeMessage(readPublish(frame), messages);
			else this.takeAnswer(frame);
			if (!this.socket) break;
		}
		this.corked = false;
		this.flush();
		if (messages.length) this.onMessages(messages);
	}

	/** @param {Message} message @param {Message[]} messages */
	takeMessage(message, messages) {
		if (message.qos < 2 || !this.incoming.has(message.id)) messages.push(message);
		if (message.qos === 1) this.write(ack(PUBACK, message.id));
		if (message.qos === 2) {
			this.incoming.add(message.id);
			this.write(ack(PUBREC, message.id));
		}
	}

	/** @param {import('./packet.js').Frame} frame */
	takeAnswer(frame) {
		switch (frame.type) {
		case CONNACK:
			return this.takeConnack(readConnack(frame));
		case PUBACK: case PUBCOMP: case SUBACK: case UNSUBACK:
			return this.settle(readAck(frame));
		case PUBREC: {
			const answer = readAck(frame);
			if (answer.reason >= 0x80) this.settle(answer);
			else this.write(ack(PUBREL, answer.id));
			return;
		}
		case PUBREL: {
			const { id } = readAck(frame);
			this.incoming.delete(id);
			this.write(ack(PUBCOMP, id));
			return;
		}
		case PINGRESP:
			clearTimeout(this.pongTimer);
			this.pongTimer = undefined;
			return;
		case DISCONNECT: {
			const answer = readDisconnect(frame);
			if (FINAL.has(answer.reason)) this.giveUp(answer);
			else this.lose();
		}
		}
	}

	/** @param {{reason: number, props: import('./packet.js').Props}} connack */
	takeConnack({ reason, props }) {
		const answer = { reason, text: props.reason ?? '' };
		if (FINAL.has(reason)) return this.giveUp(answer);
		if (reason >= 0x80) return this.lose();
		this.attempt = 0;
		this.pongTimer = undefined;
		this.ping();
		for (const [filter, qos] of this.filters) void this.listenAgain(filter, qos);
		this.tell('live', answer);
	}

	/** @param {string} filter @param {number} qos */
	async listenAgain(filter, qos) {
		const answer = await this.ask(SUBACK, (id) => subscribe(id, filter, qos), filter).catch(() => null);
		if (answer && answer.reason >= 0x80) this.onRefused(filter);
	}

	/** @param {{id: number, reason: number, text: string}} answer */
	settle({ id, reason, text }) {
		const entry = this.waiting.get(id);
		this.waiting.delete(id);
		if (entry?.type === SUBACK && reason >= 0x80) this.filters.delete(entry.filter);
		entry?.settle({ reason, text });
	}

	// ---- what goes ----------------------------------------------------------------

	/**
	 * Sends what waits for an answer. Rejects with Lost when the connection breaks first.
	 * @param {number} type @param {(id: number) => Uint8Array} make @param {string} filter @returns {Promise<Answer>}
	 */
	ask(type, make, filter = '') {
		if (this.state !== 'live' && type !== SUBACK) return Promise.reject(new Lost());
		do this.lastId = this.lastId % 65535 + 1; while (this.waiting.has(this.lastId));
		const id = this.lastId;
		return new Promise((settle, fail) => {
			this.waiting.set(id, { type, filter, settle, fail });
			this.write(make(id));
		});
	}

	/** The hub's answer, or null when it is asked once the connection is there. @param {string} filter @param {number} qos @returns {Promise<Answer|null>} */
	async subscribe(filter, qos) {
		this.filters.set(filter, qos);
		return this.state === 'live' ? this.ask(SUBACK, (id) => subscribe(id, filter, qos), filter) : null;
	}

	/** @param {string} filter */
	async unsubscribe(filter) {
		if (this.filters.delete(filter) && this.state === 'live') await this.ask(UNSUBACK, (id) => unsubscribe(id, filter));
	}

	/** Answers what the hub says of it; at QoS 0 it says nothing. @param {{topic: string, payload: Uint8Array, qos: number, retain: boolean}} message @returns {Promise<Answer>} */
	async publish(message) {
		if (message.qos) return this.ask(message.qos === 1 ? PUBACK : PUBCOMP, (id) => publish({ ...message, id }));
		if (this.state !== 'live') throw new Lost();
		this.write(publish({ ...message, id: 0 }));
		return { reason: 0, text: '' };
	}
}
