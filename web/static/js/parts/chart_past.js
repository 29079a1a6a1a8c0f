// The week before, drawn paler behind a line: asks for its windows, one at a time, and moves its points by seven days.
import { token } from './chart_axis.js';
import { LineData } from './chart_data.js';
import { covers, windowFor } from './chart_view.js';
import { clipped } from './charts_paint.js';
import { lastBefore } from './charts_read.js';
import { fetchWindow } from '../points.js';
import { hubNow } from '../store.js';

/** @import {Columns} from './chart_data.js' */
/** @import {Loaded} from './chart_view.js' */

const WEEK = 7 * 86400000;
const REST_MS = 180; // without a gesture: then it is asked for

export class Past {
	/** 'loading', 'ready', 'empty', 'failed' */
	phase = 'loading';
	/** As of this week. @type {Columns} */
	columns = { at: [], value: [], least: [], most: [], banded: false };
	#series;
	#changed;
	#data = new LineData();
	/** @type {Loaded|null} */
	#loaded = null;
	/** @type {AbortController|null} */
	#asking = null;
	#timer = 0;

	/** @param {number} series @param {() => void} changed something to draw */
	constructor(series, changed) {
		this.#series = series;
		this.#changed = changed;
	}

	destroy() {
		clearTimeout(this.#timer);
		this.#asking?.abort();
		this.#asking = null;
	}

	/** What failed is asked for again when it is drawn next. */
	retry() {
		if (this.phase !== 'failed') return;
		this.phase = 'loading';
		this.#changed();
	}

	/** What is shown of this week, ms. @param {{from: number, to: number}} edges @param {number} pixels how wide */
	show({ from, to }, pixels) {
		const view = { span: to - from, end: to - WEEK, range: null };
		if (this.#asking || this.phase === 'failed' || covers(this.#loaded, view, hubNow(), 'line', pixels)) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#load(windowFor(view, hubNow(), 'line', pixels)), this.#loaded ? REST_MS : 0);
	}

	/** @param {import('./chart_view.js').Window} ask */
	#load(ask) {
		const asking = this.#asking = new AbortController();
		fetchWindow(this.#series, 'points', ask, asking.signal).then((answer) => {
			if (this.#asking !== asking) return;
			this.#data.fetched(answer, false);
			this.#loaded = { from: Number(ask.from), to: ask.to, live: ask.live, raw: !!answer.raw, length: answer.length ?? 0 };
			const { at, ...rest } = this.#data.columns(ask.to);
			this.columns = { at: at.map((ms) => ms + WEEK), ...rest };
			this.phase = at.length ? 'ready' : 'empty';
		}, () => {
			if (this.#asking === asking) this.phase = 'failed';
		}).finally(() => {
			if (this.#asking !== asking) return;
			this.#asking = null;
			this.#changed();
		});
	}

	/** What was measured seven days before a time of this week; null: nothing. @param {number} ms */
	valueAt(ms) {
		const { at, value } = this.columns;
		const i = lastBefore(at, ms);
		return i >= 0 && (i + 1 < at.length || ms === at[i]) ? value[i] : null;
	}

	/** The least and most of what is shown, to make room for it. @param {number} from @param {number} to ms @returns {[number, number]|null} */
	bounds(from, to) {
		let least = Infinity, most = -Infinity;
		this.columns.at.forEach((at, i) => {
			const value = this.columns.value[i];
			if (at < from || at > to || value === null) return;
			least = Math.min(least, value);
			most = Math.max(most, value);
		});
		return least <= most ? [least, most] : null;
	}
}

/**
 * Draws the week before, below what is drawn of this one.
 * @param {any} plot uPlot's @param {Columns} columns @param {string} scale @param {string} colour
 */
export function paintPast(plot, columns, scale = 'y', colour = token('--edge')) {
	clipped(plot, () => {
		const { ctx } = plot;
		ctx.beginPath();
		let drawing = false;
		columns.at.forEach((at, i) => {
			const value = columns.value[i];
			if (value === null) {
				drawing = false;
				return;
			}
			const x = plot.valToPos(at / 1000, 'x', true), y = plot.valToPos(value, scale, true);
			if (drawing) ctx.lineTo(x, y);
			else ctx.moveTo(x, y);
			drawing = true;
		});
		ctx.strokeStyle = colour;
		ctx.lineWidth = 1.5 * devicePixelRatio;
		ctx.lineJoin = 'round';
		ctx.stroke();
	});
}
