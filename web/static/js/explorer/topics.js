// The tree of topics as it is heard: last message, counts and rates of each, in bounded memory. Pure but for the clock that
// it is given.

/** @import {Message} from './packet.js' */
/** @typedef {Message & {at: number}} Heard at: ms */
/** @typedef {{node: Topic, depth: number, place: number, siblings: number, open: boolean}} Row place: from 1 */

const RATE_MS = 5000;     // over which a rate is averaged
const SILENT = 0.005;     // messages a second: from here on it is none
const order = new Intl.Collator('en', { numeric: true }).compare;

/** A level of the tree; it is a topic, too, when something was heard under its own name. */
export class Topic {
	/** @param {Topic|null} parent @param {string} name */
	constructor(parent, name) {
		this.parent = parent;
		this.name = name;
		/** @type {string} */
		this.topic = parent?.parent ? `${parent.topic}/${name}` : name;
		/** @type {Map<string, Topic>} */
		this.children = new Map();
		/** In the order shown; null: to be sorted. @type {Topic[]|null} */
		this.sorted = null;
		/** @type {Heard|null} */
		this.last = null;
		this.retained = false; // the hub keeps a message under this topic
		this.count = 0;        // of messages, here and below
		this.topics = 0;       // heard of, here and below
		this.fresh = 0;        // messages since the rate was worked out
		this.rate = 0;         // a second, here and below
	}

	/** @returns {Topic[]} */
	inOrder() {
		this.sorted ??= [...this.children.values()].sort((a, b) => order(a.name, b.name));
		return this.sorted;
	}
}

export class TopicTree {
	/** @param {{maxTopics?: number, maxBytes?: number}} bounds maxBytes: of all payloads */
	constructor({ maxTopics = 5000, maxBytes = 32 << 20 } = {}) {
		this.maxTopics = maxTopics;
		this.maxBytes = maxBytes;
		this.root = new Topic(null, '');
		/** Longest silent first. @type {Map<string, Topic>} */
		this.heard = new Map();
		/** Whose rate is not zero, or about to change. @type {Set<Topic>} */
		this.lively = new Set();
		this.bytes = 0;
		this.dropped = 0; // topics let go for want of room
		this.shape = 0;   // grows when levels come or go
		/** @type {number|null} */
		this.ticked = null;
	}

	clear() {
		this.root = new Topic(null, '');
		this.heard.clear();
		this.lively.clear();
		this.bytes = 0;
		this.dropped = 0;
		this.shape++;
		this.ticked = null;
	}

	/** @param {string} topic */
	find(topic) {
		return this.heard.get(topic) ?? null;
	}

	/** @param {string} topic @returns {Topic} */
	reach(topic) {
		let node = this.root;
		for (const name of topic.split('/')) {
			let child = node.children.get(name);
			if (!child) {
				child = new Topic(node, name);
				node.children.set(name, child);
				node.sorted = null;
				this.shape++;
			}
			node = child;
		}
		return node;
	}

	/** @param {Message} message @param {number} now ms @returns {Topic} */
	hear(message, now) {
		const known = this.heard.get(message.topic);
		const node = known ?? this.reach(message.topic);
		this.heard.delete(message.topic);
		this.heard.set(message.topic, node);
		this.bytes += message.payload.length - (node.last?.payload.length ?? 0);
		node.last = { ...message, at: now };
		if (message.retain) node.retained = message.payload.length > 0;
		for (let up = /** @type {Topic|null} */ (node); up; up = up.parent) {
			up.count++;
			up.fresh++;
			if (!known) up.topics++;
			this.lively.add(up);
		}
		while (this.heard.size > this.maxTopics || (this.bytes > this.maxBytes && this.heard.size > 1)) this.dropOldest();
		return node;
	}

	dropOldest() {
		const [topic, node] = /** @type {[string, Topic]} */ (this.heard.entries().next().value);
		this.heard.delete(topic);
		this.bytes -= node.last?.payload.length ?? 0;
		node.last = null;
		node.retained = false;
		this.dropped++;
		for (let up = /** @type {Topic|null} */ (node); up; up = up.parent) up.topics--;
		for (let empty = node; empty.parent && empty.topics === 0; empty = empty.parent) {
			empty.parent.children.delete(empty.name);
			empty.parent.sorted = null;
			this.lively.delete(empty);
			this.shape++;
		}
	}

	/** Works out the rates; about once a second. @param {number} now ms */
	tick(now) {
		const elapsed = this.ticked === null ? 0 : now - this.ticked;
		this.ticked = now;
		if (elapsed <= 0) return;
		const share = 1 - Math.exp(-elapsed / RATE_MS);
		for (const node of this.lively) {
			node.rate += (node.fresh * 1000 / elapsed - node.rate) * share;
			if (node.rate < SILENT && !node.fresh) {
				node.rate = 0;
				this.lively.delete(node);
			}
			node.fresh = 0;
		}
	}

	/**
	 * What is to be seen: those below opened levels, or, searching, what contains the words, with the levels above it.
	 * @param {Set<Topic>} opened @param {string} search @returns {Row[]}
	 */
	rows(opened, search = '') {
		const words = search.trim().toLowerCase();
		const found = words ? this.search(words) : null;
		/** @type {Row[]} */
		const rows = [];
		/** @param {Topic} node @param {number} depth */
		const show = (node, depth) => {
			const children = found ? node.inOrder().filter((child) => found.has(child)) : node.inOrder();
			children.forEach((child, i) => {
				const below = child.children.size > 0 && (!found || child.inOrder().some((grandchild) => found.has(grandchild)));
				const open = below && (found ? true : opened.has(child));
				rows.push({ node: child, depth, place: i + 1, siblings: children.length, open });
				if (open) show(child, depth + 1);
			});
		};
		show(this.root, 0);
		return rows;
	}

	/** @param {string} words in lower case @returns {Set<Topic>} */
	search(words) {
		/** @type {Set<Topic>} */
		const found = new Set();
		for (const [topic, node] of this.heard) {
			if (!topic.toLowerCase().includes(words)) continue;
			for (let up = /** @type {Topic|null} */ (node); up && !found.has(up); up = up.parent) found.add(up);
		}
		return found;
	}
}

/** Opens a level, and on below it as long as there is nothing to choose. @param {Set<Topic>} opened @param {Topic} node */
export function open(opened, node) {
	for (let next = node; next.children.size; [next] = next.inOrder()) {
		opened.add(next);
		if (next.children.size > 1 || next.inOrder()[0].last) return;
	}
}

/** The last messages of one topic, newest first, numbered as they came. */
export class Past {
	/** @param {number} most */
	constructor(most = 20) {
		this.most = most;
		this.came = 0;
		/** @type {{n: number, message: Heard}[]} */
		this.list = [];
	}

	/** @param {Heard} message */
	add(message) {
		this.list.unshift({ n: ++this.came, message });
		if (this.list.length > this.most) this.list.length = this.most;
	}
}
