// Scenes and groups: made, changed, renamed, removed. For those who control the whole house.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Overtaken, useEdit } from '../parts/edit.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { MemberChoice, isScenic } from '../parts/member_choice.js';
import { wishText } from '../parts/wish.js';
import { say } from '../parts/announce.js';
import { bundles, fetchBundles, membersOf, vanishedName, vanishedOf } from '../bundles.js';
import { erase, post } from '../api.js';
import { mayArrange, session } from '../store.js';
import { takesCommands } from '../house.js';
import { T } from '../text.js';

/** @import {Bundle, Member} from '../types.js' */

/** @typedef {'groups'|'scenes'} Kind */

/** @param {Member} member */
const bare = ({ device, entity }) => ({ device, entity });
/** @param {Kind} kind */
const fits = (kind) => (kind === 'scenes' ? isScenic : takesCommands);

/** @param {{kind: Kind}} props */
function Making({ kind }) {
	const [name, setName] = useState('');
	const [members, setMembers] = useState(/** @type {Member[]} */ ([]));
	const { busy, error, run } = useAction();
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			await post(`/${kind}`, { name: name.trim(), members });
			await fetchBundles(kind);
			say(T.bundles.made(name.trim()));
			setName('');
			setMembers([]);
		});
	};
	const nameWrong = error?.field === 'name' ? error.message : null;
	return html`<details><summary>${T.bundles.make[kind]}</summary><form class="form" onSubmit=${submit}>
		<p class="muted">${T.bundles.makeHint[kind]}</p>
		<${Field} label=${T.bundles.name} value=${name} onInput=${setName} error=${nameWrong} required />
		<${MemberChoice} members=${members} onMembers=${setMembers} fits=${fits(kind)} />
		${error && !nameWrong && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button primary" disabled=${busy || !name.trim() || !members.length} data-busy=${busy ? '' : undefined}>${T.bundles.makeDo}</button></div>
	</form></details>`;
}

/** @param {{kind: Kind, bundle: Bundle}} props */
function Removing({ kind, bundle }) {
	const [asked, setAsked] = useState(false);
	const { busy, error, run } = useAction();
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	useEffect(() => { if (asked) dialog.current?.showModal(); }, [asked]);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			await erase(`/${kind}/${bundle.id}`);
			say(T.bundles.removed(bundle.name));
			await fetchBundles(kind);
		});
	};
	return html`<button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="delete-outline" /><span>${T.bundles.remove}</span></button>
		${asked && html`<dialog ref=${dialog} aria-labelledby="bundle-remove" onClose=${() => setAsked(false)}><form onSubmit=${submit}>
			<h2 id="bundle-remove">${T.bundles.removeTitle(bundle.name)}</h2><p>${T.bundles.removeText}</p>
			<${Refusal} error=${error} />
			<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.device.cancel}</button>
				<button class="button primary danger" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.bundles.remove}</button></div>
		</form></dialog>`}`;
}

/** What a scene brings back. @param {{scene: Bundle}} props */
function Values({ scene }) {
	const values = new Map(scene.members.map((member) => [`${member.device}/${member.entity}`, member.value ?? null]));
	return html`<dl class="facts">${membersOf(scene).map(({ device, entity }) => html`<dt>${entity.name === device.name ? device.name : `${device.name} ${entity.name}`}</dt>
		<dd>${wishText(entity, values.get(`${device.id}/${entity.id}`) ?? null)}</dd>`)}
		${vanishedOf(scene).map((member) => html`<dt class="muted">${vanishedName(member)}</dt><dd class="muted">${T.bundles.vanished}</dd>`)}</dl>`;
}

/**
 * Members that are not there (any more): they stay until somebody takes them out, in case they come back.
 * @param {{vanished: Member[], members: Member[], onMembers: (members: Member[]) => void}} props
 */
function Vanished({ vanished, members, onMembers }) {
	const has = (/** @type {Member} */ one) => members.some((other) => other.device === one.device && other.entity === one.entity);
	/** @param {Member} one */
	const turn = (one) => onMembers(has(one) ? members.filter((other) => other.device !== one.device || other.entity !== one.entity) : [...members, bare(one)]);
	return html`<fieldset class="bound"><legend>${T.bundles.vanished}</legend><p class="muted">${T.bundles.vanishedHint}</p>
		<div class="checks">${vanished.map((one) => html`<label key=${one.device + one.entity} class="check"><input type="checkbox" checked=${has(one)} onChange=${() => turn(one)} />
			<span>${vanishedName(one)}</span></label>`)}</div></fieldset>`;
}

/** What the form edits. @param {Bundle} bundle */
const edits = (bundle) => ({ name: bundle.name, members: bundle.members.map(bare) });

/** @param {{kind: Kind, bundle: Bundle}} props */
function Editing({ kind, bundle }) {
	const [name, setName] = useState(bundle.name);
	const [members, setMembers] = useState(() => bundle.members.map(bare));
	const [wish, setWish] = useState(/** @type {object|null} */ (null)); // what others have overtaken
	const { busy, error, run } = useAction();
	const { base, theirs, save, take } = useEdit(`/${kind}/${bundle.id}`, edits, edits(bundle), (value) => {
		setName(value.name);
		setMembers(value.members);
	}, { name, members });
	const same = members.length === base.members.length && members.every((one) => base.members.some((other) => other.device === one.device && other.entity === one.entity));
	/** @param {object} body @param {boolean} [anyway] */
	const change = (body, anyway) => void run(async () => {
		setWish(body);
		const saved = await save(body, anyway);
		await fetchBundles(kind);
		if (saved) say(T.device.saved);
	});
	/** What stays in a scene keeps its value; what is new gets the one that it has now. */
	const edited = () => members.map((one) => bundle.members.find((other) => other.device === one.device && other.entity === one.entity) ?? one);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		change({ ...name.trim() !== base.name && { name: name.trim() }, ...!same && { members: edited() } });
	};
	return html`<form class="form person" onSubmit=${submit}>
		${kind === 'scenes' && html`<${Values} scene=${bundle} />
			<div class="row"><button type="button" class="button" disabled=${busy} onClick=${() => change({ members: bundle.members.map(bare) })}><${Icon} name="refresh" /><span>${T.bundles.asNow}</span></button></div>`}
		<${Field} label=${T.bundles.name} value=${name} onInput=${setName} required />
		${vanishedOf(bundle).length > 0 && html`<${Vanished} vanished=${vanishedOf(bundle)} members=${members} onMembers=${setMembers} />`}
		<details><summary>${T.bundles.members}</summary><${MemberChoice} members=${members} onMembers=${setMembers} fits=${fits(kind)} /></details>
		<${Overtaken} text=${theirs && T.place.nowMembers(theirs.name, theirs.members.length)} busy=${busy} onTake=${take} onMine=${() => wish && change(wish, true)} />
		<${Refusal} error=${error} />
		<div class="row end"><${Removing} kind=${kind} bundle=${bundle} />
			<button class="button primary" disabled=${busy || !name.trim() || !members.length || (same && name.trim() === base.name)} data-busy=${busy ? '' : undefined}>${T.device.save}</button></div>
	</form>`;
}

/** @param {{kind: Kind, icon: string}} props */
function Section({ kind, icon }) {
	const list = bundles.value[kind];
	return html`<section class="panel"><h2><${Icon} name=${icon} /><span>${T.bundles[kind]}</span></h2>
		${list.length ? html`<div class="items">${list.map((one) => html`<details key=${one.id} class="item"><summary><span class="row-name"><span>${one.name}</span><small class="muted">${[T.bundles.count(one.members.length), ...one.areas].join(' · ')}</small></span></summary>
			<${Editing} kind=${kind} bundle=${one} /></details>`)}</div>` : html`<p class="muted">${T.bundles.none[kind]}</p>`}
		<${Making} kind=${kind} /></section>`;
}

export function ScenesPage() {
	const back = html`<a class="icon-button" href="/" aria-label=${T.device.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${T.bundles.title} before=${back} narrow>${mayArrange(session.value) ?
		html`<${Section} kind="scenes" icon="palette-outline" /><${Section} kind="groups" icon="lightbulb-group" />` : html`<p class="refusal">${T.bundles.notResident}</p>`}</${Page}>`;
}
