// Points and states of a series as the hub answers them. The sparklines of a page are fetched a few at a time.
import { call } from './api.js';
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
		return await fetchWindow(series, 'points', { from: to - 1000 - Math.round(span), to, width });
	} finally {
		underWay--;
		waiting.shift()?.();
	}
}

/**
 * A window of a series. One that lies in the past is kept by the browser.
 * @param {number} series @param {'points'|'timeline'} what
 * @param {{from: number|'first', to: number, width: number, buckets?: boolean}} window
 * @param {AbortSignal} [signal] @returns {Promise<any>}
 */
export const fetchWindow = (series, what, { from, to, width, buckets = false }, signal) =>
	call('GET', `/series/${series}/${what}?from=${from}&to=${to}&width=${Math.max(2, Math.min(4096, Math.round(width)))}${buckets ? '&buckets=1' : ''}`,
		null, { signal, cache: 'default' });
