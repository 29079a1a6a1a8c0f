// The choice of readings out of the whole house.
import { useEffect, useMemo, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { MOST, found } from './charts_set.js';
import { iconOf, rooms } from '../house.js';
import { isOfTopic } from '../recorded_topics.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Reading} from './charts_set.js' */

const TAKEN = 'taken'; // how the dialog was closed
const ROWS = 150; // of a large house; the rest is found by searching

/** What an entity measures, in the reader's words. @param {Entity} entity */
export const kindOf = (entity) => T.charts.kinds[entity.device_class ?? ''] ?? '';

/** Kinds of which the house has several, the commonest first. @param {Reading[]} readings @returns {[string, Reading[]][]} */
export function kindsOf(readings) {
	/** @type {Map<string, Reading[]>} */
	const kinds = new Map();
	for (const reading of readings) {
		const kind = kindOf(reading.entity);
		if (kind && !reading.entity.category) kinds.set(kind, [...kinds.get(kind) ?? [], reading]);
	}
	return [...kinds].filter(([, list]) => list.length > 1).sort(([, a], [, b]) => b.length - a.length);
}

/** @param {{reading: Reading, on: boolean, blocked: boolean, onToggle: () => void}} props */
const Row = ({ reading: { device, entity }, on, blocked, onToggle }) => html`<label class="charts-choice" data-blocked=${blocked ? '' : undefined}>
	<input type="checkbox" checked=${on} disabled=${blocked} onChange=${onToggle} /><${Icon} name=${iconOf(entity)} /><span><b>${device.name}</b> · ${entity.name}</span><small>${entity.unit ?? ''}</small></label>`;

/** By room, topics last, as far as they fit. @param {{readings: Reading[], chosen: number[], onToggle: (series: number) => void}} props */
function Rows({ readings, chosen, onToggle }) {
	const full = chosen.length >= MOST;
	const shown = readings.slice(0, ROWS), topics = shown.filter(isOfTopic);
	/** @type {Map<Device, Reading[]>} */
	const byDevice = new Map();
	for (const reading of shown) if (!isOfTopic(reading)) byDevice.set(reading.device, [...byDevice.get(reading.device) ?? [], reading]);
	/** @param {string} key @param {string} name @param {Reading[]} list */
	const group = (key, name, list) => html`<fieldset key=${key}><legend>${name}</legend>
		${list.map((reading) => html`<${Row} key=${reading.series} reading=${reading} on=${chosen.includes(reading.series)}
			blocked=${full && !chosen.includes(reading.series)} onToggle=${() => onToggle(reading.series)} />`)}</fieldset>`;
	return html`${rooms(byDevice.keys()).map(({ area, devices }) => group(`room ${area}`, area || T.home.elsewhere, devices.flatMap((device) => byDevice.get(device) ?? [])))}
		${topics.length > 0 && group('topics', T.charts.topics, topics)}
		${readings.length > ROWS && html`<p class="muted">${T.charts.more(readings.length - ROWS)}</p>`}`;
}

/** @param {{readings: Reading[], chosen: number[], onDone: (series: number[]|null) => void}} props onDone: null: nothing changes */
export function Picker({ readings, chosen, onDone }) {
	const [draft, setDraft] = useState(chosen);
	const [search, setSearch] = useState('');
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	const kinds = useMemo(() => kindsOf(readings).slice(0, 6), [readings]);
	useEffect(() => dialog.current?.showModal(), []);
	/** @param {number} series */
	const toggle = (series) => setDraft(draft.includes(series) ? draft.filter((other) => other !== series) : [...draft, series]);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		dialog.current?.close(TAKEN); // which puts the focus back, too
	};
	/** Searching is no answer yet. @param {KeyboardEvent} event */
	const stay = (event) => { if (event.key === 'Enter') event.preventDefault(); };
	const list = found(readings, search, kindOf);
	return html`<dialog ref=${dialog} class="charts-picker" aria-labelledby="charts-picker-title" onClose=${() => onDone(dialog.current?.returnValue === TAKEN ? draft : null)}><form onSubmit=${submit}>
		<h2 id="charts-picker-title" tabindex="-1" autofocus>${T.charts.choose}</h2>
		<div class="charts-search"><input type="search" value=${search} aria-label=${T.charts.search} placeholder=${T.charts.search} autocapitalize="off" spellcheck=${false}
				onKeyDown=${stay} onInput=${(/** @type {any} */ event) => setSearch(event.target.value)} />
			<div class="chips">${kinds.map(([kind]) => html`<button key=${kind} type="button" class="chip" aria-pressed=${search === kind ? 'true' : 'false'} onClick=${() => setSearch(search === kind ? '' : kind)}>${kind}</button>`)}</div></div>
		<div class="charts-choices" tabindex="-1">${list.length ? html`<${Rows} readings=${list} chosen=${draft} onToggle=${toggle} />` : html`<p class="muted">${T.charts.noneFound}</p>`}</div>
		<p class="note" role="status">${draft.length >= MOST ? T.charts.full(MOST) : ''}</p>
		<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.charts.cancel}</button><button class="button primary" disabled=${!draft.length && !chosen.length}>${T.charts.show(draft.length)}</button></div>
	</form></dialog>`;
}
