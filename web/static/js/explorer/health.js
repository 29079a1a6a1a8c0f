// The broker's health out of its $SYS topics: values, and rates from counters that grow. Pure.

/** @typedef {{at: number, value: number}} Spot at: ms */

const ROOT = '$SYS/broker/';
const KEEP = 60; // spots of a sparkline

/** Counters whose growth is shown, by topic below $SYS/broker/. */
export const FLOWS = ['publish/messages/received', 'publish/messages/sent', 'bytes/received', 'bytes/sent'];

/** The moving average from which a rate is told before two values of its counter are known; per minute. @type {Record<string, string>} */
const AVERAGES = {
	'publish/messages/received': 'load/publish/received/1min', 'publish/messages/sent': 'load/publish/sent/1min',
	'bytes/received': 'load/bytes/received/1min', 'bytes/sent': 'load/bytes/sent/1min',
};

export class BrokerHealth {
	constructor() {
		/** By topic below $SYS/broker/. @type {Map<string, string>} */
		this.texts = new Map();
		/** @type {Map<string, Spot[]>} */
		this.lines = new Map(FLOWS.map((name) => [name, []]));
		/** The counters when rates were last worked out. @type {Map<string, number>} */
		this.before = new Map();
		/** The hub's uptime then, seconds. @type {number|null} */
		this.uptime = null;
	}

	/** @param {string} topic @param {string} text @param {number} now ms */
	take(topic, text, now) {
		if (!topic.startsWith(ROOT)) return;
		this.texts.set(topic.slice(ROOT.length), text);
		if (topic === `${ROOT}uptime`) this.measure(parseFloat(text), now);
	}

	/** The hub tells what has changed, its uptime always and behind the counters. @param {number} uptime @param {number} now ms */
	measure(uptime, now) {
		const elapsed = this.uptime === null ? 0 : uptime - this.uptime;
		if (elapsed < 0) this.before.clear(); // another life of the hub
		for (const name of FLOWS) {
			const value = this.number(name);
			const old = this.before.get(name);
			if (value === null) continue;
			if (elapsed > 0 && old !== undefined && value >= old) {
				const line = /** @type {Spot[]} */ (this.lines.get(name));
				line.push({ at: now, value: (value - old) / elapsed });
				if (line.length > KEEP) line.shift();
			}
			this.before.set(name, value);
		}
		this.uptime = uptime;
	}

	/** @param {string} name @returns {number|null} */
	number(name) {
		const value = parseFloat(this.texts.get(name) ?? '');
		return Number.isFinite(value) ? value : null;
	}

	/** Of a counter, a second; null: not known yet. @param {string} name */
	rate(name) {
		const line = this.lines.get(name);
		if (line?.length) return line[line.length - 1].value;
		const average = this.number(AVERAGES[name] ?? '');
		return average === null ? null : average / 60;
	}

	/** What the broker does for want of memory (hub/broker/overload.h): 0 nothing … 3. */
	overload() {
		const used = this.number('store/messages/bytes'), most = this.number('tomte/memory/maximum');
		if (used === null || !most) return 0;
		const share = used / most;
		return share >= 1 ? 3 : share >= 0.9 ? 2 : share >= 0.8 ? 1 : 0;
	}

	/** The limits that were met since the hub's start, most often first. @returns {[string, number][]} */
	limits() {
		const prefix = 'tomte/limits/';
		return [...this.texts.keys()].filter((name) => name.startsWith(prefix))
			.map((name) => /** @type {[string, number]} */ ([name.slice(prefix.length), this.number(name) ?? 0]))
			.filter(([, times]) => times > 0).sort((a, b) => b[1] - a[1]);
	}
}
