// What stands below every chart: the stretch of time that it shows, the way back, nearer and farther; a menu of downloads; and
// the switch for the week before.
import { html } from './html.js';
import { Icon } from './icon.js';
import { stretch } from '../format.js';
import { T } from '../text.js';

/** @import {TimeModel} from './chart_time.js' */

/** Closes itself when something is chosen. @param {{children: any, onToggle?: (open: boolean) => void}} props */
export function DownloadMenu({ children, onToggle = () => {} }) {
	/** @param {any} event */
	const close = (event) => { event.currentTarget.closest('details').open = false; };
	return html`<details class="menu" onToggle=${(/** @type {any} */ event) => onToggle(event.currentTarget.open)} onKeyDown=${(/** @type {any} */ event) => {
		if (event.key === 'Escape') event.currentTarget.open = false;
	}}>
		<summary class="icon-button" aria-label=${T.chart.download} title=${T.chart.download}><${Icon} name="download" /></summary>
		<ul class="menu-list" onClick=${close}>${children}</ul>
	</details>`;
}

/** @param {{model: TimeModel & {trouble: string|null}, onReset: () => void, children?: any}} props */
export function FootLine({ model, onReset, children = null }) {
	const { from, to } = model.edges();
	return html`<div class="chart-foot">
		<span class="chart-stretch">${model.trouble !== null ? html`<span class="danger" role="alert">${T.chart.stale} </span>
			<button type="button" class="link" onClick=${() => model.retry()}>${T.chart.retry}</button>` : stretch(from, to)}</span>
		<button type="button" class="icon-button" hidden=${model.view.range !== null} aria-label=${T.chart.back} title=${T.chart.back} onClick=${onReset}><${Icon} name="refresh" /></button>
		<button type="button" class="icon-button" aria-label=${T.chart.farther} title=${T.chart.farther} onClick=${() => model.zoom(2)}><${Icon} name="minus" /></button>
		<button type="button" class="icon-button" aria-label=${T.chart.nearer} title=${T.chart.nearer} onClick=${() => model.zoom(0.5)}><${Icon} name="plus" /></button>
		${children}
	</div>`;
}

/** The switch that shows the week before, and what is to be said of it. @param {{model: TimeModel & {compared: boolean}, onCompare: () => void}} props */
export function Compare({ model, onCompare }) {
	const phases = model.pasts().map(({ phase }) => phase);
	const word = !phases.length ? '' : phases.includes('failed') ? T.chart.failed : phases.every((phase) => phase === 'empty') ? T.chart.weekEmpty : '';
	return html`<button type="button" class="chip" aria-pressed=${model.compared ? 'true' : 'false'} onClick=${onCompare}><i aria-hidden="true"></i>${T.chart.compare}</button>
		<span role="status">${word}</span>`;
}
