// Asking the hub from the API's page, with the reader's own session. Only what changes nothing.
import { useState } from '../lib.js';
import { html } from './html.js';
import { Field } from './form.js';
import { announce } from './announce.js';
import { addressOf } from '../api_doc.js';
import { devices } from '../store.js';
import { T } from '../text.js';

/** @import {Operation} from '../api_doc.js' */
/** @typedef {{status: number, ms: number, headers: [string, string][], text: string}} Result */

const SHOWN_MOST = 20000; // characters: more of them help nobody
const HEADERS = ['content-type', 'etag', 'link', 'cache-control', 'retry-after'];

/** @param {string} address @returns {Promise<Result>} */
async function ask(address) {
	const from = performance.now();
	const response = await fetch(address, { credentials: 'same-origin', cache: 'no-store' });
	const raw = await response.text();
	const ms = Math.round(performance.now() - from);
	let text = raw;
	try {
		text = JSON.stringify(JSON.parse(raw), null, 2);
	} catch {
		// not JSON: as it came
	}
	const headers = HEADERS.flatMap((name) => /** @type {[string, string][]} */ (response.headers.has(name) ? [[name, response.headers.get(name)]] : []));
	return { status: response.status, ms, headers, text };
}

/** @param {{result: Result}} props */
function Shown({ result }) {
	const cut = result.text.length > SHOWN_MOST;
	return html`<div class="stack api-result">
		<p><strong class=${result.status < 400 ? 'good' : 'danger'}>${result.status}</strong> · ${T.api.took(result.ms)}</p>
		<dl class="api-headers">${result.headers.map(([name, value]) => html`<dt key=${name}><code>${name}</code></dt><dd><code>${value}</code></dd>`)}</dl>
		<pre class="api-text" tabindex="0" aria-label=${T.api.answer}>${cut ? result.text.slice(0, SHOWN_MOST) : result.text}</pre>
		${cut && html`<p class="muted">${T.api.cut(result.text.length)}</p>`}
	</div>`;
}

/**
 * @param {{operation: Operation, values: Record<string, string>, onChange: (values: Record<string, string>) => void}} props
 *   values: what was filled in, by the names of the parameters
 */
export function Try({ operation, values, onChange }) {
	const [result, setResult] = useState(/** @type {Result|null} */ (null));
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState(false);
	const fields = operation.parameters.filter((each) => each.in !== 'header');
	const missing = fields.some((each) => each.required && !values[each.name]);
	/** @param {Event} event */
	const submit = async (event) => {
		event.preventDefault();
		setBusy(true);
		setFailed(false);
		try {
			const got = await ask(addressOf(operation, values));
			setResult(got);
			announce(T.api.answered(got.status));
		} catch {
			setFailed(true);
		} finally {
			setBusy(false);
		}
	};
	return html`<form class="form api-try" onSubmit=${submit}>
		${fields.length > 0 && html`<div class="pair">${fields.map((each) => html`<${Field} key=${each.name} label=${each.name}
			value=${values[each.name] ?? ''} maxlength=${127} required=${each.required}
			list=${each.schema.enum ?? (operation.path.startsWith('/api/v1/devices/') && each.name === 'id' ? [...devices.value.keys()] : undefined)}
			onInput=${(/** @type {string} */ value) => onChange({ ...values, [each.name]: value })} />`)}</div>`}
		<div class="row"><button class="button primary" disabled=${busy || missing} data-busy=${busy ? '' : undefined}>${T.api.ask}</button></div>
		<div role="alert">${failed && html`<p class="refusal">${T.errors.unreachable}</p>`}</div>
		${result && html`<${Shown} result=${result} />`}
	</form>`;
}
