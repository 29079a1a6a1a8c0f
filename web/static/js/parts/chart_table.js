// The points of a chart as a table and as a file.
import { useState } from '../lib.js';
import { html } from './html.js';
import { tick } from '../store.js';
import { dayAndTime, duration, period, stateText, timeWithSeconds, wordOf } from '../format.js';
import { T } from '../text.js';

/** @import {Entity} from '../types.js' */
/** @import {ChartModel} from './chart_model.js' */

const MOST_ROWS = 60;

/** Quoted for a spreadsheet, and never a formula. @param {string} text */
export const quoted = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? "'" : '') + text.replace(/"/g, '""')}"`;

/** The points that are shown, by their index. @param {ChartModel} model @returns {number[]} */
function visible(model) {
	const { columns } = model;
	const { from, to } = model.edges();
	return columns ? columns.at.flatMap((at, i) => (at <= to && (columns.ends?.[i] ?? at) >= from && columns.value[i] !== null ? [i] : [])) : [];
}

/** @param {Entity} entity @param {ChartModel} model */
export function csvOf(entity, model) {
	const { columns } = model;
	if (!columns) return '';
	const unit = entity.unit ? ` (${entity.unit})` : '';
	const { past } = model;
	const head = [T.chart.time, entity.name + unit, ...(past ? [T.chart.weekBefore + unit] : []), ...(columns.banded ? [T.chart.least, T.chart.most] : []), ...(columns.ends ? [T.chart.until] : [])];
	const lines = visible(model).map((i) => [
		new Date(columns.at[i]).toISOString(),
		columns.states ? quoted(String(columns.states[i] ?? '')) : columns.value[i],
		...(past ? [past.valueAt(columns.at[i])] : []),
		...(columns.banded ? [columns.least[i], columns.most[i]] : []),
		...(columns.ends ? [new Date(columns.ends[i]).toISOString()] : []),
	].join(','));
	return [head.map(quoted).join(','), ...lines].join('\r\n') + '\r\n';
}

/** @param {string} name @param {Blob} content */
export function saveFile(name, content) {
	const url = URL.createObjectURL(content);
	const anchor = document.createElement('a');
	anchor.href = url;
	anchor.download = name;
	anchor.click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** The cells behind the time. @param {Entity} entity @param {ChartModel} model @param {number} i @returns {string[]} */
function cellsOf(entity, model, i) {
	const { columns } = model;
	if (!columns) return [];
	if (model.mode === 'states') {
		return [columns.mixed?.[i] ? T.chart.several : wordOf(entity, columns.states?.[i] ?? null), duration(((columns.ends?.[i] ?? 0) - columns.at[i]) / 1000)];
	}
	const values = [columns.value[i], ...(model.past ? [model.past.valueAt(columns.at[i])] : []), ...(columns.banded ? [columns.least[i], columns.most[i]] : [])];
	return values.map((value) => (value === null ? '' : stateText(entity, value)));
}

/** @param {{entity: Entity, model: ChartModel, beat: number}} props */
function Rows({ entity, model }) {
	void tick.value; // anew every ten seconds
	const { columns, mode } = model;
	if (!columns) return null;
	const all = visible(model);
	const step = Math.max(1, Math.ceil(all.length / MOST_ROWS));
	const rows = all.filter((_, i) => (all.length - 1 - i) % step === 0).reverse();
	const { from, to } = model.edges();
	/** @param {number} i */
	const time = (i) => (mode === 'bars' ? period(columns.at[i], columns.ends?.[i] ?? 0) : to - from > 7200000 ? dayAndTime(columns.at[i]) : timeWithSeconds(columns.at[i]));
	const more = mode === 'states' ? [T.chart.lasted] : [...(model.past ? [T.chart.weekBefore] : []), ...(columns.banded ? [T.chart.least, T.chart.most] : [])];
	return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${T.chart.of(entity.name)}><table>
		<thead><tr><th scope="col">${T.chart.time}</th><th scope="col">${mode === 'bars' ? T.chart.rose : entity.name}</th>${more.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
		<tbody>${rows.map((i) => html`<tr key=${columns.at[i]}><td>${time(i)}</td>${cellsOf(entity, model, i).map((text) => html`<td>${text}</td>`)}</tr>`)}</tbody>
	</table></div>`;
}

/** @param {{entity: Entity, model: ChartModel|null, beat: number}} props */
export function ChartTable({ entity, model, beat }) {
	const [open, setOpen] = useState(false);
	return html`<details onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
		<summary>${T.chart.table}</summary>
		${open && model && html`<${Rows} entity=${entity} model=${model} beat=${beat} />`}
	</details>`;
}
