// The charts of several readings: one surface for fingers, wheel and keys, whatever panels stand on it.
import { useEffect, useReducer, useRef } from '../lib.js';
import { html } from './html.js';
import { takeKey, useGestures } from './chart_gestures.js';
import { Ranges } from './chart_head.js';
import { Compare, DownloadMenu, FootLine } from './chart_line.js';
import { saveFile } from './chart_table.js';
import { modeOf, viewOf } from './chart_view.js';
import { ChartsList, ChartsValues } from './charts_list.js';
import { ChartsModel } from './charts_model.js';
import { ChartsTable, csvOf, nameOf, textAt } from './charts_table.js';
import { colourName, dashOf, writeQuery } from './charts_set.js';
import { token } from './chart_axis.js';
import { cell, generation } from '../store.js';
import { dayAndTime, stretch, timeWithSeconds } from '../format.js';
import { T } from '../text.js';

/** @import {Address} from './charts_address.js' */
/** @import {Reading, Shown} from './charts_set.js' */
/** @import {View} from './chart_view.js' */

const STEPS = 120, LEAPS = 12; // of a key, in what is shown

/** @param {ChartsModel} model */
const timeText = (model) => (model.at === null ? '' : model.view.span <= 7200000 ? timeWithSeconds(model.at) : dayAndTime(model.at));

/** What a screen reader says of the place of the cursor. @param {ChartsModel} model */
const spokenAt = (model) => `${timeText(model)}: ` + model.lanes.flatMap((lane) => (lane.index === null ? [] : [`${nameOf(lane)} ${textAt(lane, lane.index)}`])).join('; ');

/** @param {ChartsModel} model @param {string} key @returns {number|null|undefined} the time to go to; undefined: none of its keys */
function walkKeys(model, key) {
	const { from, to } = model.edges();
	if (key === 'Home') return from;
	if (key === 'End') return to;
	if (key === 'Escape') return null;
	const steps = { ArrowLeft: -1 / STEPS, ArrowRight: 1 / STEPS, PageUp: -1 / LEAPS, PageDown: 1 / LEAPS }[key];
	return steps === undefined ? undefined : (model.at ?? to) + steps * (to - from);
}

/** @param {{model: ChartsModel}} props */
function Download({ model }) {
	const picture = async () => {
		const { from, to } = model.edges();
		const keys = model.lanes.filter(({ mode }) => mode !== 'states').map((lane) => ({ colour: token(colourName(lane.slot)), dash: dashOf(lane.slot), text: nameOf(lane) + (lane.entity.unit ? ` (${lane.entity.unit})` : '') }));
		saveFile(`${T.charts.file}.png`, await model.picture({ title: T.charts.title, lines: stretch(from, to) + (model.compared ? ` · ${T.chart.paler}` : ''), keys }));
	};
	return html`<${DownloadMenu}>
		<li><button type="button" onClick=${() => saveFile(`${T.charts.file}.csv`, new Blob([csvOf(model)], { type: 'text/csv' }))}>${T.chart.points} (CSV)</button></li>
		<li><button type="button" onClick=${() => void picture()}>${T.chart.picture}</button></li></${DownloadMenu}>`;
}

/** The model, kept as what is shown changes. @param {Reading[]} readings @param {Shown} shown @param {Map<number, number>} slots @param {(view: View) => void} onView */
function useModel(readings, shown, slots, onView) {
	const [beat, render] = useReducer((/** @type {number} */ n) => n + 1, 0);
	const box = useRef(/** @type {HTMLElement|null} */ (null));
	const held = useRef(/** @type {ChartsModel|null} */ (null));
	const told = useRef(onView);
	told.current = onView;
	useEffect(() => {
		if (!box.current) return undefined;
		const model = held.current = new ChartsModel(box.current, shown.view, () => render(0), () => told.current(model.view));
		return () => {
			held.current = null;
			model.destroy();
		};
	}, []);
	const key = readings.map(({ series, device, entity }) => [series, device.name, entity.name, entity.unit].join('\t')).join('\n');
	useEffect(() => {
		held.current?.setReadings(readings, (series) => slots.get(series) ?? 0, (entity, device) => modeOf(entity, cell(device.id, entity.id).peek().state ?? entity.state));
	}, [key]);
	useEffect(() => held.current?.compare(shown.compare), [shown.compare]);
	const address = writeQuery(shown);
	useEffect(() => {
		const model = held.current;
		// what the address says was most often done here
		if (model && writeQuery({ ...shown, view: model.view }) !== address) model.follow(shown.view);
	}, [address]);
	const round = generation.value, last = useRef(round);
	useEffect(() => {
		if (last.current !== round) held.current?.retry();
		last.current = round;
	}, [round]);
	return { model: held.current, box, beat };
}

/** @param {{readings: Reading[], shown: Shown, slots: Map<number, number>, address: Address}} props */
export function Board({ readings, shown, slots, address }) {
	const area = useRef(/** @type {HTMLElement|null} */ (null));
	const range = useRef(shown.view.range ?? 'day'); // the one to come back to
	const { model, box, beat } = useModel(readings, shown, slots, (view) => address.change((now) => ({ ...now, view }), 'gesture'));
	if (shown.view.range) range.current = shown.view.range;
	/** @param {string} to */
	const show = (to) => {
		const view = viewOf(to);
		model?.follow(view); // a gesture may have led away from the same address
		address.change((now) => ({ ...now, view }), 'step');
	};
	const compare = () => address.change((now) => ({ ...now, compare: !now.compare }), 'same');
	const reset = () => show(range.current);
	const pointers = useGestures(area, {
		zoom: (factor, x) => model?.zoom(factor, x),
		drag: (pixels) => model?.drag(pixels),
		pan: (share) => model?.pan(share),
		read: (x) => model?.pointAt(x),
		leave: () => model?.point(null),
		reset,
	});
	/** @param {KeyboardEvent} event */
	const onKeyDown = (event) => { if (model) takeKey(event, model, { walk: (key) => walkKeys(model, key), reset, compare }); };
	const phase = model?.phase ?? 'loading';
	const edges = model?.edges() ?? { from: 0, to: 1 };
	const place = Math.round(((model?.at ?? edges.to) - edges.from) / (edges.to - edges.from) * STEPS);
	return html`<div class="charts">
		<section class="panel chart charts-main" aria-label=${T.charts.of}>
			<div class="charts-head"><p class="charts-time" data-at=${model?.at ?? undefined}>${model?.at !== null && model ? timeText(model) : T.chart.now}</p><${Ranges} range=${shown.view.range} onRange=${show} /></div>
			${model && html`<${ChartsValues} model=${model} beat=${beat} />`}
			<div class="chart-area charts-area" ref=${area} role="slider" tabindex="0" aria-label=${T.charts.of} aria-description=${T.chart.hint} aria-valuemin="0" aria-valuemax=${STEPS} aria-valuenow=${place}
				aria-valuetext=${model && model.at !== null ? spokenAt(model) : T.chart.now} data-phase=${phase} data-busy=${model?.busy && phase !== 'loading' ? '' : undefined}
				onKeyDown=${onKeyDown} onBlur=${() => model?.point(null)} ...${pointers}>
				<div class="charts-box" ref=${box}></div>
				${phase !== 'ready' && html`<div class="chart-word" role="status"><p>${phase === 'loading' ? html`<span class="sr-only">${T.chart.loading}</span>` : phase === 'empty' ? T.chart.empty : T.chart.failed}</p></div>`}
			</div>
			${model && html`<${FootLine} model=${model} onReset=${reset}><${Download} model=${model} /></${FootLine}>
				${model.comparable && html`<div class="chart-compare"><${Compare} model=${model} onCompare=${compare} /></div>`}`}
		</section>
		<section class="panel charts-side" aria-label=${T.charts.chosen}><${ChartsList} model=${model} beat=${beat} onRemove=${(/** @type {number} */ series) => address.change((now) => ({ ...now, series: now.series.filter((other) => other !== series) }), 'step')} /></section>
		<div class="charts-table"><${ChartsTable} model=${model} beat=${beat} /></div>
	</div>`;
}
