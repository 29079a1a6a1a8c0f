// How the lines of several readings are painted: each in its colour and stroke, so that they can be told apart by either.
// Knows nothing of where they come from.
import { lastBefore } from './charts_read.js';

/** @import {Columns} from './chart_data.js' */

const FADED = 0.35;

/** colour: its value. @typedef {{colour: string, dash: number[], width: number, faded: boolean, banded: boolean}} Style */

/** @param {any} plot uPlot's @param {() => void} paint within its area */
export function clipped({ ctx, bbox }, paint) {
	ctx.save();
	ctx.beginPath();
	ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
	ctx.clip();
	paint();
	ctx.restore();
}

/** The stretches between gaps, as first and last index; of what is in sight, and one point more on either side. @param {any} plot @param {Columns} columns */
function stretches(plot, { at, value }) {
	const { min, max } = plot.scales.x;
	/** @type {[number, number][]} */
	const out = [];
	let first = -1;
	for (let i = Math.max(0, lastBefore(at, min * 1000)); i <= at.length; i++) {
		const there = i < at.length && value[i] !== null;
		if (there && first < 0) first = i;
		const last = there && at[i] > max * 1000;
		if (first >= 0 && (!there || last)) {
			out.push([first, there ? i : i - 1]);
			first = -1;
		}
		if (last) break;
	}
	return out;
}

/** Least to most of each point, behind its line. @param {any} plot @param {Columns} columns @param {string} scale @param {string} colour */
function paintBand(plot, columns, scale, colour) {
	const { ctx } = plot, { at, least, most } = columns;
	/** @param {number} i @param {number|null} level */
	const spot = (i, level) => /** @type {[number, number]} */ ([plot.valToPos(at[i] / 1000, 'x', true), plot.valToPos(level ?? 0, scale, true)]);
	ctx.fillStyle = colour;
	ctx.globalAlpha = 0.2;
	for (const [first, last] of stretches(plot, columns)) {
		ctx.beginPath();
		for (let i = first; i <= last; i++) ctx.lineTo(...spot(i, most[i]));
		for (let i = last; i >= first; i--) ctx.lineTo(...spot(i, least[i]));
		ctx.closePath();
		ctx.fill();
	}
	ctx.globalAlpha = 1;
}

/** @param {any} plot @param {Columns} columns @param {string} scale */
function tracePoints(plot, columns, scale) {
	const { ctx } = plot, { at, value } = columns;
	for (const [first, last] of stretches(plot, columns)) {
		for (let i = first; i <= last; i++) {
			const x = plot.valToPos(at[i] / 1000, 'x', true), y = plot.valToPos(value[i], scale, true);
			if (i === first) ctx.moveTo(x, y);
			else ctx.lineTo(x, y);
		}
		// a single sample between gaps is a dot
		if (first === last) ctx.lineTo(plot.valToPos(at[first] / 1000, 'x', true) + 0.1, plot.valToPos(value[first], scale, true));
	}
}

/** Each bar's top, from its beginning to its end, as steps. @param {any} plot @param {Columns} columns @param {string} scale */
function traceSteps(plot, { at, value, ends }, scale) {
	const { ctx } = plot;
	at.forEach((from, i) => {
		const y = plot.valToPos(value[i], scale, true);
		if (i > 0 && ends?.[i - 1] === from) ctx.lineTo(plot.valToPos(from / 1000, 'x', true), y);
		else ctx.moveTo(plot.valToPos(from / 1000, 'x', true), y);
		ctx.lineTo(plot.valToPos((ends?.[i] ?? from) / 1000, 'x', true), y);
	});
}

/** @param {any} plot @param {Columns} columns @param {string} scale @param {Style} style */
export function paintLine(plot, columns, scale, { colour, dash, width, faded, banded }) {
	const { ctx } = plot, ratio = devicePixelRatio;
	if (banded && columns.banded) paintBand(plot, columns, scale, colour);
	ctx.beginPath();
	if (columns.ends) traceSteps(plot, columns, scale);
	else tracePoints(plot, columns, scale);
	ctx.strokeStyle = colour;
	ctx.globalAlpha = faded ? FADED : 1;
	ctx.lineWidth = width * ratio;
	ctx.lineJoin = 'round';
	ctx.lineCap = dash.length ? 'butt' : 'round';
	ctx.setLineDash(dash.map((length) => length * ratio));
	ctx.stroke();
	ctx.setLineDash([]);
	ctx.globalAlpha = 1;
}
