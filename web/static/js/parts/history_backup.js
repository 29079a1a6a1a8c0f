// Backups: one to take away now, and those that the hub makes by itself. Hidden where the hub has none.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { Field, Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { get, offers, post, put } from '../api.js';
import { bytesText } from '../format.js';
import { T } from '../text.js';

/** @import {Schedule} from '../types.js' */

const LOOK_MS = 2000;

/** @param {{last: Schedule['last']}} props */
function Last({ last }) {
	if (!last?.at && !last?.error) return html`${T.history.never}`;
	return html`${last.at ? html`<${Ago} at=${last.at} /> · ` : ''}${last.error ? html`<span class="danger">${T.history.failed(last.error)}</span>` : html`${bytesText(last.bytes ?? 0)} <code>${last.path}</code>`}`;
}

/** @param {{first: Schedule}} props */
function ScheduleForm({ first }) {
	const [schedule, setSchedule] = useState(first);
	const [wish, setWish] = useState({ path: first.path ?? '', hour: String(first.hour), keep: String(first.keep) });
	const [awaited, setAwaited] = useState(/** @type {number|null} */ (null)); // when the last one was, while another is awaited
	const { busy, error, run } = useAction();
	useEffect(() => {
		if (awaited === null) return undefined;
		const timer = setInterval(() => void get('/backup-schedule').then((/** @type {Schedule} */ answer) => {
			if (answer.running || (answer.running === undefined && (answer.last?.at ?? 0) === awaited)) return;
			setSchedule(answer);
			setAwaited(null);
		}, () => {}), LOOK_MS);
		return () => clearInterval(timer);
	}, [awaited]);
	/** @param {string} field */
	const props = (field) => ({
		value: /** @type {any} */ (wish)[field], onInput: (/** @type {string} */ text) => setWish({ ...wish, [field]: text }), error: error?.field === field ? error.message : null,
	});
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			setSchedule(await put('/backup-schedule', { path: wish.path.trim(), hour: Number(wish.hour), keep: Number(wish.keep) }));
			say(T.history.saved);
		});
	};
	const now = () => void run(async () => {
		const before = schedule.last?.at ?? 0;
		await post('/backup-now');
		say(T.history.running);
		setAwaited(before);
	});
	return html`<form class="form" noValidate onSubmit=${submit}><h3>${T.history.schedule}</h3>
		<${Field} label=${T.history.folder} hint=${T.history.folderHint} maxlength=${1023} ...${props('path')} />
		<div class="pair"><${Field} label=${T.history.hour} type="number" ...${props('hour')} /><${Field} label=${T.history.keep} type="number" ...${props('keep')} /></div>
		<dl class="facts"><dt>${T.history.last}</dt><dd><${Last} last=${schedule.last} /></dd></dl>
		${error && !['path', 'hour', 'keep'].includes(error.field ?? '') && html`<${Refusal} error=${error} />`}
		<div class="row end"><button type="button" class="button" disabled=${busy || !schedule.path} onClick=${now}>${T.history.run}</button>
			<button class="button primary" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.history.save}</button></div>
	</form>`;
}

export function Backup() {
	const [download, setDownload] = useState(false);
	const [schedule, setSchedule] = useState(/** @type {Schedule|null} */ (null));
	useEffect(() => {
		void offers('/backup').then(setDownload);
		void offers('/backup-schedule').then(async (has) => { if (has) setSchedule(await get('/backup-schedule')); }).catch(() => {});
	}, []);
	if (!download && !schedule) return null;
	return html`<section class="panel"><h2><${Icon} name="shield-check-outline" /><span>${T.history.backup}</span></h2>
		<p class="muted">${T.history.backupLead}</p>
		${download && html`<div class="row"><a class="button" href="/api/v1/backup" download><${Icon} name="download" /><span>${T.history.backupNow}</span></a></div>`}
		${schedule && html`<${ScheduleForm} first=${schedule} />`}
	</section>`;
}
