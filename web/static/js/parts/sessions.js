// Where one is logged in, and how to end it from here.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { agentIcon, agentText } from './agent.js';
import { Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { erase, get, reasonOf } from '../api.js';
import { T } from '../text.js';

/** @import {LoginSession} from '../types.js' */

/** @param {{one: LoginSession, busy: boolean, onEnd: () => void}} props */
function Row({ one, busy, onEnd }) {
	const what = agentText(one.agent);
	return html`<li class="rule"><${Icon} name=${agentIcon(one.agent)} /><span class="row-name"><span>${what}${one.current && html` <b class="good">· ${T.me.here}</b>`}</span>
		<small class="muted">${one.address}${one.address && ' · '}${T.me.used} <${Ago} at=${one.used} /></small></span>
		${!one.current && html`<button type="button" class="icon-button" disabled=${busy} aria-label=${T.me.end(what)} onClick=${onEnd}><${Icon} name="logout" /></button>`}</li>`;
}

export function Sessions() {
	const [list, setList] = useState(/** @type {LoginSession[]|null} */ (null));
	const [failed, setFailed] = useState('');
	const { busy, error, run } = useAction();
	useEffect(() => { get('/sessions').then((answer) => setList(answer.sessions), (reason) => setFailed(reasonOf(reason))); }, []);
	/** @param {LoginSession} one */
	const end = (one) => void run(async () => {
		await erase(`/sessions/${one.id}`);
		setList((now) => (now ?? []).filter((other) => other !== one));
		say(T.me.ended);
	});
	const endOthers = () => void run(async () => {
		await erase('/sessions');
		setList((now) => (now ?? []).filter((other) => other.current));
		say(T.me.endedOthers);
	});
	return html`<section class="panel"><h2><${Icon} name="devices" /><span>${T.me.sessions}</span></h2>
		${failed && html`<p class="refusal" role="alert">${failed}</p>`}
		${!list && !failed && html`<div class="skeleton rule" aria-hidden="true"></div>`}
		${list && html`<ul class="rows roomy">${list.map((one) => html`<${Row} key=${one.id} one=${one} busy=${busy} onEnd=${() => end(one)} />`)}</ul>
			${list.length > 1 && html`<div class="row"><button type="button" class="button" disabled=${busy} onClick=${endOthers}><${Icon} name="logout" /><span>${T.me.endOthers}</span></button></div>`}`}
		<${Refusal} error=${error} />
	</section>`;
}
