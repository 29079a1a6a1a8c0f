// uPlot, dressed for these pages: one thin line, its soft band of least and
// most, round labels, day boundaries. Knows nothing of fetching.
import uPlot from '../../vendor/uplot-1.6.32.js';
import { dayShort, number, state, timeOfDay } from '../format.js';

/** @import {Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */

const DAY_MS = 86400000;
/** Between two labels of the time axis, seconds: round, and never below what a label tells apart. */
const STEPS_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

/** @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How many decimals keep neighbouring labels apart. @param {number[]} splits */
function decimals(splits) {
	const step = splits.length > 1 ? splits[1] - splits[0] : 1;
	for (let count = 0; count < 6; count++) {
		const scaled = step * 10 ** count;
		if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return count;
	}
	return 6;
}

/** @param {Entity} entity @param {boolean} words */
function valueLabels(entity, words) {
	/** @param {uPlot} _ @param {number[]} splits */
	return (_, splits) => splits.map((value) => {
		if (words) return value === 0 || value === 1 ? state(entity, value ? 'ON' : 'OFF').text : '';
		const { text, unit } = number({ ...entity, precision: decimals(splits) }, value);
		return SCALED.test(entity.unit ?? '') ? `${text} ${unit}` : text;
	});
}
const SCALED = /^(B|B\/s|bit|bit\/s)$/;

/** @param {uPlot} plot @param {number[]} splits */
function timeLabels(plot, splits) {
	const { min = 0, max = 0 } = plot.scales.x;
	const long = (max - min) * 1000 > 2 * DAY_MS;
	return splits.map((at) => {
		const date = new Date(at * 1000);
		return long || (date.getHours() === 0 && date.getMinutes() === 0) ? dayShort(at * 1000) : timeOfDay(at * 1000);
	});
}

/** A dashed line where a day begins. @param {uPlot} plot */
function drawMidnights(plot) {
	const { min = 0, max = 0 } = plot.scales.x;
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

/** A colour with an alpha. @param {string} hex @param {number} alpha */
const faint = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, '0');

/**
 * A plot in a box. What it answers draws new data and is told of sizes.
 * @param {HTMLElement} box @param {Entity} entity @param {(index: number|null) => void} onCursor
 */
export function createPlot(box, entity, onCursor) {
	const words = entity.component === 'binary_sensor' || entity.component === 'switch' || entity.component === 'light';
	const stepped = /** @type {any} */ (uPlot.paths).stepped({ align: 1 });
	const colour = token('--accent');
	const axis = {
		stroke: token('--ink-2'), font: '13px system-ui, sans-serif',
		grid: { stroke: token('--line'), width: 1 }, ticks: { show: false },
	};
	const hidden = { stroke: 'transparent', width: 0, points: { show: false } };
	const options = {
		width: Math.max(100, box.clientWidth), height: Math.max(100, box.clientHeight),
		legend: { show: false }, padding: [12, 20, 0, 0],
		cursor: { y: false, points: { size: 9, fill: colour, width: 2, stroke: token('--surface') }, drag: { x: false, y: false } },
		scales: {
			x: { time: true },
			y: { range: words ? [-0.08, 1.15] : (/** @type {any} */ _, /** @type {number} */ least, /** @type {number} */ most) => rangeOf(least, most) },
		},
		axes: [
			{ ...axis, values: timeLabels, incrs: STEPS_S, space: 72, size: 32, grid: { show: false } },
			{ ...axis, values: valueLabels(entity, words), space: 48, size: axisWidth, gap: 6, splits: words ? () => [0, 1] : undefined },
		],
		series: [
			{},
			{ stroke: colour, width: 1.75, fill: words ? faint(colour, 0.22) : undefined, fillTo: -1, paths: words ? stepped : undefined, points: { show: false }, spanGaps: false },
			hidden, hidden,
		],
		bands: [{ series: [3, 2], fill: faint(colour, 0.2) }],
		hooks: {
			drawClear: [drawMidnights],
			setCursor: [(/** @type {any} */ plot) => onCursor(plot.cursor.idx ?? null)],
		},
	};
	const plot = new uPlot(/** @type {any} */ (options), /** @type {any} */ ([[], [], [], []]), box);
	return {
		/** @param {Columns} columns @param {number} from ms @param {number} to ms */
		draw(columns, from, to) {
			plot.batch(() => {
				plot.setData(/** @type {any} */ ([columns.at.map((at) => at / 1000), columns.value, columns.least, columns.most]), false);
				plot.setScale('x', { min: from / 1000, max: to / 1000 });
			});
		},
		/** Puts the cursor on a point, null: away. @param {number|null} index */
		point(index) {
			if (index === null) {
				plot.setCursor({ left: -10, top: -10 });
				return;
			}
			plot.setCursor({ left: plot.valToPos(/** @type {number} */ (plot.data[0][index]), 'x'), top: plot.over.clientHeight / 2 });
		},
		/** The point under a place of the screen. @param {number} clientX */
		pointAt(clientX) {
			const box = plot.over.getBoundingClientRect();
			plot.setCursor({ left: Math.max(0, Math.min(box.width, clientX - box.left)), top: box.height / 2 });
		},
		fit() {
			if (box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height: box.clientHeight });
		},
		destroy() {
			plot.destroy();
		},
	};
}

/** Some air above and below; a flat line lies in the middle. @param {number|null} least @param {number|null} most */
function rangeOf(least, most) {
	if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
	const span = most - least;
	const air = span > 0 ? span * 0.12 : Math.max(Math.abs(most) * 0.02, 0.5);
	const low = least - air;
	return [least >= 0 && low < 0 ? 0 : low, most + air];
}

/** As wide as its longest label. @param {any} _ @param {string[]|null} labels */
function axisWidth(_, labels) {
	const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
	return Math.max(36, 16 + longest * 7.5);
}
