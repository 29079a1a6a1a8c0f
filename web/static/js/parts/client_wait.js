// Waits for what a new MQTT user brings into the house, and shows it as soon as it is there.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { announce } from './announce.js';
import { devicePath } from '../api.js';
import { describesItself } from '../others/recipes.js';
import { devices } from '../store.js';
import { T } from '../text.js';

/** @import {Client} from '../types.js' */

const X = T.others;
const SLOW_MS = 60000;

/** @param {{open: boolean}} props open: the hub accepts its kind of connection */
function Hints({ open }) {
	return html`<div class="hints"><p>${X.slow}</p><ul>${!open && html`<li>${X.slowPlain}</li>`}${X.slowList.map((hint) => html`<li key=${hint}>${hint}</li>`)}</ul></div>`;
}

/** @param {{client: Client, open: boolean}} props */
export function ClientWait({ client, open }) {
	const [slow, setSlow] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setSlow(true), SLOW_MS);
		return () => clearTimeout(timer);
	}, [client.name]);
	const here = [...devices.value.values()].filter((device) => device.client === client.name);
	const first = here[0]?.name;
	useEffect(() => { if (first) announce(X.found(first)); }, [first]);
	if (here.length) {
		return html`<section class="panel arrived"><ul class="plain">${here.map((device) => html`<li key=${device.id}><a class="arrival" href=${devicePath(device.id)}>
			<${Icon} name="check-circle-outline" /><span><strong>${X.found(device.name)}</strong>${device.model && html`<small>${device.model}</small>`}</span><${Icon} name="chevron-right" /></a></li>`)}</ul></section>`;
	}
	if (!describesItself(client.kind ?? 'prefix')) {
		return client.kind === 'homeassistant' ? null : html`<p class="muted">${X.laterPrefix} <a href="/add/nearby">${X.nearby}</a></p>`;
	}
	return html`<section class="panel"><p class="waiting" role="status"><i class="pulse"></i><span>${X.waiting}</span></p>${slow && html`<${Hints} open=${open} />`}</section>`;
}
