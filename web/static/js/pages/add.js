// Add a device: a code for one, its countdown, and the page of the device as
// soon as it has arrived.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { AddWays } from '../parts/add_ways.js';
import { CopyLine } from '../parts/copy.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { Qr } from '../parts/qr.js';
import { devicePath, erase, getAll, post } from '../api.js';
import { onKey } from '../live.js';
import { devices, generation, hubNow, mayManage, session } from '../store.js';
import { countdown } from '../format.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Key, KeyRow, Session} from '../types.js' */

const DEFAULT_HTTP_PORT = 8080;

/** The command to run on the device. @param {string} code @param {Session|null|undefined} who */
function commandOf(code, who) {
	const port = who?.hub.http_port ?? DEFAULT_HTTP_PORT;
	const host = location.hostname + (port && port !== DEFAULT_HTTP_PORT ? `:${port}` : '');
	return `sudo tomte-agent join ${code} ${host}`;
}

/** @param {{expires: number, onEnd: () => void}} props */
function Timer({ expires, onEnd }) {
	const [left, setLeft] = useState(expires - hubNow());
	useEffect(() => {
		const timer = setInterval(() => {
			const now = expires - hubNow();
			setLeft(now);
			if (now <= 0) {
				clearInterval(timer);
				onEnd();
			}
		}, 500);
		return () => clearInterval(timer);
	}, [expires]);
	return html`<p class="timer" role="timer">${T.add.left(countdown(left))}</p>`;
}

/** Follows a key until its device is here, then shows the device. The hub gives it the name and the room. @param {Key|null} key */
function useArrival(key) {
	const [state, setState] = useState(/** @type {KeyRow['state']} */ ('new'));
	const [device, setDevice] = useState(/** @type {string|null} */ (null));
	const age = generation.value;

	useEffect(() => {
		setState('new');
		setDevice(null);
		if (!key) return undefined;
		return onKey((event) => {
			if (event.kid !== key.kid) return;
			setState(/** @type {KeyRow['state']} */ (event.state));
			if (event.device) setDevice(event.device);
		});
	}, [key?.kid]);

	// what happened while the hub was out of reach
	useEffect(() => {
		if (!key) return;
		getAll('/keys', 'keys').then(({ keys }) => {
			const row = keys.find((/** @type {KeyRow} */ other) => other.kid === key.kid);
			if (!row) return;
			setState(row.state);
			if (row.device) setDevice(row.device);
		}, () => {});
	}, [key?.kid, age]);

	const here = device !== null && devices.value.has(device);
	useEffect(() => {
		if (!here || !device || (state !== 'bound' && state !== 'claimed')) return;
		go(devicePath(device), { replace: true });
	}, [here, device, state]);

	return { state, expire: () => setState('expired') };
}

/** @param {{code: string}} props */
function Code({ code }) {
	return html`<p class="code" aria-label=${T.add.code + ': ' + code}>${code.split('-').map((part) => html`<span key=${part}>${part}</span>`)}</p>`;
}

/** @param {{state: KeyRow['state']}} props */
function Progress({ state }) {
	const words = { new: T.add.waiting, claimed: T.add.claimed, bound: T.add.bound, expired: T.add.expired, revoked: T.add.revoked };
	return html`<p class="waiting" role="status" data-state=${state}>${(state === 'new' || state === 'claimed' || state === 'bound') && html`<i class="pulse"></i>`}<span>${words[state]}</span></p>`;
}

/** @param {{issued: Key, onNew: () => void, onCancel: () => void}} props */
function Issued({ issued, onNew, onCancel }) {
	const { state, expire } = useArrival(issued);
	const { busy, error, run } = useAction();
	const spent = state === 'expired' || state === 'revoked';
	const heading = useRef(/** @type {HTMLElement|null} */ (null));
	useEffect(() => { heading.current?.focus(); }, [issued.kid]);
	const cancel = () => void run(async () => {
		await erase(`/keys/${encodeURIComponent(issued.kid)}`);
		onCancel();
	});
	return html`<section class="panel code-panel" aria-label=${T.add.code} tabindex="-1" ref=${heading}>
		<div class=${spent ? 'spent' : ''}><${Qr} svg=${issued.qr_svg} label=${T.add.qr} /></div>
		<div class=${spent ? 'spent' : ''}><${Code} code=${issued.code} /></div>
		${!spent && html`<${Timer} expires=${issued.expires} onEnd=${expire} />`}
		<${Progress} state=${state} />
		${!spent && html`<div class="command"><p class="legend">${T.add.command}</p><${CopyLine} text=${commandOf(issued.code, session.value)} label=${T.add.copy} /></div>`}
		<${Refusal} error=${error} />
		${spent ? html`<button type="button" class="button primary" onClick=${onNew}>${T.add.fresh}</button>` :
			html`<button type="button" class="button" disabled=${busy || state === 'bound'} onClick=${cancel}>${T.add.cancel}</button>`}
	</section>`;
}

/** Keys that live long wait for a word of the owner. */
function Pending() {
	const [rows, setRows] = useState(/** @type {KeyRow[]} */ ([]));
	const { busy, error, run } = useAction();
	const age = generation.value;
	const load = () => getAll('/keys', 'keys').then(({ keys }) => setRows(keys.filter((/** @type {KeyRow} */ row) =>
		row.needs_approval && !row.approved && row.fingerprint && (row.state === 'new' || row.state === 'claimed'))), () => {});
	useEffect(() => {
		void load();
		return onKey(() => void load());
	}, [age]);
	if (!rows.length) return null;
	/** @param {() => Promise<any>} action */
	const decide = (action) => void run(async () => {
		await action();
		await load();
	});
	return html`<section class="panel"><h2>${T.add.pending}</h2><p class="muted">${T.add.pendingHint}</p>
		${rows.map((row) => html`<div key=${row.kid} class="stack"><h3>${row.note || row.kid}</h3><p class="fingerprint short" aria-label=${`${T.add.fingerprint}: ${row.fingerprint}`}>${row.fingerprint}</p>
			<div class="row"><button type="button" class="button primary" disabled=${busy} onClick=${() => decide(() => post(`/keys/${row.kid}/approve`))}>${T.add.approve}</button>
				<button type="button" class="button" disabled=${busy} onClick=${() => decide(() => erase(`/keys/${row.kid}`))}>${T.add.refuse}</button></div></div>`)}
		<${Refusal} error=${error} /></section>`;
}

export function Add() {
	const [name, setName] = useState('');
	const [area, setArea] = useState('');
	const [issued, setIssued] = useState(/** @type {Key|null} */ (null));
	const { busy, error, run } = useAction();
	const areas = [...new Set([...devices.value.values()].map((device) => device.area ?? '').filter(Boolean))].sort();
	const make = () => void run(async () => { setIssued(await post('/keys', { note: name.trim(), area: area.trim() })); });

	if (!mayManage(session.value)) return html`<${Page} title=${T.add.title} narrow><p>${T.add.notOwner}</p></${Page}>`;
	return html`<${Page} title=${T.add.title} narrow><${AddWays} here="own" />
		<${Pending} />
		<p class="lead">${T.add.lead}</p>
		${issued ? html`<${Issued} key=${issued.kid} issued=${issued} onNew=${make} onCancel=${() => setIssued(null)} />` : html`
			<form class="panel" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); make(); }}>
				<${Field} label=${T.add.name} value=${name} onInput=${setName} hint=${T.add.nameHint} />
				<${Field} label=${T.add.room} value=${area} onInput=${setArea} hint=${T.add.roomHint} list=${areas} />
				<${Refusal} error=${error} />
				<button class="button primary" disabled=${busy} data-busy=${busy ? '' : undefined}><${Icon} name="qrcode" /><span>${T.add.make}</span></button>
			</form>`}
		<div class="aside"><p>${T.add.install}</p><${CopyLine} text=${T.add.installCommand} /></div>
	</${Page}>`;
}
