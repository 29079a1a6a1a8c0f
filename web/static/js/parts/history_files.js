// History as files: all of it out, others' in. Hidden where the hub has neither.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Refusal, useAction } from './form.js';
import { ApiError, erase, get, offers } from '../api.js';
import { number } from '../format.js';
import { percent as percentText } from '../format.js';
import { T } from '../text.js';

/** @import {Import} from '../types.js' */

const LOOK_MS = 1000;

/** @param {number} n */
const whole = (n) => number({ precision: 0 }, n).text;

/**
 * Sends a file; fetch does not tell how far it is.
 * @param {File} file @param {(percent: number) => void} onProgress @returns {Promise<Import>}
 */
function upload(file, onProgress) {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open('POST', `/api/v1/import?format=${/\.(db|sqlite3?)$/i.test(file.name) ? 'homeassistant' : 'csv'}`);
		request.setRequestHeader('X-Tomte', '1');
		request.setRequestHeader('Content-Type', 'application/octet-stream');
		request.upload.onprogress = (event) => onProgress(Math.floor(100 * event.loaded / Math.max(1, event.total)));
		request.onerror = () => reject(new ApiError(0, T.errors.unreachable));
		request.onload = () => {
			/** @type {any} */
			let body = null;
			try {
				body = JSON.parse(request.responseText);
			} catch {
				// not JSON: the status alone has to do
			}
			if (request.status >= 200 && request.status < 300 && body) resolve(body);
			else reject(new ApiError(request.status, body?.detail ?? T.errors.status(request.status), body?.field ?? null));
		};
		request.send(file);
	});
}

/** How the import goes, or how the last one ended. @param {{now: Import}} props */
function Outcome({ now }) {
	if (now.state === 'none') return null;
	if (now.state === 'running') {
		return html`<div class="stack"><progress max=${now.total || undefined} value=${now.total ? now.done : undefined} aria-label=${T.history.importing(whole(now.samples))}></progress>
			<p class="muted">${T.history.importing(whole(now.samples))}</p></div>`;
	}
	return html`<div class="stack" role="status">
		${now.state === 'failed' && html`<p class="refusal">${now.message || T.history.importFailed}</p>`}
		${now.state === 'cancelled' && html`<p>${T.history.stopped}</p>`}
		${now.state === 'done' && html`<p class="good">${T.history.imported(whole(now.samples), now.series)}</p>`}
		${now.skipped > 0 && html`<details><summary>${T.history.skipped(now.skipped)}</summary><ul class="plain">${now.errors.map((text) => html`<li>${text}</li>`)}</ul></details>`}
	</div>`;
}

function Importing() {
	const [now, setNow] = useState(/** @type {Import|null} */ (null));
	const [percent, setPercent] = useState(/** @type {number|null} */ (null));
	const { busy, error, run } = useAction();
	useEffect(() => { get('/import').then(setNow, () => {}); }, []);
	const running = now?.state === 'running';
	useEffect(() => {
		if (!running) return undefined;
		const timer = setInterval(() => void get('/import').then(setNow, () => {}), LOOK_MS);
		return () => clearInterval(timer);
	}, [running]);
	/** @param {any} event */
	const choose = (event) => {
		const file = event.target.files?.[0];
		event.target.value = '';
		if (!file) return;
		void run(async () => {
			setPercent(0);
			try {
				setNow(await upload(file, setPercent));
			} finally {
				setPercent(null);
			}
		});
	};
	const stop = () => void run(async () => {
		await erase('/import');
		setNow(await get('/import'));
	});
	return html`<div class="stack"><p class="muted">${T.history.importLead}</p>
		${percent !== null ? html`<div class="stack"><progress max="100" value=${percent} aria-label=${T.history.uploading(percentText(percent))}></progress><p class="muted">${T.history.uploading(percentText(percent))}</p></div>` :
			now && html`<${Outcome} now=${now} />`}
		<${Refusal} error=${error} />
		<div class="row">${running ? html`<button type="button" class="button" disabled=${busy} onClick=${stop}>${T.history.stop}</button>` :
			html`<label class="button file"><${Icon} name="upload" /><span>${T.history.choose}</span><input class="sr-only" type="file" accept=".csv,.txt,.db,.sqlite,.sqlite3" disabled=${busy} onChange=${choose} /></label>`}</div>
	</div>`;
}

export function Files() {
	const [out, setOut] = useState(false);
	const [into, setInto] = useState(false);
	useEffect(() => {
		void offers('/export').then(setOut);
		void offers('/import').then(setInto);
	}, []);
	if (!out && !into) return null;
	return html`<section class="panel"><h2><${Icon} name="swap-vertical" /><span>${T.history.files}</span></h2>
		${out && html`<div class="stack"><p class="muted">${T.history.exportLead}</p><div class="row">
			<a class="button" href="/api/v1/export?format=csv" download><${Icon} name="download" /><span>${T.history.exportCsv}</span></a>
			<a class="button" href="/api/v1/export?format=jsonl" download>${T.history.exportJson}</a></div></div>`}
		${into && html`<${Importing} />`}
	</section>`;
}
