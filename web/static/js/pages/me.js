// Settings → Me: one's own password, where one is logged in, and the tokens of one's programs.
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { ChangePassword } from '../parts/change_password.js';
import { Sessions } from '../parts/sessions.js';
import { Tokens } from '../parts/tokens.js';
import { session } from '../store.js';
import { T } from '../text.js';

export function MePage() {
	const who = session.value;
	if (!who) return null;
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${T.me.title} before=${back} narrow>
		<section class="panel"><h2><${Icon} name="account-circle-outline" /><span>${who.user.name}</span></h2>
			<dl class="facts"><dt>${T.me.role}</dt><dd>${T.people.roles[who.user.role]}</dd>
				${who.rooms && html`<dt>${T.me.rooms}</dt><dd>${who.rooms.join(', ') || T.people.noRooms}</dd>`}</dl>
			<details><summary>${T.settings.password}</summary><${ChangePassword} /></details>
		</section>
		<${Sessions} /><${Tokens} role=${who.user.role} /></${Page}>`;
}
