// What has happened last, and before that: events are moments, so they are a list rather than a chart.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Ago } from './ago.js';
import { fetchWindow } from '../points.js';
import { cell, generation, hubNow } from '../store.js';
import { dayAndTime, wordText } from '../format.js';
import { T } from '../text.js';

/** @import {Device, Entity, Run, TimelineAnswer, Value} from '../types.js' */
/** @import {Part} from './controls.js' */

const SPAN_MS = 7 * 86400000;
const WIDTH = 2000;
const SHOWN = 6;

/** @typedef {{at: number, word: string}} Happening */

/** @param {Device} device @param {Entity} entity @param {Value} value */
export function eventText(device, entity, value) {
	const { at } = cell(device.id, entity.id).value;
	if (typeof value !== 'string' || at === null) return T.control.noEvent;
	return html`${wordText(entity, value)} · <${Ago} at=${at} />`;
}

/** Each run of the answer began with one. @param {TimelineAnswer} answer @returns {Happening[]} */
const happenings = (answer) => answer.runs.flatMap(([at, , word]) => (typeof word === 'string' ? [{ at, word }] : [])).reverse();

/** What came since the page is open goes before what was fetched. @param {Happening[]} fresh @param {Happening[]} fetched */
const joined = (fresh, fetched) => [...fresh, ...fetched.filter((old) => !fresh.some(({ at, word }) => word === old.word && Math.abs(at - old.at) < 1000))];

/** @param {Part} props */
export function EventBody({ device, entity }) {
	const { state, at } = cell(device.id, entity.id).value;
	const [fetched, setFetched] = useState(/** @type {Happening[]} */ ([]));
	const [fresh, setFresh] = useState(/** @type {Happening[]} */ ([]));
	const series = entity.series ?? null;
	const age = generation.value;
	useEffect(() => {
		if (series === null) return undefined;
		let current = true;
		const to = Math.round(hubNow()) + 1000;
		fetchWindow(series, 'timeline', { from: to - SPAN_MS, to, width: WIDTH }).then((answer) => current && setFetched(happenings(answer)), () => {});
		return () => { current = false; };
	}, [series, age]);
	useEffect(() => {
		if (typeof state !== 'string' || at === null) return;
		setFresh((before) => (before[0]?.at === at ? before : [{ at, word: state }, ...before].slice(0, SHOWN + 1)));
	}, [state, at]);
	const earlier = joined(fresh, fetched).slice(1, SHOWN + 1);
	if (!earlier.length) return null;
	return html`<ol class="happenings" aria-label=${T.control.earlier}>${earlier.map((one) => html`
		<li key=${one.at}><b>${wordText(entity, one.word)}</b><time datetime=${new Date(one.at).toISOString()}>${dayAndTime(one.at)}</time></li>`)}</ol>`;
}
