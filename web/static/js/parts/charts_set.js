// Which readings the page of charts shows, over which time, as the address says it; and which of them share a chart. Pure.
import { RANGES, viewOf } from './chart_view.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Mode, View} from './chart_view.js' */

/**
 * @typedef {object} Shown
 * @property {number[]} series as they were chosen
 * @property {View} view
 * @property {boolean} compare with the week before
 *
 * @typedef {{series: number, device: Device, entity: Entity}} Reading
 */

/** So many at a time: their colours and strokes can still be told apart. */
export const MOST = 12;
const COLOURS = 4; // --series-0 … in charts.css; of one stroke each colour is used once
/** Strokes, pixels: whole, dashed, dotted. */
const DASHES = [[], [7, 4], [1.5, 3.5]];
const PLACE = 'charts';

/** @param {string} text @returns {number|null} */
const time = (text) => (/^\d{1,15}$/.test(text) ? Number(text) : null);

/** @param {URLSearchParams} query @returns {View} */
function readView(query) {
	const from = time(query.get('from') ?? ''), to = time(query.get('to') ?? ''), span = time(query.get('span') ?? '');
	if (from !== null && to !== null && from < to) return { span: to - from, end: to, range: null };
	if (span) return { span, end: null, range: null };
	const range = query.get('range') ?? '';
	return viewOf(Object.hasOwn(RANGES, range) ? range : 'day');
}

/** What an address asks for; what it does not say or says wrongly is as usual. @param {string} search "?…" @returns {Shown} */
export function readQuery(search) {
	const query = new URLSearchParams(search);
	const series = (query.get('s') ?? '').split(/[ .,]/).flatMap((text) => (time(text) ? [Number(text)] : []));
	return { series: [...new Set(series)].slice(0, MOST), view: readView(query), compare: query.get('week') === '1' };
}

/** The same as an address. @param {Shown} shown @returns {string} "?…", "" for nothing chosen */
export function writeQuery({ series, view, compare }) {
	if (!series.length) return '';
	const { range, end, span } = view;
	const stretch = range ? `range=${range}` : end === null ? `span=${Math.round(span)}` : `from=${Math.round(end - span)}&to=${Math.round(end)}`;
	return `?s=${series.join('.')}&${stretch}${compare ? '&week=1' : ''}`;
}

/** What was shown last in this browser, as an address. */
export function lastShown() {
	try {
		const kept = localStorage.getItem(PLACE);
		return kept ? writeQuery(readQuery(kept)) : '';
	} catch {
		return ''; // no storage: nothing is remembered
	}
}

/** @param {string} search "": nothing is */
export function keepShown(search) {
	try {
		if (search) localStorage.setItem(PLACE, search);
		else localStorage.removeItem(PLACE);
	} catch {
		// no storage: nothing is remembered
	}
}

/** An address that has one more reading than what was shown last; null: there are as many as there can be. @param {number} series */
export function addedTo(series) {
	const last = readQuery(lastShown());
	if (last.series.includes(series)) return `/charts${writeQuery(last)}`;
	return last.series.length < MOST ? `/charts${writeQuery({ ...last, series: [...last.series, series] })}` : null;
}

/**
 * A colour and stroke for each: who has one keeps it, who comes takes the first that is free.
 * @param {Map<number, number>} before series → slot @param {number[]} series @returns {Map<number, number>}
 */
export function slotsFor(before, series) {
	const slots = new Map(series.flatMap((id) => (before.has(id) ? [/** @type {[number, number]} */ ([id, /** @type {number} */ (before.get(id))])] : [])));
	const taken = new Set(slots.values());
	for (const id of series) {
		if (slots.has(id)) continue;
		let slot = 0;
		while (taken.has(slot)) slot++;
		taken.add(slot);
		slots.set(id, slot);
	}
	return slots;
}

/** The colour of a slot, 0 … 11. @param {number} slot */
export const colourName = (slot) => `--series-${slot % COLOURS}`;
/** Its stroke, pixels drawn and left out. @param {number} slot */
export const dashOf = (slot) => DASHES[Math.floor(slot / COLOURS) % DASHES.length];

/**
 * Which readings share a chart: those of one unit share an axis, two units a chart, the third unit begins the next one. What
 * has states stands below them all. What counters rose by is not what is measured in the same unit.
 * @template {{mode: Mode, entity: Pick<Entity, 'unit'>}} L
 * @param {L[]} lanes @returns {{axes: {key: string, unit: string, lanes: L[]}[], states: L[]}[]}
 */
export function panelsOf(lanes) {
	/** @type {Map<string, {key: string, unit: string, lanes: L[]}>} */
	const axes = new Map();
	for (const lane of lanes) {
		if (lane.mode === 'states') continue;
		const unit = lane.entity.unit ?? '', key = `${lane.mode}:${unit}`;
		const axis = axes.get(key);
		if (axis) axis.lanes.push(lane);
		else axes.set(key, { key, unit, lanes: [lane] });
	}
	const all = [...axes.values()], states = lanes.filter((lane) => lane.mode === 'states');
	const panels = [];
	for (let i = 0; i < all.length; i += 2) panels.push({ axes: all.slice(i, i + 2), states: /** @type {L[]} */ ([]) });
	return states.length ? [...panels, { axes: [], states }] : panels;
}

/** Above a reading's name: what a search finds it by. @param {Reading} reading @param {string} kind its device class in the reader's words */
const wordsOf = ({ device, entity }, kind) => `${device.name} ${entity.name} ${device.area ?? ''} ${entity.device_class ?? ''} ${kind}`.toLocaleLowerCase();

/**
 * The readings that a search finds: those with all its words in name, room or kind.
 * @param {Reading[]} readings @param {string} text @param {(entity: Entity) => string} kindOf
 */
export function found(readings, text, kindOf) {
	const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
	return words.length ? readings.filter((reading) => words.every((word) => wordsOf(reading, kindOf(reading.entity)).includes(word))) : readings;
}
