// Which stretch of time a chart shows and how gestures, buttons and the clock move it, whatever is drawn of it. Gestures
// only change the view; what it lacks is asked for when they rest.
import { panned, viewOf, zoomed } from './chart_view.js';
import { hubNow, link } from '../store.js';

/** @import {Feed} from './chart_feed.js' */
/** @import {Past} from './chart_past.js' */
/** @import {View} from './chart_view.js' */

const YOUNGEST_MS = 120000; // the shortest stretch of time that a chart shows by itself
const REFETCH_MS = 5 * 60000; // what moves is bucketed anew now and then
const REST_MS = 180; // without a gesture: then it is asked for

/** What draws is to say: feeds(), pasts(), timeAt(x), width(), pointAway(), draw(). */
export class TimeModel {
	/** @type {View} */
	view;
	/** Something to render. */
	changed;
	#frame = 0;
	#edge = 0;
	#fresh;
	#away = false;
	#endLink;

	/** @param {View} view @param {() => void} changed */
	constructor(view, changed) {
		this.view = view;
		this.changed = changed;
		this.#fresh = setInterval(() => { if (this.view.end === null) this.feeds().forEach((feed) => feed.again()); }, REFETCH_MS);
		this.#endLink = link.subscribe((now) => {
			if (now === 'live' && this.#away) this.#again((feed) => feed.lacking);
			this.#away = now === 'lost';
		});
		this.#beat();
	}

	destroy() {
		this.#endLink();
		clearInterval(this.#fresh);
		clearInterval(this.#edge);
		cancelAnimationFrame(this.#frame);
	}

	/** @returns {Feed[]} */
	feeds() {
		return [];
	}

	/** @returns {Past[]} */
	pasts() {
		return [];
	}

	/** The time under a place of the screen, ms. @param {number} _clientX */
	timeAt(_clientX) {
		return 0;
	}

	/** Of the time axis, pixels. */
	width() {
		return 1;
	}

	/** The cursor goes: what it stood on moves. */
	pointAway() {}

	draw() {}

	/** The edge moves every second while that can be seen. */
	#beat() {
		clearInterval(this.#edge);
		this.#edge = setInterval(() => { if (this.view.end === null) this.soon(); }, this.view.span <= 3600000 ? 1000 : 10000);
	}

	/** Draws with the next frame. */
	soon() {
		if (this.#frame) return;
		this.#frame = requestAnimationFrame(() => {
			this.#frame = 0;
			if (this.view.end === null) this.feeds().forEach((feed) => feed.trim(hubNow() - 2 * this.view.span - YOUNGEST_MS));
			this.draw();
		});
	}

	/** What is shown, ms. Young series fill the chart from their first minutes on and grow into a range. */
	edges() {
		const now = hubNow();
		const to = this.view.end ?? now;
		const from = to - this.view.span, oldest = Math.min(...this.feeds().map((feed) => feed.oldest));
		const young = this.view.range !== null && oldest < Infinity && (this.view.range === 'all' || oldest > now - this.view.span / 2);
		return { from: young ? Math.min(oldest, now - YOUNGEST_MS) : from, to };
	}

	/** @param {string} range a button's */
	showRange(range) {
		this.show(viewOf(range), 0);
	}

	/** @param {number} factor below 1: nearer @param {number|null} clientX what stays where it is; null: the right edge of what moves, else the middle */
	zoom(factor, clientX = null) {
		const edges = this.edges();
		const at = clientX !== null ? this.timeAt(clientX) : this.view.end === null ? edges.to : (edges.from + edges.to) / 2;
		this.show(zoomed(edges, factor, at, hubNow()), REST_MS);
	}

	/** @param {number} share of what is shown; positive: to later */
	pan(share) {
		const edges = this.edges();
		this.show(panned(edges, share * (edges.to - edges.from), hubNow()), REST_MS);
	}

	/** The same by pixels, as a finger draws. @param {number} pixels */
	drag(pixels) {
		this.pan(-pixels / this.width());
	}

	/** @param {View} view @param {number} wait ms until what it lacks is asked for */
	show(view, wait) {
		this.view = view;
		this.pointAway();
		this.#beat();
		this.soon();
		this.feeds().forEach((feed) => feed.want(view, wait));
		this.changed();
	}

	/** Asks for all of it anew. */
	retry() {
		this.#again(() => true);
	}

	/** Asks for it anew, and for every week before that failed. @param {(feed: Feed) => boolean} which */
	#again(which) {
		this.feeds().filter(which).forEach((feed) => feed.again());
		this.pasts().forEach((past) => past.retry());
	}
}
