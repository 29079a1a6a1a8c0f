// The one switch that lets other machines speak MQTT without encryption, with its risk.
import { useId } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Refusal, useAction } from './form.js';
import { put } from '../api.js';
import { T } from '../text.js';

/** @import {Unencrypted as Open} from '../types.js' */

const X = T.others;

/** @param {{open: Open, onOpen: (open: Open) => void, asked?: boolean}} props asked: a device is about to connect that way */
export function Unencrypted({ open, onOpen, asked = true }) {
	const { busy, error, run } = useAction();
	const id = useId();
	const decided = open.fixed || open.port === 0;
	const toggle = () => void run(async () => { onOpen(await put('/unencrypted-mqtt', { allowed: !open.allowed })); });
	return html`<div class="unencrypted" data-allowed=${open.allowed ? '' : undefined}>
		${asked && !open.allowed && html`<p><${Icon} name="alert-circle-outline" size=${20} /><span>${X.unencryptedNeed}</span></p>`}
		${decided ? html`<p class="note">${open.port === 0 ? X.unencryptedOff : X.unencryptedFixed}</p>` : html`
			<div class="switch-line"><span id=${id}><strong>${X.unencrypted}</strong></span>
				<button type="button" class="switch" role="switch" aria-checked=${open.allowed ? 'true' : 'false'} aria-labelledby=${id} aria-describedby=${id + 'r'} disabled=${busy} onClick=${toggle}></button></div>
			<p class="note" id=${id + 'r'}>${X.unencryptedRisk}</p>`}
		<${Refusal} error=${error} />
		<p class="note" role="status">${open.allowed && X.unencryptedOn}</p>
	</div>`;
}
