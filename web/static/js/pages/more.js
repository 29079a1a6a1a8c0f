// More: the ways to what has no place in the bar, as far as one may go them.
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { mayArrange, mayManage, seesRooms, session } from '../store.js';
import { T } from '../text.js';

/** @import {Session} from '../types.js' */
/** @typedef {{href: string, icon: string, text: {title: string, lead: string}, may?: (who: Session) => boolean}} Way */

/** By what they are about: the house, who is in it, the hub. @type {{title: () => string, ways: (who: Session) => Way[]}[]} */
const GROUPS = [
	{ title: () => T.more.house, ways: () => [
		{ href: '/scenes', icon: 'palette-outline', text: { title: T.bundles.title, lead: T.more.scenesLead }, may: mayArrange },
		{ href: '/settings/history', icon: 'table', text: T.history, may: mayManage },
	] },
	{ title: () => T.more.people, ways: () => [
		{ href: '/settings/me', icon: 'account-circle-outline', text: T.me },
		{ href: '/settings/people', icon: 'home-outline', text: T.people, may: mayManage },
	] },
	{ title: () => T.more.hub, ways: (who) => [
		{ href: '/settings', icon: 'cog-outline', text: { title: T.settings.title, lead: T.more.settingsLead } },
		{ href: '/trust', icon: 'shield-check-outline', text: { title: T.trust.title, lead: T.settings.trustLead } },
		{ href: '/explorer', icon: 'magnify', text: mayManage(who) ? T.explorer : { title: T.explorer.title, lead: seesRooms(who) ? T.more.explorerGuests : T.more.explorerLead } },
		{ href: '/settings/clients', icon: 'key-outline', text: T.clients, may: mayManage },
		{ href: '/settings/api', icon: 'swap-horizontal', text: T.api },
	] },
];

/** @param {Way} way */
const linkOf = ({ href, icon, text }) => html`<li key=${href}><a class="panel panel-link" href=${href}><${Icon} name=${icon} />
	<span><strong>${text.title}</strong><small>${text.lead}</small></span><${Icon} name="chevron-right" /></a></li>`;

export function MorePage() {
	const who = session.value;
	if (!who) return null;
	return html`<${Page} title=${T.nav.more} narrow>${GROUPS.map(({ title, ways }, i) => {
		const open = ways(who).filter(({ may }) => !may || may(who));
		return open.length > 0 && html`<section key=${i} class="stack" aria-labelledby=${`more-${i}`}><h2 id=${`more-${i}`}>${title()}</h2><ul class="more-ways">${open.map(linkOf)}</ul></section>`;
	})}</${Page}>`;
}
