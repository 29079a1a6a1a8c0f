// The readings of the page of charts: what each is drawn with, and its value under the finger or, without one, of now.
import { html } from './html.js';
import { Icon } from './icon.js';
import { Unit } from './unit.js';
import { totalOf } from './charts_read.js';
import { colourName, dashOf } from './charts_set.js';
import { boundsText } from './charts_words.js';
import { nameOf, textAt } from './charts_table.js';
import { cell } from '../store.js';
import { isOfTopic } from '../recorded_topics.js';
import { state } from '../format.js';
import { T } from '../text.js';

/** @import {ChartsModel, Lane} from './charts_model.js' */

/** The stroke that it is drawn with. @param {{lane: Lane}} props */
function Swatch({ lane }) {
	const colour = { stroke: `var(${colourName(lane.slot)})` };
	return html`<svg class="charts-swatch" width="28" height="20" viewBox="0 0 28 20" aria-hidden="true" focusable="false">${lane.mode === 'states' ?
		html`<rect class="charts-swatch-on" x="0" y="5" width="16" height="10" rx="2" /><rect class="charts-swatch-off" x="17" y="5" width="11" height="10" rx="2" />` :
		html`<path d="M0 10H28" style=${colour} stroke-width="3" stroke-dasharray=${dashOf(lane.slot).join(' ')} />`}</svg>`;
}

/** @param {Lane} lane @param {ChartsModel} model @returns {{text: string, unit: string}} */
function valueOf(lane, model) {
	const { entity, index, columns, device, mode } = lane;
	if (index === null) {
		const total = mode === 'bars' && columns ? totalOf(columns, model.edges()) : null;
		if (total !== null) return state(entity, total);
		if (!isOfTopic(lane)) return state(entity, cell(device.id, entity.id).value.state);
		const last = columns ? columns.at.length - 1 : -1; // nobody tells the page what a topic said but the chart
		return last < 0 ? { text: '–', unit: '' } : mode === 'states' ? { text: textAt(lane, last), unit: '' } : state(entity, columns?.value[last] ?? null);
	}
	if (mode === 'states') return { text: textAt(lane, index), unit: '' };
	const value = columns?.value[index] ?? null;
	return value === null ? { text: '–', unit: '' } : state(entity, value);
}

/** What stands beside its swatch: nothing, where the cursor stands on none of its points. @param {Lane} lane @param {ChartsModel} model */
const shownOf = (lane, model) => (model.at !== null && lane.index === null ? { text: '–', unit: '' } : valueOf(lane, model));

/** All values in a few short lines above the chart, for screens on which the list lies below one's thumb. @param {{model: ChartsModel, beat: number}} props */
export function ChartsValues({ model }) {
	return html`<ul class="charts-values" aria-hidden="true">${model.lanes.map((lane) => {
		const { text, unit } = shownOf(lane, model);
		return html`<li key=${lane.series}><${Swatch} lane=${lane} /><span class="value">${text}<${Unit} of=${unit} /></span></li>`;
	})}</ul>`;
}

/** @param {{lane: Lane, model: ChartsModel, beat: number, onRemove: (series: number) => void}} props */
function Row({ lane, model, onRemove }) {
	const { text, unit } = shownOf(lane, model);
	const chosen = model.selected === lane.series;
	return html`<li class="charts-row" data-faded=${lane.faded ? '' : undefined}>
		<button type="button" class="charts-pick" aria-pressed=${chosen ? 'true' : 'false'} title=${T.charts.emphasize(nameOf(lane))} onClick=${() => model.select(chosen ? null : lane.series)}>
			<${Swatch} lane=${lane} /><span class="charts-name"><b>${lane.device.name} · ${lane.entity.name}</b><small>${boundsText(lane, model)}</small></span>
			<span class="charts-value value">${text}<${Unit} of=${unit} /></span></button>
		<button type="button" class="icon-button" aria-label=${T.charts.remove(nameOf(lane))} onClick=${() => onRemove(lane.series)}><${Icon} name="close" size=${20} /></button>
	</li>`;
}

/** @param {{model: ChartsModel|null, beat: number, onRemove: (series: number) => void}} props */
export function ChartsList({ model, beat, onRemove }) {
	return html`<ul class="charts-list">${model?.lanes.map((lane) => html`<${Row} key=${lane.series} lane=${lane} model=${model} beat=${beat} onRemove=${onRemove} />`)}</ul>`;
}
