// A command to type elsewhere, with a button that copies it.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { announce } from './announce.js';
import { T } from '../text.js';

/** @param {string} text @param {HTMLElement|null} element */
async function copy(text, element) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// no clipboard without a trusted certificate: select it, and try the old way
		if (!element) return false;
		const range = document.createRange();
		range.selectNodeContents(element);
		const selection = getSelection();
		selection?.removeAllRanges();
		selection?.addRange(range);
		return document.execCommand('copy');
	}
}

/** A button for what stands elsewhere on the page, or is too long to. @param {{text: () => string, label: string}} props */
export function CopyButton({ text, label }) {
	const [done, setDone] = useState(false);
	const hidden = useRef(/** @type {HTMLElement|null} */ (null));
	const onClick = async () => {
		if (hidden.current) hidden.current.textContent = text();
		const copied = await copy(text(), hidden.current);
		if (hidden.current) hidden.current.textContent = '';
		announce(copied ? T.add.copied : T.add.copyFailed);
		setDone(copied);
		setTimeout(() => setDone(false), 3000);
	};
	return html`<button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${onClick}>
		<${Icon} name=${done ? 'check' : 'content-copy'} size=${20} /></button><span ref=${hidden} class="sr-only" aria-hidden="true"></span>`;
}

/** @param {{text: string, label?: string}} props */
export function CopyLine({ text, label = T.copy }) {
	const [state, setState] = useState('');
	const line = useRef(/** @type {HTMLElement|null} */ (null));
	const onClick = async () => {
		const done = await copy(text, line.current);
		const word = done ? T.add.copied : T.add.copyFailed;
		setState(word);
		announce(word);
		setTimeout(() => setState(''), 3000);
	};
	return html`<div class="copy-line">
		<code ref=${line} tabindex="0">${text}</code>
		<button type="button" class="button small" onClick=${onClick}>
			<${Icon} name=${state === T.add.copied ? 'check' : 'content-copy'} size=${20} /><span>${state || label}</span>
		</button>
	</div>`;
}
