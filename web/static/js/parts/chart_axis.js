// Labels of a chart's axes: few, round, in local time; and the lines where days begin.
import { dayMonth, dayShort, monthShort, number, timeOfDay, timeWithSeconds, withUnit, year } from '../format.js';

/** @import {Entity} from '../types.js' */

const DAY_S = 86400, MONTH_S = 30 * DAY_S, YEAR_S = 365 * DAY_S;
/** Between two labels of the time axis, seconds: round, and never below what a label tells apart. */
export const STEPS_S = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY_S, 2 * DAY_S, 7 * DAY_S,
	MONTH_S, 2 * MONTH_S, 3 * MONTH_S, 6 * MONTH_S, YEAR_S, 2 * YEAR_S, 5 * YEAR_S, 10 * YEAR_S, 25 * YEAR_S];
const MOST_DAYS = 10; // whose beginnings are marked

/** @param {string} name */
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How many decimals keep neighbouring labels apart. @param {number[]} splits */
function decimals(splits) {
	const step = splits.length > 1 ? splits[1] - splits[0] : 1;
	for (let count = 0; count < 6; count++) {
		const scaled = step * 10 ** count;
		if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return count;
	}
	return 6;
}

const SCALED = /^(B|B\/s|bit|bit\/s)$/;

/** @param {Entity} entity */
export function valueLabels(entity) {
	/** @param {any} _ @param {number[]} splits */
	return (_, splits) => splits.map((value) => {
		const { text, unit } = number({ ...entity, precision: decimals(splits) }, value);
		return SCALED.test(entity.unit ?? '') ? withUnit(text, unit) : text;
	});
}

/** @param {any} plot @param {number[]} splits @param {number} _axis @param {number} _space @param {number} step seconds */
export function timeLabels(plot, splits, _axis, _space, step) {
	const { min = 0, max = 0 } = plot.scales.x;
	return splits.map((at) => {
		const ms = at * 1000;
		const date = new Date(ms);
		if (step >= YEAR_S) return year(ms);
		if (step >= MONTH_S) return date.getMonth() === 0 ? year(ms) : monthShort(ms);
		if (max - min > 8 * DAY_S) return dayMonth(ms);
		if (step >= DAY_S || (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0)) return dayShort(ms);
		return step < 60 ? timeWithSeconds(ms) : timeOfDay(ms);
	});
}

/** A dashed line where a day begins. @param {any} plot */
export function drawMidnights(plot) {
	const { min = 0, max = 0 } = plot.scales.x;
	if (max - min > MOST_DAYS * DAY_S) return;
	const { ctx, bbox } = plot;
	const day = new Date(min * 1000);
	day.setHours(24, 0, 0, 0);
	ctx.save();
	ctx.strokeStyle = token('--edge');
	ctx.globalAlpha = 0.6;
	ctx.lineWidth = devicePixelRatio;
	ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
	for (; day.getTime() < max * 1000; day.setDate(day.getDate() + 1)) {
		const x = Math.round(plot.valToPos(day.getTime() / 1000, 'x', true));
		ctx.beginPath();
		ctx.moveTo(x, bbox.top);
		ctx.lineTo(x, bbox.top + bbox.height);
		ctx.stroke();
	}
	ctx.restore();
}

/** As wide as its longest label. @param {any} _ @param {string[]|null} labels */
export function axisWidth(_, labels) {
	const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
	return Math.max(36, 16 + longest * 7.5);
}

/** Some air above and below; a flat line lies in the middle. @param {number|null} least @param {number|null} most */
export function rangeOf(least, most) {
	if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
	const span = most - least;
	const air = span > 0 ? span * 0.12 : Math.max(Math.abs(most) * 0.02, 0.5);
	const low = least - air;
	return [least >= 0 && low < 0 ? 0 : low, most + air];
}
