// Points of a series: fetched a few at a time, cut where nothing was measured.
import { get } from './api.js';
import { hubNow } from './store.js';

/** @import {PointsAnswer} from './types.js' */

const AT_ONCE = 3; // so that thirty sparklines do not keep a tap waiting
let underWay = 0;
/** @type {(() => void)[]} */
const waiting = [];

/**
 * @param {number} series @param {number} span ms before now @param {number} width pixels
 * @returns {Promise<PointsAnswer>}
 */
export async function fetchPoints(series, span, width) {
	if (underWay >= AT_ONCE) await new Promise((resolve) => { waiting.push(() => resolve(null)); });
	underWay++;
	try {
		const to = Math.round(hubNow()) + 1000;
		return await get(`/series/${series}/points?from=${to - 1000 - span}&to=${to}&width=${Math.max(1, Math.min(4096, Math.round(width)))}`);
	} finally {
		underWay--;
		waiting.shift()?.();
	}
}

/**
 * The longest pause between two points that is still a line: a few times what
 * is usual here, so a sensor of any rhythm shows its own gaps.
 * @param {number[]} times ascending, ms
 */
export function gapLimit(times) {
	if (times.length < 3) return Infinity;
	const pauses = [];
	for (let i = 1; i < times.length; i++) pauses.push(times[i] - times[i - 1]);
	pauses.sort((a, b) => a - b);
	return Math.max(5 * pauses[pauses.length >> 1], 15000);
}
