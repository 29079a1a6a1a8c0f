// Starts the pages: asks who is logged in, then shows the page of the address.
import { render, useEffect, useState, effect } from './lib.js';
import { html } from './parts/html.js';
import { Announcer } from './parts/announce.js';
import { Frame, Page } from './parts/frame.js';
import { Login } from './pages/login.js';
import { Overview } from './pages/overview.js';
import { Missing } from './pages/missing.js';
import { ApiError, call } from './api.js';
import { asset, version } from './assets.js';
import { followSession } from './live.js';
import { keepMemory, remember } from './memory.js';
import { keepOffline } from './offline.js';
import { goLogin, goOn, path, startRouter } from './router.js';
import { link, session, setClock } from './store.js';
import { T } from './text.js';

/** With the style sheets that only this page needs, which come before it draws. @param {Promise<any>} module @param {string[]} sheets */
async function styled(module, ...sheets) {
	await Promise.all(sheets.map((name) => new Promise((resolve, reject) => {
		const href = asset(name);
		if (document.querySelector(`link[href="${href}"]`)) {
			resolve(null);
			return;
		}
		const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror: () => {
			link.remove();
			reject(new Error(`no ${name}`));
		} });
		document.head.append(link);
	})));
	return module;
}

/** Pages that are fetched when first shown. @type {[RegExp, () => Promise<any>, string][]} */
const LATER = [
	[/^\/devices\/([^/]+)$/, () => styled(import('./pages/device.js'), 'css/chart.css', 'vendor/uplot-1.6.32.css'), 'DevicePage'],
	[/^\/add$/, () => styled(import('./pages/add.js'), 'css/others.css'), 'Add'],
	[/^\/add\/other$/, () => styled(import('./pages/add_other.js'), 'css/others.css'), 'AddOther'],
	[/^\/add\/nearby$/, () => styled(import('./pages/add_nearby.js'), 'css/others.css'), 'AddNearby'],
	[/^\/add\/by-hand$/, () => styled(import('./pages/by_hand.js'), 'css/explorer.css', 'css/others.css'), 'ByHand'],
	[/^\/charts$/, () => styled(import('./pages/charts.js'), 'css/chart.css', 'css/charts.css', 'vendor/uplot-1.6.32.css'), 'ChartsPage'],
	[/^\/more$/, () => import('./pages/more.js'), 'MorePage'],
	[/^\/scenes$/, () => import('./pages/scenes.js'), 'ScenesPage'],
	[/^\/alerts$/, () => import('./pages/alerts.js'), 'Alerts'],
	[/^\/explorer(?:\/(broker))?$/, () => styled(import('./pages/explorer.js'), 'css/explorer.css'), 'Explorer'],
	[/^\/settings\/people$/, () => import('./pages/people.js'), 'PeoplePage'],
	[/^\/settings\/me$/, () => import('./pages/me.js'), 'MePage'],
	[/^\/settings\/clients$/, () => styled(import('./pages/clients.js'), 'css/others.css'), 'ClientsPage'],
	[/^\/settings\/history$/, () => import('./pages/history.js'), 'HistoryPage'],
	[/^\/trust$/, () => import('./pages/trust.js'), 'Trust'],
	[/^\/settings\/api$/, () => styled(import('./pages/api.js'), 'css/api.css'), 'ApiPage'],
	[/^\/problems\/([^/]+)$/, () => styled(import('./pages/api.js'), 'css/api.css'), 'ApiPage'],
	[/^\/settings$/, () => import('./pages/settings.js'), 'Settings'],
];

/** A module that is not there while the hub answers: it has other pages now. Once, so that a fault does not become a loop. */
async function reloadIfReplaced() {
	try {
		await call('GET', '/session', null, { anonymous: true });
	} catch (error) {
		if (!(error instanceof ApiError) || error.status !== 401) return;
	}
	try {
		if (sessionStorage.getItem('replaced') === version) return;
		sessionStorage.setItem('replaced', version);
	} catch {
		return;
	}
	location.reload();
}

/** What arranges Home. */
const loadArranging = () => styled(import('./pages/arrange.js'), 'css/arrange.css').catch((error) => {
	void reloadIfReplaced();
	throw error;
});

/** @param {{load: () => Promise<any>, name: string, arg: string}} props */
function Later({ load, name, arg }) {
	const [Shown, setShown] = useState(/** @type {any} */ (null));
	const [failed, setFailed] = useState(false);
	useEffect(() => {
		let current = true;
		setFailed(false);
		load().then((module) => current && setShown(() => module[name]), () => {
			void reloadIfReplaced();
			if (current) setFailed(true);
		});
		return () => { current = false; };
	}, [name]);
	if (failed) return html`<${Page} title=${T.app}><p class="refusal">${T.errors.unreachable}</p></${Page}>`;
	return Shown ? html`<${Shown} arg=${arg} />` : html`<main class="page" aria-busy="true"></main>`;
}

/** @param {string} at */
function inside(at) {
	if (at === '/') return html`<${Overview} loadArranging=${loadArranging} />`;
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
	if (at === '/trust' && !who) page = html`<${Later} key="trust" load=${() => import('./pages/trust.js')} name="Trust" arg="" />`;
	else if (at === '/setup') page = html`<${Later} key="setup" load=${() => import('./pages/setup.js')} name="Setup" arg="" />`;
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
			remember();
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
keepMemory();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById('app')));
void whoAmI();
keepOffline();
