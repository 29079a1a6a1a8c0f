// What stands below the chart of one reading: its stretch of time, downloads, the week before, the way to other readings.
import { useEffect, useMemo, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Compare, DownloadMenu, FootLine } from './chart_line.js';
import { addedTo, writeQuery } from './charts_set.js';
import { csvOf, saveFile } from './chart_table.js';
import { offers } from '../api.js';
import { stretch } from '../format.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {ChartModel} from './chart_model.js' */

/** @param {Device} device @param {Entity} entity @param {ChartModel} model */
async function savePicture(device, entity, model) {
	const { from, to } = model.edges();
	const unit = entity.unit ? ` (${entity.unit})` : '';
	const lines = stretch(from, to) + (model.past ? ` · ${T.chart.paler}` : '');
	saveFile(`${device.id}-${entity.id}.png`, await model.picture({ title: `${device.name} · ${entity.name}${unit}`, lines }));
}

/** @param {{device: Device, entity: Entity, model: ChartModel}} props */
function Download({ device, entity, model }) {
	const [open, setOpen] = useState(false);
	const [exports, setExports] = useState(false);
	useEffect(() => { if (open) void offers('/export').then(setExports); }, [open]);
	const { from, to } = model.edges();
	/** @param {string} format @param {boolean} all */
	const href = (format, all) => `/api/v1/series/${entity.series}/export?format=${format}${all ? '' : `&from=${Math.floor(from)}&to=${Math.ceil(to)}`}`;
	return html`<${DownloadMenu} onToggle=${setOpen}>
		<li><button type="button" onClick=${() => saveFile(`${device.id}-${entity.id}.csv`, new Blob([csvOf(entity, model)], { type: 'text/csv' }))}>${T.chart.points} (CSV)</button></li>
		<li><button type="button" onClick=${() => void savePicture(device, entity, model)}>${T.chart.picture}</button></li>
		${open && exports && html`
			<li><a href=${href('csv', false)} download>${T.chart.window} (CSV)</a></li>
			<li><a href=${href('jsonl', false)} download>${T.chart.window} (JSON)</a></li>
			<li><a href=${href('csv', true)} download>${T.chart.everything} (CSV)</a></li>`}
	</${DownloadMenu}>`;
}

/** The ways from one reading to several. @param {{series: number, model: ChartModel}} props */
function Together({ series, model }) {
	const added = useMemo(() => addedTo(series), [series]), { range, span, end } = model.view;
	return html`<a class="chip" href=${`/charts${writeQuery({ series: [series], view: { range, span, end }, compare: model.compared })}&choose=1`}><${Icon} name="chart-line" size=${20} />${T.charts.compareWith}</a>
		${added && html`<a class="chip" href=${added}><${Icon} name="plus" size=${20} />${T.charts.addTo}</a>`}`;
}

/** @param {{device: Device, entity: Entity, model: ChartModel|null, beat: number, onReset: () => void}} props */
export function ChartFoot({ device, entity, model, onReset }) {
	if (!model) return html`<div class="chart-foot"></div>`;
	return html`<${FootLine} model=${model} onReset=${onReset}><${Download} device=${device} entity=${entity} model=${model} /></${FootLine}>
		<div class="chart-compare">${model.comparable && html`<${Compare} model=${model} onCompare=${() => model.compare()} />`}<${Together} series=${/** @type {number} */ (entity.series)} model=${model} /></div>`;
}
