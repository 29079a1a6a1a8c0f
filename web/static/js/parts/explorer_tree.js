// The tree of topics: only the rows that are in sight exist, whatever its size. One stop of the Tab key; arrows go on from there.
import { useEffect, useMemo, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { bytesText } from '../format.js';
import { previewOf } from '../explorer/payload.js';
import { open } from '../explorer/topics.js';
import { choose, chosen, frame, state, tree } from '../explorer/session.js';
import { seesRooms, session } from '../store.js';
import { T } from '../text.js';

/** @import {Row, Topic} from '../explorer/topics.js' */

const X = T.explorer;
const MARGIN = 6; // rows drawn beyond what is seen
const LEVEL_PX = 16, LEVELS_SHOWN = 8;

/** @param {number} rate a second */
function rateText(rate) {
	if (rate === 0) return '';
	if (rate >= 0.095) return X.perSecond(rate >= 9.95 ? String(Math.round(rate)) : rate.toFixed(1));
	return X.perMinute(String(Math.max(1, Math.round(rate * 60))));
}

/** @param {{node: Topic}} props */
function Last({ node }) {
	if (!node.last) return html`<span class="topic-last muted">${X.topics(node.topics)}</span>`;
	const { payload } = node.last;
	if (payload.length === 0) return html`<span class="topic-last muted">${X.empty}</span>`;
	const text = previewOf(payload);
	return html`<span class=${text === null ? 'topic-last muted' : 'topic-last'}>${text ?? X.binary(bytesText(payload.length))}</span>`;
}

/** @param {{row: Row, index: number, height: number, active: boolean, onToggle: (row: Row) => void, onPick: (row: Row, index: number) => void}} props */
function TopicRow({ row, index, height, active, onToggle, onPick }) {
	const { node } = row;
	const folds = node.children.size > 0;
	return html`<div role="treeitem" id=${`row-${index}`} class="topic-row" data-active=${active ? '' : undefined} aria-level=${row.depth + 1} aria-posinset=${row.place} aria-setsize=${row.siblings}
		aria-expanded=${folds ? row.open : undefined} aria-selected=${node.topic === chosen.value && !!node.last}
		style=${{ transform: `translateY(${index * height}px)`, height: `${height}px`, paddingLeft: `${Math.min(row.depth, LEVELS_SHOWN) * LEVEL_PX}px` }} onClick=${() => onPick(row, index)}>
		<span class="twist" data-open=${row.open ? '' : undefined} data-none=${folds ? undefined : ''} onClick=${(/** @type {Event} */ event) => {
			if (!folds) return;
			event.stopPropagation();
			onToggle(row);
		}}></span>
		<span class="topic-name">${node.name === '' ? X.nameless : node.name}</span>
		${node.retained && html`<span class="tag" title=${X.retainedHint}>${X.retained}</span>`}
		<${Last} node=${node} />
		<span class="topic-rate">${rateText(node.rate)}</span>
		<span class="topic-count"><span aria-hidden="true">${node.count}</span><span class="sr-only">${X.messages(node.count)}</span></span>
	</div>`;
}

/** What is in sight of a scrolled element. */
function useWindow() {
	const box = useRef(/** @type {HTMLDivElement|null} */ (null));
	const [at, setAt] = useState({ top: 0, height: 600 });
	useEffect(() => {
		const element = box.current;
		if (!element) return undefined;
		const look = () => setAt({ top: element.scrollTop, height: element.clientHeight });
		const observer = new ResizeObserver(look);
		observer.observe(element);
		element.addEventListener('scroll', look, { passive: true });
		return () => {
			observer.disconnect();
			element.removeEventListener('scroll', look);
		};
	}, []);
	return { box, at };
}

/** Two lines where there is little room (explorer.css), at least 44 px for fingers, less for a mouse. */
function useRowHeight() {
	const [[narrow, fine]] = useState(() => [matchMedia('(max-width: 699px)'), matchMedia('(pointer: fine)')]);
	const measure = () => (narrow.matches ? 52 : fine.matches ? 34 : 44);
	const [height, setHeight] = useState(measure);
	useEffect(() => {
		const change = () => setHeight(measure());
		const queries = [narrow, fine];
		for (const query of queries) query.addEventListener('change', change);
		return () => {
			for (const query of queries) query.removeEventListener('change', change);
		};
	}, []);
	return height;
}

/** What a key does to the row that is active: the row to go to, or nothing. @param {string} key @param {Row[]} rows @param {number} index @param {number} page @param {(row: Row) => void} toggle */
function goTo(key, rows, index, page, toggle) {
	const row = rows[index];
	switch (key) {
	case 'ArrowDown': return index + 1;
	case 'ArrowUp': return index - 1;
	case 'Home': return 0;
	case 'End': return rows.length - 1;
	case 'PageDown': return index + page;
	case 'PageUp': return index - page;
	case 'ArrowRight':
		if (row?.node.children.size && !row.open) return toggle(row);
		return row?.open ? index + 1 : index;
	case 'ArrowLeft':
		if (row?.open) return toggle(row);
		return row ? rows.findLastIndex((other, i) => i < index && other.depth < row.depth) : undefined;
	case ' ':
		return row?.node.children.size ? toggle(row) : index;
	}
	return undefined;
}

const MOVES = new Set(['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageDown', 'PageUp', ' ', 'Enter']);

/** @param {{search: string, onChoose: () => void}} props */
export function TopicsTree({ search, onChoose }) {
	void frame.value;
	const [opened] = useState(() => /** @type {Set<Topic>} */ (new Set()));
	const [folds, setFolds] = useState(0);
	const [active, setActive] = useState(/** @type {Topic|null} */ (null));
	const height = useRowHeight();
	const { box, at } = useWindow();
	const rows = useMemo(() => tree.rows(opened, search), [tree.shape, folds, search]);
	const index = Math.max(0, active ? rows.findIndex((row) => row.node === active) : 0);

	/** @param {Row} row */
	const toggle = (row) => {
		if (opened.has(row.node)) opened.delete(row.node);
		else open(opened, row.node);
		setFolds((n) => n + 1);
		setActive(row.node);
	};
	/** @param {number} to */
	const show = (to) => {
		const element = box.current;
		if (!element) return;
		element.scrollTop = Math.min(Math.max(element.scrollTop, (to + 1) * height - element.clientHeight), to * height);
	};
	/** @param {Row} row */
	const pick = (row) => {
		setActive(row.node);
		if (row.node.last) {
			choose(row.node.topic);
			onChoose();
		} else {
			toggle(row);
		}
	};
	/** @param {KeyboardEvent} event */
	const onKeyDown = (event) => {
		if (!MOVES.has(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		if (event.key === 'Enter') return void (rows[index] && pick(rows[index]));
		const to = goTo(event.key, rows, index, Math.max(1, Math.floor(at.height / height) - 1), toggle);
		if (typeof to !== 'number' || !rows.length) return;
		const next = Math.min(Math.max(to, 0), rows.length - 1);
		setActive(rows[next].node);
		show(next);
	};
	const from = Math.max(0, Math.floor(at.top / height) - MARGIN);
	const until = Math.min(rows.length, Math.ceil((at.top + at.height) / height) + MARGIN);
	const inSight = index >= from && index < until;
	return html`<div class="topics" ref=${box} role="tree" tabindex="0" aria-label=${X.tree} aria-activedescendant=${rows.length && inSight ? `row-${index}` : undefined} onKeyDown=${onKeyDown}
		data-rows=${rows.length} data-topics=${tree.root.topics}>
		<div role="none" class="topics-all" style=${{ height: `${rows.length * height}px` }}>${rows.slice(from, until).map((row, i) => html`<${TopicRow} key=${row.node.topic} row=${row} index=${from + i}
			height=${height} active=${from + i === index} onToggle=${toggle} onPick=${pick} />`)}</div>
		${!rows.length && html`<p class="topics-none muted" role="treeitem" aria-level="1">${search ? X.noneFound : state.value === 'live' ? (seesRooms(session.value) ? X.guestsNone : X.noneYet) : X.states[state.value]}</p>`}
	</div>`;
}
