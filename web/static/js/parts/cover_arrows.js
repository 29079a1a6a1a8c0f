// The three arrows of a cover.
import { html } from './html.js';
import { Icon } from './icon.js';
import { isOpen, whole } from '../format.js';
import { T } from '../text.js';

/** @import {Entity} from '../types.js' */
/** @import {Control} from './control.js' */

const SIDEWAYS = new Set(['curtain', 'door', 'gate']);

/** @param {{entity: Entity, control: Control, name: string}} props */
export function CoverArrows({ entity, control, name }) {
	const sideways = SIDEWAYS.has(entity.device_class ?? '');
	const { state, position } = whole(control.value);
	const open = isOpen(control.value);
	// where it is already nothing is to be done; what may stand anywhere can always be told
	const full = open === true && (position === undefined ? state === 'open' : position >= 100);
	const shut = open === false && state !== 'closing' && (position ?? 0) <= 0;
	/** @type {[string, string, string, boolean][]} */
	const actions = [
		['OPEN', T.control.open, sideways ? 'arrow-expand-horizontal' : 'arrow-up', full],
		['STOP', T.control.stop, 'stop', false],
		['CLOSE', T.control.close, sideways ? 'arrow-collapse-horizontal' : 'arrow-down', shut],
	];
	return html`<div class="arrows" role="group" aria-label=${name}>${actions.map(([word, label, icon, done]) => html`
		<button key=${word} type="button" class="act" aria-label=${T.control.of(label, name)} title=${label} data-done=${done ? '' : undefined}
			data-now=${control.phase === 'waiting' && control.fate?.value === word ? '' : undefined}
			aria-disabled=${control.usable ? undefined : 'true'} onClick=${() => control.send(word)}><${Icon} name=${icon} /></button>`)}</div>`;
}
