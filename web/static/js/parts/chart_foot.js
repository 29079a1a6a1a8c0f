// What stands below a chart: the stretch of time it shows, the way back to now, nearer and farther, and downloads.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
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

/** The switch that shows the week before, and what is to be said of it. @param {{model: ChartModel}} props */
function Compare({ model }) {
	const phase = model.past?.phase;
	return html`<div class="chart-compare">
		<button type="button" class="chip" aria-pressed=${model.past ? 'true' : 'false'} onClick=${() => model.compare()}><i aria-hidden="true"></i>${T.chart.compare}</button>
		<span role="status">${phase === 'empty' ? T.chart.weekEmpty : phase === 'failed' ? T.chart.failed : ''}</span>
	</div>`;
}

/** @param {{device: Device, entity: Entity, model: ChartModel}} props */
function Download({ device, entity, model }) {
	const [open, setOpen] = useState(false);
	const [exports, setExports] = useState(false);
	useEffect(() => { if (open) void offers('/export').then(setExports); }, [open]);
	const { from, to } = model.edges();
	/** @param {string} format @param {boolean} all */
	const href = (format, all) => `/api/v1/series/${entity.series}/export?format=${format}${all ? '' : `&from=${Math.floor(from)}&to=${Math.ceil(to)}`}`;
	/** @param {any} event */
	const onToggle = (event) => setOpen(event.currentTarget.open);
	/** @param {any} event */
	const close = (event) => { event.currentTarget.closest('details').open = false; };
	return html`<details class="menu" onToggle=${onToggle} onKeyDown=${(/** @type {any} */ event) => {
		if (event.key === 'Escape') event.currentTarget.open = false;
	}}>
		<summary class="icon-button" aria-label=${T.chart.download} title=${T.chart.download}><${Icon} name="download" /></summary>
		<ul class="menu-list">
			<li><button type="button" onClick=${(/** @type {any} */ event) => {
				saveFile(`${device.id}-${entity.id}.csv`, new Blob([csvOf(entity, model)], { type: 'text/csv' }));
				close(event);
			}}>${T.chart.points} (CSV)</button></li>
			<li><button type="button" onClick=${(/** @type {any} */ event) => {
				close(event);
				void savePicture(device, entity, model);
			}}>${T.chart.picture}</button></li>
			${open && exports && html`
				<li><a href=${href('csv', false)} download onClick=${close}>${T.chart.window} (CSV)</a></li>
				<li><a href=${href('jsonl', false)} download onClick=${close}>${T.chart.window} (JSON)</a></li>
				<li><a href=${href('csv', true)} download onClick=${close}>${T.chart.everything} (CSV)</a></li>`}
		</ul>
	</details>`;
}

/** @param {{device: Device, entity: Entity, model: ChartModel|null, beat: number, onReset: () => void}} props */
export function ChartFoot({ device, entity, model, onReset }) {
	if (!model) return html`<div class="chart-foot"></div>`;
	const { from, to } = model.edges();
	const away = model.view.range === null;
	return html`<div class="chart-foot">
		<span class="chart-stretch">${model.trouble !== null ? html`<span class="danger" role="alert">${T.chart.stale} </span>
			<button type="button" class="link" onClick=${() => model.retry()}>${T.chart.retry}</button>` : stretch(from, to)}</span>
		<button type="button" class="icon-button" hidden=${!away} aria-label=${T.chart.back} title=${T.chart.back} onClick=${onReset}><${Icon} name="refresh" /></button>
		<button type="button" class="icon-button" aria-label=${T.chart.farther} title=${T.chart.farther} onClick=${() => model.zoom(2)}><${Icon} name="minus" /></button>
		<button type="button" class="icon-button" aria-label=${T.chart.nearer} title=${T.chart.nearer} onClick=${() => model.zoom(0.5)}><${Icon} name="plus" /></button>
		<${Download} device=${device} entity=${entity} model=${model} />
	</div>
	${model.comparable && html`<${Compare} model=${model} />`}`;
}
