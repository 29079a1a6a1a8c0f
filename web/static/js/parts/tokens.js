// Tokens for programs that use the hub in one's name: made (shown once), listed, revoked.
import { useEffect, useId, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { CopyLine } from './copy.js';
import { Field, Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { erase, get, post, reasonOf } from '../api.js';
import { hubNow } from '../store.js';
import { date } from '../format.js';
import { T } from '../text.js';

/** @import {Role, Token} from '../types.js' */

/** What a token of each role may be given. @type {Record<Role, string[]>} */
const SCOPES = { viewer: ['read'], guest: ['read', 'control'], adult: ['read', 'control'], owner: ['read', 'control', 'admin'] };
const DAYS = [30, 365, 0];

/** @param {{label: string, value: string, options: [string, string][], onValue: (value: string) => void}} props */
function Choice({ label, value, options, onValue }) {
	const id = useId();
	return html`<div class="field"><label for=${id}>${label}</label><select id=${id} value=${value} onChange=${(/** @type {any} */ event) => onValue(event.target.value)}>
		${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select></div>`;
}

/** @param {{role: Role, onMade: (token: Token) => void}} props */
function Make({ role, onMade }) {
	const [name, setName] = useState('');
	const [scope, setScope] = useState('read');
	const [days, setDays] = useState('365');
	const { busy, error, run } = useAction();
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			onMade(await post('/tokens', { name: name.trim(), scope, days: Number(days) || null }));
			setName('');
		});
	};
	return html`<details><summary>${T.me.makeToken}</summary><form class="form" onSubmit=${submit}>
		<${Field} label=${T.me.tokenName} hint=${T.me.tokenNameHint} value=${name} onInput=${setName} required error=${error?.field === 'name' ? error.message : null} />
		<div class="pair roomy"><${Choice} label=${T.me.scope} value=${scope} onValue=${setScope} options=${SCOPES[role].map((key) => [key, T.me.scopes[key]])} />
			<${Choice} label=${T.me.life} value=${days} onValue=${setDays} options=${DAYS.map((n) => [String(n), T.me.days(n)])} /></div>
		${error && error.field !== 'name' && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button primary" disabled=${busy || !name.trim()} data-busy=${busy ? '' : undefined}>${T.me.make}</button></div>
	</form></details>`;
}

/** @param {{token: Token}} props */
function Facts({ token }) {
	const over = token.expires !== null && token.expires <= hubNow();
	return html`<small class="muted">${T.me.scopes[token.scope]} · ${token.used ? html`${T.me.used} <${Ago} at=${token.used} />` : T.me.unused}
		${token.expires !== null && html` · ${over ? html`<b class="danger">${T.me.over}</b>` : T.me.until(date(token.expires))}`}</small>`;
}

/** @param {{role: Role}} props */
export function Tokens({ role }) {
	const [list, setList] = useState(/** @type {Token[]|null} */ (null));
	const [made, setMade] = useState(/** @type {Token|null} */ (null));
	const [failed, setFailed] = useState('');
	const { busy, error, run } = useAction();
	useEffect(() => { get('/tokens').then((answer) => setList(answer.tokens), (reason) => setFailed(reasonOf(reason))); }, []);
	/** @param {Token} token */
	const take = (token) => {
		setMade(token);
		setList((now) => [...(now ?? []), token]);
	};
	/** @param {Token} token */
	const revoke = (token) => void run(async () => {
		await erase(`/tokens/${token.id}`);
		setList((now) => (now ?? []).filter((other) => other.id !== token.id));
		if (made?.id === token.id) setMade(null);
		say(T.me.revoked(token.name));
	});
	return html`<section class="panel"><h2><${Icon} name="key-outline" /><span>${T.me.tokens}</span></h2>
		<p class="muted">${T.me.tokensLead}</p>
		${failed && html`<p class="refusal" role="alert">${failed}</p>`}
		${list && list.length > 0 && html`<ul class="rows roomy">${list.map((token) => html`<li key=${token.id} class="rule"><span class="row-name"><span>${token.name}</span><${Facts} token=${token} /></span>
			<button type="button" class="icon-button" disabled=${busy} aria-label=${T.me.revoke(token.name)} onClick=${() => revoke(token)}><${Icon} name="delete-outline" /></button></li>`)}</ul>`}
		<${Refusal} error=${error} />
		<div role="status">${made && html`<div class="stack"><p><strong>${T.me.once}</strong></p><${CopyLine} text=${made.token ?? ''} /><p class="muted">${T.me.how}</p></div>`}</div>
		${list && html`<${Make} role=${role} onMade=${take} />`}
	</section>`;
}
