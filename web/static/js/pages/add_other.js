// Add a device → other: credentials for what cannot be enrolled, the text to paste into it, and the device as soon as it is heard.
import { useEffect, useId, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { AddWays } from '../parts/add_ways.js';
import { ClientAccess } from '../parts/client_access.js';
import { ClientWait } from '../parts/client_wait.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { post } from '../api.js';
import { KINDS, NAMES, kindOf } from '../others/recipes.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {ClientSecret} from '../types.js' */
/** @import {Kind} from '../others/recipes.js' */

const X = T.others;
const FIELDS = ['title', 'prefix'];
const PREFIX_MOST = 64;

/** @param {{kind: Kind, onKind: (kind: Kind) => void}} props */
function KindChoice({ kind, onKind }) {
	const name = useId();
	return html`<fieldset class="kinds"><legend class="legend">${X.what}</legend>${KINDS.map((each) => html`<label key=${each} class="kind"><input type="radio" name=${name} value=${each} checked=${each === kind} onChange=${() => onKind(each)} />
		<span><strong>${NAMES[each] ?? X.anything}</strong><small>${X.kindHints[each]}</small></span></label>`)}</fieldset>`;
}

/** What another page asks for in its address. */
function asked() {
	const query = new URLSearchParams(location.search);
	return { kind: kindOf(query.get('kind') ?? 'tasmota'), title: query.get('name') ?? '', prefix: query.get('prefix') ?? '' };
}

/** @param {{onMade: (client: ClientSecret) => void}} props */
function Make({ onMade }) {
	const [begin] = useState(asked);
	const [kind, setKind] = useState(begin.kind);
	const [title, setTitle] = useState(begin.title);
	const [prefix, setPrefix] = useState(begin.prefix);
	const { busy, error, run } = useAction();
	/** @param {string} field */
	const wrong = (field) => (error?.field === field ? error.message : null);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			onMade(await post('/clients', { title: title.trim(), kind, ...(prefix.trim() && kind !== 'homeassistant' && { prefix: prefix.trim() }) }));
		});
	};
	return html`<p class="lead">${X.lead}</p>
		<form class="panel" onSubmit=${submit}>
			<${KindChoice} kind=${kind} onKind=${setKind} />
			<${Field} label=${X.name} value=${title} onInput=${setTitle} hint=${X.nameHint} error=${wrong('title')} required />
			${kind !== 'homeassistant' && html`<details open=${prefix !== '' || wrong('prefix') !== null}><summary>${X.more}</summary>
				<${Field} label=${X.prefix} value=${prefix} onInput=${setPrefix} hint=${kind === 'esphome' ? X.boardHint : X.prefixHint} error=${wrong('prefix') && X.badPrefix} maxlength=${PREFIX_MOST} /></details>`}
			${error && !FIELDS.includes(error.field ?? '') && html`<${Refusal} error=${error} />`}
			<button class="button primary" disabled=${busy || !title.trim()} data-busy=${busy ? '' : undefined}><${Icon} name="key-outline" /><span>${X.make}</span></button>
		</form>
		<a class="panel panel-link" href="/settings/clients"><${Icon} name="account-circle-outline" /><span><strong>${X.users}</strong><small>${X.usersLead}</small></span><${Icon} name="chevron-right" /></a>`;
}

/** @param {{client: ClientSecret, onAgain: () => void}} props */
function Made({ client, onAgain }) {
	const [open, setOpen] = useState(true);
	useEffect(() => { scrollTo(0, 0); }, []);
	return html`<h2 class="made">${client.title} · ${NAMES[kindOf(client.kind)] ?? X.anything}</h2>
		<${ClientAccess} client=${client} onOpen=${setOpen} />
		<${ClientWait} client=${client} open=${open} />
		<div class="row"><button type="button" class="button" onClick=${onAgain}><${Icon} name="plus" /><span>${X.another}</span></button></div>`;
}

export function AddOther() {
	const [made, setMade] = useState(/** @type {ClientSecret|null} */ (null));
	if (!mayManage(session.value)) return html`<${Page} title=${T.add.title} narrow><p class="refusal">${X.notOwner}</p></${Page}>`;
	return html`<${Page} title=${T.add.title} narrow><${AddWays} here="other" />
		${made ? html`<${Made} key=${made.name} client=${made} onAgain=${() => setMade(null)} />` : html`<${Make} onMade=${setMade} />`}</${Page}>`;
}
