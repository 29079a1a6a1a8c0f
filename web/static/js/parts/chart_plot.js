// uPlot, dressed for these pages: one thin line with its soft band of least and most, or bars, or a bar of
// states. Knows nothing of fetching.
import uPlot from '../../vendor/uplot-1.6.32.js';
import { STEPS_S, axisWidth, drawMidnights, rangeOf, timeLabels, token, valueLabels } from './chart_axis.js';
import { paintPast } from './chart_past.js';
import { paintStates } from './chart_states.js';
import { pointAt } from './charts_read.js';
import { wordOf } from '../format.js';

/** @import {Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */
/** @import {Past} from './chart_past.js' */
/** @import {Mode} from './chart_view.js' */

/** A colour with an alpha. @param {string} hex @param {number} alpha */
const faint = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, '0');

/** What differs between a line, bars and states. @param {Mode} mode @param {string} colour */
function dressOf(mode, colour) {
	const paths = /** @type {any} */ (uPlot.paths);
	if (mode === 'states') return { series: { stroke: 'transparent', width: 0 }, range: [0, 1], points: false };
	if (mode === 'bars') {
		return {
			series: { stroke: colour, width: 0, fill: faint(colour, 0.85), paths: paths.bars({ size: [0.84, 64], align: 1, radius: 0.12 }) },
			range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, most > 0 ? most * 1.12 : 1], points: false,
		};
	}
	return {
		series: { stroke: colour, width: 1.75 }, range: [0, 1], points: true,
	};
}

/**
 * A plot in a box. What it answers draws new data and is told of sizes.
 * @param {HTMLElement} box @param {Entity} entity @param {Mode} mode @param {(index: number|null) => void} onCursor
 */
export function createPlot(box, entity, mode, onCursor) {
	const colour = token('--accent');
	const dress = dressOf(mode, colour);
	/** @type {Columns} */
	let shown = { at: [], value: [], least: [], most: [], banded: false };
	/** @type {Past|null} */
	let past = null;
	/** @type {Map<string, string>} */
	const tokens = new Map();
	/** @param {string} name */
	const remembered = (name) => {
		let value = tokens.get(name);
		if (value === undefined) tokens.set(name, value = token(name));
		return value;
	};
	const axis = {
		stroke: token('--ink-2'), font: '13px system-ui, sans-serif',
		grid: { stroke: token('--line'), width: 1 }, ticks: { show: false },
	};
	const hidden = { stroke: 'transparent', width: 0, points: { show: false } };
	/** @param {any} plot */
	const cursorOf = (plot) => {
		const left = plot.cursor.left ?? -1;
		if (left < 0) return null;
		return shown.ends ? pointAt(shown, mode, plot.posToVal(left, 'x') * 1000) : plot.cursor.idx ?? null;
	};
	/** Room for the week before, too. @param {any} plot @param {number|null} least @param {number|null} most */
	const rangeWithPast = (plot, least, most) => {
		const { min = 0, max = 0 } = plot.scales.x;
		const more = past?.bounds(min * 1000, max * 1000);
		return more ? rangeOf(Math.min(least ?? Infinity, more[0]), Math.max(most ?? -Infinity, more[1])) : rangeOf(least, most);
	};
	const options = {
		width: Math.max(100, box.clientWidth), height: Math.max(100, box.clientHeight),
		legend: { show: false }, padding: [12, 20, 0, mode === 'states' ? 4 : 0],
		cursor: { y: false, points: { show: dress.points, size: 9, fill: colour, width: 2, stroke: token('--surface') }, drag: { x: false, y: false } },
		scales: { x: { time: true }, y: { range: mode === 'line' ? rangeWithPast : dress.range } },
		axes: [
			{ ...axis, values: timeLabels, incrs: STEPS_S, space: 72, size: 32, grid: { show: false } },
			{ ...axis, show: mode !== 'states', values: valueLabels(entity), space: 48, size: axisWidth, gap: 6 },
		],
		series: [{}, { points: { show: false }, spanGaps: false, ...dress.series }, hidden, hidden],
		bands: [{ series: [3, 2], fill: faint(colour, 0.2) }],
		hooks: {
			drawClear: [drawMidnights],
			drawAxes: [(/** @type {any} */ plot) => { if (past) paintPast(plot, past.columns); }],
			draw: mode === 'states' ? [(/** @type {any} */ plot) => paintStates(plot, shown, remembered, (value) => wordOf(entity, value))] : [],
			setCursor: [(/** @type {any} */ plot) => onCursor(cursorOf(plot))],
		},
	};
	const plot = new uPlot(/** @type {any} */ (options), /** @type {any} */ ([[], [], [], []]), box);
	return {
		/** @param {Columns} columns @param {number} from ms @param {number} to ms @param {Past|null} before the week before, behind it */
		draw(columns, from, to, before) {
			shown = columns;
			past = before;
			plot.batch(() => {
				plot.setData(/** @type {any} */ ([columns.at.map((at) => at / 1000), columns.value, columns.least, columns.most]), false);
				plot.setScale('x', { min: from / 1000, max: to / 1000 });
			});
		},
		/** Puts the cursor on a point, null: away. @param {number|null} index */
		point(index) {
			if (index === null || shown.at[index] === undefined) {
				plot.setCursor({ left: -10, top: -10 });
				return;
			}
			const at = shown.ends ? (shown.at[index] + shown.ends[index]) / 2 : shown.at[index];
			plot.setCursor({ left: Math.max(0, Math.min(plot.over.clientWidth, plot.valToPos(at / 1000, 'x'))), top: plot.over.clientHeight / 2 });
		},
		/** The point under a place of the screen. @param {number} clientX */
		pointAt(clientX) {
			const area = plot.over.getBoundingClientRect();
			plot.setCursor({ left: Math.max(0, Math.min(area.width, clientX - area.left)), top: area.height / 2 });
		},
		/** The time under a place of the screen, ms. @param {number} clientX */
		timeAt(clientX) {
			return plot.posToVal(clientX - plot.over.getBoundingClientRect().left, 'x') * 1000;
		},
		/** How wide the time axis is, pixels. */
		width() {
			return Math.max(1, plot.over.clientWidth);
		},
		/** What is drawn, with its axes. @returns {HTMLCanvasElement} */
		canvas() {
			return plot.ctx.canvas;
		},
		fit() {
			if (box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height: box.clientHeight });
		},
		destroy() {
			plot.destroy();
		},
	};
}
