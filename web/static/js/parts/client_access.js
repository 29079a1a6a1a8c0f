// What a device of others is given to log in: host, port, user, password, and the exact text to paste. Shown while the
// password is known, which is once.
import { useEffect, useId, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { CopyButton } from './copy.js';
import { Field } from './form.js';
import { Unencrypted } from './unencrypted.js';
import { get } from '../api.js';
import { bare, encrypts, kindOf, snippetsOf, topicOf } from '../others/recipes.js';
import { session } from '../store.js';
import { T } from '../text.js';

/** @import {ClientSecret, Unencrypted as Open} from '../types.js' */
/** @import {Access} from '../others/recipes.js' */

const X = T.others;
const SHELLY = '192.168.33.1'; // of its own network, when it is new
const MQTTS_PORT = 8883;

/** @param {{label: string, value: string}} props */
function Value({ label, value }) {
	return html`<div class="access-value"><dt>${label}</dt><dd><code>${value}</code><${CopyButton} text=${() => value} label=${X.copyOf(label)} /></dd></div>`;
}

/** @param {{label: string, text: string}} props */
function Paste({ label, text }) {
	return html`<div class="paste"><div class="paste-head"><span class="legend">${label}</span><${CopyButton} text=${() => text} label=${X.copyOf(label)} /></div><pre tabindex="0" aria-label=${label}>${text}</pre></div>`;
}

/** @param {{secure: boolean, onSecure: (secure: boolean) => void}} props */
function Encryption({ secure, onSecure }) {
	const name = useId();
	return html`<fieldset class="bound"><legend>${X.encryption}</legend><div class="segments wide">${[true, false].map((choice) => html`
		<label key=${choice}><input type="radio" name=${name} checked=${choice === secure} onChange=${() => onSecure(choice)} />${choice ? X.encrypted : X.plain}</label>`)}</div></fieldset>`;
}

/** The house's certificate; '' until it is there. */
function useCertificate() {
	const [ca, setCa] = useState('');
	useEffect(() => {
		fetch('/ca.pem').then((answer) => (answer.ok ? answer.text() : ''), () => '').then(setCa);
	}, []);
	return ca;
}

/** @param {{access: Access}} props */
function Texts({ access }) {
	const { kind, secure } = access;
	const certificate = secure && X.certificateHow[kind];
	return html`<p>${X.how[kind]}</p>
		${kind === 'tasmota' && secure && html`<p class="note">${X.tasmotaTls}</p>`}
		${(!secure || access.ca) && snippetsOf(access).map(({ place, text }) => html`<${Paste} key=${place} label=${X.places[place]} text=${text} />`)}
		${certificate && html`<p>${certificate}</p><div class="row"><a class="button" href="/ca.pem" download="tomte-ca.pem"><${Icon} name="download" size=${20} /><span>${X.certificate}</span></a></div>`}`;
}

/** @param {{client: ClientSecret, onOpen?: (open: boolean) => void}} props onOpen: told whether the hub accepts the connection that was chosen */
export function ClientAccess({ client, onOpen = () => {} }) {
	const kind = kindOf(client.kind);
	const [secure, setSecure] = useState(encrypts(kind));
	const [address, setAddress] = useState('');
	const [open, setOpen] = useState(/** @type {Open|null} */ (null));
	const ca = useCertificate();
	useEffect(() => { get('/unencrypted-mqtt').then(setOpen, () => {}); }, []);
	useEffect(() => onOpen(secure || (open?.allowed ?? true)), [secure, open?.allowed]);
	const prefix = client.prefix ?? '';
	const port = (secure ? session.value?.hub.mqtts_port : open?.port) || (secure ? MQTTS_PORT : 1883);
	const host = location.hostname;
	const access = { kind, host, port, secure, user: client.name, password: client.password, prefix, ca, address: address.trim() || SHELLY };
	return html`<section class="panel" aria-label=${X.access}><h2><${Icon} name="key-outline" /><span>${X.access}</span></h2>
		<p class="once"><strong>${X.once}</strong></p>
		<${Encryption} secure=${secure} onSecure=${setSecure} />
		${!secure && open && html`<${Unencrypted} open=${open} onOpen=${setOpen} />`}
		<dl class="access"><${Value} label=${X.host} value=${bare(host)} /><${Value} label=${X.port} value=${String(port)} /><${Value} label=${X.user} value=${client.name} />
			<${Value} label=${X.password} value=${client.password} />${prefix && html`<${Value} label=${X.topic} value=${topicOf(kind, prefix)} />`}</dl>
		${host.endsWith('.local') && html`<p class="note">${X.localName}</p>`}
		${kind === 'shelly' && html`<${Field} label=${X.address} value=${address} onInput=${setAddress} hint=${X.addressHint} />`}
		<${Texts} access=${access} />
	</section>`;
}
