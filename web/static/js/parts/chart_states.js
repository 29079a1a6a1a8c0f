// States over time: runs of one word or of on and off, and how they are painted. Fetches nothing.

/** @import {Run, TimelineAnswer} from '../types.js' */
/** @import {Columns} from './chart_data.js' */

export class StateData {
	/** @type {Run[]} */
	#runs = [];

	/** @param {TimelineAnswer} answer @param {boolean} live */
	fetched(answer, live) {
		const before = live ? this.#runs : [];
		this.#runs = answer.runs.map((run) => /** @type {Run} */ ([...run]));
		const last = this.#runs[this.#runs.length - 1];
		for (const run of before) {
			if (last && run[0] > last[0] && run[2] !== last[2]) this.#runs.push(run);
		}
	}

	/** @param {number} at @param {number|string} value @returns {boolean} */
	add(at, value) {
		const last = this.#runs[this.#runs.length - 1];
		if (last && at <= last[0]) return false;
		if (last) last[1] = at;
		if (!last || last[2] !== value) this.#runs.push([at, at, value, 1, false]);
		return true;
	}

	/** @param {number} from */
	trim(from) {
		while (this.#runs.length > 1 && this.#runs[0][1] < from) this.#runs.shift();
	}

	get oldest() {
		return this.#runs[0]?.[0] ?? Infinity;
	}

	/** @param {number} now @param {number} _from @param {number} _to @param {boolean} live the last one lasts until now @returns {Columns} */
	columns(now, _from, _to, live) {
		const value = this.#runs.map(() => 0.5);
		const ends = this.#runs.map(([, to], i) => (live && i === this.#runs.length - 1 ? now : to));
		return {
			at: this.#runs.map(([from]) => from), value, least: value, most: value, banded: false,
			states: this.#runs.map((run) => run[2]), ends, mixed: this.#runs.map((run) => run[4]),
		};
	}
}

const COLOURS = 6; // --state-0 … in tokens.css
/** Of the bar of states of a chart that has no other, pixels; it stands on the axis. */
export const ALONE = { height: 64, below: 8 };

/** The same word has the same colour on every chart. @param {number|string|null} value */
function colourOf(value) {
	if (value === null) return '--sunken';
	if (typeof value === 'number') return value ? '--state-on' : '--state-off';
	let hash = 7;
	for (const letter of value.toLowerCase()) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
	return /^(off|closed|idle|clear|none|standby)$/i.test(value) ? '--state-off' : `--state-${hash % COLOURS}`;
}

/** A word inside a run, if there is room. @param {CanvasRenderingContext2D} ctx @param {string} word @param {number} left @param {number} right @param {number} y */
function paintWord(ctx, word, left, right, y) {
	const air = 8 * devicePixelRatio;
	if (ctx.measureText(word).width + 2 * air <= right - left) ctx.fillText(word, left + air, y);
}

/**
 * @param {any} plot uPlot's @param {Columns} columns @param {(name: string) => string} token a colour's value
 * @param {(value: number|string|null) => string} wordOf @param {{height: number, below: number}} place how high, how far above the axis; pixels
 */
export function paintStates(plot, columns, token, wordOf, place = ALONE) {
	const { ctx, bbox } = plot;
	const ratio = devicePixelRatio;
	const top = bbox.top + bbox.height - (place.height + place.below) * ratio, height = place.height * ratio;
	ctx.save();
	ctx.beginPath();
	ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
	ctx.clip();
	ctx.font = `${13 * ratio}px system-ui, sans-serif`;
	ctx.textBaseline = 'middle';
	ctx.textAlign = 'left';
	columns.at.forEach((at, i) => {
		const left = Math.max(bbox.left, plot.valToPos(at / 1000, 'x', true));
		const right = Math.min(bbox.left + bbox.width, plot.valToPos((columns.ends?.[i] ?? at) / 1000, 'x', true));
		if (right < bbox.left || left > bbox.left + bbox.width) return;
		const mixed = columns.mixed?.[i];
		ctx.fillStyle = token(colourOf(columns.states?.[i] ?? null));
		ctx.globalAlpha = mixed ? 0.55 : 1;
		// a hair between neighbours, unless they are hairs themselves
		const hair = right - left > 6 * ratio ? ratio : 0;
		ctx.fillRect(left, top, Math.max(ratio, right - left - hair), height);
		ctx.globalAlpha = 1;
		ctx.fillStyle = token('--state-ink');
		if (!mixed) paintWord(ctx, wordOf(columns.states?.[i] ?? null), left, right, top + height / 2);
	});
	ctx.restore();
}
