/* MQTT over WebSocket byte by byte: a client that says exactly what a test wants said, right or wrong. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';

export const OP = {continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10};

/** A frame as clients send it. options: fin, masked, lengthBytes (0, 2, 8: of the extended length), announced. */
export function frame(opcode, payload = Buffer.alloc(0), {fin = true, masked = true, lengthBytes, announced} = {}) {
	payload = Buffer.from(payload);
	const said = BigInt(announced ?? payload.length);
	const more = lengthBytes ?? (said < 126n ? 0 : said < 65536n ? 2 : 8);
	const head = Buffer.alloc(2 + more);
	head[0] = (fin ? 0x80 : 0) | opcode;
	head[1] = (masked ? 0x80 : 0) | (more === 0 ? Number(said) : more === 2 ? 126 : 127);
	for (let i = 0; i < more; i++)
		head[2 + i] = Number((said >> BigInt(8 * (more - 1 - i))) & 0xffn);
	if (!masked)
		return Buffer.concat([head, payload]);
	const mask = crypto.randomBytes(4);
	return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

/** Bytes that arrive, to be waited for. */
class Inbox {
	constructor(socket) {
		this.data = Buffer.alloc(0);
		this.waiting = [];
		const wake = () => this.waiting.splice(0).forEach((go) => go());
		socket.on('data', (data) => {
			this.data = Buffer.concat([this.data, data]);
			wake();
		});
		socket.on('close', () => {
			this.ended = true;
			wake();
		});
		socket.on('error', () => {});
	}

	/** Resolves with what take() makes of the data (undefined: not enough), or null at the end. */
	async take(take) {
		for (;;) {
			const value = take();
			if (value !== undefined)
				return value;
			if (this.ended)
				return null;
			await new Promise((go) => this.waiting.push(go));
		}
	}
}

export class WebSocketClient {
	/** Connects and asks for /mqtt. options: port, tls (options of tls.connect, or nothing), headers (replacing ours; null removes), host,
	 * dribble (each byte of the request on its own). this.status and this.head tell how it went. */
	static async open({port, tls: tlsOptions, headers = {}, host = '127.0.0.1', dribble = false}) {
		const client = new WebSocketClient();
		client.socket = tlsOptions ? tls.connect({host, port, ...tlsOptions}) : net.connect({host, port});
		client.socket.setNoDelay(true);
		client.inbox = new Inbox(client.socket);
		await new Promise((resolve, reject) => {
			client.socket.once(tlsOptions ? 'secureConnect' : 'connect', resolve);
			client.socket.once('error', reject);
		});
		const name = net.isIPv6(host) ? `[${host}]` : host;
		const all = {Host: `${name}:${port}`, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13',
			'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'), 'Sec-WebSocket-Protocol': 'mqtt', ...headers};
		const lines = Object.entries(all).filter(([, value]) => value !== null).map(([k, v]) => `${k}: ${v}\r\n`).join('');
		await client.write(Buffer.from(`GET /mqtt HTTP/1.1\r\n${lines}\r\n`), dribble);
		client.head = await client.inbox.take(() => {
			const end = client.inbox.data.indexOf('\r\n\r\n');
			if (end < 0)
				return undefined;
			const head = client.inbox.data.subarray(0, end).toString();
			client.inbox.data = client.inbox.data.subarray(end + 4);
			return head;
		});
		client.status = Number(client.head?.split(' ')[1]);
		if (client.status === 101) {
			const accept = crypto.createHash('sha1').update(`${all['Sec-WebSocket-Key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
			if (!client.head.includes(`Sec-WebSocket-Accept: ${accept}`) || !client.head.includes('Sec-WebSocket-Protocol: mqtt'))
				throw new Error(`a wrong handshake: ${client.head}`);
		}
		return client;
	}

	async write(bytes, dribble = false) {
		for (let i = 0; i < bytes.length; i += dribble ? 1 : bytes.length)
			await new Promise((done) => this.socket.write(dribble ? bytes.subarray(i, i + 1) : bytes, done));
	}

	/** Sends MQTT bytes in one binary frame. */
	send(bytes, options) {
		return this.write(frame(OP.binary, bytes, options));
	}

	/** The next frame {opcode, payload}, or null at the end. */
	nextFrame() {
		return this.inbox.take(() => {
			const d = this.inbox.data;
			if (d.length < 2)
				return undefined;
			const more = (d[1] & 127) === 126 ? 2 : (d[1] & 127) === 127 ? 8 : 0;
			if (d.length < 2 + more)
				return undefined;
			const size = more === 0 ? d[1] & 127 : more === 2 ? d.readUInt16BE(2) : Number(d.readBigUInt64BE(2));
			if (d.length < 2 + more + size)
				return undefined;
			this.inbox.data = d.subarray(2 + more + size);
			return {opcode: d[0] & 15, fin: d[0] >= 128, payload: d.subarray(2 + more, 2 + more + size)};
		});
	}

	/** The next MQTT packet {type, flags, body}, or null at the end; control frames go to this.controls. */
	async nextPacket() {
		this.mqtt ??= Buffer.alloc(0);
		this.controls ??= [];
		for (;;) {
			const packet = takePacket(this.mqtt);
			if (packet) {
				this.mqtt = this.mqtt.subarray(packet.size);
				return packet;
			}
			const f = await this.nextFrame();
			if (!f)
				return null;
			if (f.opcode === OP.binary)
				this.mqtt = Buffer.concat([this.mqtt, f.payload]);
			else
				this.controls.push(f);
		}
	}
}

function takePacket(data) {
	let length = 0, shift = 0, at = 1;
	for (; ; at++, shift += 7) {
		if (at >= data.length)
			return null;
		length += (data[at] & 127) * 2 ** shift;
		if (data[at] < 128)
			break;
	}
	const size = at + 1 + length;
	return data.length < size ? null : {type: data[0] >> 4, flags: data[0] & 15, body: data.subarray(at + 1, size), size};
}

const text = (s) => {
	const bytes = Buffer.from(s);
	return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

function packet(first, ...parts) {
	const body = Buffer.concat(parts);
	const length = [];
	let n = body.length;
	do {
		length.push((n & 127) | (n > 127 ? 128 : 0));
		n >>= 7;
	} while (n);
	return Buffer.concat([Buffer.from([first, ...length]), body]);
}

const CONNACK = 2, PUBACK = 4, SUBACK = 9;

/** An MQTT 5.0 client by a browser's session, on a WebSocketClient that is open: whose CONNECT names nobody. */
export const browser = {
	/** Sends CONNECT; client.connack is the answer, client.reason its code. */
	async connect(client, options = {}) {
		await client.send(mqtt.connect({clientId: '', version: 5, ...options}));
		client.connack = await client.nextPacket();
		assert.equal(client.connack?.type, CONNACK);
		client.reason = client.connack.body[1];
		return client;
	},

	/** The next packet of this type; others are passed over. */
	async next(client, type) {
		for (;;) {
			const found = await client.nextPacket();
			assert.ok(found, `closed before a packet of type ${type}`);
			if (found.type === type)
				return found;
		}
	},

	/** Answers the reason code, as publish does. */
	async subscribe(client, filter, options = {}) {
		await client.send(mqtt.subscribe(filter, {version: 5, ...options}));
		return (await browser.next(client, SUBACK)).body.at(-1);
	},

	async publish(client, topic, payload, options = {}) {
		await client.send(mqtt.publish(topic, payload, {version: 5, qos: 1, ...options}));
		const {body} = await browser.next(client, PUBACK);
		return body.length > 2 ? body[2] : 0;
	},
};

/** The few packets of MQTT that such tests need; version 4 (3.1.1) or 5. */
export const mqtt = {
	connect({clientId, user, password, version = 4, will, keepAlive = 0}) {
		const flags = 2 | (user !== undefined ? 0x80 : 0) | (password !== undefined ? 0x40 : 0) | (will ? 4 : 0);
		const props = version === 5 ? [Buffer.from([0])] : [];
		return packet(0x10, text('MQTT'), Buffer.from([version, flags, keepAlive >> 8, keepAlive & 255]), ...props, text(clientId),
			...(will ? [...props, text(will.topic), text(will.payload)] : []), ...(user !== undefined ? [text(user)] : []), ...(password !== undefined ? [text(password)] : []));
	},
	subscribe: (filter, {version = 4, qos = 0} = {}) => packet(0x82, Buffer.from([0, 1, ...(version === 5 ? [0] : [])]), text(filter), Buffer.from([qos])),
	/* props: bytes of properties, fewer than 128, of version 5 */
	publish: (topic, payload, {version = 4, qos = 0, retain = false, id = 1, props = []} = {}) => packet(0x30 | (qos << 1) | (retain ? 1 : 0), text(topic),
		Buffer.from([...(qos ? [id >> 8, id & 255] : []), ...(version === 5 ? [props.length, ...props] : [])]), Buffer.from(payload)),
	pingreq: () => Buffer.from([0xc0, 0]),
	disconnect: () => Buffer.from([0xe0, 0]),
};
