// uPlot, dressed for the page of charts: one panel with a unit on either side, or with bands of states, on a time axis that
// it shares with the panels above and below. Knows nothing of fetching.
import uPlot from '../../vendor/uplot-1.6.32.js';
import { STEPS_S, axisWidth, drawMidnights, rangeOf, timeLabels, token, valueLabels } from './chart_axis.js';
import { paintPast } from './chart_past.js';
import { paintStates } from './chart_states.js';
import { clipped, paintLine } from './charts_paint.js';
import { boundsOf } from './charts_read.js';
import { colourName, dashOf } from './charts_set.js';
import { wordOf } from '../format.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */
/** @import {Past} from './chart_past.js' */
/** @import {Mode} from './chart_view.js' */

/**
 * @typedef {object} Drawn a reading as it is drawn
 * @property {number} slot
 * @property {Mode} mode
 * @property {Device} device
 * @property {Entity} entity
 * @property {Columns|null} columns
 * @property {Past|null} past
 * @property {boolean} banded
 * @property {boolean} faded
 * @property {boolean} selected
 *
 * @typedef {{axes: {key: string, unit: string, lanes: Drawn[]}[], states: Drawn[]}} Panel
 * @typedef {(name: string) => string} Tokens a colour's value
 * @typedef {{left: number, right: number, sided: boolean}} Gutters widths beside all panels; sided: one of them has a unit on the right
 */

const ROW = 52, BAND = 26, LABEL = 8; // of a band of states, pixels
const TIMES = 32; // the height of the time axis

/** How high a panel is, pixels. @param {Panel} panel @param {boolean} last with the time axis @param {number} lines how high one with lines is */
export const heightOf = (panel, last, lines) => (panel.states.length ? panel.states.length * ROW + 4 : lines) + (last ? TIMES : 8);

/** @param {Drawn[]} lanes @param {number} from @param {number} to ms */
function reach(lanes, from, to) {
	let least = Infinity, most = -Infinity;
	for (const { columns, past, banded } of lanes) {
		for (const bounds of [columns && boundsOf(columns, from, to, banded), past?.bounds(from, to)]) {
			if (!bounds) continue;
			least = Math.min(least, bounds[0]);
			most = Math.max(most, bounds[1]);
		}
	}
	if (lanes[0]?.mode === 'bars') return [0, most > 0 ? most * 1.12 : 1];
	return rangeOf(least, most);
}

/** @param {any} plot @param {Panel} panel @param {Tokens} tokens */
function paintLines(plot, { axes }, tokens) {
	clipped(plot, () => axes.forEach(({ lanes }, side) => {
		for (const { past, slot, faded } of lanes) if (past && !faded) paintPast(plot, past.columns, `y${side}`, tokens(colourName(slot)) + '80');
		// the chosen one lies above the others
		for (const lane of [...lanes].sort((a, b) => Number(a.selected) - Number(b.selected))) {
			if (!lane.columns) continue;
			paintLine(plot, lane.columns, `y${side}`, { colour: tokens(colourName(lane.slot)), dash: dashOf(lane.slot), width: lane.selected ? 2.75 : 1.75, faded: lane.faded, banded: lane.banded });
		}
	}));
}

/** Each band below its name, which is read from the picture, too. @param {any} plot @param {Drawn[]} lanes @param {Tokens} tokens */
function paintBands(plot, lanes, tokens) {
	const { ctx, bbox } = plot, ratio = devicePixelRatio;
	lanes.forEach(({ columns, entity, device, faded }, i) => {
		const bottom = bbox.height / ratio - (i + 1) * ROW + LABEL;
		ctx.save();
		ctx.globalAlpha = faded ? 0.6 : 1;
		ctx.fillStyle = tokens('--ink-2');
		ctx.font = `${13 * ratio}px system-ui, sans-serif`;
		ctx.textBaseline = 'alphabetic';
		ctx.fillText(`${device.name} · ${entity.name}`, bbox.left, bbox.top + (i * ROW + 13) * ratio, bbox.width);
		ctx.restore();
		if (columns) paintStates(plot, columns, tokens, (value) => wordOf(entity, value), { height: BAND, below: Math.max(0, bottom) });
	});
}

/** @param {Panel} panel @param {0|1} side @param {Gutters} gutters */
function axisOf(panel, side, gutters) {
	const axis = panel.axes[side];
	const labels = axis ? valueLabels(axis.lanes[0].entity) : (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(() => '');
	const name = side ? 'right' : 'left';
	return {
		scale: `y${side}`, side: side ? 1 : 3, stroke: token('--ink-2'), font: '13px system-ui, sans-serif', ticks: { show: false }, gap: 6, space: 44,
		grid: { show: side === 0 && !!axis, stroke: token('--line'), width: 1 }, values: labels,
		size: (/** @type {any} */ _, /** @type {string[]|null} */ texts) => gutters[name] = Math.max(gutters[name], axis ? axisWidth(_, texts) : 0),
	};
}

/** @param {any} plot @param {Panel} panel @param {HTMLElement[]} dots of its lines, in order @param {(lane: Drawn) => number|null} indexOf */
function placeDots(plot, panel, dots, indexOf) {
	let n = 0;
	panel.axes.forEach(({ lanes }, side) => lanes.forEach((lane) => {
		const dot = dots[n++], i = indexOf(lane);
		const value = i === null ? null : lane.columns?.value[i] ?? null;
		dot.hidden = value === null || lane.mode !== 'line';
		if (dot.hidden || i === null) return;
		dot.style.transform = `translate(${plot.valToPos((lane.columns?.at[i] ?? 0) / 1000, 'x')}px, ${plot.valToPos(value, `y${side}`)}px)`;
	}));
}

/** @param {Panel} panel */
function makeDots(panel) {
	return panel.axes.flatMap(({ lanes }) => lanes).map(({ slot }) => {
		const dot = Object.assign(document.createElement('i'), { className: 'charts-dot', hidden: true });
		dot.style.background = `var(${colourName(slot)})`;
		return dot;
	});
}

/**
 * @param {HTMLElement} box of the panel's height @param {Panel} panel @param {boolean} last with the time axis @param {Gutters} gutters
 * @param {(at: number|null) => void} onCursor the time under the pointer, ms
 */
export function createPanel(box, panel, last, gutters, onCursor) {
	let from = 0, to = 1, width = 0;
	/** @param {number} side */
	const range = (side) => () => reach(panel.axes[side]?.lanes ?? [], from, to);
	/** @type {Map<string, string>} of this theme: another one makes other panels */
	const known = new Map();
	/** @type {Tokens} */
	const tokens = (name) => {
		let value = known.get(name);
		if (value === undefined) known.set(name, value = token(name));
		return value;
	};
	const blank = { stroke: 'transparent', width: 0, points: { show: false } };
	const sides = /** @type {(0|1)[]} */ (gutters.sided ? [0, 1] : [0]);
	const options = {
		width: Math.max(100, box.clientWidth), height: Math.max(40, box.clientHeight), legend: { show: false },
		padding: [panel.axes.length ? 10 : 0, gutters.sided ? 0 : 16, 0, 0],
		cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
		scales: { x: { time: true }, y0: { range: range(0) }, y1: { range: range(1) } },
		axes: [
			{ stroke: token('--ink-2'), font: '13px system-ui, sans-serif', ticks: { show: false }, values: last ? timeLabels : (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(() => ''), incrs: STEPS_S, space: 72, size: last ? TIMES : 8, grid: { show: false } },
			...sides.map((side) => axisOf(panel, side, gutters)),
		],
		series: [{}, { ...blank, scale: 'y0' }, { ...blank, scale: 'y1' }],
		hooks: {
			drawClear: [drawMidnights],
			draw: [(/** @type {any} */ plot) => (panel.states.length ? paintBands(plot, panel.states, tokens) : paintLines(plot, panel, tokens))],
		},
	};
	const plot = new uPlot(/** @type {any} */ (options), /** @type {any} */ ([[], [], []]), box);
	const dots = makeDots(panel);
	plot.over.append(...dots);
	/** @param {number} clientX */
	const timeAt = (clientX) => {
		const area = plot.over.getBoundingClientRect();
		return plot.posToVal(Math.max(0, Math.min(area.width, clientX - area.left)), 'x') * 1000;
	};
	// the mouse itself: uPlot tells of its cursor's moves when it draws, too
	plot.over.addEventListener('mousemove', (event) => onCursor(timeAt(event.clientX)));
	plot.over.addEventListener('mouseleave', () => onCursor(null));
	return {
		/** @param {number} start ms @param {number} end ms */
		draw(start, end) {
			from = start;
			to = end;
			plot.batch(() => {
				plot.setData(/** @type {any} */ ([[start / 1000, end / 1000], [null, null], [null, null]]), false);
				plot.setScale('x', { min: start / 1000, max: end / 1000 });
			});
			width = gutters.left + gutters.right;
		},
		/** Once more, if another panel has needed more room beside it since. */
		settle() {
			if (width !== gutters.left + gutters.right) plot.redraw(false, true);
			width = gutters.left + gutters.right;
		},
		/** The line of the cursor and the dots on the lines. @param {number|null} at ms @param {(lane: Drawn) => number|null} indexOf the point of a reading there */
		point(at, indexOf) {
			if (at === null) plot.setCursor({ left: -10, top: -10 });
			else plot.setCursor({ left: Math.max(0, Math.min(plot.over.clientWidth, plot.valToPos(at / 1000, 'x'))), top: plot.over.clientHeight / 2 });
			placeDots(plot, panel, dots, indexOf);
		},
		timeAt,
		width: () => Math.max(1, plot.over.clientWidth),
		/** @returns {HTMLCanvasElement} */
		canvas: () => plot.ctx.canvas,
		destroy() {
			plot.destroy();
		},
	};
}
