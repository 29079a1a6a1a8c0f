// The last hours of a reading, drawn behind its value. Decoration: the chart of the device's page says it exactly. So it is
// fetched when it comes into sight and drawn no more often than an eye would notice.
import { useEffect, useMemo, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { useInSight } from './in_sight.js';
import { generation, hubNow, tick } from '../store.js';
import { onPoints } from '../live.js';
import { fetchPoints } from '../points.js';

const SPAN_MS = 3 * 3600000;
const WIDTH = 90, HEIGHT = 30;
const YOUNGEST_MS = 30000; // a young series fills the card and grows into the span
const LEAST_MS = 1000;  // between two points, and between two drawings

/** Where the line begins. @param {number} first ms @param {number} now ms */
const leftEdge = (first, now) => Math.max(now - SPAN_MS, Math.min(first, now - YOUNGEST_MS));

/** The span's points; a young series fills few of its buckets, so it is asked for in finer ones. @param {number} series */
async function fetchLine(series) {
	const answer = await fetchPoints(series, SPAN_MS, WIDTH);
	const age = hubNow() - (answer.points[0]?.[0] ?? 0);
	return age < SPAN_MS / 4 ? fetchPoints(series, Math.max(age, YOUNGEST_MS), WIDTH) : answer;
}

/** @param {[number, number][]} points @param {number} limit a longer pause is a gap, ms @param {number} now */
function draw(points, limit, now) {
	if (points.length < 2) return null;
	let least = Infinity, most = -Infinity;
	for (const [, value] of points) {
		least = Math.min(least, value);
		most = Math.max(most, value);
	}
	const span = most - least || 1;
	const left = leftEdge(points[0][0], now);
	let line = '', area = '', runStart = 0, last = -Infinity;
	points.forEach(([at, value], i) => {
		const x = Math.max(0, (at - left) / (now - left) * WIDTH);
		const y = most === least ? HEIGHT / 2 : HEIGHT - 2 - (value - least) / span * (HEIGHT - 4);
		const spot = `${x.toFixed(1)} ${y.toFixed(1)}`;
		if (at - last > limit || i === 0) {
			line += `M${spot}`;
			area += `${i ? 'Z' : ''}M${x.toFixed(1)} ${HEIGHT}L${spot}`;
			runStart = x;
		} else {
			line += `L${spot}`;
			area += `L${spot}`;
		}
		last = at;
		const next = points[i + 1];
		if (!next || next[0] - at > limit) area += `L${x.toFixed(1)} ${HEIGHT}L${runStart.toFixed(1)} ${HEIGHT}`;
	});
	return { line, area: area + 'Z' };
}

/** @param {{series: number}} props */
export function Sparkline({ series }) {
	const [points, setPoints] = useState(/** @type {[number, number][]} */ ([]));
	const [limit, setLimit] = useState(Infinity);
	const age = generation.value;
	const box = useRef(null);
	const inSight = useInSight(box);

	useEffect(() => {
		if (!inSight) return undefined;
		let current = true;
		/** @type {ReturnType<typeof setTimeout>|undefined} */
		let drawing;
		/** @type {[number, number][]} */
		let held = [];
		let ready = false;
		/** @param {number} at @param {number} value */
		const add = (at, value) => {
			const last = held[held.length - 1];
			if (typeof value !== 'number') return; /* a word */
			if (last && at <= last[0]) return;
			const before = held[held.length - 2];
			// points closer than a pixel replace the last
			const every = held.length ? Math.max(LEAST_MS, (at - leftEdge(held[0][0], at)) / WIDTH) : 0;
			held = last && before && at - before[0] < every ? [...held.slice(0, -1), [at, value]] : [...held, [at, value]];
			while (held.length && held[0][0] < hubNow() - SPAN_MS) held = held.slice(1);
			if (ready) drawing ??= setTimeout(() => {
				drawing = undefined;
				setPoints(held);
			}, LEAST_MS);
		};
		const end = onPoints(series, add);
		fetchLine(series).then((answer) => {
			if (!current) return;
			const early = held;
			held = answer.points.flatMap(([at, value]) => (at === null || value === null ? [] : [/** @type {[number, number]} */ ([at, value])]));
			ready = true;
			setLimit(answer.gap || Infinity);
			for (const [at, value] of early) add(at, value);
			setPoints(held);
		}, () => { ready = true; });
		return () => {
			current = false;
			clearTimeout(drawing);
			end();
		};
	}, [series, age, inSight]);

	const now = tick.value;
	const path = useMemo(() => draw(points, limit, Math.max(now, points.length ? points[points.length - 1][0] : 0)), [points, limit, now]);
	return html`<svg class="spark" ref=${box} viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">
		${path && html`<path class="spark-area" d=${path.area} /><path class="spark-line" d=${path.line} />`}
	</svg>`;
}
