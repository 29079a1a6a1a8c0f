// What stands above a chart: the point chosen, else the newest value; and the ranges to choose from.
import { html } from './html.js';
import { Ago } from './ago.js';
import { Unit } from './unit.js';
import { RANGES } from './chart_view.js';
import { totalOf } from './charts_read.js';
import { bandText } from './charts_words.js';
import { cell } from '../store.js';
import { dayAndTime, duration, period, state, stateText, timeWithSeconds, wordOf } from '../format.js';
import { isOffline } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {ChartModel} from './chart_model.js' */

/** @param {{range: string|null, onRange: (range: string) => void}} props */
export function Ranges({ range, onRange }) {
	return html`<div class="segments ranges" role="group" aria-label=${T.chart.range}>${Object.keys(RANGES).map((key) => html`
		<button key=${key} type="button" aria-pressed=${key === range ? 'true' : 'false'} aria-label=${T.chart.rangeNames[key]} onClick=${() => onRange(key)}>${T.chart.ranges[key]}</button>`)}
	</div>`;
}

/**
 * The chosen point: its value and what is to be said of it. Null: none is.
 * @param {ChartModel} model @param {Entity} entity @returns {{value: {text: string, unit: string}, said: string}|null}
 */
export function chosen(model, entity) {
	const { columns, index } = model;
	if (!columns || index === null || columns.at[index] === undefined) return null;
	const at = columns.at[index], end = columns.ends?.[index] ?? at;
	if (model.mode === 'states') {
		const words = columns.mixed?.[index] ? T.chart.several : wordOf(entity, columns.states?.[index] ?? null);
		return { value: { text: words, unit: '' }, said: `${dayAndTime(at)} · ${duration((end - at) / 1000)}` };
	}
	const value = columns.value[index];
	if (value === null) return null;
	if (model.mode === 'bars') return { value: state(entity, value), said: period(at, end) };
	const least = columns.least[index] ?? value, most = columns.most[index] ?? value;
	const band = columns.banded && least !== most ? ` · ${bandText(entity, least, most)}` : '';
	const before = model.past?.valueAt(at) ?? null;
	const past = before === null ? '' : ` · ${T.chart.weekBefore}: ${stateText(entity, before)}`;
	return { value: state(entity, value), said: (model.view.span <= 7200000 ? timeWithSeconds(at) : dayAndTime(at)) + band + past };
}

/** @param {{device: Device, entity: Entity, model: ChartModel|null, beat: number}} props beat: another whenever the model, which stays the same object, has changed */
export function Readout({ device, entity, model }) {
	const point = model && chosen(model, entity);
	if (point) {
		return html`<div class="chart-now"><strong>${point.value.text}<${Unit} of=${point.value.unit} /></strong><span>${point.said}</span></div>`;
	}
	if (model?.mode === 'bars' && model.columns && model.phase === 'ready') {
		const { text, unit } = state(entity, totalOf(model.columns, model.edges()));
		return html`<div class="chart-now"><strong class="value">${text}<${Unit} of=${unit} /></strong><span>${T.chart.total}</span></div>`;
	}
	const now = cell(device.id, entity.id).value;
	const { text, unit } = state(entity, now.state);
	return html`<div class="chart-now"><strong class="value">${text}<${Unit} of=${unit} /></strong><span>${
		!isOffline(device) ? T.chart.now : now.at ? html`<${Ago} at=${now.at} />` : T.card.offline}</span></div>`;
}
