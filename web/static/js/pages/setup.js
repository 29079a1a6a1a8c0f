// The one-time set-up: the token comes in the address after #, which browsers
// send to nobody, and leaves the address once it has been used.
import { useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Field, PasswordField, Refusal, useAction } from '../parts/form.js';
import { Gate } from '../parts/gate.js';
import { CopyLine } from '../parts/copy.js';
import { ApiError, call } from '../api.js';
import { go } from '../router.js';
import { session, setClock } from '../store.js';
import { T } from '../text.js';

function FreshLink() {
	return html`<p>${T.setup.how}</p><${CopyLine} text=${T.setup.command} />`;
}

export function Setup() {
	const [token] = useState(() => location.hash.slice(1));
	const [name, setName] = useState('');
	const [password, setPassword] = useState('');
	const { busy, error, run } = useAction();

	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			try {
				const answer = await call('POST', '/setup', { token, name, password }, { anonymous: true });
				setClock(answer.now);
				session.value = answer;
				go('/', { replace: true });
			} catch (refused) {
				if (refused instanceof ApiError && refused.status === 403) throw new ApiError(403, T.setup.badToken);
				if (refused instanceof ApiError && refused.status === 409) throw new ApiError(409, T.setup.done);
				throw refused;
			}
		});
	};

	if (!token) return html`<${Gate} title=${T.setup.title} lead=${T.setup.noToken}><div class="aside"><${FreshLink} /></div></${Gate}>`;
	if (error?.status === 409) {
		return html`<${Gate} title=${T.setup.title} lead=${T.setup.done}><a class="button primary wide" href="/login">${T.setup.toLogin}</a></${Gate}>`;
	}
	const about = error?.status === 422 ? error.field : null;
	return html`<${Gate} title=${T.setup.title} lead=${T.setup.lead}>
		<form class="form" onSubmit=${submit}>
			<${Field} label=${T.setup.name} value=${name} onInput=${setName} autocomplete="username" required autofocus error=${about === 'name' ? error?.message : null} />
			<${PasswordField} label=${T.setup.password} value=${password} onInput=${setPassword} fresh error=${about === 'password' ? error?.message : null} />
			${!about && html`<${Refusal} error=${error} />`}
			${error?.status === 403 && html`<div class="aside"><${FreshLink} /></div>`}
			<button class="button primary wide" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.setup.submit}</button>
		</form>
	</${Gate}>`;
}
