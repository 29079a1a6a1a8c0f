// Starts the pages: asks who is logged in, then shows the page of the address.
import { render, useEffect, useState, effect } from './lib.js';
import { html } from './parts/html.js';
import { Announcer } from './parts/announce.js';
import { Frame, Page } from './parts/frame.js';
import { Login } from './pages/login.js';
import { Overview } from './pages/overview.js';
import { Missing } from './pages/missing.js';
import { ApiError, call } from './api.js';
import { followSession } from './live.js';
import { goLogin, goOn, path, startRouter } from './router.js';
import { link, session, setClock } from './store.js';
import { T } from './text.en.js';

/** A page with a style sheet of its own. @param {string} name @param {Promise<any>} module */
async function withStyle(name, module) {
	const href = `/static/css/${name}.css`;
	if (!document.querySelector(`link[href="${href}"]`)) {
		await new Promise((resolve, reject) => {
			const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror: () => {
				sheet.remove();
				reject(new Error(`${href} cannot be had`));
			} });
			document.head.append(sheet);
		});
	}
	return module;
}

/** Pages that are fetched when first shown. @type {[RegExp, () => Promise<any>, string][]} */
const LATER = [
	[/^\/devices\/([^/]+)$/, () => import('./pages/device.js'), 'DevicePage'],
	[/^\/add$/, () => import('./pages/add.js'), 'Add'],
	[/^\/alerts$/, () => import('./pages/alerts.js'), 'Alerts'],
	[/^\/explorer(?:\/(broker))?$/, () => withStyle('explorer', import('./pages/explorer.js')), 'Explorer'],
	[/^\/settings\/people$/, () => import('./pages/people.js'), 'PeoplePage'],
	[/^\/settings\/me$/, () => import('./pages/me.js'), 'MePage'],
	[/^\/settings\/history$/, () => import('./pages/history.js'), 'HistoryPage'],
	[/^\/settings\/api$/, () => import('./pages/api.js'), 'ApiPage'],
	[/^\/problems\/([^/]+)$/, () => import('./pages/api.js'), 'ApiPage'],
	[/^\/settings$/, () => import('./pages/settings.js'), 'Settings'],
];

/** @param {{load: () => Promise<any>, name: string, arg: string}} props */
function Later({ load, name, arg }) {
	const [Shown, setShown] = useState(/** @type {any} */ (null));
	const [failed, setFailed] = useState(false);
	useEffect(() => {
		let current = true;
		setFailed(false);
		load().then((module) => current && setShown(() => module[name]), () => current && setFailed(true));
		return () => { current = false; };
	}, [name]);
	if (failed) return html`<${Page} title=${T.app}><p class="refusal">${T.errors.unreachable}</p></${Page}>`;
	return Shown ? html`<${Shown} arg=${arg} />` : html`<main class="page" aria-busy="true"></main>`;
}

/** @param {string} at */
function inside(at) {
	if (at === '/') return html`<${Overview} />`;
	for (const [pattern, load, name] of LATER) {
		const match = pattern.exec(at);
		if (!match) continue;
		let arg = '';
		try {
			arg = decodeURIComponent(match[1] ?? '');
		} catch {
			break;
		}
		return html`<${Later} key=${name + arg} load=${load} name=${name} arg=${arg} />`;
	}
	return html`<${Missing} />`;
}

function App() {
	const who = session.value;
	const at = path.value;
	let page;
	if (at === '/setup') page = html`<${Later} key="setup" load=${() => import('./pages/setup.js')} name="Setup" arg="" />`;
	else if (who === null) page = html`<${Login} />`;
	else if (who === undefined) page = html`<div class="opening" data-link=${link.value}>${link.value === 'lost' && html`<p role="status">${T.errors.unreachable}</p>`}</div>`;
	else if (who.must_change) page = html`<${Later} key="first" load=${() => import('./pages/first_password.js')} name="FirstPassword" arg="" />`;
	else page = html`<${Frame}>${inside(at)}</${Frame}>`;
	return html`${page}<${Announcer} />`;
}

/** Asks until the hub answers. */
async function whoAmI() {
	for (let wait = 500; ; wait = Math.min(wait * 2, 10000)) {
		try {
			const answer = await call('GET', '/session', null, { anonymous: true });
			setClock(answer.now);
			session.value = answer;
			return;
		} catch (error) {
			if (error instanceof ApiError && error.status === 401) {
				session.value = null;
				return;
			}
			link.value = 'lost';
			await new Promise((resolve) => { setTimeout(resolve, wait); });
		}
	}
}

startRouter();
effect(() => {
	if (session.value === null) goLogin();
	else if (session.value && path.peek() === '/login') goOn();
});
followSession();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById('app')));
void whoAmI();
