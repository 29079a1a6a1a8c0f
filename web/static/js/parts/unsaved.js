// What of one's own Home could not be saved, and the two ways out.
import { html } from './html.js';
import { giveUp, saveAgain, trouble } from '../home.js';
import { T } from '../text.js';

export function Unsaved() {
	if (!trouble.value) return null;
	return html`<div class="refusal unsaved"><p>${T.arrange.notSaved(trouble.value)}</p>
		<button type="button" class="button small" onClick=${saveAgain}>${T.arrange.again}</button>
		<button type="button" class="button small" onClick=${giveUp}>${T.arrange.discard}</button></div>`;
}
