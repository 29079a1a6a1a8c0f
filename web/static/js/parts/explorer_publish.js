// Publishing by hand, and taking back what the hub keeps under a topic.
import { useEffect, useId, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Field } from './form.js';
import { say } from './announce.js';
import { topicValid } from '../explorer/packet.js';
import { send, state } from '../explorer/session.js';
import { T } from '../text.js';

/** @import {Answer} from '../explorer/client.js' */

const X = T.explorer;
const NO_SUBSCRIBERS = 0x10;
const encoder = new TextEncoder();

/** @param {Answer} answer @param {number} qos @param {boolean} retain */
function fateOf({ reason, text }, qos, retain) {
	if (reason >= 0x80) return X.refusedBecause(text || X.reasons[reason] || `0x${reason.toString(16)}`);
	if (reason === NO_SUBSCRIBERS) return retain ? X.kept : X.nobody;
	return qos ? X.delivered : X.sent;
}

/** @param {{topic: string}} props */
export function ClearRetained({ topic }) {
	const [asked, setAsked] = useState(false);
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	const id = useId();
	useEffect(() => {
		if (asked) dialog.current?.showModal();
	}, [asked]);
	/** @param {Event} event */
	const submit = async (event) => {
		event.preventDefault();
		dialog.current?.close();
		try {
			const answer = await send({ topic, payload: new Uint8Array(0), qos: 1, retain: true });
			if (answer.reason >= 0x80) say(fateOf(answer, 1, true), 'danger');
			else say(X.cleared);
		} catch {
			say(X.notSent, 'danger');
		}
	};
	return html`<button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="delete-outline" size=${20} /><span>${X.clearRetained}</span></button>
		${asked && html`<dialog ref=${dialog} aria-labelledby=${id} onClose=${() => setAsked(false)}><form onSubmit=${submit}>
			<h2 id=${id}>${X.clearTitle}</h2><p>${X.clearText}</p><p><code>${topic}</code></p>
			<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.device.cancel}</button><button class="button primary danger">${X.clearDo}</button></div>
		</form></dialog>`}`;
}

/** @param {{topic: string, onTopic: (topic: string) => void}} props */
export function Publish({ topic, onTopic }) {
	const [payload, setPayload] = useState('');
	const [qos, setQos] = useState(0);
	const [retain, setRetain] = useState(false);
	const [fate, setFate] = useState({ good: true, text: '' });
	const [busy, setBusy] = useState(false);
	const id = useId();
	const wrong = topic !== '' && !topicValid(topic);
	/** @param {Event} event */
	const submit = async (event) => {
		event.preventDefault();
		setBusy(true);
		try {
			const answer = await send({ topic, payload: encoder.encode(payload), qos, retain });
			setFate({ good: answer.reason < 0x80, text: fateOf(answer, qos, retain) });
		} catch {
			setFate({ good: false, text: X.notSent });
		}
		setBusy(false);
	};
	return html`<form class="form" onSubmit=${submit}>
		<${Field} label=${X.topic} value=${topic} onInput=${onTopic} required maxlength=${1024} error=${wrong ? X.topicWrong : null} hint=${X.topicHint} />
		<div class="field"><label for=${id}>${X.payload}</label>
			<textarea id=${id} rows="4" spellcheck=${false} autocapitalize="off" value=${payload} onInput=${(/** @type {any} */ event) => setPayload(event.target.value)}></textarea></div>
		<div class="row"><div class="segments" role="group" aria-label=${X.qos}>${X.qosShort.map((word, n) => html`<button key=${n} type="button" aria-pressed=${qos === n} title=${X.qosWords[n]} onClick=${() => setQos(n)}>${word}</button>`)}</div>
			<label class="check"><input type="checkbox" checked=${retain} onChange=${(/** @type {any} */ event) => setRetain(event.target.checked)} /><span>${X.retain}</span></label></div>
		<div class="row end"><p class=${fate.good ? 'note good' : 'note danger'} role="status">${fate.text}</p>
			<button class="button primary" disabled=${busy || !topicValid(topic) || state.value !== 'live'} data-busy=${busy ? '' : undefined}>${X.publish}</button></div>
	</form>`;
}
