// What the page of charts does behind its markup: a feed for each reading, the panels that they stand in, and one cursor for
// all of them.
import { Feed } from './chart_feed.js';
import { Past } from './chart_past.js';
import { pictureOf } from './chart_picture.js';
import { TimeModel } from './chart_time.js';
import { createPanel, heightOf } from './charts_plot.js';
import { pointAt, summaryOf } from './charts_read.js';
import { panelsOf } from './charts_set.js';
import { hubNow } from '../store.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */
/** @import {Key} from './chart_picture.js' */
/** @import {Drawn} from './charts_plot.js' */
/** @import {Reading} from './charts_set.js' */
/** @import {Mode, View} from './chart_view.js' */

const ONE = 320, SEVERAL = 210, NARROW = 0.75; // heights of panels of lines, pixels
const FEW = 2; // lines whose bands do not clutter the chart

/** A reading that is shown. */
export class Lane {
	/** @type {Columns|null} */
	columns = null;
	/** @type {Past|null} */
	past = null;
	/** Of the stretch that is shown. @type {ReturnType<typeof summaryOf>} */
	summary = null;
	banded = false;
	faded = false;
	selected = false;
	/** Where the cursor stands on it. @type {number|null} */
	index = null;
	series;
	device;
	entity;
	slot;
	feed;

	/** @param {Reading} reading @param {number} slot @param {Feed} feed */
	constructor({ series, device, entity }, slot, feed) {
		this.series = series;
		this.device = device;
		this.entity = entity;
		this.slot = slot;
		this.feed = feed;
	}

	/** @returns {Mode} */
	get mode() {
		return this.feed.mode;
	}

	destroy() {
		this.feed.destroy();
		this.past?.destroy();
	}
}

export class ChartsModel extends TimeModel {
	/** As they were chosen. @type {Lane[]} */
	lanes = [];
	/** The time under the cursor, ms; null: there is none. @type {number|null} */
	at = null;
	compared = false;
	#box;
	/** @type {ReturnType<typeof createPanel>[]} */
	#panels = [];
	/** @type {number|null} */
	#selected = null;
	#onView;
	/** @type {(() => void)[]} */
	#ends;

	/** @param {HTMLElement} box @param {View} view @param {() => void} changed something to render @param {() => void} onView another stretch of time, by a gesture */
	constructor(box, view, changed, onView) {
		super(view, changed);
		this.#box = box;
		this.#onView = onView;
		let width = box.clientWidth;
		const watch = new ResizeObserver(() => {
			if (box.clientWidth === width) return; // its height is our own doing
			width = box.clientWidth;
			this.#build();
		});
		watch.observe(box);
		const repaint = () => this.#build();
		addEventListener('themechange', repaint);
		this.#ends = [() => watch.disconnect(), () => removeEventListener('themechange', repaint)];
	}

	destroy() {
		super.destroy();
		this.#ends.forEach((end) => end());
		this.lanes.forEach((lane) => lane.destroy());
		this.#clear();
	}

	feeds() {
		return this.lanes.map(({ feed }) => feed);
	}

	pasts() {
		return this.lanes.flatMap(({ past }) => past ?? []);
	}

	/** 'loading', 'ready', 'empty', 'failed' */
	get phase() {
		if (this.lanes.length && this.lanes.every(({ feed }) => feed.failed)) return 'failed';
		if (!this.lanes.some(({ columns }) => columns)) return 'loading';
		const { from, to } = this.edges();
		return this.lanes.some(({ columns }) => columns?.at.some((at, i) => at <= to && (columns.ends?.[i] ?? at) >= from)) || this.busy ? 'ready' : 'empty';
	}

	get busy() {
		return this.lanes.some(({ feed }) => feed.busy);
	}

	/** Why the newest part of some is not there; null: it is. */
	get trouble() {
		return this.lanes.some(({ feed }) => feed.trouble !== null || feed.failed) ? '' : null;
	}

	/**
	 * Shows these: who was there keeps what it has fetched.
	 * @param {Reading[]} readings @param {(series: number) => number} slotOf @param {(entity: Entity, device: Device) => Mode} modeOf how it is drawn, as far as is known
	 */
	setReadings(readings, slotOf, modeOf) {
		const before = new Map(this.lanes.map((lane) => [lane.series, lane]));
		this.lanes = readings.map((reading) => {
			const kept = before.get(reading.series);
			before.delete(reading.series);
			if (kept) return Object.assign(kept, { device: reading.device, entity: reading.entity });
			const told = { points: () => this.soon(), state: () => this.changed(), mode: () => this.#build() };
			return new Lane(reading, slotOf(reading.series), new Feed(reading.series, modeOf(reading.entity, reading.device), this.view, () => this.#box.clientWidth, told));
		});
		for (const gone of before.values()) gone.destroy();
		if (!this.lanes.some(({ series }) => series === this.#selected)) this.#selected = null;
		this.#build();
	}

	#clear() {
		this.#panels.forEach((panel) => panel.destroy());
		this.#panels = [];
		this.#box.replaceChildren();
	}

	/** The panels anew: of other readings, in another width or theme. */
	#build() {
		this.#clear();
		const panels = panelsOf(this.lanes);
		const lines = panels.filter(({ axes }) => axes.length).length;
		const gutters = { left: 0, right: 0, sided: panels.some(({ axes }) => axes.length > 1) };
		const height = (lines > 1 ? SEVERAL : ONE) * (this.#box.clientWidth < 560 ? NARROW : 1);
		this.#panels = panels.map((panel, i) => {
			const last = i === panels.length - 1;
			if (panel.axes.length) this.#box.append(unitsOf(panel));
			const box = Object.assign(document.createElement('div'), { className: 'charts-panel' });
			box.style.height = `${heightOf(panel, last, height)}px`;
			this.#box.append(box);
			return createPanel(box, panel, last, gutters, (at) => this.#point(at));
		});
		this.draw();
	}

	draw() {
		const now = hubNow(), { from, to } = this.edges();
		const lines = this.lanes.filter(({ mode }) => mode === 'line').length;
		for (const lane of this.lanes) {
			lane.columns = lane.feed.loaded ? lane.feed.columns(now, from, to) : null;
			lane.summary = lane.columns && lane.mode === 'line' ? summaryOf(lane.columns, from, to) : null;
			lane.selected = lane.series === this.#selected;
			lane.faded = this.#selected !== null && !lane.selected;
			lane.banded = lane.mode === 'line' && (lines <= FEW ? !lane.faded : lane.selected);
			lane.past?.show({ from, to }, this.#box.clientWidth);
		}
		this.#takePasts();
		this.#panels.forEach((panel) => panel.draw(from, to));
		this.#panels.forEach((panel) => panel.settle());
		this.#point(this.at);
	}

	/** The week before of each line, or of none. */
	#takePasts() {
		for (const lane of this.lanes) {
			const wanted = this.compared && lane.mode === 'line';
			if (wanted === !!lane.past) continue;
			lane.past?.destroy();
			lane.past = wanted ? new Past(lane.series, () => this.soon()) : null;
			if (wanted) this.soon();
		}
	}

	/** @param {boolean} wanted */
	compare(wanted) {
		if (wanted === this.compared) return;
		this.compared = wanted;
		this.draw();
	}

	get comparable() {
		return this.lanes.some(({ mode }) => mode === 'line');
	}

	/** The reading that stands out; null: none does. */
	get selected() {
		return this.#selected;
	}

	/** @param {number|null} series */
	select(series) {
		this.#selected = series;
		this.draw();
	}

	/** @param {number|null} at ms */
	#point(at) {
		this.at = at;
		for (const lane of this.lanes) lane.index = at === null || !lane.columns ? null : pointAt(lane.columns, lane.mode, at);
		this.#panels.forEach((panel) => panel.point(at, (drawn) => /** @type {Drawn & {index: number|null}} */ (drawn).index));
		this.changed();
	}

	/** @param {number|null} at ms; null: the cursor goes */
	point(at) {
		const { from, to } = this.edges();
		this.#point(at === null ? null : Math.max(from, Math.min(to, at)));
	}

	/** @param {number} clientX */
	pointAt(clientX) {
		this.#point(this.timeAt(clientX));
	}

	pointAway() {
		this.#point(null);
	}

	/** @param {number} clientX */
	timeAt(clientX) {
		return this.#panels[0]?.timeAt(clientX) ?? this.edges().to;
	}

	width() {
		return this.#panels[0]?.width() ?? 1;
	}

	/** @param {View} view @param {number} wait ms */
	show(view, wait) {
		super.show(view, wait);
		this.#onView();
	}

	/** Another stretch of time that did not come from here. @param {View} view */
	follow(view) {
		super.show(view, 0);
	}

	/** A picture of all that is shown. @param {{title: string, lines: string, keys: Key[]}} words */
	picture(words) {
		return pictureOf(this.#panels.map((panel) => panel.canvas()), words);
	}
}

/** The units above their axes. @param {{axes: {unit: string}[]}} panel */
function unitsOf({ axes }) {
	const line = Object.assign(document.createElement('div'), { className: 'charts-units' });
	line.append(...axes.map(({ unit }) => Object.assign(document.createElement('span'), { textContent: unit })));
	return line;
}
