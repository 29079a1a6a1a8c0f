// What the chart of one series does behind its markup: what was measured, the week before, and having both drawn.
import { Feed } from './chart_feed.js';
import { Past } from './chart_past.js';
import { pictureOf } from './chart_picture.js';
import { createPlot } from './chart_plot.js';
import { TimeModel } from './chart_time.js';
import { viewOf } from './chart_view.js';
import { hubNow } from '../store.js';

/** @import {Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */
/** @import {Mode} from './chart_view.js' */

export class ChartModel extends TimeModel {
	/** @type {number|null} the point chosen */
	index = null;
	/** @type {Columns|null} */
	columns = null;
	/** The week before, where it is compared with this one. @type {Past|null} */
	past = null;
	#box;
	#entity;
	#series;
	#feed;
	#plot;
	#empty = false;
	/** @type {(() => void)[]} */
	#ends = [];

	/** @param {HTMLElement} box @param {Entity} entity @param {Mode} mode @param {string} range @param {() => void} changed something to render */
	constructor(box, entity, mode, range, changed) {
		super(viewOf(range), changed);
		this.#box = box;
		this.#entity = entity;
		this.#series = /** @type {number} */ (entity.series);
		this.#plot = this.#makePlot(mode);
		this.#feed = new Feed(this.#series, mode, this.view, () => box.clientWidth, { points: () => this.soon(), state: changed, mode: () => this.#turned() });
		const watch = new ResizeObserver(() => this.#plot.fit());
		watch.observe(box);
		const repaint = () => this.#remake();
		addEventListener('themechange', repaint);
		this.#ends = [() => watch.disconnect(), () => removeEventListener('themechange', repaint)];
	}

	destroy() {
		super.destroy();
		this.#feed.destroy();
		this.#ends.forEach((end) => end());
		this.past?.destroy();
		this.#plot.destroy();
	}

	/** @returns {Mode} */
	get mode() {
		return this.#feed.mode;
	}

	get busy() {
		return this.#feed.busy;
	}

	/** Why the newest window is not there, though an older one is shown; null: it is. */
	get trouble() {
		return this.#feed.trouble;
	}

	/** 'loading', 'ready', 'empty', 'failed' */
	get phase() {
		if (this.#feed.failed) return 'failed';
		return !this.#feed.loaded || !this.columns ? 'loading' : this.#empty ? 'empty' : 'ready';
	}

	feeds() {
		return [this.#feed];
	}

	pasts() {
		return this.past ? [this.past] : [];
	}

	/** @param {Mode} mode */
	#makePlot(mode) {
		return createPlot(this.#box, this.#entity, mode, (index) => {
			if (index === this.index) return;
			this.index = index;
			this.changed();
		});
	}

	#remake() {
		this.#plot.destroy();
		this.#plot = this.#makePlot(this.mode);
		this.draw();
	}

	/** It turned out to be words. */
	#turned() {
		this.past?.destroy();
		this.past = null;
		this.columns = null;
		this.#remake();
	}

	draw() {
		if (!this.#feed.loaded) return;
		const { from, to } = this.edges();
		const columns = this.columns = this.#feed.columns(hubNow(), from, to);
		this.past?.show({ from, to }, this.#box.clientWidth);
		this.#plot.draw(columns, from, to, this.past);
		this.#empty = !columns.at.some((at, i) => at <= to && (columns.ends?.[i] ?? at) >= from);
		this.changed();
	}

	timeAt(/** @type {number} */ clientX) {
		return this.#plot.timeAt(clientX);
	}

	width() {
		return this.#plot.width();
	}

	pointAway() {
		this.#plot.point(null);
	}

	/** Only a line has a week before behind it. */
	get comparable() {
		return this.mode === 'line';
	}

	get compared() {
		return !!this.past;
	}

	/** Shows the week before, or no longer. */
	compare() {
		if (!this.comparable) return;
		this.past?.destroy();
		this.past = this.past ? null : new Past(this.#series, () => this.soon());
		this.draw();
	}

	/** A picture of what is shown. @param {{title: string, lines: string}} words */
	picture(words) {
		return pictureOf([this.#plot.canvas()], words);
	}

	/** @param {number|null} index */
	point(index) {
		this.#plot.point(index);
	}

	/** @param {number} clientX */
	pointAt(clientX) {
		this.#plot.pointAt(clientX);
	}
}
