// What is recorded: every series, to search, and how each is recorded and kept.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Field, Refusal, useAction } from './form.js';
import { Bound } from './history_policy.js';
import { addedTo } from './charts_set.js';
import { say } from './announce.js';
import { patch } from '../api.js';
import { devices } from '../store.js';
import { number } from '../format.js';
import { T } from '../text.js';

/** @import {Series} from '../types.js' */

const SHOWN = 12;

/** @param {{device: string|null, entity: string|null, topic: string|null, path: string|null}} series */
export function seriesName({ device, entity, topic, path }) {
	const known = device ? devices.value.get(device) : undefined;
	if (device) return `${known?.name ?? device} · ${known?.entities.find((other) => other.id === entity)?.name ?? entity}`;
	return path ? `${topic} ${path}` : topic ?? '';
}

/** @param {{series: Series, onTake: (series: Series) => void}} props */
function Recording({ series, onTake }) {
	const [wish, setWish] = useState({ preset: series.recorder.preset, seconds: String(series.recorder.interval_ms / 1000 || ''), deadband: String(series.recorder.deadband || ''), raw: series.raw_days, rollup: series.rollup_years });
	const { busy, error, run } = useAction();
	/** @param {Partial<typeof wish>} change */
	const change = (change) => setWish({ ...wish, ...change });
	const id = `preset-${series.id}`;
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			const recorder = { preset: wish.preset, interval_ms: Math.round((Number(wish.seconds) || 0) * 1000), deadband: wish.preset === 'deadband' ? Number(wish.deadband) || 0 : 0 };
			onTake(await patch(`/series/${series.id}`, { recorder, raw_days: wish.raw, rollup_years: wish.rollup }));
			say(T.history.saved);
		});
	};
	const presets = Object.keys(T.history.presets).filter((preset) => preset !== 'deadband' || series.kind === 'gauge' || series.kind === 'counter');
	const chart = addedTo(series.id);
	const keep = [{ value: 0, label: T.history.asHouse }, { value: -1, label: T.history.forEver }, { value: null, label: T.history.forTime }];
	return html`<form class="form" noValidate onSubmit=${submit}>
		<div class="field"><label for=${id}>${T.history.record}</label>
			<select id=${id} value=${wish.preset} aria-describedby=${id + 'n'} onChange=${(/** @type {any} */ event) => change({ preset: event.target.value })}>${presets.map((preset) => html`<option key=${preset} value=${preset}>${T.history.presets[preset]}</option>`)}</select>
			<p class="note" id=${id + 'n'}>${T.history.presetHints[wish.preset]}</p></div>
		<div class="pair">
			${wish.preset === 'deadband' && html`<${Field} label=${T.history.least + (series.unit ? ` (${series.unit})` : '')} type="number" value=${wish.deadband} onInput=${(/** @type {string} */ text) => change({ deadband: text })} />`}
			${wish.preset !== 'all' && wish.preset !== 'nothing' && html`<${Field} label=${T.history.every} type="number" value=${wish.seconds} onInput=${(/** @type {string} */ text) => change({ seconds: text })} />`}
		</div>
		<${Bound} label=${T.history.keepRaw} hint="" choices=${keep} value=${wish.raw} unit=${T.history.days} first=${365} onChange=${(/** @type {number} */ n) => change({ raw: n })} />
		<${Bound} label=${T.history.keepSummaries} hint="" choices=${keep} value=${wish.rollup} unit=${T.history.years} first=${10} onChange=${(/** @type {number} */ n) => change({ rollup: n })} />
		<${Refusal} error=${error} />
		<div class="row end">${chart && html`<a class="button" href=${chart}><${Icon} name="chart-line" /><span>${T.charts.addTo}</span></a>`}<button class="button primary" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.history.save}</button></div>
	</form>`;
}

/** @param {{series: Series, open: boolean, onOpen: (open: boolean) => void, onTake: (series: Series) => void}} props */
function Item({ series, open, onOpen, onTake }) {
	const element = useRef(/** @type {HTMLDetailsElement|null} */ (null));
	useEffect(() => {
		if (!open) return;
		element.current?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
		/** @type {HTMLElement|null|undefined} */ (element.current?.querySelector('summary'))?.focus({ preventScroll: true });
	}, [open]);
	const off = series.recorder.preset === 'nothing';
	return html`<details class="item" ref=${element} open=${open} onToggle=${(/** @type {any} */ event) => { if (event.currentTarget.open !== open) onOpen(event.currentTarget.open); }}>
		<summary><span class="row-name">${seriesName(series)}</span><span class="muted">${off ? T.history.off : T.history.today(number({ precision: 0 }, series.today).text)}</span></summary>
		${open && html`<${Recording} key=${JSON.stringify([series.recorder, series.raw_days, series.rollup_years])} series=${series} onTake=${onTake} />`}
	</details>`;
}

/** @param {{series: Series[], chosen: number|null, onChoose: (id: number|null) => void, onTake: (series: Series) => void}} props */
export function SeriesList({ series, chosen, onChoose, onTake }) {
	const [search, setSearch] = useState('');
	const [all, setAll] = useState(false);
	const words = search.toLowerCase().split(/\s+/).filter(Boolean);
	const found = series.filter((one) => {
		const name = `${seriesName(one)} ${one.device ?? ''} ${one.entity ?? ''}`.toLowerCase();
		return words.every((word) => name.includes(word));
	}).sort((a, b) => seriesName(a).localeCompare(seriesName(b)));
	const shown = all ? found : found.filter((one, i) => i < SHOWN || one.id === chosen);
	return html`<section class="panel"><h2><${Icon} name="pencil-outline" /><span>${T.history.series}</span></h2>
		<${Field} label=${T.history.search} type="search" value=${search} onInput=${setSearch} />
		<div class="items">${shown.map((one) => html`<${Item} key=${one.id} series=${one} open=${one.id === chosen} onOpen=${(/** @type {boolean} */ open) => onChoose(open ? one.id : null)} onTake=${onTake} />`)}</div>
		${!found.length && html`<p class="muted">${T.history.none}</p>`}
		${found.length > shown.length && html`<div class="row"><button type="button" class="button" onClick=${() => setAll(true)}>${T.history.more(found.length - shown.length)}</button></div>`}
	</section>`;
}
