// One series behind a chart: asks for the windows that a view needs, one at a time, and follows what comes live.
// Knows nothing of drawing. Several of them may stand behind one view.
import { BarData } from './chart_bars.js';
import { LineData } from './chart_data.js';
import { StateData } from './chart_states.js';
import { covers, windowFor } from './chart_view.js';
import { ApiError } from '../api.js';
import { onPoints } from '../live.js';
import { fetchWindow } from '../points.js';
import { hubNow } from '../store.js';

/** @import {Columns} from './chart_data.js' */
/** @import {Loaded, Mode, View, Window} from './chart_view.js' */

/**
 * @typedef {object} Told
 * @property {() => void} points there is something to draw
 * @property {() => void} state busy, trouble or failed has changed
 * @property {() => void} mode it turned out to be words
 */

const RETRY_MS = 2000;
const DATA = { line: LineData, bars: BarData, states: StateData };

export class Feed {
	busy = false;
	/** The first window could not be had. */
	failed = false;
	/** Why the newest window is not there, though an older one is shown. @type {string|null} */
	trouble = null;
	/** @type {Mode} */
	mode;
	/** @type {Loaded|null} */
	loaded = null;
	#series;
	#told;
	#data;
	#pixels;
	/** @type {View} */
	#view;
	/** @type {AbortController|null} */
	#asking = null;
	#refined = false;
	#timer = 0;
	#retry = 0;
	#end;

	/** Asks at once. @param {number} series @param {Mode} mode @param {View} view @param {() => number} pixels how wide what is shown is @param {Told} told */
	constructor(series, mode, view, pixels, told) {
		this.#series = series;
		this.mode = mode;
		this.#view = view;
		this.#pixels = pixels;
		this.#told = told;
		/** @type {LineData|BarData|StateData} */
		this.#data = new DATA[mode]();
		this.#end = onPoints(series, (at, value) => this.#add(at, value));
		this.#load();
	}

	destroy() {
		this.#end();
		this.#asking?.abort();
		this.#asking = null; // so that its failing is not taken for one of the hub
		clearTimeout(this.#timer);
		clearTimeout(this.#retry);
	}

	/** Something of what is wanted could not be had. */
	get lacking() {
		return this.failed || this.trouble !== null;
	}

	/** When the first that is known was measured, ms; Infinity for none. */
	get oldest() {
		return this.#data.oldest;
	}

	/** @param {number} now @param {number} from @param {number} to what is shown, ms @returns {Columns} */
	columns(now, from, to) {
		return this.#data.columns(now, from, to, !!this.loaded?.live);
	}

	/** Lets go of what lies before. @param {number} from ms */
	trim(from) {
		this.#data.trim(from);
	}

	/** @param {number} at @param {number|string} value */
	#add(at, value) {
		if (this.loaded && !this.loaded.live) return;
		if (this.#data.add(at, value) && this.loaded) this.#told.points();
	}

	/** Asks for what the view lacks. @param {View} view @param {number} wait ms until then: a gesture may go on */
	want(view, wait) {
		clearTimeout(this.#timer);
		if (view.range !== this.#view.range) this.#refined = false;
		this.#view = view;
		if (view.range !== 'all' && covers(this.loaded, view, hubNow(), this.mode, this.#pixels())) {
			this.#asking?.abort();
			this.#asking = null;
			this.busy = false;
			return;
		}
		this.#timer = setTimeout(() => this.#load(), wait);
	}

	/** Once more: what moves is bucketed anew, or what failed is tried again. */
	again() {
		this.#load();
	}

	/** @param {Partial<Window>} change */
	#load(change = {}) {
		clearTimeout(this.#retry);
		this.#asking?.abort();
		const ask = { ...windowFor(this.#view, hubNow(), this.mode, this.#pixels()), ...change };
		const asking = this.#asking = new AbortController();
		this.busy = true;
		this.#told.state();
		fetchWindow(this.#series, this.mode === 'states' ? 'timeline' : 'points', ask, asking.signal).then(
			(answer) => { if (this.#asking === asking) this.#take(answer, ask); },
			(error) => { if (this.#asking === asking) this.#fail(error); });
	}

	/** @param {any} answer @param {Window} ask */
	#take(answer, ask) {
		this.#asking = null;
		this.busy = false;
		this.failed = false;
		this.trouble = null;
		if (answer.kind === 'text' && this.mode !== 'states') {
			this.#become('states');
			return;
		}
		const from = typeof ask.from === 'number' ? ask.from : answer.from ?? 0;
		this.#data.fetched(answer, ask.live);
		this.loaded = { from: ask.from === 'first' ? 0 : from, to: ask.to, live: ask.live, raw: !!answer.raw, length: answer.length ?? 0 };
		const oldest = this.#data.oldest;
		// of a young series most buckets are empty: once more, in finer ones
		if (this.mode === 'line' && !answer.raw && this.#view.range && !this.#refined && oldest > from + (ask.to - from) / 2 && oldest < Infinity) {
			this.#refined = true;
			this.#load({ from: Math.floor(oldest - answer.length), width: windowFor({ ...this.#view, range: 'all' }, ask.to, 'line', this.#pixels()).width });
		}
		this.#told.points();
		this.#told.state();
	}

	/** @param {Mode} mode */
	#become(mode) {
		this.mode = mode;
		this.#data = new DATA[mode]();
		this.loaded = null;
		this.#told.mode();
		this.#load();
	}

	/** @param {unknown} error */
	#fail(error) {
		this.#asking = null;
		this.busy = false;
		if (this.loaded) {
			this.trouble = error instanceof ApiError ? error.message : '';
		} else {
			this.failed = true;
			this.#retry = setTimeout(() => this.#load(), RETRY_MS); /* a device that has just come may be a moment ahead of its history */
		}
		this.#told.state();
	}
}
