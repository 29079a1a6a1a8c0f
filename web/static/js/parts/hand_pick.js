// The last message of a topic, pretty-printed, in which a value is picked by tapping it.
import { html } from './html.js';
import { branches, isBranch, step } from '../explorer/payload.js';
import { T } from '../text.js';

/** @import {Content} from '../explorer/payload.js' */
/** @typedef {(path: string, value: any) => void} OnPick */

const X = T.hand;
const MANY = 100; // members of one object or array

/** @param {{name: string|number|null, value: any, path: string, chosen: string|null, onPick: OnPick}} props */
function Member({ name, value, path, chosen, onPick }) {
	if (!isBranch(value)) {
		return html`<button type="button" class="pick-leaf" aria-pressed=${path === chosen ? 'true' : 'false'} onClick=${() => onPick(path, value)}>
			<span class="sr-only">${X.pickPath(path === '$' ? X.whole : path.replace(/^\$\.?/, ''))}: </span>${name !== null && html`<span class="pick-key" aria-hidden="true">${name}</span>`}<span>${typeof value === 'string' ? `"${value}"` : String(value)}</span></button>`;
	}
	return html`<div>${name !== null && html`<div class="pick-branch"><span class="pick-key">${name}</span></div>`}<ul>${branches(value).slice(0, MANY).map(([key, member]) => html`
		<li key=${key}><${Member} name=${key} value=${member} path=${path + step(key)} chosen=${chosen} onPick=${onPick} /></li>`)}</ul></div>`;
}

/** @param {{content: Content|null, chosen: string|null, onPick: OnPick}} props chosen: a JSONPath; null: none of these */
export function HandPick({ content, chosen, onPick }) {
	if (!content || content.kind === 'empty' || content.kind === 'binary') return html`<p class="muted">${X.silent}</p>`;
	const value = content.kind === 'json' ? content.value : content.text;
	return html`<div class="pick" role="group" aria-label=${X.pick}><${Member} name=${null} value=${value} path="$" chosen=${chosen} onPick=${onPick} /></div>`;
}
