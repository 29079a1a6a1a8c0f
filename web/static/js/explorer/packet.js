// MQTT 5.0 packets: what a browser that looks at topics needs of them. Bytes to objects and back, no I/O.

/**
 * @typedef {object} Message
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {0|1|2} qos
 * @property {boolean} retain
 * @property {boolean} dup
 * @property {number} id 0 at QoS 0
 * @property {Props} props
 *
 * @typedef {object} Props
 * @property {[string, string][]} user
 * @property {string} [contentType]
 * @property {string} [responseTopic]
 * @property {Uint8Array} [correlation]
 * @property {number} [expiry] seconds
 * @property {boolean} [text] the payload is said to be UTF-8
 * @property {string} [reason]
 * @property {string} [clientId] assigned
 * @property {number} [keepAlive] seconds, the server's
 * @property {number} [receiveMaximum]
 * @property {number} [maximumPacket]
 *
 * @typedef {{type: number, flags: number, body: Uint8Array}} Frame
 */

export const CONNECT = 1, CONNACK = 2, PUBLISH = 3, PUBACK = 4, PUBREC = 5, PUBREL = 6, PUBCOMP = 7, SUBSCRIBE = 8, SUBACK = 9, UNSUBSCRIBE = 10,
	UNSUBACK = 11, PINGREQ = 12, PINGRESP = 13, DISCONNECT = 14;

export class MalformedPacket extends Error {}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// ---- writing ------------------------------------------------------------------

/** @param {number} n */
function varint(n) {
	const bytes = [];
	do {
		bytes.push(n % 128 | (n >= 128 ? 128 : 0));
		n = Math.floor(n / 128);
	} while (n);
	return bytes;
}

/** @param {number} n */
const u16 = (n) => [n >> 8, n & 255];

/** @param {string} text */
function string(text) {
	const bytes = encoder.encode(text);
	if (bytes.length > 65535) throw new RangeError('an MQTT string has at most 65535 bytes');
	return [...u16(bytes.length), ...bytes];
}

/** @param {number} first @param {(ArrayLike<number>)[]} parts */
function packet(first, ...parts) {
	const length = parts.reduce((sum, part) => sum + part.length, 0);
	const head = [first, ...varint(length)];
	const bytes = new Uint8Array(head.length + length);
	bytes.set(head);
	let at = head.length;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

/**
 * A new session without a name: the hub knows the browser by its cookie and gives it a client identifier.
 * @param {{keepAlive: number, maximumPacket: number}} options
 */
export function connect({ keepAlive, maximumPacket }) {
	const props = [0x27, maximumPacket >>> 24, maximumPacket >>> 16 & 255, maximumPacket >>> 8 & 255, maximumPacket & 255];
	return packet(CONNECT << 4, string('MQTT'), [5, 2, ...u16(keepAlive), props.length, ...props], string(''));
}

/** Retained messages keep their flag, so that it can be shown. @param {number} id @param {string} filter @param {number} qos */
export const subscribe = (id, filter, qos) => packet(SUBSCRIBE << 4 | 2, [...u16(id), 0], string(filter), [qos | 0x08]);

/** @param {number} id @param {string} filter */
export const unsubscribe = (id, filter) => packet(UNSUBSCRIBE << 4 | 2, [...u16(id), 0], string(filter));

/** @param {{topic: string, payload: Uint8Array, qos: number, retain: boolean, id: number}} message */
export const publish = ({ topic, payload, qos, retain, id }) =>
	packet(PUBLISH << 4 | qos << 1 | (retain ? 1 : 0), string(topic), qos ? u16(id) : [], [0], payload);

/** PUBACK, PUBREC, PUBREL or PUBCOMP without a complaint. @param {number} type @param {number} id */
export const ack = (type, id) => packet(type << 4 | (type === PUBREL ? 2 : 0), u16(id));

export const pingreq = () => packet(PINGREQ << 4);
export const disconnect = () => packet(DISCONNECT << 4);

// ---- reading ------------------------------------------------------------------

/** Takes whole packets out of chunks of a stream. */
export class Framer {
	constructor() {
		/** What is left of a packet that is not whole yet. @type {Uint8Array} */
		this.rest = new Uint8Array(0);
	}

	/** @param {Uint8Array} chunk @returns {Frame[]} they borrow from the chunk */
	take(chunk) {
		let data = chunk;
		if (this.rest.length) {
			data = new Uint8Array(this.rest.length + chunk.length);
			data.set(this.rest);
			data.set(chunk, this.rest.length);
		}
		/** @type {Frame[]} */
		const frames = [];
		let at = 0;
		for (;;) {
			const size = frameAt(data, at);
			if (!size || at + size.head + size.length > data.length) break;
			const from = at + size.head;
			frames.push({ type: data[at] >> 4, flags: data[at] & 15, body: data.subarray(from, from + size.length) });
			at = from + size.length;
		}
		this.rest = data.slice(at);
		return frames;
	}
}

/** The sizes of the packet that begins there; null: not known yet. @param {Uint8Array} data @param {number} at */
function frameAt(data, at) {
	let length = 0;
	for (let i = 1, scale = 1; at + i < data.length; i++, scale *= 128) {
		length += (data[at + i] & 127) * scale;
		if (data[at + i] < 128) return { head: i + 1, length };
		if (i === 4) throw new MalformedPacket('a length of more than four bytes');
	}
	return null;
}

class Reader {
	/** @param {Uint8Array} data */
	constructor(data) {
		this.data = data;
		this.at = 0;
	}

	/** @param {number} n */
	need(n) {
		if (this.at + n > this.data.length) throw new MalformedPacket('a packet ends too early');
	}

	get left() {
		return this.data.length - this.at;
	}

	u8() {
		this.need(1);
		return this.data[this.at++];
	}

	u16() {
		return this.u8() * 256 + this.u8();
	}

	u32() {
		return this.u16() * 65536 + this.u16();
	}

	varint() {
		const size = frameAt(this.data, this.at - 1);
		if (!size) throw new MalformedPacket('a packet ends too early');
		this.at += size.head - 1;
		return size.length;
	}

	/** A copy of so many bytes. @param {number} n */
	bytes(n) {
		this.need(n);
		this.at += n;
		return this.data.slice(this.at - n, this.at);
	}

	binary() {
		return this.bytes(this.u16());
	}

	string() {
		const length = this.u16();
		this.need(length);
		this.at += length;
		try {
			return decoder.decode(this.data.subarray(this.at - length, this.at));
		} catch {
			throw new MalformedPacket('a string is no UTF-8');
		}
	}
}

/** Property identifier → how to read it (MQTT 5.0 §2.2.2.2). @type {Record<number, (reader: Reader, props: Props) => void>} */
const PROPERTIES = {
	0x01: (r, p) => { p.text = r.u8() === 1; },
	0x02: (r, p) => { p.expiry = r.u32(); },
	0x03: (r, p) => { p.contentType = r.string(); },
	0x08: (r, p) => { p.responseTopic = r.string(); },
	0x09: (r, p) => { p.correlation = r.binary(); },
	0x0b: (r) => { r.varint(); },
	0x11: (r) => { r.u32(); },
	0x12: (r, p) => { p.clientId = r.string(); },
	0x13: (r, p) => { p.keepAlive = r.u16(); },
	0x15: (r) => { r.string(); },
	0x16: (r) => { r.binary(); },
	0x1a: (r) => { r.string(); },
	0x1c: (r) => { r.string(); },
	0x1f: (r, p) => { p.reason = r.string(); },
	0x21: (r, p) => { p.receiveMaximum = r.u16(); },
	0x22: (r) => { r.u16(); },
	0x23: (r) => { r.u16(); },
	0x24: (r) => { r.u8(); },
	0x25: (r) => { r.u8(); },
	0x26: (r, p) => { p.user.push([r.string(), r.string()]); },
	0x27: (r, p) => { p.maximumPacket = r.u32(); },
	0x28: (r) => { r.u8(); },
	0x29: (r) => { r.u8(); },
	0x2a: (r) => { r.u8(); },
};

/** @param {Reader} r @returns {Props} */
function readProps(r) {
	/** @type {Props} */
	const props = { user: [] };
	const length = r.varint();
	r.need(length);
	const end = r.at + length;
	while (r.at < end) {
		const read = PROPERTIES[r.u8()];
		if (!read) throw new MalformedPacket('an unknown property');
		read(r, props);
	}
	if (r.at !== end) throw new MalformedPacket('properties longer than they say');
	return props;
}

/** @param {Frame} frame */
export function readConnack(frame) {
	const r = new Reader(frame.body);
	r.u8();
	const reason = r.u8();
	return { reason, props: r.left ? readProps(r) : /** @type {Props} */ ({ user: [] }) };
}

/** @param {Frame} frame @returns {Message} */
export function readPublish({ flags, body }) {
	const qos = /** @type {0|1|2} */ (flags >> 1 & 3);
	if (/** @type {number} */ (qos) === 3) throw new MalformedPacket('a quality of service of 3');
	const r = new Reader(body);
	const topic = r.string();
	const id = qos ? r.u16() : 0;
	const props = readProps(r);
	return { topic, payload: r.bytes(r.left), qos, retain: (flags & 1) === 1, dup: (flags & 8) === 8, id, props };
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP, and SUBACK or UNSUBACK of one filter. @param {Frame} frame */
export function readAck({ type, body }) {
	const r = new Reader(body);
	const id = r.u16();
	const many = type === SUBACK || type === UNSUBACK;
	const props = many ? readProps(r) : null;
	const reason = r.left ? r.u8() : 0;
	return { id, reason, text: (props ?? (r.left ? readProps(r) : { reason: '' })).reason ?? '' };
}

/** @param {Frame} frame */
export function readDisconnect({ body }) {
	const r = new Reader(body);
	const reason = r.left ? r.u8() : 0;
	return { reason, text: (r.left ? readProps(r) : { reason: '' }).reason ?? '' };
}

// ---- names ----------------------------------------------------------------------

/** Whether this may be subscribed to (§4.7). @param {string} filter */
export function filterValid(filter) {
	if (!filter || filter.includes('\0') || encoder.encode(filter).length > 65535) return false;
	const levels = filter.split('/');
	return levels.every((level, i) => (!level.includes('+') || level === '+') && (!level.includes('#') || (level === '#' && i === levels.length - 1)));
}

/** Whether the filter reaches the topic (§4.7): wildcards in its first level reach none that begins with $. @param {string} filter @param {string} topic */
export function matches(filter, topic) {
	const wanted = filter.split('/'), levels = topic.split('/');
	if (topic.startsWith('$') && /^[+#]$/.test(wanted[0])) return false;
	for (let i = 0; i < wanted.length; i++) {
		if (wanted[i] === '#') return true;
		if (i >= levels.length || (wanted[i] !== '+' && wanted[i] !== levels[i])) return false;
	}
	return wanted.length === levels.length;
}

/** Whether this may be published to. @param {string} topic */
export const topicValid = (topic) => topic !== '' && !/[+#\0]/.test(topic) && !topic.startsWith('$') && encoder.encode(topic).length <= 65535;
