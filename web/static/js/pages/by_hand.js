// A device made by hand of what is heard on MQTT, and the same again to edit it. For the owner.
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { HandEntity } from '../parts/hand_entity.js';
import { say } from '../parts/announce.js';
import { devicePath, get, post, put, reasonOf } from '../api.js';
import { draftOf, fromDescription, lacks, toDescription } from '../others/by_hand.js';
import { useEar } from '../others/ear.js';
import { go } from '../router.js';
import { devices, mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Draft} from '../others/by_hand.js' */
/** @typedef {{name: string, area: string, drafts: Draft[], rest: Record<string, any>}} Made */

const X = T.hand;

/** @param {{begin: Made, id: string|null}} props id: of the device that is edited */
function Form({ begin, id }) {
	const [made, setMade] = useState(begin);
	const { heard } = useEar(['#']);
	const { busy, error, run } = useAction();
	const areas = [...new Set([...devices.value.values()].map((device) => device.area ?? '').filter(Boolean))].sort();
	const lacking = made.drafts.some(lacks);
	/** @param {Draft} draft @param {number} i */
	const replace = (draft, i) => setMade((now) => ({ ...now, drafts: now.drafts.map((other, j) => (j === i ? draft : other)) }));
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			const form = toDescription(made);
			const answer = id ? await put(`${devicePath(id)}/description`, form) : await post('/devices', form);
			say(X.saved);
			go(devicePath(id ?? answer.id), { replace: true });
		});
	};
	return html`<form class="stack" onSubmit=${submit}>
		<p class="lead">${X.lead}</p>
		${!id && html`<div class="panel"><${Field} label=${X.name} value=${made.name} onInput=${(/** @type {string} */ name) => setMade({ ...made, name })} required />
			<${Field} label=${X.room} value=${made.area} onInput=${(/** @type {string} */ area) => setMade({ ...made, area })} hint=${T.add.roomHint} list=${areas} /></div>`}
		${made.drafts.map((draft, i) => html`<${HandEntity} key=${draft.id} draft=${draft} n=${i + 1} heard=${heard} onDraft=${(/** @type {Draft} */ now) => replace(now, i)}
			onRemove=${made.drafts.length > 1 ? () => setMade({ ...made, drafts: made.drafts.filter((_, j) => j !== i) }) : null} />`)}
		<div class="row"><button type="button" class="button" onClick=${() => setMade({ ...made, drafts: [...made.drafts, draftOf(made.drafts, { topic: made.drafts.at(-1)?.topic })] })}><${Icon} name="plus" /><span>${X.add}</span></button></div>
		<${Refusal} error=${error} />
		<p class="note" role="status">${lacking && X.lacking}</p>
		<div class="row end"><button class="button primary" disabled=${busy || lacking || (!id && !made.name.trim())} data-busy=${busy ? '' : undefined}>${id ? X.save : X.make}</button></div>
	</form>`;
}

/** Its description as the form has it; reading it again leads here after a fault. @param {string} id */
function useDescription(id) {
	const [begin, setBegin] = useState(/** @type {Made|null} */ (null));
	const [failed, setFailed] = useState('');
	useEffect(() => {
		if (!id) return;
		get(`${devicePath(id)}/description`).then(({ dialect, parts }) => {
			if (dialect === 'hand') setBegin(fromDescription(JSON.parse(parts[0].payload)));
			else setFailed(X.gone);
		}).catch((error) => setFailed(reasonOf(error)));
	}, [id]);
	return { begin, failed };
}

/** @param {{id: string}} props */
function Edit({ id }) {
	const { begin, failed } = useDescription(id);
	if (failed) return html`<p class="refusal" role="alert">${failed}</p>`;
	return begin ? html`<${Form} begin=${begin} id=${id} />` : html`<div class="panel skeleton" aria-hidden="true"></div>`;
}

export function ByHand() {
	const [query] = useState(() => new URLSearchParams(location.search));
	const id = query.get('device') ?? '', topic = query.get('topic') ?? '', path = query.get('path') || '$';
	const back = html`<a class="icon-button" href=${id ? devicePath(id) : '/add/nearby'} aria-label=${X.back}><${Icon} name="arrow-left" /></a>`;
	if (!mayManage(session.value)) return html`<${Page} title=${X.title} narrow><p class="refusal">${T.others.notOwner}</p></${Page}>`;
	return html`<${Page} title=${id ? X.edit : X.title} before=${back} narrow>${id ? html`<${Edit} id=${id} />` :
		html`<${Form} begin=${{ name: query.get('name') ?? '', area: '', drafts: [draftOf([], { topic, path })], rest: {} }} id=${null} />`}</${Page}>`;
}
