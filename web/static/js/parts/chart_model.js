// What a chart does behind its markup: asks for windows, one at a time, follows what comes live, and has all of it drawn.
// Gestures and buttons only change the view; a request goes out when they rest.
import { BarData } from './chart_bars.js';
import { LineData } from './chart_data.js';
import { Past } from './chart_past.js';
import { pictureOf } from './chart_picture.js';
import { createPlot } from './chart_plot.js';
import { StateData } from './chart_states.js';
import { covers, panned, viewOf, windowFor, zoomed } from './chart_view.js';
import { ApiError } from '../api.js';
import { onPoints } from '../live.js';
import { fetchWindow } from '../points.js';
import { hubNow } from '../store.js';

/** @import {Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */
/** @import {Loaded, Mode, View, Window} from './chart_view.js' */

const YOUNGEST_MS = 120000; // the shortest stretch of time that a chart shows by itself
const REFETCH_MS = 5 * 60000; // what moves is bucketed anew now and then
const RETRY_MS = 2000;
const REST_MS = 180; // without a gesture: then it is asked for

const DATA = { line: LineData, bars: BarData, states: StateData };

export class ChartModel {
	/** 'loading', 'ready', 'empty', 'failed' */
	phase = 'loading';
	busy = false;
	/** Why the newest window is not there, though an older one is shown. @type {string|null} */
	trouble = null;
	/** @type {number|null} the point chosen */
	index = null;
	/** @type {Columns|null} */
	columns = null;
	/** @type {View} */
	view = viewOf('hour');
	/** The week before, where it is compared with this one. @type {Past|null} */
	past = null;
	/** @type {Mode} */
	mode;
	#box;
	#entity;
	#series;
	#changed;
	/** @type {LineData|BarData|StateData} */
	#data;
	#plot;
	/** @type {Loaded|null} */
	#loaded = null;
	/** @type {{view: View, abort: AbortController}|null} */
	#asking = null;
	#refined = false;
	#timer = 0;
	#retry = 0;
	#frame = 0;
	#edge = 0;
	/** @type {(() => void)[]} */
	#ends = [];

	/** @param {HTMLElement} box @param {Entity} entity @param {Mode} mode @param {string} range @param {() => void} changed something to render */
	constructor(box, entity, mode, range, changed) {
		this.#box = box;
		this.#entity = entity;
		this.#series = /** @type {number} */ (entity.series);
		this.#changed = changed;
		this.mode = mode;
		this.view = viewOf(range);
		this.#data = new DATA[mode]();
		this.#plot = this.#makePlot();
		const fresh = setInterval(() => { if (this.view.end === null) this.#load(); }, REFETCH_MS);
		const watch = new ResizeObserver(() => this.#plot.fit());
		watch.observe(box);
		const repaint = () => this.#remake();
		addEventListener('themechange', repaint);
		this.#ends = [onPoints(this.#series, (at, value) => this.#add(at, value)), () => clearInterval(fresh), () => watch.disconnect(), () => removeEventListener('themechange', repaint)];
		this.#beat();
		this.#load();
	}

	destroy() {
		this.#asking?.abort.abort();
		this.#ends.forEach((end) => end());
		clearTimeout(this.#timer);
		clearTimeout(this.#retry);
		clearInterval(this.#edge);
		cancelAnimationFrame(this.#frame);
		this.past?.destroy();
		this.#plot.destroy();
	}

	#makePlot() {
		return createPlot(this.#box, this.#entity, this.mode, (index) => {
			if (index === this.index) return;
			this.index = index;
			this.#changed();
		});
	}

	#remake() {
		this.#plot.destroy();
		this.#plot = this.#makePlot();
		this.#draw();
	}

	/** The edge moves every second while that can be seen. */
	#beat() {
		clearInterval(this.#edge);
		this.#edge = setInterval(() => { if (this.view.end === null) this.#soon(); }, this.view.span <= 3600000 ? 1000 : 10000);
	}

	/** @param {number} at @param {number|string} value */
	#add(at, value) {
		if (this.#loaded && !this.#loaded.live) return;
		if (this.#data.add(at, value) && this.#loaded) this.#soon();
	}

	#soon() {
		if (this.#frame) return;
		this.#frame = requestAnimationFrame(() => {
			this.#frame = 0;
			this.#draw();
		});
	}

	/** What is shown, ms. A young series fills the chart from its first minutes on and grows into a range. */
	edges() {
		const now = hubNow();
		const to = this.view.end ?? now;
		const from = to - this.view.span, oldest = this.#data.oldest;
		const young = this.view.range !== null && oldest < Infinity && (this.view.range === 'all' || oldest > now - this.view.span / 2);
		return { from: young ? Math.min(oldest, now - YOUNGEST_MS) : from, to };
	}

	#draw() {
		if (!this.#loaded) return;
		const now = hubNow();
		if (this.view.end === null) this.#data.trim(now - 2 * this.view.span - YOUNGEST_MS);
		const { from, to } = this.edges();
		this.columns = this.#data.columns(now, from, to, this.#loaded.live);
		this.past?.show({ from, to }, this.#box.clientWidth);
		this.#plot.draw(this.columns, from, to, this.past);
		this.phase = this.columns.at.some((at, i) => at <= to && (this.columns?.ends?.[i] ?? at) >= from) ? 'ready' : 'empty';
		this.#changed();
	}

	/** @param {string} range a button's */
	showRange(range) {
		this.#refined = false;
		this.#show(viewOf(range), 0);
	}

	/** @param {number} factor below 1: nearer @param {number|null} clientX what stays where it is; null: the right edge of what moves, else the middle */
	zoom(factor, clientX = null) {
		const edges = this.edges();
		const at = clientX !== null ? this.#plot.timeAt(clientX) : this.view.end === null ? edges.to : (edges.from + edges.to) / 2;
		this.#show(zoomed(edges, factor, at, hubNow()), REST_MS);
	}

	/** @param {number} share of what is shown; positive: to later */
	pan(share) {
		const edges = this.edges();
		this.#show(panned(edges, share * (edges.to - edges.from), hubNow()), REST_MS);
	}

	/** The same by pixels, as a finger draws. @param {number} pixels */
	drag(pixels) {
		this.pan(-pixels / this.#plot.width());
	}

	/** Only a line has a week before behind it. */
	get comparable() {
		return this.mode === 'line';
	}

	/** Shows the week before, or no longer. */
	compare() {
		if (!this.comparable) return;
		this.past?.destroy();
		this.past = this.past ? null : new Past(this.#series, () => this.#soon());
		this.#draw();
	}

	/** A picture of what is shown. @param {{title: string, lines: string}} words */
	picture(words) {
		return pictureOf(this.#plot.canvas(), words);
	}

	/** @param {number|null} index */
	point(index) {
		this.#plot.point(index);
	}

	/** @param {number} clientX */
	pointAt(clientX) {
		this.#plot.pointAt(clientX);
	}

	/** @param {View} view @param {number} wait ms */
	#show(view, wait) {
		this.view = view;
		this.#plot.point(null);
		this.#beat();
		this.#soon();
		this.#want(wait);
		this.#changed();
	}

	/** Asks for what the view lacks. @param {number} wait ms */
	#want(wait) {
		clearTimeout(this.#timer);
		if (this.view.range !== 'all' && covers(this.#loaded, this.view, hubNow(), this.mode, this.#box.clientWidth)) {
			this.#asking?.abort.abort();
			this.#asking = null;
			this.busy = false;
			return;
		}
		this.#timer = setTimeout(() => this.#load(), wait);
	}

	/** @param {Partial<Window>} change */
	#load(change = {}) {
		clearTimeout(this.#retry);
		this.#asking?.abort.abort();
		const ask = { ...windowFor(this.view, hubNow(), this.mode, this.#box.clientWidth), ...change };
		const asking = this.#asking = { view: this.view, abort: new AbortController() };
		this.busy = true;
		this.#changed();
		fetchWindow(this.#series, this.mode === 'states' ? 'timeline' : 'points', ask, asking.abort.signal).then(
			(answer) => { if (this.#asking === asking) this.#take(answer, ask); },
			(error) => { if (this.#asking === asking) this.#fail(error); });
	}

	/** @param {any} answer @param {Window} ask */
	#take(answer, ask) {
		this.#asking = null;
		this.busy = false;
		this.trouble = null;
		if (answer.kind === 'text' && this.mode !== 'states') {
			this.#become('states');
			return;
		}
		const from = typeof ask.from === 'number' ? ask.from : answer.from ?? 0;
		this.#data.fetched(answer, ask.live);
		this.#loaded = { from: ask.from === 'first' ? 0 : from, to: ask.to, live: ask.live, raw: !!answer.raw, length: answer.length ?? 0 };
		const oldest = this.#data.oldest;
		// of a young series most buckets are empty: once more, in finer ones
		if (this.mode === 'line' && !answer.raw && this.view.range && !this.#refined && oldest > from + (ask.to - from) / 2 && oldest < Infinity) {
			this.#refined = true;
			this.#load({ from: Math.floor(oldest - answer.length), width: windowFor({ ...this.view, range: 'all' }, ask.to, 'line', this.#box.clientWidth).width });
		}
		this.#draw();
	}

	/** @param {Mode} mode */
	#become(mode) {
		this.mode = mode;
		this.past?.destroy();
		this.past = null;
		this.#data = new DATA[mode]();
		this.#loaded = null;
		this.#remake();
		this.#load();
	}

	/** @param {unknown} error */
	#fail(error) {
		this.#asking = null;
		this.busy = false;
		if (this.#loaded) {
			this.trouble = error instanceof ApiError ? error.message : '';
		} else {
			this.phase = 'failed';
			this.#retry = setTimeout(() => this.#load(), RETRY_MS); /* a device that has just come may be a moment ahead of its history */
		}
		this.#changed();
	}

	retry() {
		this.#load();
	}
}
