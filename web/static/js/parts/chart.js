// A live chart of one entity: a line with its band, bars of what a counter rose by, or a bar of states. What it
// shows and asks for is the model's; here are its markup, keys and gestures.
import { useEffect, useReducer, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { ChartFoot } from './chart_foot.js';
import { takeKey, useGestures } from './chart_gestures.js';
import { Ranges, Readout, chosen } from './chart_head.js';
import { ChartModel } from './chart_model.js';
import { ChartTable } from './chart_table.js';
import { modeOf } from './chart_view.js';
import { cell, generation } from '../store.js';
import { stateText, withUnit } from '../format.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */

/**
 * @param {number|null} index @param {Columns} columns @param {number} step @param {{from: number, to: number}} edges
 * @returns {number|null} the next point that is one and is shown
 */
function walk(index, columns, step, { from, to }) {
	/** @param {number} i */
	const shown = (i) => columns.at[i] <= to && (columns.ends?.[i] ?? columns.at[i]) >= from;
	let i = index ?? (step < 0 ? columns.value.length : -1);
	do i += step; while (i >= 0 && i < columns.value.length && (columns.value[i] === null || !shown(i)));
	return i >= 0 && i < columns.value.length ? i : index;
}

/** @param {ChartModel} model @param {string} key @returns {number|null|undefined} the point to go to; undefined: none of its keys */
function walkKeys(model, key) {
	const { columns, index } = model;
	if (!columns) return undefined;
	const edges = model.edges();
	const big = Math.max(1, Math.round(columns.value.length / 12));
	const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -big, PageDown: big }[key];
	if (key === 'Home') return walk(null, columns, 1, edges);
	if (key === 'End') return walk(null, columns, -1, edges);
	if (key === 'Escape') return null;
	if (!step) return undefined;
	let next = index ?? (step > 0 ? walk(null, columns, -1, edges) : null);
	for (let n = 0; n < Math.abs(step); n++) next = walk(next, columns, Math.sign(step), edges);
	return next;
}

/** @param {{device: Device, entity: Entity}} props */
export function Chart({ device, entity }) {
	const [range, setRange] = useState('hour'); // the one to come back to
	const [beat, render] = useReducer((/** @type {number} */ n) => n + 1, 0);
	const box = useRef(/** @type {HTMLElement|null} */ (null)), area = useRef(/** @type {HTMLElement|null} */ (null));
	const held = useRef(/** @type {ChartModel|null} */ (null));
	const age = generation.value;
	const now = cell(device.id, entity.id);
	const guess = useRef(modeOf(entity, now.peek().state ?? entity.state));

	useEffect(() => {
		if (!box.current || typeof entity.series !== 'number') return undefined;
		const model = held.current = new ChartModel(box.current, entity, guess.current, range, () => render(0));
		return () => {
			held.current = null;
			model.destroy();
		};
	}, [entity.series, entity.component, entity.unit, age]);
	const model = held.current;

	/** @param {string} to */
	const show = (to) => {
		setRange(to);
		held.current?.showRange(to);
	};
	const reset = () => held.current?.showRange(range);
	const pointers = useGestures(area, {
		zoom: (factor, x) => held.current?.zoom(factor, x),
		drag: (pixels) => held.current?.drag(pixels),
		pan: (share) => held.current?.pan(share),
		read: (x) => held.current?.pointAt(x),
		leave: () => held.current?.point(null),
		reset,
	});

	/** @param {KeyboardEvent} event */
	const onKeyDown = (event) => { if (model) takeKey(event, model, { walk: (key) => walkKeys(model, key), reset, compare: () => model.compare() }); };

	const length = model?.columns?.value.length ?? 0;
	const point = model && chosen(model, entity);
	const spoken = point ? `${withUnit(point.value.text, point.value.unit)}, ${point.said}` : `${T.chart.now}: ${stateText(entity, now.value.state)}`;
	const phase = model?.phase ?? 'loading';
	return html`<div class="chart">
		<div class="chart-head">
			<${Readout} device=${device} entity=${entity} model=${model} beat=${beat} />
			<${Ranges} range=${model ? model.view.range : range} onRange=${show} />
		</div>
		<div class="chart-area" ref=${area} role="slider" tabindex="0" aria-label=${T.chart.of(entity.name)} aria-description=${T.chart.hint} aria-valuemin="0" aria-valuemax=${Math.max(0, length - 1)}
			aria-valuenow=${Math.min(model?.index ?? Infinity, Math.max(0, length - 1))} aria-valuetext=${spoken} data-phase=${phase} data-mode=${model?.mode ?? guess.current}
			data-busy=${model?.busy && phase !== 'loading' ? '' : undefined} data-points=${length} onKeyDown=${onKeyDown} onBlur=${() => model?.point(null)} ...${pointers}>
			<div class="chart-box" ref=${box}></div>
			${phase !== 'ready' && html`<div class="chart-word" role="status">
				<p>${phase === 'loading' ? html`<span class="sr-only">${T.chart.loading}</span>` : phase === 'empty' ? T.chart.empty : T.chart.failed}</p>
				${phase === 'failed' && html`<button type="button" class="button" onClick=${() => model?.retry()}>${T.chart.retry}</button>`}
			</div>`}
		</div>
		<${ChartFoot} device=${device} entity=${entity} model=${model} beat=${beat} onReset=${reset} />
		<${ChartTable} entity=${entity} model=${model} beat=${beat} />
	</div>`;
}
