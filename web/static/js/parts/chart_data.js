// The points of one chart: what was fetched, then what comes live, cut at gaps
// and at the left edge. Knows nothing of drawing.
import { gapLimit } from '../points.js';

/** @import {PointsAnswer} from '../types.js' */

/**
 * @typedef {object} Columns
 * @property {number[]} at ms, ascending
 * @property {(number|null)[]} value
 * @property {(number|null)[]} least
 * @property {(number|null)[]} most
 * @property {boolean} banded whether least and most say more than value
 */

export class ChartData {
	/** @type {number[][]} at, value, least, most */
	#rows = [];
	#banded = false;
	#held;
	#limit = Infinity;

	/** @param {boolean} held a state that holds until the next sample: pauses are no gaps */
	constructor(held) {
		this.#held = held;
	}

	/** @param {PointsAnswer} answer */
	fetched(answer) {
		const live = this.#rows;
		this.#banded = !answer.raw;
		this.#rows = answer.points.map(([at, value, least = value, most = value]) => [at, value, least, most]);
		this.#limit = this.#held ? Infinity : gapLimit(this.#rows.map(([at]) => at));
		const last = this.#rows.length ? this.#rows[this.#rows.length - 1][0] : -Infinity;
		for (const row of live) {
			if (row[0] > last) this.#rows.push(row);
		}
	}

	/** A sample as it comes. @param {number} at @param {number} value @returns {boolean} whether it was new */
	add(at, value) {
		const last = this.#rows[this.#rows.length - 1];
		if (last && at <= last[0]) return false;
		this.#rows.push([at, value, value, value]);
		return true;
	}

	/** Lets go of what is left of the edge, but for one point. @param {number} from ms */
	trim(from) {
		let n = 0;
		while (n + 1 < this.#rows.length && this.#rows[n + 1][0] < from) n++;
		if (n) this.#rows.splice(0, n);
	}

	get length() {
		return this.#rows.length;
	}

	/** The rows themselves, for the table: at, value, least, most. */
	get rows() {
		return this.#rows;
	}

	get banded() {
		return this.#banded;
	}

	/** For drawing, with a hole wherever nothing was measured. @param {number} now ms @returns {Columns} */
	columns(now) {
		/** @type {Columns} */
		const out = { at: [], value: [], least: [], most: [], banded: this.#banded };
		/** @param {number} at @param {number|null} value @param {number|null} least @param {number|null} most */
		const push = (at, value, least, most) => {
			out.at.push(at);
			out.value.push(value);
			out.least.push(least);
			out.most.push(most);
		};
		let before = NaN;
		for (const [at, value, least, most] of this.#rows) {
			if (at - before > this.#limit) push(before + 1, null, null, null);
			push(at, value, least, most);
			before = at;
		}
		const last = this.#rows[this.#rows.length - 1];
		if (this.#held && last && now > last[0]) push(now, last[1], last[2], last[3]);
		return out;
	}
}
