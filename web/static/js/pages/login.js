// Log in, then back to where one was.
import { useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Field, PasswordField, Refusal, useAction } from '../parts/form.js';
import { Gate } from '../parts/gate.js';
import { CopyLine } from '../parts/copy.js';
import { ApiError, call } from '../api.js';
import { session, setClock } from '../store.js';
import { T } from '../text.js';

export function Login() {
	const [name, setName] = useState('');
	const [password, setPassword] = useState('');
	const { busy, error, run } = useAction();

	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			try {
				const answer = await call('POST', '/login', { name, password }, { anonymous: true });
				setClock(answer.now);
				session.value = answer;
			} catch (refused) {
				setPassword('');
				if (refused instanceof ApiError && refused.status === 401) throw new ApiError(401, T.login.wrong);
				throw refused;
			}
		});
	};

	return html`<${Gate} title=${T.login.title}>
		<form class="form" onSubmit=${submit}>
			<${Field} label=${T.login.name} value=${name} onInput=${setName} autocomplete="username" required autofocus />
			<${PasswordField} label=${T.login.password} value=${password} onInput=${setPassword} />
			<${Refusal} error=${error} />
			<button class="button primary wide" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.login.submit}</button>
		</form>
		<div class="aside"><p>${T.login.first}</p><${CopyLine} text=${T.setup.command} /></div>
	</${Gate}>`;
}
