// Somebody else chose the password: another one comes before everything else.
import { html } from '../parts/html.js';
import { Gate } from '../parts/gate.js';
import { ChangePassword } from '../parts/change_password.js';
import { Refusal, useAction } from '../parts/form.js';
import { get, post } from '../api.js';
import { session } from '../store.js';
import { T } from '../text.js';

export function FirstPassword() {
	const { busy, error, run } = useAction();
	const onChanged = () => void run(async () => { session.value = await get('/session'); });
	const leave = () => void run(async () => {
		await post('/logout');
		session.value = null;
	});
	return html`<${Gate} title=${T.first.title} lead=${T.first.lead(session.value?.user.name ?? '')}>
		<${ChangePassword} old=${T.first.given} onChanged=${onChanged} />
		<${Refusal} error=${error} />
		<div class="row"><button type="button" class="button" disabled=${busy} onClick=${leave}>${T.settings.logout}</button></div>
	</${Gate}>`;
}
