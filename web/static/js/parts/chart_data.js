// The points of a line: what was fetched, then what comes live, cut at gaps. Knows nothing of drawing.

/** @import {PointsAnswer} from '../types.js' */

/**
 * @typedef {object} Columns
 * @property {number[]} at ms, ascending
 * @property {(number|null)[]} value
 * @property {(number|null)[]} least
 * @property {(number|null)[]} most
 * @property {boolean} banded whether least and most say more than value
 * @property {(number|string|null)[]} [states] of each, for the bar of states
 * @property {number[]} [ends] where each bar or state ends, ms
 * @property {boolean[]} [mixed] states too short to be shown one by one
 */

/** @typedef {[number, number|null, number|null, number|null]} Row at, value, least, most */

export class LineData {
	/** @type {Row[]} */
	#rows = [];
	#banded = false;
	#limit = Infinity;
	/** What was made of the rows, while they are the same. @type {Columns|null} */
	#made = null;

	/** @param {PointsAnswer} answer @param {boolean} live whether it reaches to now */
	fetched(answer, live) {
		const before = live ? this.#rows : [];
		this.#made = null;
		this.#banded = !answer.raw;
		this.#rows = answer.points.map(([at, value, least = value, most = value]) => /** @type {Row} */ ([at, value, least, most]));
		this.#limit = answer.gap || Infinity;
		const last = this.#rows.length ? this.#rows[this.#rows.length - 1][0] : -Infinity;
		for (const row of before) {
			if (row[0] > last && row[0] >= answer.from) this.#rows.push(row);
		}
	}

	/** A sample as it comes. @param {number} at @param {number|string} value @returns {boolean} whether it was new */
	add(at, value) {
		const last = this.#rows[this.#rows.length - 1];
		if (typeof value !== 'number' || (last && at <= last[0])) return false;
		this.#rows.push([at, value, value, value]);
		this.#made = null;
		return true;
	}

	/** Lets go of what is left of the edge, but for one point. @param {number} from ms */
	trim(from) {
		let n = 0;
		while (n + 1 < this.#rows.length && this.#rows[n + 1][0] < from) n++;
		if (!n) return;
		this.#rows.splice(0, n);
		this.#made = null;
	}

	/** When the first was measured, ms; Infinity for none. */
	get oldest() {
		return this.#rows[0]?.[0] ?? Infinity;
	}

	/** For drawing, with a hole wherever nothing was measured. @param {number} now ms @returns {Columns} */
	columns(now) {
		if (this.#made && this.#limit < Infinity) return this.#made;
		/** @type {Columns} */
		const out = { at: [], value: [], least: [], most: [], banded: this.#banded };
		/** @param {Row} row */
		const push = ([at, value, least, most]) => {
			out.at.push(at);
			out.value.push(value);
			out.least.push(least);
			out.most.push(most);
		};
		let before = NaN;
		for (const row of this.#rows) {
			if (row[0] - before > this.#limit) push([before + 1, null, null, null]);
			push(row);
			before = row[0];
		}
		const last = this.#rows[this.#rows.length - 1];
		if (this.#limit === Infinity && last && now > last[0]) push([now, last[1], last[2], last[3]]);
		this.#made = out;
		return out;
	}
}
