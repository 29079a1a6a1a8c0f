// What a counter rose by, in bars of minutes, hours, days, months or years of the reader's clock. Knows nothing of drawing.
import { barUnit } from './chart_view.js';

/** @import {PointsAnswer} from '../types.js' */
/** @import {Columns} from './chart_data.js' */

const FIVE_MINUTES = 300000;

/** The bar that a time belongs to: where it begins. @param {number} at @param {string} unit */
function beginning(at, unit) {
	if (unit === 'minutes') return Math.floor(at / FIVE_MINUTES) * FIVE_MINUTES;
	const date = new Date(at);
	if (unit === 'hour') return date.setMinutes(0, 0, 0);
	date.setHours(0, 0, 0, 0);
	if (unit !== 'day') date.setDate(1);
	if (unit === 'year') date.setMonth(0);
	return date.getTime();
}

/** @param {number} start @param {string} unit */
function ending(start, unit) {
	if (unit === 'minutes') return start + FIVE_MINUTES;
	const date = new Date(start);
	if (unit === 'hour') return start + 3600000;
	if (unit === 'day') return date.setDate(date.getDate() + 1);
	return unit === 'month' ? date.setMonth(date.getMonth() + 1) : date.setFullYear(date.getFullYear() + 1);
}

export class BarData {
	/** @type {[number, number][]} at, increase */
	#buckets = [];
	/** @type {number|null} */
	#last = null;

	/** @param {PointsAnswer} answer @param {boolean} _live */
	fetched(answer, _live) {
		this.#buckets = answer.points.map(([at, , , , , increase]) => /** @type {[number, number]} */ ([at, increase ?? 0]));
	}

	/** @param {number} at @param {number|string} value @returns {boolean} */
	add(at, value) {
		if (typeof value !== 'number') return false;
		const before = this.#last;
		this.#last = value;
		if (before === null) return false;
		this.#buckets.push([at, value >= before ? value - before : value]);
		return true;
	}

	/** @param {number} _from */
	trim(_from) {
		// a few bars stay a few
	}

	get oldest() {
		return this.#buckets[0]?.[0] ?? Infinity;
	}

	/** @param {number} _now @param {number} from @param {number} to what is shown @returns {Columns} */
	columns(_now, from, to) {
		const unit = barUnit(to - from);
		/** @type {Map<number, number>} */
		const bars = new Map();
		for (const [at, increase] of this.#buckets) {
			const start = beginning(at, unit);
			bars.set(start, (bars.get(start) ?? 0) + increase);
		}
		const at = [...bars.keys()].sort((a, b) => a - b);
		const value = at.map((start) => bars.get(start) ?? 0);
		return { at, value, least: value, most: value, banded: false, ends: at.map((start) => ending(start, unit)) };
	}
}
