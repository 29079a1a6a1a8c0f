// The present password and a new one.
import { useState } from '../lib.js';
import { html } from './html.js';
import { PasswordField, Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { ApiError, call } from '../api.js';
import { session } from '../store.js';
import { T } from '../text.js';

/** @param {{old?: string, onChanged?: () => void}} props old: what to call the present one */
export function ChangePassword({ old: label = T.settings.old, onChanged = () => say(T.settings.changed) }) {
	const [old, setOld] = useState('');
	const [fresh, setFresh] = useState('');
	const { busy, error, run } = useAction();
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			try {
				await call('POST', '/password', { old, new: fresh }, { anonymous: true });
			} catch (refused) {
				if (refused instanceof ApiError && refused.status === 401) throw new ApiError(401, T.settings.wrongOld, 'old');
				throw refused;
			}
			setOld('');
			setFresh('');
			onChanged();
		});
	};
	return html`<form class="form" onSubmit=${submit}>
		<input class="sr-only" type="text" autocomplete="username" value=${session.value?.user.name} readonly tabindex="-1" aria-hidden="true" />
		<${PasswordField} label=${label} value=${old} onInput=${setOld} error=${error?.field === 'old' ? error.message : null} />
		<${PasswordField} label=${T.settings.fresh} value=${fresh} onInput=${setFresh} fresh error=${error?.field === 'new' ? error.message : null} />
		${error && !error.field && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button primary" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.settings.change}</button></div>
	</form>`;
}
