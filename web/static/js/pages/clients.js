// Settings → MQTT users: what devices of others log in with, and whether they may do so without encryption. For the owner.
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { ClientRow } from '../parts/client_row.js';
import { Formers } from '../parts/formers.js';
import { Unencrypted } from '../parts/unencrypted.js';
import { get, getAll, reasonOf } from '../api.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Client, Unencrypted as Open} from '../types.js' */

const X = T.clients;

/** @param {{list: Client[], begin: Open}} props */
function Loaded({ list, begin }) {
	const [clients, setClients] = useState(list);
	const [open, setOpen] = useState(begin);
	return html`<section class="panel"><h2><${Icon} name="key-outline" /><span>${X.title}</span></h2>
			${clients.length === 0 && html`<p class="muted">${X.none}</p>`}
			<div class="items">${clients.map((client) => html`<${ClientRow} key=${client.name} client=${client} onTake=${(/** @type {Client} */ now) => setClients(clients.map((other) => (other.name === now.name ? now : other)))}
				onGone=${() => setClients(clients.filter((other) => other !== client))} />`)}</div>
			<div class="row"><a class="button primary" href="/add/other"><${Icon} name="plus" /><span>${X.add}</span></a></div></section>
		<${Formers} />
		<section class="panel"><${Unencrypted} open=${open} onOpen=${setOpen} asked=${false} /></section>`;
}

export function ClientsPage() {
	const owner = mayManage(session.value);
	const [loaded, setLoaded] = useState(/** @type {{list: Client[], begin: Open}|null} */ (null));
	const [failed, setFailed] = useState('');
	const [again, setAgain] = useState(0);
	useEffect(() => {
		if (!owner) return undefined;
		let current = true;
		setFailed('');
		Promise.all([getAll('/clients', 'clients'), get('/unencrypted-mqtt')]).then(([{ clients }, begin]) => current && setLoaded({ list: clients, begin }), (error) => current && setFailed(reasonOf(error)));
		return () => { current = false; };
	}, [owner, again]);
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${X.title} before=${back} narrow>${
		!owner ? html`<p class="refusal">${T.people.notOwner}</p>` :
		loaded ? html`<${Loaded} ...${loaded} />` :
		failed ? html`<div class="empty" role="alert"><p>${failed}</p><button type="button" class="button" onClick=${() => setAgain(again + 1)}>${T.chart.retry}</button></div>` :
		html`<div class="panel skeleton" aria-hidden="true"></div>`}</${Page}>`;
}
