// What is in a device's place, for the owner: other hardware, another device of others, its credentials renewed or revoked.
import { useEffect, useId, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Refusal, useAction } from './form.js';
import { useFormers } from './formers.js';
import { Issued, useKey } from './key_code.js';
import { say } from './announce.js';
import { devicePath, erase, get, post } from '../api.js';
import { devices, dropDevice } from '../store.js';
import { isOffline } from '../house.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Device, Key, KeyRow, Replacement} from '../types.js' */

const X = T.place;
const PATIENCE_MS = 30000; // a device that is there renews within seconds
const CUT = new Set(['revoked', 'moved', 'replaced']);

/* ---- of tomte's own -------------------------------------------------------- */

/** @param {{device: Device}} props */
function OtherHardware({ device }) {
	const [issued, setIssued] = useState(/** @type {Key|null} */ (null));
	const { busy, error, run } = useAction();
	const make = () => void run(async () => { setIssued(await post(`${devicePath(device.id)}/key`, {})); });
	/** @param {KeyRow['state']} state */
	const follow = (state) => { if (state === 'bound') say(X.replaced); };
	return html`<details><summary>${X.replace}</summary><div class="stack"><p class="muted">${X.replaceLead} ${X.again}</p>
		${issued ? html`<${Issued} key=${issued.kid} issued=${issued} bound=${X.replaced} onState=${follow} onNew=${make} onCancel=${() => setIssued(null)} />` : html`
			<${Refusal} error=${error} /><div class="row"><button type="button" class="button" disabled=${busy} data-busy=${busy ? '' : undefined} onClick=${make}><${Icon} name="qrcode" size=${20} /><span>${X.make}</span></button></div>`}
	</div></details>`;
}

/** @param {{device: Device}} props */
function Renewing({ device }) {
	const [kid, setKid] = useState(/** @type {string|null} */ (null));
	const { state } = useKey(kid);
	const { busy, error, run } = useAction();
	const renew = () => void run(async () => { setKid((await post(`${devicePath(device.id)}/credentials`)).kid); });
	const [late, setLate] = useState(false);
	useEffect(() => {
		setLate(false);
		const timer = setTimeout(() => setLate(true), PATIENCE_MS);
		return () => clearTimeout(timer);
	}, [kid]);
	const open = kid !== null && (state === 'new' || state === 'claimed');
	const waits = open && !late && !isOffline(device);
	return html`<details><summary>${X.renew}</summary><div class="stack"><p class="muted">${X.renewLead}</p>
		${!device.renewable ? html`<p>${X.renewByHand}</p>` : isOffline(device) ? !open && html`<p>${X.renewOffline}</p>` : html`
			<div class="row"><button type="button" class="button" disabled=${busy || waits} data-busy=${busy || waits ? '' : undefined} onClick=${renew}><${Icon} name="refresh" size=${20} /><span>${X.renewDo}</span></button></div>`}
		<p role="status">${kid !== null && (waits ? X.renewing : open ? X.renewLater : state === 'bound' ? X.renewed : X.renewFailed)}</p><${Refusal} error=${error} />
	</div></details>`;
}

/** @param {{device: Device}} props */
function Revoking({ device }) {
	const [asked, setAsked] = useState(false);
	const { busy, error, run } = useAction();
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	useEffect(() => { if (asked) dialog.current?.showModal(); }, [asked]);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			await erase(`${devicePath(device.id)}/credentials`);
			say(X.revoked(device.name));
			dialog.current?.close();
		});
	};
	return html`<details><summary>${X.revoke}</summary><div class="stack"><p class="muted">${X.revokeLead}</p>
		<div class="row"><button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="lock-outline" size=${20} /><span>${X.revoke}</span></button></div>
		${asked && html`<dialog ref=${dialog} aria-labelledby="revoke-title" onClose=${() => setAsked(false)}><form onSubmit=${submit}>
			<h2 id="revoke-title">${X.revokeTitle(device.name)}</h2><p>${X.revokeLead}</p><${Refusal} error=${error} />
			<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.device.cancel}</button>
				<button class="button primary danger" disabled=${busy} data-busy=${busy ? '' : undefined}>${X.revoke}</button></div>
		</form></dialog>`}</div></details>`;
}

/* ---- of others ------------------------------------------------------------- */

/** @param {{title: string, list: {entity: string, name: string, from?: string}[]}} props */
function Fate({ title, list }) {
	if (!list.length) return null;
	return html`<dt>${title}</dt><dd>${list.map(({ entity, name, from }) => (from && from !== entity ? X.as(name, from) : name)).join(', ')}</dd>`;
}

/** @typedef {{id: string, name: string}} Named */

/** @param {{old: Named, fresh: Named, onDone: () => void}} props */
function Deciding({ old, fresh, onDone }) {
	const [preview, setPreview] = useState(/** @type {Replacement|null} */ (null));
	const { busy, error, run } = useAction();
	const path = `${devicePath(old.id)}/replacement`;
	useEffect(() => {
		let current = true;
		void run(async () => {
			const answer = await get(`${path}?with=${encodeURIComponent(fresh.id)}`);
			if (current) setPreview(answer);
		});
		return () => { current = false; };
	}, [path, fresh.id]);
	const replace = () => void run(async () => {
		await post(path, { with: fresh.id });
		say(X.done(old.name));
		onDone();
	});
	return html`<div class="stack" role="status">${preview && html`<dl class="facts"><${Fate} title=${X.kept} list=${preview.kept} /><${Fate} title=${X.lost} list=${preview.lost} /><${Fate} title=${X.fresh} list=${preview.fresh} /></dl>
		<div class="row"><button type="button" class="button primary" disabled=${busy} data-busy=${busy ? '' : undefined} onClick=${replace}><span>${X.do(fresh.name, old.name)}</span></button></div>`}
		<${Refusal} error=${error} /></div>`;
}

/** @param {{title: string, lead: string, list: Named[], onChosen: (other: Named) => any}} props onChosen: what is to be decided then */
function Choosing({ title, lead, list, onChosen }) {
	const [chosen, setChosen] = useState('');
	const id = useId();
	const other = list.find((one) => one.id === chosen);
	return html`<details><summary>${title}</summary><div class="stack"><p class="muted">${lead}</p>
		${list.length ? html`<div class="field"><label for=${id}>${X.which}</label><select id=${id} value=${chosen} onChange=${(/** @type {any} */ event) => setChosen(event.target.value)}>
			<option value="">${X.choose}</option>${list.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select></div>
			${other && onChosen(other)}` : html`<p>${X.nobody}</p>`}</div></details>`;
}

/** @param {{device: Device}} props */
function AnotherDevice({ device }) {
	const [formers] = useFormers();
	const others = [...devices.value.values()].filter((other) => other.dialect && other.id !== device.id);
	/** @param {Named[]} list */
	const sorted = (list) => [...list].sort((a, b) => a.name.localeCompare(b.name));
	/** @param {Named} old */
	const moveTo = (old) => {
		dropDevice(device.id);
		go(devicePath(old.id), { replace: true });
	};
	return html`<${Choosing} title=${X.by} lead=${X.byLead} list=${sorted(others)} onChosen=${(/** @type {Named} */ fresh) => html`<${Deciding} key=${fresh.id} old=${device} fresh=${fresh} onDone=${() => dropDevice(fresh.id)} />`} />
		<${Choosing} title=${X.of} lead=${X.ofLead} list=${sorted([...others, ...formers.map(({ id, name }) => ({ id, name: X.former(name) }))])}
			onChosen=${(/** @type {Named} */ old) => html`<${Deciding} key=${old.id} old=${old} fresh=${device} onDone=${() => moveTo(old)} />`} />`;
}

/** @param {{device: Device}} props */
export function DevicePlace({ device }) {
	return html`<section class="panel" aria-labelledby="place-title"><h2 id="place-title">${X.title}</h2>
		${device.dialect ? html`<${AnotherDevice} device=${device} />` : html`
			${CUT.has(device.parting ?? '') && html`<p>${X.none}</p>`}
			<${OtherHardware} device=${device} /><${Renewing} device=${device} /><${Revoking} device=${device} />`}
	</section>`;
}
