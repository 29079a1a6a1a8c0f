// A code that was just made: its QR code, its time, the command, and what becomes of it.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { CopyLine } from './copy.js';
import { Refusal, useAction } from './form.js';
import { Qr } from './qr.js';
import { erase, getAll } from '../api.js';
import { onKey } from '../live.js';
import { generation, hubNow, session } from '../store.js';
import { countdown } from '../format.js';
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

/** What becomes of a key, and which device has it. @param {string|null} kid */
export function useKey(kid) {
	const [state, setState] = useState(/** @type {KeyRow['state']} */ ('new'));
	const [device, setDevice] = useState(/** @type {string|null} */ (null));
	const age = generation.value;
	const heard = useRef(0); // events of this key

	useEffect(() => {
		setState('new');
		setDevice(null);
		if (!kid) return undefined;
		return onKey((event) => {
			if (event.kid !== kid) return;
			heard.current++;
			setState(/** @type {KeyRow['state']} */ (event.state));
			if (event.device) setDevice(event.device);
		});
	}, [kid]);

	// what happened while the hub was out of reach, or before the key was followed
	useEffect(() => {
		if (!kid) return;
		const before = heard.current;
		getAll('/keys', 'keys').then(({ keys }) => {
			const row = keys.find((/** @type {KeyRow} */ other) => other.kid === kid);
			if (!row || heard.current !== before) return; // an event is newer than this answer
			setState(row.state);
			if (row.device) setDevice(row.device);
		}, () => {});
	}, [kid, age]);
	return { state, device, expire: () => setState('expired') };
}

/** @param {{code: string}} props */
function Code({ code }) {
	return html`<p class="code" aria-label=${T.add.code + ': ' + code}>${code.split('-').map((part) => html`<span key=${part}>${part}</span>`)}</p>`;
}

/** @param {{state: KeyRow['state'], bound: string}} props bound: what is said when it is done */
export function KeyProgress({ state, bound }) {
	const words = { new: T.add.waiting, claimed: T.add.claimed, bound, expired: T.add.expired, revoked: T.add.revoked };
	return html`<p class="waiting" role="status" data-state=${state}>${(state === 'new' || state === 'claimed' || state === 'bound') && html`<i class="pulse"></i>`}<span>${words[state]}</span></p>`;
}

/**
 * @param {{issued: Key, bound?: string, onState?: (state: KeyRow['state'], device: string|null) => void, onNew: () => void, onCancel: () => void}} props
 *   bound: what is said when it is done; onState: told what becomes of the code
 */
export function Issued({ issued, bound = T.add.bound, onState = () => {}, onNew, onCancel }) {
	const { state, device, expire } = useKey(issued.kid);
	const { busy, error, run } = useAction();
	const spent = state === 'expired' || state === 'revoked';
	const heading = useRef(/** @type {HTMLElement|null} */ (null));
	useEffect(() => { heading.current?.focus(); }, [issued.kid]);
	useEffect(() => onState(state, device), [state, device]);
	const cancel = () => void run(async () => {
		await erase(`/keys/${encodeURIComponent(issued.kid)}`);
		onCancel();
	});
	return html`<section class="panel code-panel" aria-label=${T.add.code} tabindex="-1" ref=${heading}>
		<div class=${spent ? 'spent' : ''}><${Qr} svg=${issued.qr_svg} label=${T.add.qr} /></div>
		<div class=${spent ? 'spent' : ''}><${Code} code=${issued.code} /></div>
		${!spent && html`<${Timer} expires=${issued.expires} onEnd=${expire} />`}
		<${KeyProgress} state=${state} bound=${bound} />
		${!spent && html`<div class="command"><p class="legend">${T.add.command}</p><${CopyLine} text=${commandOf(issued.code, session.value)} label=${T.add.copy} /></div>`}
		<${Refusal} error=${error} />
		${spent ? html`<button type="button" class="button primary" onClick=${onNew}>${T.add.fresh}</button>` :
			html`<button type="button" class="button" disabled=${busy || state === 'bound'} onClick=${cancel}>${T.add.cancel}</button>`}
	</section>`;
}
