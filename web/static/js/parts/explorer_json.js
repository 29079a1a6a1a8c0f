// A JSON value as a tree that folds. Numbers lead to a rule that records them.
import { html } from './html.js';
import { Icon } from './icon.js';
import { branches, isBranch, isNumeric, step } from '../explorer/payload.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

const X = T.explorer;
const MANY = 200;        // members shown of one object or array
const OPEN_DEPTH = 3, OPEN_SIZE = 40;

/** Where history → rules is asked to record this. @param {string} topic @param {string} path "" for the whole payload */
export const recordHref = (topic, path) => `/settings/history?${new URLSearchParams({ filter: topic, path })}`;

/** Where a device is made of what stands there. @param {string} topic @param {string} path */
const deviceHref = (topic, path) => `/add/by-hand?${new URLSearchParams({ topic, path })}`;

/**
 * What the owner can make of a value that stands there: its history, a device.
 * @param {{topic: string, path: string, value: any}} props
 */
export function ValueActions({ topic, path, value }) {
	if (!mayManage(session.value)) return null;
	const device = html`<a class="record" href=${deviceHref(topic, path)} aria-label=${`${T.hand.valueHere}: ${path}`} title=${T.hand.valueHere}><${Icon} name="plus" size=${18} /><span>${T.hand.valueShort}</span></a>`;
	if (!isNumeric(value)) return device;
	return html`<a class="record" href=${recordHref(topic, path === '$' ? '' : path)} aria-label=${X.record(path)} title=${X.record(path)}><${Icon} name="pulse" size=${18} /><span>${X.recordShort}</span></a>${device}`;
}

/** @param {any} value */
function kindOf(value) {
	if (value === null) return 'null';
	return typeof value;
}

/** @param {any} value */
const written = (value) => (typeof value === 'string' ? `"${value}"` : String(value));

/** @param {{name: string|number|null, value: any, path: string, topic: string, depth: number}} props */
function Branch({ name, value, path, topic, depth }) {
	const list = branches(value);
	const brackets = Array.isArray(value) ? `[${list.length}]` : `{${list.length}}`;
	return html`<details class="json-branch" open=${depth < OPEN_DEPTH && list.length <= OPEN_SIZE}>
		<summary>${name !== null && html`<span class="json-key">${name}</span>`}<span class="muted">${brackets}</span></summary>
		<ul>${list.slice(0, MANY).map(([key, member]) => html`<li key=${key}><${Json} name=${key} value=${member} path=${path + step(key)} topic=${topic} depth=${depth + 1} /></li>`)}
			${list.length > MANY && html`<li class="muted">${T.history.more(list.length - MANY)}</li>`}</ul>
	</details>`;
}

/** @param {{value: any, topic: string, name?: string|number|null, path?: string, depth?: number}} props */
export function Json({ value, topic, name = null, path = '$', depth = 0 }) {
	if (isBranch(value)) return html`<${Branch} name=${name} value=${value} path=${path} topic=${topic} depth=${depth} />`;
	return html`<div class="json-leaf">${name !== null && html`<span class="json-key">${name}</span>`}<span class="json-value" data-kind=${kindOf(value)}>${written(value)}</span>
		<${ValueActions} topic=${topic} path=${path} value=${value} /></div>`;
}
