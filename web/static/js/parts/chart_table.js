// The same points as a table and as a file.
import { useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { tick } from '../store.js';
import { dayAndTime, state, timeWithSeconds } from '../format.js';
import { T } from '../text.en.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {ChartData} from './chart_data.js' */

const MOST_ROWS = 60;

/** Quoted for a spreadsheet, and never a formula. @param {string} text */
const quoted = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? "'" : '') + text.replace(/"/g, '""')}"`;

/** @param {Entity} entity @param {ChartData} data */
function csvOf(entity, data) {
	const unit = entity.unit ? ` (${entity.unit})` : '';
	const head = data.banded ? ['time', entity.name + unit, 'min', 'max'] : ['time', entity.name + unit];
	const lines = data.rows.map(([at, ...values]) => [new Date(at).toISOString(), ...values.slice(0, data.banded ? 3 : 1)].join(','));
	return [head.map(quoted).join(','), ...lines].join('\r\n') + '\r\n';
}

/** @param {string} name @param {string} text */
function saveFile(name, text) {
	const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
	const anchor = document.createElement('a');
	anchor.href = url;
	anchor.download = name;
	anchor.click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** @param {{entity: Entity, data: ChartData}} props */
function Rows({ entity, data }) {
	void tick.value; // anew every ten seconds
	const step = Math.max(1, Math.ceil(data.length / MOST_ROWS));
	const rows = data.rows.filter((_, i) => (data.length - 1 - i) % step === 0).reverse();
	const long = rows.length > 1 && rows[0][0] - rows[rows.length - 1][0] > 7200000;
	/** @param {number} value */
	const text = (value) => {
		const { text: words, unit } = state(entity, value);
		return unit ? `${words} ${unit}` : words;
	};
	return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${T.chart.of(entity.name)}><table>
		<thead><tr><th scope="col">${T.chart.time}</th><th scope="col">${entity.name}</th>
			${data.banded && html`<th scope="col">${T.chart.least}</th><th scope="col">${T.chart.most}</th>`}</tr></thead>
		<tbody>${rows.map(([at, value, least, most]) => html`<tr key=${at}><td>${long ? dayAndTime(at) : timeWithSeconds(at)}</td><td>${text(value)}</td>
			${data.banded && html`<td>${text(least)}</td><td>${text(most)}</td>`}</tr>`)}</tbody>
	</table></div>`;
}

/** @param {{device: Device, entity: Entity, data: {current: ChartData}}} props */
export function ChartTable({ device, entity, data }) {
	const [open, setOpen] = useState(false);
	return html`<details onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
		<summary>${T.chart.table}</summary>
		${open && html`<div class="stack"><${Rows} entity=${entity} data=${data.current} />
			<div class="row end"><button type="button" class="button" onClick=${() => saveFile(`${device.id}-${entity.id}.csv`, csvOf(entity, data.current))}>
				<${Icon} name="download" /><span>${T.chart.save}</span></button></div></div>`}
	</details>`;
}
