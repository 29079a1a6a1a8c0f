// A live chart of one entity: the value under the finger (or the newest) large
// above it, a span to choose, a table for those who cannot see it.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Ago } from './ago.js';
import { ChartTable } from './chart_table.js';
import { ChartData } from './chart_data.js';
import { createPlot } from './chart_plot.js';
import { cell, generation, hubNow } from '../store.js';
import { dayAndTime, state, stateText, timeWithSeconds } from '../format.js';
import { isOffline } from '../house.js';
import { onPoints } from '../live.js';
import { fetchPoints } from '../points.js';
import { T } from '../text.en.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Columns} from './chart_data.js' */

/** @type {Record<string, number>} */
const SPANS = { hour: 3600000, day: 86400000, week: 7 * 86400000 };
const YOUNGEST_MS = 120000; // the shortest stretch of time that a chart shows
const REFETCH_MS = 5 * 60000; // long spans are bucketed anew now and then
const RETRY_MS = 2000;

/** @param {Entity} entity */
const holds = (entity) => entity.component !== 'sensor';

/**
 * Where the chart begins. A young series fills the chart from its first minutes on and
 * grows into the span, so that there is something to see at once.
 * @param {ChartData} store @param {number} now @param {number} span ms
 */
function leftEdge(store, now, span) {
	const oldest = store.rows[0]?.[0] ?? 0;
	if (oldest < now - span / 2) return now - span;
	return Math.min(oldest, now - YOUNGEST_MS);
}

/** @param {{span: string, onSpan: (span: string) => void}} props */
function Spans({ span, onSpan }) {
	return html`<div class="segments" role="group" aria-label=${T.chart.range}>${Object.keys(SPANS).map((key) => html`
		<button key=${key} type="button" aria-pressed=${key === span ? 'true' : 'false'} aria-label=${T.chart.rangeNames[key]} onClick=${() => onSpan(key)}>${T.chart.ranges[key]}</button>`)}
	</div>`;
}

/**
 * What stands above the chart: the point chosen, else the newest value.
 * @param {{device: Device, entity: Entity, columns: Columns|null, index: number|null, span: string}} props
 */
function Readout({ device, entity, columns, index, span }) {
	const now = cell(device.id, entity.id).value;
	const chosen = columns && index !== null ? columns.value[index] : null;
	if (!columns || index === null || chosen === null || chosen === undefined) {
		const { text, unit } = state(entity, now.state);
		return html`<div class="chart-now"><strong class="value">${text}${unit && html`<small> ${unit}</small>`}</strong><span>${
			!isOffline(device) ? T.chart.now : now.at ? html`<${Ago} at=${now.at} />` : T.card.offline}</span></div>`;
	}
	const { text, unit } = state(entity, chosen);
	const at = columns.at[index];
	const least = columns.least[index] ?? chosen, most = columns.most[index] ?? chosen;
	const band = columns.banded && least !== most ? ' · ' + T.chart.between(state(entity, least).text, stateText(entity, most)) : '';
	return html`<div class="chart-now"><strong>${text}${unit && html`<small> ${unit}</small>`}</strong>
		<span>${span === 'hour' ? timeWithSeconds(at) : dayAndTime(at)}${band}</span></div>`;
}

/**
 * Fetches, follows and draws; answers what the readout and the table need.
 * @param {{current: HTMLElement|null}} box @param {Entity} entity @param {string} span
 */
function useChart(box, entity, span) {
	const [phase, setPhase] = useState('loading'); // loading, ready, empty, failed
	const [index, setIndex] = useState(/** @type {number|null} */ (null));
	const [again, setAgain] = useState(0);
	const data = useRef(new ChartData(holds(entity)));
	const columns = useRef(/** @type {Columns|null} */ (null));
	const plot = useRef(/** @type {ReturnType<typeof createPlot>|null} */ (null));
	const age = generation.value;

	useEffect(() => {
		const element = box.current;
		if (!element || typeof entity.series !== 'number') return undefined;
		const series = entity.series;
		const store = data.current = new ChartData(holds(entity));
		let current = true, ready = false;
		let made = plot.current = createPlot(element, entity, setIndex);
		const draw = () => {
			if (!ready) return;
			const now = hubNow();
			store.trim(now - SPANS[span]);
			columns.current = store.columns(now);
			made.draw(columns.current, leftEdge(store, now, SPANS[span]), now);
			setPhase(store.length ? 'ready' : 'empty');
		};
		const load = () => fetchPoints(series, SPANS[span], element.clientWidth).then((answer) => {
			if (!current) return;
			store.fetched(answer);
			ready = true;
			draw();
		}, () => {
			if (!current || ready) return;
			setPhase('failed');
			retry = setTimeout(load, RETRY_MS); /* a device that has just come may be a moment ahead of its history */
		});
		let retry = 0, asked = 0;
		const soon = () => {
			if (asked) return;
			asked = requestAnimationFrame(() => {
				asked = 0;
				draw();
			});
		};
		const end = onPoints(series, (at, value) => { if (store.add(at, value)) soon(); });
		const edge = setInterval(soon, span === 'hour' ? 1000 : 10000);
		const fresh = setInterval(load, REFETCH_MS);
		const watch = new ResizeObserver(() => made.fit());
		watch.observe(element);
		const repaint = () => {
			made.destroy();
			made = plot.current = createPlot(element, entity, setIndex);
			draw();
		};
		addEventListener('themechange', repaint);
		setPhase('loading');
		setIndex(null);
		void load();
		return () => {
			current = false;
			end();
			clearInterval(edge);
			clearInterval(fresh);
			clearTimeout(retry);
			cancelAnimationFrame(asked);
			watch.disconnect();
			removeEventListener('themechange', repaint);
			made.destroy();
			plot.current = null;
		};
	}, [entity.series, entity.component, entity.unit, span, age, again]);

	return { phase, index, data, columns, plot, retry: () => setAgain(again + 1) };
}

/**
 * @param {number|null} index @param {Columns} columns @param {number} step
 * @returns {number|null} the next point that is one
 */
function walk(index, columns, step) {
	let i = index ?? (step < 0 ? columns.value.length : columns.value.length - 2);
	do i += step; while (i >= 0 && i < columns.value.length && columns.value[i] === null);
	return i >= 0 && i < columns.value.length ? i : index;
}

/** @param {{device: Device, entity: Entity}} props */
export function Chart({ device, entity }) {
	const [span, setSpan] = useState('hour');
	const box = useRef(/** @type {HTMLElement|null} */ (null));
	const { phase, index, data, columns, plot, retry } = useChart(box, entity, span);

	/** @param {KeyboardEvent} event */
	const onKeyDown = (event) => {
		const shown = columns.current;
		if (!shown || !plot.current) return;
		const big = Math.max(1, Math.round(shown.value.length / 12));
		const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -big, PageDown: big }[event.key];
		let next = index;
		if (step) for (let n = 0; n < Math.abs(step); n++) next = walk(next, shown, Math.sign(step));
		else if (event.key === 'Home') next = walk(-1, shown, 1);
		else if (event.key === 'End') next = walk(null, shown, -1);
		else if (event.key === 'Escape') next = null;
		else return;
		event.preventDefault();
		plot.current.point(next);
	};
	/** @param {PointerEvent} event */
	const touch = (event) => { if (event.pointerType !== 'mouse') plot.current?.pointAt(event.clientX); };
	const leave = () => plot.current?.point(null);

	const length = columns.current?.value.length ?? 0;
	const at = index !== null ? columns.current?.at[index] : undefined;
	const value = index !== null ? columns.current?.value[index] : null;
	const spoken = at !== undefined && value !== null && value !== undefined ? `${stateText(entity, value)}, ${dayAndTime(at)}` :
		`${T.chart.now}: ${stateText(entity, cell(device.id, entity.id).value.state)}`;
	return html`<div class="chart">
		<div class="chart-head">
			<${Readout} device=${device} entity=${entity} columns=${columns.current} index=${index} span=${span} />
			<${Spans} span=${span} onSpan=${setSpan} />
		</div>
		<div class="chart-area" role="slider" tabindex="0" aria-label=${T.chart.of(entity.name)} aria-valuemin="0" aria-valuemax=${Math.max(0, length - 1)}
			aria-valuenow=${index ?? Math.max(0, length - 1)} aria-valuetext=${spoken} data-phase=${phase} data-points=${data.current.length}
			onKeyDown=${onKeyDown} onBlur=${leave} onPointerDown=${touch} onPointerMove=${touch} onPointerLeave=${leave}>
			<div class="chart-box" ref=${box}></div>
			${phase !== 'ready' && html`<div class="chart-word">
				<p>${phase === 'loading' ? T.chart.loading : phase === 'empty' ? T.chart.empty : T.chart.failed}</p>
				${phase === 'failed' && html`<button type="button" class="button" onClick=${retry}>${T.chart.retry}</button>`}
			</div>`}
		</div>
		<${ChartTable} key=${entity.id + span} device=${device} entity=${entity} data=${data} />
	</div>`;
}
