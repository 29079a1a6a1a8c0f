// What the page of charts shows, as its address says it, and how it changes. A gesture is written when it rests, so that its
// way is not; whatever else changes meanwhile goes on from where the gesture has come to. Knows neither page nor browser.
import { readQuery, writeQuery } from './charts_set.js';

/** @import {Shown} from './charts_set.js' */

/** step: one can come back from it; same: no step, at once; gesture: no step, and more of it may come. @typedef {'step'|'same'|'gesture'} How */

const REST_MS = 400;

export class Address {
	/** What a gesture has made of an address. @type {{of: string, shown: Shown}|null} */
	#pending = null;
	#timer = 0;
	#read;
	#write;

	/** @param {() => string} read the address, "?…" @param {(search: string, replace: boolean) => void} write */
	constructor(read, write) {
		this.#read = read;
		this.#write = write;
	}

	destroy() {
		clearTimeout(this.#timer);
		this.#pending = null;
	}

	/** What the address says, or what a gesture has made of it. Whoever went elsewhere meanwhile has left the gesture behind. */
	get #shown() {
		const search = this.#read();
		return this.#pending?.of === search ? this.#pending.shown : readQuery(search);
	}

	/** @param {(shown: Shown) => Shown} make @param {How} how */
	change(make, how) {
		const shown = make(this.#shown);
		clearTimeout(this.#timer);
		if (how === 'gesture') {
			this.#pending = { of: this.#read(), shown };
			this.#timer = setTimeout(() => this.#rest(), REST_MS);
			return;
		}
		if (how === 'step') this.#rest(); // one comes back to where it had come
		this.#pending = null;
		this.#write(writeQuery(shown), how !== 'step');
	}

	#rest() {
		const pending = this.#pending;
		this.#pending = null;
		if (pending?.of === this.#read()) this.#write(writeQuery(pending.shown), true);
	}
}
