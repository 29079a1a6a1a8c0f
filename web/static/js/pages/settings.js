// Settings: the account, theme and language, and what is to be known of the hub.
import { useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Refusal, useAction } from '../parts/form.js';
import { post } from '../api.js';
import { session } from '../store.js';
import { LANGUAGES, T } from '../text.js';

/** @import {Session} from '../types.js' */

/** @param {{who: Session}} props */
function Account({ who }) {
	const { busy, error, run } = useAction();
	const logout = () => void run(async () => {
		await post('/logout');
		session.value = null;
	});
	return html`<section class="panel"><h2><${Icon} name="account-circle-outline" /><span>${T.settings.account}</span></h2>
		<dl class="facts"><dt>${T.settings.loggedIn}</dt><dd>${who.user.name} · ${T.settings.roles[who.user.role] ?? who.user.role}</dd></dl>
		<${Refusal} error=${error} />
		<div class="row"><button type="button" class="button" disabled=${busy} onClick=${logout}><${Icon} name="logout" /><span>${T.settings.logout}</span></button></div>
	</section>`;
}

/** @param {string} name */
function kept(name) {
	try {
		return localStorage.getItem(name) ?? '';
	} catch {
		return '';
	}
}

/** @param {string} name @param {string} choice '': none */
function keep(name, choice) {
	try {
		if (choice) localStorage.setItem(name, choice);
		else localStorage.removeItem(name);
	} catch {
		// storage may be refused; the choice then lasts for nothing
	}
}

function Language() {
	const [chosen] = useState(() => kept('language'));
	/** @param {any} event */
	const onChange = (event) => {
		keep('language', event.target.value);
		location.reload(); // the texts are read once, by every module
	};
	return html`<div class="field"><label for="language">${T.settings.language}</label><select id="language" value=${chosen} onChange=${onChange}>
		<option value="">${T.settings.languageAuto}</option>${Object.entries(LANGUAGES).map(([tag, { name }]) => html`<option key=${tag} value=${tag} lang=${tag}>${name}</option>`)}</select></div>`;
}

function Look() {
	const [theme, setTheme] = useState(() => kept('theme') || 'system');
	/** @param {string} choice */
	const choose = (choice) => {
		keep('theme', choice === 'system' ? '' : choice);
		setTheme(choice);
		dispatchEvent(new Event('themechoice'));
	};
	return html`<section class="panel"><h2><${Icon} name="theme-light-dark" /><span>${T.settings.look}</span></h2>
		<fieldset><legend class="sr-only">${T.settings.theme}</legend><div class="segments">${Object.entries(T.settings.themes).map(([key, label]) => html`
			<label key=${key}><input type="radio" name="theme" value=${key} checked=${theme === key} onChange=${() => choose(key)} />${label}</label>`)}</div></fieldset>
		<${Language} />
	</section>`;
}

/** @param {{who: Session}} props */
function Hub({ who }) {
	const { hub } = who;
	const ports = [T.settings.port('HTTPS', hub.https_port), hub.http_port ? T.settings.port('HTTP', hub.http_port) : '', T.settings.port('MQTT', hub.mqtts_port)];
	return html`<section class="panel"><h2><${Icon} name="home-outline" /><span>${T.settings.hub}</span></h2>
		<dl class="facts"><dt>${T.settings.version}</dt><dd>${hub.version}</dd><dt>${T.settings.hubId}</dt><dd><code>${hub.hub_id}</code></dd>
			<dt>${T.settings.ports}</dt><dd>${ports.filter(Boolean).join(' · ')}</dd></dl>
	</section>`;
}

export function Settings() {
	const who = session.value;
	if (!who) return null;
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${T.settings.title} before=${back} narrow><${Account} who=${who} /><${Look} /><${Hub} who=${who} /></${Page}>`;
}
