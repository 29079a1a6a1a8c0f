// Charts of any readings of the house together. What is shown stands in the address, so that it can be kept, sent to somebody
// of the house, and left with the browser's Back; this browser remembers the last.
import { useEffect, useMemo, useRef, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Board } from '../parts/charts_board.js';
import { Picker, kindsOf } from '../parts/charts_picker.js';
import { Address } from '../parts/charts_address.js';
import { MOST, keepShown, lastShown, readQuery, slotsFor, writeQuery } from '../parts/charts_set.js';
import { modeOf } from '../parts/chart_view.js';
import { cell, devices, devicesLoaded, link } from '../store.js';
import { loadRecordedTopics, recordedTopics } from '../recorded_topics.js';
import { isDrawn } from '../house.js';
import { go, query } from '../router.js';
import { T } from '../text.js';

/** @import {Reading} from '../parts/charts_set.js' */

/** All that can be drawn, by name; of topics behind those of devices. @returns {Reading[]} */
function useReadings() {
	const house = devices.value, topics = recordedTopics.value, live = link.value === 'live';
	useEffect(() => { if (live) void loadRecordedTopics(); }, [live]);
	return useMemo(() => [...house.values()].sort((a, b) => a.name.localeCompare(b.name))
		.flatMap((device) => device.entities.filter(isDrawn).map((entity) => ({ series: /** @type {number} */ (entity.series), device, entity })))
		.concat(topics ?? []), [house, topics]);
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

/** The address of what is shown: that of what was shown last where it says nothing. @param {string} search */
const shownBy = (search) => writeQuery(readQuery(search)) || lastShown();

/** @param {string} search @param {boolean} replace */
function put(search, replace) {
	keepShown(search);
	if (search !== query.peek()) go(`/charts${search}`, { replace });
}

/** The way to this page leads nowhere from here: what is shown stays. @param {MouseEvent} event */
function stay(event) {
	if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
	if (event.target instanceof Element && event.target.closest('a[href="/charts"]')) event.preventDefault();
}

/** Follows the address, and changes it. */
function useAddress() {
	const now = query.value, search = shownBy(now);
	const address = useMemo(() => new Address(() => shownBy(query.peek()), put), []);
	useEffect(() => {
		document.addEventListener('click', stay, { capture: true });
		return () => {
			document.removeEventListener('click', stay, { capture: true });
			address.destroy();
		};
	}, []);
	useEffect(() => { if (query.peek() === now) put(search, true); }, [now, search]); // effects come late: it may be another one by then
	return { address, shown: readQuery(search) };
}

export function ChartsPage() {
	const readings = useReadings();
	const [choosing, setChoosing] = useState(() => new URLSearchParams(query.peek()).has('choose'));
	const slots = useRef(/** @type {Map<number, number>} */ (new Map()));
	const { address, shown } = useAddress();
	const bySeries = useMemo(() => new Map(readings.map((reading) => [reading.series, reading])), [readings]);
	const there = shown.series.flatMap((series) => bySeries.get(series) ?? []);
	const gone = shown.series.length - there.length, awaited = gone > 0 && recordedTopics.value === null;
	slots.current = slotsFor(slots.current, there.filter(({ device, entity }) => modeOf(entity, cell(device.id, entity.id).peek().state ?? entity.state) !== 'states').map(({ series }) => series));
	/** @param {number[]} series */
	const choose = (series) => address.change((now) => ({ ...now, series }), 'step');
	/** @param {number[]|null} series */
	const done = (series) => {
		setChoosing(false);
		if (series) choose(series);
	};
	const loaded = devicesLoaded.value;
	const change = there.length > 0 && html`<button type="button" class="button" onClick=${() => setChoosing(true)}><${Icon} name="plus" /><span>${T.charts.choose}</span></button>`;
	return html`<${Page} title=${T.charts.title} after=${change}>
		${!loaded || (awaited && !there.length) ? html`<div class="panel skeleton" aria-hidden="true"></div>` : there.length ?
			html`<${Board} readings=${there} shown=${shown} slots=${slots.current} address=${address} />` :
			html`<${Empty} readings=${readings} onStart=${choose} onChoose=${() => setChoosing(true)} />`}
		${loaded && gone > 0 && !awaited && html`<p class="note">${T.charts.gone(gone)} <button type="button" class="link" onClick=${() => choose(there.map(({ series }) => series))}>${T.charts.forget}</button></p>`}
		${choosing && loaded && html`<${Picker} readings=${readings} chosen=${there.map(({ series }) => series)} onDone=${done} />`}
	</${Page}>`;
}
