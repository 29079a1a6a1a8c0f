// What history costs, in plain words.
import { html } from './html.js';
import { Icon } from './icon.js';
import { seriesName } from './history_series.js';
import { devices } from '../store.js';
import { bytesText, monthAndYear, number } from '../format.js';
import { T } from '../text.js';

/** @import {Usage} from '../types.js' */

/** @param {number} n */
const rounded = (n) => number({ precision: 0 }, n >= 1000 ? Math.round(n / 100) * 100 : n).text;

/** When the first device came. */
function since() {
	const first = Math.min(...[...devices.value.values()].map((device) => device.enrolled ?? Infinity));
	return Number.isFinite(first) ? monthAndYear(first) : '';
}

/** @param {{usage: Usage, onChoose: (series: number) => void}} props */
export function Costs({ usage, onChoose }) {
	const { bytes_a_day: day, card_life_years: years, disk } = usage;
	return html`<section class="panel"><h2><${Icon} name="harddisk" /><span>${T.history.costs}</span></h2>
		<div class="figures">
			<p class="figure">${T.history.kept(bytesText(usage.bytes), devices.value.size, since())}</p>
			<p class="muted">${T.history.samples(rounded(usage.samples), usage.samples_a_day === null ? '' : rounded(usage.samples_a_day))}</p>
			<p>${day === null ? T.history.unwritten : T.history.written(bytesText(day))}${day !== null && years !== null ? `; ${T.history.life(years)}` : day === null ? '' : '.'}</p>
			${disk && html`<p class="muted">${T.history.room(bytesText(disk.free), bytesText(disk.size))}. ${years !== null && T.history.cycles(usage.cycles, bytesText(disk.size))}</p>`}
		</div>
		${usage.noisiest.length > 0 && html`<div><h3>${T.history.noisiest}</h3><ul class="rows">${usage.noisiest.slice(0, 5).map((noisy) => html`<li key=${noisy.series}>
			<button type="button" class="row-button" onClick=${() => onChoose(noisy.series)}><span class="row-name">${seriesName(noisy)}</span>
				<span class="muted">${T.history.today(rounded(noisy.samples))}<span class="sr-only">. ${T.history.change}</span></span><${Icon} name="chevron-right" /></button></li>`)}</ul></div>`}
	</section>`;
}
