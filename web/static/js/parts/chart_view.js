// How an entity is drawn, which stretch of time a chart shows, and which one to ask for so that it can be shown. Pure functions.

/** @import {Entity} from '../types.js' */

const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR, YEAR = 365 * DAY;
/** @type {Record<string, number>} the buttons; the span of `all` is only known from the answer */
export const RANGES = { hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY, year: YEAR, all: YEAR };
const LEAST = 10000, MOST = 100 * YEAR;
const AT_EDGE = 0.01; // of the span: as near as this to now is now

/**
 * @typedef {object} View
 * @property {number} span ms
 * @property {number|null} end ms; null: now, and it moves along
 * @property {string|null} range the button that it comes from
 *
 * @typedef {'line'|'bars'|'states'} Mode
 * @typedef {{from: number|'first', to: number, width: number, buckets: boolean, live: boolean}} Window
 * @typedef {{from: number, to: number, live: boolean, raw: boolean, length: number}} Loaded
 */

/** How an entity is drawn, as far as its description tells; the answer may know better. @param {Entity} entity @param {any} value @returns {Mode} */
export function modeOf(entity, value) {
	if (entity.component !== 'sensor') return entity.component === 'number' ? 'line' : 'states';
	if (entity.state_class === 'total_increasing') return 'bars';
	return typeof value === 'string' && value !== '' && !entity.unit ? 'states' : 'line';
}

/** @param {string} range @returns {View} */
export const viewOf = (range) => ({ span: RANGES[range], end: null, range });

/** @param {number} from @param {number} to @param {number} now @returns {View} */
function between(from, to, now) {
	const span = Math.max(LEAST, Math.min(MOST, to - from));
	return { span, end: to >= now - span * AT_EDGE ? null : to, range: null };
}

/**
 * @param {{from: number, to: number}} edges as shown @param {number} factor below 1: nearer
 * @param {number} at the time that stays where it is @param {number} now @returns {View}
 */
export function zoomed({ from, to }, factor, at, now) {
	const span = Math.max(LEAST, Math.min(MOST, (to - from) * factor));
	const left = at - (at - from) * span / (to - from);
	const right = Math.min(now, left + span);
	return between(right - span, right, now);
}

/** @param {{from: number, to: number}} edges @param {number} by ms, later is positive @param {number} now @returns {View} */
export function panned({ from, to }, by, now) {
	const right = Math.min(now, to + by);
	return between(right - (to - from), right, now);
}

/** What one bar of a counter stands for. @param {number} span ms @returns {'minutes'|'hour'|'day'|'month'|'year'} */
export const barUnit = (span) => (span <= 3 * HOUR ? 'minutes' : span <= 2.5 * DAY ? 'hour' : span <= 75 * DAY ? 'day' : span <= 5 * YEAR ? 'month' : 'year');

const BASES = [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY];

/** The buckets that bars are made of. @param {View} view @param {number} from @param {number} to */
function barBase(view, from, to) {
	if (barUnit(view.span) === 'minutes') return 5 * MINUTE;
	return BASES.find((base) => (to - from) / base <= 2000) ?? YEAR;
}

/**
 * The window to ask for: half a span more on either side, on a coarse grid, so that panning to and fro asks for
 * the same windows again, which the browser has kept.
 * @param {View} view @param {number} now @param {Mode} mode @param {number} pixels @returns {Window}
 */
export function windowFor(view, now, mode, pixels) {
	const end = view.end ?? now, start = end - view.span;
	const grid = MINUTE * 2 ** Math.max(-2, Math.floor(Math.log2(view.span / MINUTE / 4)));
	let from = Math.max(0, Math.floor((start - view.span / 2) / grid) * grid);
	let to = Math.ceil((end + view.span / 2) / grid) * grid;
	const live = to > now;
	if (live) to = Math.round(now) + 1000;
	if (mode === 'bars') {
		const base = barBase(view, from, to);
		from = Math.floor(from / base) * base;
		to = Math.ceil(to / base) * base;
		return { from: view.range === 'all' ? 'first' : from, to, width: view.range === 'all' ? 2000 : (to - from) / base, buckets: true, live };
	}
	const all = view.range === 'all';
	const fine = (mode === 'states' ? 0.5 : 1.5) * pixels * (all ? 1 : (to - from) / view.span);
	return { from: all ? 'first' : from, to, width: Math.min(4096, Math.ceil(fine / 100) * 100), buckets: false, live };
}

/** Whether what was loaded does for the view. @param {Loaded|null} loaded @param {View} view @param {number} now @param {Mode} mode @param {number} pixels */
export function covers(loaded, view, now, mode, pixels) {
	if (!loaded) return false;
	const end = view.end ?? now, start = end - view.span;
	if (start < loaded.from && loaded.from > 0) return false;
	if (end > loaded.to && !loaded.live) return false;
	if (mode === 'bars') return loaded.length <= barBase(view, start - view.span / 2, end + view.span / 2) * 1.01;
	return loaded.raw || loaded.length <= 2.5 * view.span / pixels;
}
