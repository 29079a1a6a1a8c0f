// Deleting a device with its history: asked for by typing its name, as nothing brings it back.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Field, Refusal, useAction } from './form.js';
import { T } from '../text.js';

/** @param {{name: string, title: string, text: string, onErase: () => Promise<any>, onClose: () => void}} props onErase: deletes it, or throws what is shown */
export function EraseDialog({ name, title, text, onErase, onClose }) {
	const [typed, setTyped] = useState('');
	const { busy, error, run } = useAction();
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	useEffect(() => { dialog.current?.showModal(); }, []);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(onErase);
	};
	return html`<dialog ref=${dialog} aria-labelledby="erase-title" onClose=${onClose}><form onSubmit=${submit}>
		<h2 id="erase-title">${title}</h2>
		<p>${text}</p>
		<${Field} label=${T.device.eraseType(name)} value=${typed} onInput=${setTyped} maxlength=${128} autofocus />
		<${Refusal} error=${error} />
		<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.device.cancel}</button>
			<button class="button primary danger" disabled=${busy || typed.trim() !== name.trim()} data-busy=${busy ? '' : undefined}>${T.device.eraseDo}</button></div>
	</form></dialog>`;
}
