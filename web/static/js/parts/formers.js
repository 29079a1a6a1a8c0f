// Devices of others that have taken themselves away: nobody else sees them, and here they can be deleted.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { EraseDialog } from './erase_dialog.js';
import { say } from './announce.js';
import { devicePath, erase, getAll } from '../api.js';
import { devices } from '../store.js';
import { T } from '../text.js';

/** @import {Former} from '../types.js' */

const X = T.place;

/** @param {{former: Former, onGone: () => void}} props */
function Row({ former, onGone }) {
	const [asked, setAsked] = useState(false);
	const forget = async () => {
		await erase(devicePath(former.id));
		say(X.forgotten(former.name));
		onGone();
	};
	const facts = [T.others.dialects[former.dialect] ?? former.dialect, former.area, former.model].filter(Boolean).join(' · ');
	return html`<div class="item former"><span class="row-name"><span>${former.name}</span><small class="muted">${facts}${former.last_seen && html` · ${T.card.lastSeen} <${Ago} at=${former.last_seen} />`}</small></span>
		<button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="delete-outline" size=${20} /><span>${X.forget}</span></button>
		${asked && html`<${EraseDialog} name=${former.name} title=${X.forgetTitle(former.name)} text=${X.forgetText} onErase=${forget} onClose=${() => setAsked(false)} />`}</div>`;
}

/** Those that have gone, asked for anew when devices come and go. @returns {[Former[], (formers: Former[]) => void]} */
export function useFormers() {
	const [formers, setFormers] = useState(/** @type {Former[]} */ ([]));
	useEffect(() => {
		let current = true;
		getAll('/former-devices', 'devices').then((answer) => current && setFormers(answer.devices), () => {});
		return () => { current = false; };
	}, [devices.value.size]);
	return [formers, setFormers];
}

export function Formers() {
	const [formers, setFormers] = useFormers();
	const heading = useRef(/** @type {HTMLElement|null} */ (null));
	const left = useRef(false);
	useEffect(() => {
		if (!left.current) return;
		left.current = false; // with its row went its dialog, and the button that had the focus before
		(heading.current ?? /** @type {HTMLElement|null} */ (document.querySelector('#content h1')))?.focus({ preventScroll: true });
	}, [formers]);
	/** @param {Former} former */
	const forget = (former) => {
		left.current = true;
		setFormers(formers.filter((other) => other !== former));
	};
	if (!formers.length) return null;
	return html`<section class="panel" aria-labelledby="formers-title"><h2 id="formers-title" tabindex="-1" ref=${heading}>${X.formers}</h2><p class="muted">${X.formersLead}</p>
		<div class="items">${formers.map((former) => html`<${Row} key=${former.id} former=${former} onGone=${() => forget(former)} />`)}</div></section>`;
}
