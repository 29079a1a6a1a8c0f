// What a series had at a time, out of the columns that are drawn. Pure.

/** @import {Columns} from './chart_data.js' */
/** @import {Mode} from './chart_view.js' */

/** The last that began at or before a time; -1: none. @param {number[]} at ascending @param {number} ms */
export function lastBefore(at, ms) {
	let low = -1, high = at.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (at[middle] <= ms) low = middle;
		else high = middle - 1;
	}
	return low;
}

/**
 * The point of a line nearest to a time, on its side of a gap; the bar or state that the time lies in.
 * @param {Columns} columns @param {Mode} mode @param {number} ms @returns {number|null}
 */
export function pointAt(columns, mode, ms) {
	const { at, value, ends } = columns;
	const i = lastBefore(at, ms);
	if (mode !== 'line') return i >= 0 && ms < (ends?.[i] ?? Infinity) && (columns.states || value[i] !== null) ? i : null;
	if (i < 0) return null; // before all of it
	if (value[i] === null) return null; // in a gap
	if (i + 1 >= at.length) return ms === at[i] ? i : null; // behind all of it
	return value[i + 1] !== null && at[i + 1] - ms < ms - at[i] ? i + 1 : i;
}

/** The least and most that are drawn between two times, of the band if it is shown. @param {Columns} columns @param {number} from @param {number} to @param {boolean} banded @returns {[number, number]|null} */
export function boundsOf(columns, from, to, banded) {
	const { at, value, least, most, ends } = columns;
	let low = Infinity, high = -Infinity;
	// what lies just outside is drawn up to the edge
	for (let i = Math.max(0, lastBefore(at, from)); i < at.length; i++) {
		if ((ends?.[i] ?? at[i]) >= from || i + 1 < at.length) {
			low = Math.min(low, (banded ? least[i] : value[i]) ?? Infinity);
			high = Math.max(high, (banded ? most[i] : value[i]) ?? -Infinity);
		}
		if (at[i] > to) break;
	}
	return low <= high ? [low, high] : null;
}

/** What the bars that are shown between two times come to. @param {Columns} columns @param {{from: number, to: number}} edges */
export const totalOf = ({ at, value, ends }, { from, to }) =>
	at.reduce((sum, start, i) => (start < to && (ends?.[i] ?? start) > from ? sum + (value[i] ?? 0) : sum), 0);

/** Least, average by time and most of a line between two times; null: nothing there. @param {Columns} columns @param {number} from @param {number} to */
export function summaryOf(columns, from, to) {
	const { at, value, least, most } = columns;
	let low = Infinity, high = -Infinity, weight = 0, sum = 0;
	for (let i = Math.max(0, lastBefore(at, from)); i < at.length && at[i] <= to; i++) {
		const now = value[i];
		if (now === null) continue;
		if (at[i] >= from) {
			low = Math.min(low, least[i] ?? now);
			high = Math.max(high, most[i] ?? now);
		}
		const next = at[i + 1];
		const length = next === undefined || value[i + 1] === null ? 0 : Math.min(next, to) - Math.max(at[i], from);
		weight += Math.max(0, length);
		sum += Math.max(0, length) * now;
	}
	return low <= high ? { least: low, average: weight > 0 ? sum / weight : low === high ? low : null, most: high } : null;
}
