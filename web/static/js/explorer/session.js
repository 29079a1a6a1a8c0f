// The explorer's one connection and what was heard on it, shared by its pages and kept a moment when one is left for the
// other. Messages are taken as they come; the page draws what has changed at most ten times a second.
import { batch, effect, signal } from '../lib.js';
import { get } from '../api.js';
import { devices, session } from '../store.js';
import { MqttClient } from './client.js';
import { BrokerHealth } from './health.js';
import { matches } from './packet.js';
import { Past, TopicTree } from './topics.js';

/** @import {Message} from './packet.js' */
/** @import {Answer, State} from './client.js' */
/** @import {Signal} from '../lib.js' */

export const EVERYTHING = '#', SYSTEM = '$SYS/#';
const DRAW_MS = 100, TICK_MS = 1000, LINGER_MS = 3000;
const QOS = 2; // so that each message shows the quality of service that it was sent with

/** @type {Signal<State>} */
export const state = signal(/** @type {State} */ ('connecting'));
/** What the hub said when it refused. @type {Signal<Answer|null>} */
export const refusal = signal(/** @type {Answer|null} */ (null));
/** Grows when there is something new to draw. */
export const frame = signal(0);
export const filter = signal(EVERYTHING);
/** Whether the tree has the broker's own topics, too. */
export const withSystem = signal(false);
export const paused = signal(false);
/** The chosen topic; '' is none (it cannot be one). */
export const chosen = signal('');

export const tree = new TopicTree();
export const health = new BrokerHealth();
/** Of the chosen topic. */
export let past = new Past();
/** Messages that came while it was paused. */
export let missed = 0;

/** @type {MqttClient|null} */
let client = null;
/** Whether it is a guest's: what it may hear changes with devices and rooms. */
let narrow = false;
/** Who heard what is there, and with which rights. */
let whose = '';
let users = 0;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let linger;
/** @type {ReturnType<typeof setInterval>|undefined} */
let ticking;

// ---- drawing ------------------------------------------------------------------

let due = false;
let drawn = 0;

/** There is something new. */
function touch() {
	if (due) return;
	due = true;
	const draw = () => {
		due = false;
		drawn = performance.now();
		frame.value++;
	};
	setTimeout(() => requestAnimationFrame(draw), Math.max(0, DRAW_MS - (performance.now() - drawn)));
}

// ---- what comes -----------------------------------------------------------------

const decoder = new TextDecoder();

/** @param {Message} message @param {number} now */
function take(message, now) {
	if (message.topic.startsWith('$SYS/')) health.take(message.topic, decoder.decode(message.payload), now);
	// what only the page of the broker's health has asked for
	if (message.topic.startsWith('$') && !withSystem.peek() && !matches(filter.peek(), message.topic)) return;
	if (paused.peek()) {
		missed++;
		return;
	}
	const node = tree.hear(message, now);
	if (message.topic === chosen.peek() && node.last) past.add(node.last);
}

/** @param {Message[]} messages */
function onMessages(messages) {
	const now = Date.now();
	for (const message of messages) take(message, now);
	touch();
}

/** @param {State} now @param {Answer} answer */
function onState(now, answer) {
	if (now === 'live' && narrow) clear(); // perhaps with other rights: what may be heard still is retained, or comes
	batch(() => {
		state.value = now;
		refusal.value = now === 'refused' ? answer : null;
	});
	// most often the session has ended: then this leads to the login
	if (now === 'refused') void get('/session').catch(() => {});
}

// ---- a guest's rooms ----------------------------------------------------------------

/** What a guest listened to is not for it any more: then to what is. @param {string} wanted */
function onRefused(wanted) {
	if (wanted === filter.peek() && wanted !== EVERYTHING) void listen(EVERYTHING);
}

/** A device that has left the guest's rooms takes what it said along. The hub has stopped telling before the page hears of it. Answers the function
 *  that ends it. */
function followRooms() {
	let before = devices.peek();
	return effect(() => {
		const now = devices.value;
		const left = [...before.keys()].some((id) => !now.has(id));
		before = now;
		if (left) void listen(filter.peek()).then((answer) => answer && onRefused(filter.peek()));
	});
}

/** @type {(() => void)|undefined} */
let unfollow;

// ---- what the page wants ----------------------------------------------------------

/** Opens the connection for a page; answers the function that lets go of it. @param {boolean} system whether it may hear of the broker itself
 *  @param {boolean} guest whether it hears chosen rooms only */
export function acquire(system, guest) {
	clearTimeout(linger);
	users++;
	const rights = `${session.peek()?.user}/${system}/${guest}`;
	if (client && rights !== whose) close(); // what one has heard is not for another, nor for the same one with fewer rights
	if (!client) {
		whose = rights;
		client = new MqttClient({ url: `${location.origin.replace(/^http/, 'ws')}/mqtt`, onState, onMessages, onRefused });
		narrow = guest;
		unfollow = guest ? followRooms() : undefined;
		state.value = 'connecting';
		void client.subscribe(filter.peek(), QOS);
		if (system) void client.subscribe(SYSTEM, 0);
		client.start();
		ticking = setInterval(() => {
			if (!paused.peek()) tree.tick(Date.now());
			touch();
		}, TICK_MS);
	}
	return () => {
		if (--users === 0) linger = setTimeout(close, LINGER_MS);
	};
}

function close() {
	unfollow?.();
	unfollow = undefined;
	client?.stop();
	client = null;
	clearInterval(ticking);
	tree.clear();
	past = new Past();
	batch(() => {
		chosen.value = '';
		paused.value = false;
	});
}

/** After a refusal. */
export function retry() {
	client?.start();
	state.value = 'connecting';
}

/** Forgets what was heard and listens to this alone. Answers the hub's no, or null. @param {string} wanted @returns {Promise<Answer|null>} */
export async function listen(wanted) {
	const before = filter.peek();
	if (client && before !== wanted && before !== SYSTEM) void client.unsubscribe(before).catch(() => {});
	filter.value = wanted;
	clear();
	const answer = await client?.subscribe(wanted, QOS).catch(() => null);
	return answer && answer.reason >= 0x80 ? answer : null;
}

/** @param {boolean} wanted */
export function listenToSystem(wanted) {
	withSystem.value = wanted;
	if (wanted) void client?.subscribe(SYSTEM, 0).catch(() => {}); // once more: all values come again
}

export function clear() {
	tree.clear();
	choose('');
	touch();
}

/** @param {boolean} wanted */
export function pause(wanted) {
	missed = 0;
	tree.ticked = null;
	paused.value = wanted;
	touch();
}

/** @param {string} topic '' for none */
export function choose(topic) {
	past = new Past();
	const last = tree.find(topic)?.last;
	if (last) past.add(last);
	chosen.value = topic;
}

/** Sends a message; answers what the hub says of it. @param {{topic: string, payload: Uint8Array, qos: number, retain: boolean}} message */
export function send(message) {
	if (!client) return Promise.reject(new Error('not connected'));
	return client.publish(message);
}
