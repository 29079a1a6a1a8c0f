// Several readings as one table and one file.
import { useState } from '../lib.js';
import { html } from './html.js';
import { STEPS_S } from './chart_axis.js';
import { quoted } from './chart_table.js';
import { pointAt } from './charts_read.js';
import { tick } from '../store.js';
import { dayAndTime, stateText, timeWithSeconds, wordOf } from '../format.js';
import { T } from '../text.js';

/** @import {ChartsModel, Lane} from './charts_model.js' */

const MOST_ROWS = 60;

/** @param {Lane} lane */
export const nameOf = ({ device, entity }) => `${device.name} · ${entity.name}`;

/** What a reading is at one of its points. @param {Lane} lane @param {number} i */
export function textAt({ entity, mode, columns }, i) {
	if (!columns) return '';
	if (mode === 'states') return columns.mixed?.[i] ? T.chart.several : wordOf(entity, columns.states?.[i] ?? null);
	return columns.value[i] === null ? '' : stateText(entity, columns.value[i]);
}

/** What goes into the file of one point: its value, and of a band its edges. @param {Lane} lane @param {number} i */
function cells({ columns, past }, i) {
	if (!columns) return [];
	const { value, least, most, states, at, banded } = columns;
	return [states ? quoted(String(states[i] ?? '')) : value[i], ...(past ? [past.valueAt(at[i])] : []), ...(banded ? [least[i], most[i]] : [])];
}

/** @param {Lane} lane */
function heads(lane) {
	const unit = lane.entity.unit ? ` (${lane.entity.unit})` : '', name = nameOf(lane);
	const more = [...(lane.past ? [T.chart.weekBefore] : []), ...(lane.columns?.banded ? [T.chart.least, T.chart.most] : [])];
	return [name + unit, ...more.map((word) => `${name}, ${word}${unit}`)];
}

/** All points that are shown: a line for each time, a column for each reading. @param {ChartsModel} model */
export function csvOf(model) {
	const { from, to } = model.edges();
	/** @type {Map<number, (string|number|null)[][]>} */
	const rows = new Map();
	const lanes = model.lanes.filter(({ columns }) => columns);
	lanes.forEach((lane, n) => lane.columns?.at.forEach((at, i) => {
		if (at > to || (lane.columns?.ends?.[i] ?? at) < from || (!lane.columns?.states && lane.columns?.value[i] === null)) return;
		let row = rows.get(at);
		if (!row) rows.set(at, row = []);
		row[n] = cells(lane, i);
	}));
	const widths = lanes.map((lane) => heads(lane).length);
	const lines = [...rows].sort(([a], [b]) => a - b).map(([at, row]) => [new Date(at).toISOString(), ...widths.flatMap((width, n) => row[n] ?? Array(width).fill(''))].join(','));
	return [[T.chart.time, ...lanes.flatMap(heads)].map(quoted).join(','), ...lines].join('\r\n') + '\r\n';
}

/** Round times of a stretch, the last first. @param {{from: number, to: number}} edges */
export function timesOf({ from, to }) {
	const least = (to - from) / 1000 / MOST_ROWS, step = 1000 * (STEPS_S.find((one) => one >= least) ?? Math.ceil(least));
	const offset = new Date(to).getTimezoneOffset() * 60000; // so that days begin at midnight
	const times = [];
	for (let at = Math.floor((to - offset) / step) * step + offset; at >= from; at -= step) times.push(at);
	return times;
}

/** @param {{model: ChartsModel, beat: number}} props */
function Rows({ model }) {
	void tick.value; // anew every ten seconds
	const edges = model.edges();
	const time = edges.to - edges.from > 7200000 ? dayAndTime : timeWithSeconds;
	const lanes = model.lanes.filter(({ columns }) => columns);
	/** @param {Lane} lane @param {number} at */
	const cell = (lane, at) => {
		const i = lane.columns && pointAt(lane.columns, lane.mode, at);
		return i === null ? '' : textAt(lane, i);
	};
	return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${T.charts.of}><table>
		<thead><tr><th scope="col">${T.chart.time}</th>${lanes.map((lane) => html`<th scope="col" key=${lane.series}>${nameOf(lane)}</th>`)}</tr></thead>
		<tbody>${timesOf(edges).map((at) => html`<tr key=${at}><td>${time(at)}</td>${lanes.map((lane) => html`<td key=${lane.series}>${cell(lane, at)}</td>`)}</tr>`)}</tbody>
	</table></div>`;
}

/** @param {{model: ChartsModel|null, beat: number}} props */
export function ChartsTable({ model, beat }) {
	const [open, setOpen] = useState(false);
	return html`<details onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
		<summary>${T.chart.table}</summary>
		${open && model && html`<${Rows} model=${model} beat=${beat} />`}
	</details>`;
}
