// Add a device: a code for one, its countdown, and the page of the device as
// soon as it has arrived.
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { AddWays } from '../parts/add_ways.js';
import { CopyLine } from '../parts/copy.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { Issued } from '../parts/key_code.js';
import { devicePath, erase, getAll, post } from '../api.js';
import { onKey } from '../live.js';
import { devices, generation, mayManage, session } from '../store.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Key, KeyRow} from '../types.js' */

/** Follows a code until its device is here, then shows the device. The hub gives it the name and the room. */
function useArrival() {
	const [state, setState] = useState(/** @type {KeyRow['state']} */ ('new'));
	const [device, setDevice] = useState(/** @type {string|null} */ (null));
	const here = device !== null && devices.value.has(device);
	useEffect(() => {
		if (!here || !device || (state !== 'bound' && state !== 'claimed')) return;
		go(devicePath(device), { replace: true });
	}, [here, device, state]);
	/** @param {KeyRow['state']} now @param {string|null} who */
	return (now, who) => {
		setState(now);
		setDevice(who);
	};
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
	const arrival = useArrival();
	const areas = [...new Set([...devices.value.values()].map((device) => device.area ?? '').filter(Boolean))].sort();
	const make = () => void run(async () => { setIssued(await post('/keys', { note: name.trim(), area: area.trim() })); });

	if (!mayManage(session.value)) return html`<${Page} title=${T.add.title} narrow><p>${T.add.notOwner}</p></${Page}>`;
	return html`<${Page} title=${T.add.title} narrow><${AddWays} here="own" />
		<${Pending} />
		<p class="lead">${T.add.lead}</p>
		${issued ? html`<${Issued} key=${issued.kid} issued=${issued} onState=${arrival} onNew=${make} onCancel=${() => setIssued(null)} />` : html`
			<form class="panel" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); make(); }}>
				<${Field} label=${T.add.name} value=${name} onInput=${setName} hint=${T.add.nameHint} />
				<${Field} label=${T.add.room} value=${area} onInput=${setArea} hint=${T.add.roomHint} list=${areas} />
				<${Refusal} error=${error} />
				<button class="button primary" disabled=${busy} data-busy=${busy ? '' : undefined}><${Icon} name="qrcode" /><span>${T.add.make}</span></button>
			</form>`}
		<div class="aside"><p>${T.add.install}</p><${CopyLine} text=${T.add.installCommand} /></div>
	</${Page}>`;
}
