// Charts of any readings of the house together. What is shown stands in the address, so that it can be kept, sent to somebody
// of the house, and left with the browser's Back; this browser remembers the last.
import { useEffect, useMemo, useRef, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Board } from '../parts/charts_board.js';
import { Picker, kindsOf } from '../parts/charts_picker.js';
import { MOST, keepShown, lastShown, readQuery, slotsFor, writeQuery } from '../parts/charts_set.js';
import { modeOf } from '../parts/chart_view.js';
import { cell, devices, devicesLoaded, generation } from '../store.js';
import { isDrawn } from '../house.js';
import { go, query } from '../router.js';
import { T } from '../text.js';

/** @import {Reading, Shown} from '../parts/charts_set.js' */

const REST_MS = 400; // a gesture's end is written into the address, not its way

/** All that can be drawn, by room and name. @returns {Reading[]} */
function useReadings() {
	const house = devices.value;
	return useMemo(() => [...house.values()].sort((a, b) => a.name.localeCompare(b.name))
		.flatMap((device) => device.entities.filter(isDrawn).map((entity) => ({ series: /** @type {number} */ (entity.series), device, entity }))), [house]);
}

/** @param {{readings: Reading[], onStart: (series: number[]) => void, onChoose: () => void}} props */
function Empty({ readings, onStart, onChoose }) {
	if (!readings.length) return html`<div class="empty"><${Icon} name="chart-line" size=${48} /><p>${T.charts.nothing}</p></div>`;
	const kinds = kindsOf(readings).slice(0, 4);
	return html`<div class="empty"><${Icon} name="chart-line" size=${48} /><h2>${T.charts.empty}</h2><p>${T.charts.emptyHint}</p>
		<button type="button" class="button primary" onClick=${onChoose}><${Icon} name="plus" /><span>${T.charts.choose}</span></button>
		${kinds.length > 0 && html`<p>${T.charts.start}</p><div class="chips">${kinds.map(([kind, list]) => html`
			<button key=${kind} type="button" class="chip" onClick=${() => onStart(list.slice(0, MOST).map(({ series }) => series))}>${T.charts.allOf(kind, Math.min(MOST, list.length))}</button>`)}</div>`}
	</div>`;
}

/** Writes what is shown into the address: at once, or when a gesture rests. Whoever goes elsewhere meanwhile goes there. @param {string} search */
function useAddress(search) {
	const timer = useRef(0);
	useEffect(() => () => clearTimeout(timer.current), [search]);
	/** @param {Shown} shown @param {boolean} replace */
	return (shown, replace) => {
		clearTimeout(timer.current);
		const wanted = writeQuery(shown);
		const write = () => {
			keepShown(wanted);
			if (wanted !== location.search) go(`/charts${wanted}`, { replace });
		};
		if (replace) timer.current = setTimeout(write, REST_MS);
		else write();
	};
}

export function ChartsPage() {
	const search = query.value;
	const readings = useReadings();
	const shown = readQuery(search);
	const [choosing, setChoosing] = useState(() => new URLSearchParams(search).has('choose'));
	const slots = useRef(/** @type {Map<number, number>} */ (new Map()));
	const write = useAddress(search);
	useEffect(() => {
		if (search) keepShown(writeQuery(shown));
		const wanted = search ? writeQuery(shown) : lastShown();
		if (wanted !== search) go(`/charts${wanted}`, { replace: true });
	}, [search]);
	const bySeries = useMemo(() => new Map(readings.map((reading) => [reading.series, reading])), [readings]);
	const there = shown.series.flatMap((series) => bySeries.get(series) ?? []);
	const gone = shown.series.length - there.length;
	slots.current = slotsFor(slots.current, there.filter(({ device, entity }) => modeOf(entity, cell(device.id, entity.id).peek().state ?? entity.state) !== 'states').map(({ series }) => series));
	/** @param {number[]} series */
	const choose = (series) => write({ ...shown, series }, false);
	/** @param {number[]|null} series */
	const done = (series) => {
		setChoosing(false);
		if (series) choose(series);
	};
	const loaded = devicesLoaded.value;
	const change = there.length > 0 && html`<button type="button" class="button" onClick=${() => setChoosing(true)}><${Icon} name="plus" /><span>${T.charts.choose}</span></button>`;
	return html`<${Page} title=${T.charts.title} after=${change}>
		${!loaded ? html`<div class="panel skeleton" aria-hidden="true"></div>` : there.length ?
			html`<${Board} key=${generation.value} readings=${there} shown=${shown} slots=${slots.current} onShown=${write} />` :
			html`<${Empty} readings=${readings} onStart=${choose} onChoose=${() => setChoosing(true)} />`}
		${loaded && gone > 0 && html`<p class="note">${T.charts.gone(gone)} <button type="button" class="link" onClick=${() => choose(there.map(({ series }) => series))}>${T.charts.forget}</button></p>`}
		${choosing && loaded && html`<${Picker} readings=${readings} chosen=${there.map(({ series }) => series)} onDone=${done} />`}
	</${Page}>`;
}
