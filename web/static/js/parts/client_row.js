// One of the MQTT users: its devices, name, new password, topics, the way out.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { ClientAccess } from './client_access.js';
import { Overtaken, useEdit } from './edit.js';
import { Field, Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { devicePath, erase, post } from '../api.js';
import { NAMES, kindOf } from '../others/recipes.js';
import { devices } from '../store.js';
import { T } from '../text.js';

/** @import {Client, ClientSecret, ClientTopic} from '../types.js' */

const X = T.clients;
const FILTER_MOST = 255;

/** @param {Client} client */
const pathOf = (client) => `/clients/${encodeURIComponent(client.name)}`;

/** @param {{client: Client, onTake: (client: Client) => void}} props */
function Naming({ client, onTake }) {
	const [title, setTitle] = useState(client.title);
	const { busy, error, run } = useAction();
	const { base, theirs, save, take } = useEdit(pathOf(client), (/** @type {Client} */ now) => now.title, client.title, setTitle, title);
	/** @param {boolean} anyway */
	const send = (anyway) => void run(async () => {
		const saved = await save({ title: title.trim() }, anyway);
		if (!saved) return;
		onTake(saved);
		say(X.saved);
	});
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		send(false);
	};
	return html`<form class="form" onSubmit=${submit}><${Field} label=${X.name} value=${title} onInput=${setTitle} required error=${error?.field === 'title' ? error.message : null} />
		<${Overtaken} text=${theirs && T.place.nowCalled(theirs)} busy=${busy} onTake=${take} onMine=${() => send(true)} />
		${error && error.field !== 'title' && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button" disabled=${busy || !title.trim() || title.trim() === base} data-busy=${busy ? '' : undefined}>${X.save}</button></div></form>`;
}

/** @param {{topic: ClientTopic, onTopic: (topic: ClientTopic) => void, onRemove: () => void}} props */
function Right({ topic, onTopic, onRemove }) {
	const { filter, publish = false, subscribe = false } = topic;
	return html`<div class="topic-right"><input value=${filter} aria-label=${X.filter} maxlength=${FILTER_MOST} autocapitalize="off" autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ event) => onTopic({ ...topic, filter: event.target.value })} />
		<button type="button" class="icon-button" aria-label=${X.removeTopic(filter)} onClick=${onRemove}><${Icon} name="delete-outline" /></button>
		<div class="rights"><label class="check"><input type="checkbox" checked=${publish} aria-label=${X.publishOf(filter)} onChange=${(/** @type {any} */ event) => onTopic({ ...topic, publish: event.target.checked })} /><span>${X.publish}</span></label>
			<label class="check"><input type="checkbox" checked=${subscribe} aria-label=${X.subscribeOf(filter)} onChange=${(/** @type {any} */ event) => onTopic({ ...topic, subscribe: event.target.checked })} /><span>${X.subscribe}</span></label></div></div>`;
}

/** @param {{client: Client, onTake: (client: Client) => void}} props */
function Topics({ client, onTake }) {
	const [topics, setTopics] = useState(client.topics);
	const { busy, error, run } = useAction();
	const { base, theirs, save, take } = useEdit(pathOf(client), (/** @type {Client} */ now) => now.topics, client.topics, setTopics, topics);
	const changed = JSON.stringify(topics) !== JSON.stringify(base);
	/** @param {boolean} anyway */
	const send = (anyway) => void run(async () => {
		const saved = await save({ topics: topics.filter(({ filter }) => filter.trim()) }, anyway);
		if (!saved) return;
		setTopics(saved.topics);
		onTake(saved);
		say(X.saved);
	});
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		send(false);
	};
	return html`<details><summary>${X.topics}</summary><form class="form" onSubmit=${submit}><p class="muted">${X.topicsLead}</p>
		<div class="topic-rights">${topics.map((topic, i) => html`<${Right} key=${i} topic=${topic} onTopic=${(/** @type {ClientTopic} */ now) => setTopics(topics.map((other, j) => (j === i ? now : other)))}
			onRemove=${() => setTopics(topics.filter((_, j) => j !== i))} />`)}</div>
		<${Overtaken} text=${theirs && T.place.nowTopics(theirs.map(({ filter }) => filter).join(', '))} busy=${busy} onTake=${take} onMine=${() => send(true)} />
		<${Refusal} error=${error} />
		<div class="row end"><button type="button" class="button" onClick=${() => setTopics([...topics, { filter: '', publish: true, subscribe: true }])}><${Icon} name="plus" size=${20} /><span>${X.addTopic}</span></button>
			<button class="button primary" disabled=${busy || !changed} data-busy=${busy ? '' : undefined}>${X.save}</button></div>
	</form></details>`;
}

/** @param {{client: Client}} props */
function Renewing({ client }) {
	const [fresh, setFresh] = useState(/** @type {ClientSecret|null} */ (null));
	const { busy, error, run } = useAction();
	const renew = () => void run(async () => { setFresh(await post(`${pathOf(client)}/password`)); });
	return html`<details><summary>${X.renew}</summary><div class="stack"><p class="muted">${X.renewLead}</p><${Refusal} error=${error} />
		<div class="row"><button type="button" class="button" disabled=${busy} data-busy=${busy ? '' : undefined} onClick=${renew}>${X.renewDo}</button></div>
		<div role="status">${fresh && html`<${ClientAccess} key=${fresh.password} client=${fresh} />`}</div></div></details>`;
}

/** @param {{client: Client, onGone: () => void}} props */
function Removing({ client, onGone }) {
	const [asked, setAsked] = useState(false);
	const { busy, error, run } = useAction();
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	useEffect(() => { if (asked) dialog.current?.showModal(); }, [asked]);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			await erase(pathOf(client));
			say(X.removed(client.title));
			onGone();
		});
	};
	return html`<div class="row"><button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="delete-outline" /><span>${X.remove}</span></button></div>
		${asked && html`<dialog ref=${dialog} aria-labelledby="remove-title" onClose=${() => setAsked(false)}><form onSubmit=${submit}>
			<h2 id="remove-title">${X.removeTitle(client.title)}</h2><p>${X.removeText}</p>
			<${Refusal} error=${error} />
			<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.device.cancel}</button>
				<button class="button primary danger" disabled=${busy} data-busy=${busy ? '' : undefined}>${X.removeDo}</button></div>
		</form></dialog>`}`;
}

/** @param {{client: Client, onTake: (client: Client) => void, onGone: () => void}} props */
export function ClientRow({ client, onTake, onGone }) {
	const its = [...devices.value.values()].filter((device) => device.client === client.name);
	const facts = [NAMES[kindOf(client.kind)] ?? T.others.anything, its.length ? X.devices(its.length) : X.noDevices];
	return html`<details class="item"><summary><span class="row-name"><span>${client.title}</span><small class="muted">${facts.join(' · ')}</small></span></summary>
		<div class="stack person">
			<dl class="facts"><dt>${X.user}</dt><dd><code>${client.name}</code></dd>${its.length > 0 && html`<dt>${X.its}</dt><dd>${its.map((device, i) => html`${i > 0 && ', '}<a key=${device.id} href=${devicePath(device.id)}>${device.name}</a>`)}</dd>`}</dl>
			<${Naming} client=${client} onTake=${onTake} />
			<${Renewing} client=${client} />
			<${Topics} client=${client} onTake=${onTake} />
			<${Removing} client=${client} onGone=${onGone} />
		</div></details>`;
}
