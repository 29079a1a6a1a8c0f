// The broker's health in words, from its own topics.
import { html } from './html.js';
import { Icon } from './icon.js';
import { bytesText, duration } from '../format.js';
import { frame, health, state } from '../explorer/session.js';
import { grouped, locale } from '../locale.js';
import { T } from '../text.js';

/** @import {Spot} from '../explorer/health.js' */

const H = T.explorer.health;
const WIDTH = 120, HEIGHT = 32;

/** @param {{spots: Spot[]}} props */
function Line({ spots }) {
	if (spots.length < 2) return html`<svg class="flow-line" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true"></svg>`;
	const most = Math.max(...spots.map(({ value }) => value)) || 1;
	const points = spots.map(({ value }, i) => `${(i / (spots.length - 1) * WIDTH).toFixed(1)},${(HEIGHT - 2 - value / most * (HEIGHT - 4)).toFixed(1)}`);
	return html`<svg class="flow-line" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true"><polyline points=${points.join(' ')} /></svg>`;
}

/** @param {number|null} value */
const count = (value) => (value === null ? '–' : grouped(value));
/** @param {number|null} value */
const size = (value) => (value === null ? '–' : bytesText(value));
/** @param {number|null} value */
const perSecond = (value) => (value === null ? '–' : value.toLocaleString(locale, { maximumFractionDigits: value < 10 ? 1 : 0 }));

/** @param {{label: string, name: string, bytes?: boolean}} props */
function Flow({ label, name, bytes = false }) {
	const rate = health.rate(name);
	return html`<div class="flow"><span class="muted">${label}</span>
		<span><b class="figure">${bytes ? size(rate === null ? null : Math.round(rate)) : perSecond(rate)}</b> <small class="muted">${H.aSecond}</small></span>
		<${Line} spots=${health.lines.get(name) ?? []} /></div>`;
}

/** @param {{title: string, icon: string, facts: [string, any][], children?: any}} props */
function Facts({ title, icon, facts, children = null }) {
	return html`<section class="panel"><h2><${Icon} name=${icon} /><span>${title}</span></h2>
		<dl class="facts">${facts.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>${children}</section>`;
}

/** What is wrong, each in a sentence; most urgent first. */
function troubles() {
	const found = [];
	const level = health.overload();
	if (health.number('tomte/store/disk_full')) found.push(H.diskFull);
	if (level) found.push(H.overload[level]);
	if (health.number('tomte/store/errors')) found.push(H.storeErrors(count(health.number('tomte/store/errors'))));
	if (health.number('tomte/house/messages/lost')) found.push(H.houseLost(count(health.number('tomte/house/messages/lost'))));
	return found;
}

export function BrokerHealthView() {
	void frame.value;
	const n = (/** @type {string} */ name) => health.number(name);
	if (!health.texts.size) {
		return html`<div class="empty"><p role="status">${state.value === 'live' ? H.silent : T.explorer.states[state.value]}</p></div>`;
	}
	const wrong = troubles(), limits = health.limits();
	const used = n('store/messages/bytes'), most = n('tomte/memory/maximum');
	return html`
		<div class=${wrong.length ? 'verdict' : 'verdict fine'} role="status"><${Icon} name=${wrong.length ? 'alert' : 'check-circle-outline'} />
			<div>${wrong.length ? wrong.map((sentence) => html`<p key=${sentence}>${sentence}</p>`) : html`<p>${H.fine}</p>`}</div></div>
		<section class="panel"><h2><${Icon} name="pulse" /><span>${H.flow}</span></h2>
			<div class="flows"><${Flow} label=${H.messagesIn} name="publish/messages/received" /><${Flow} label=${H.messagesOut} name="publish/messages/sent" />
				<${Flow} label=${H.bytesIn} name="bytes/received" bytes /><${Flow} label=${H.bytesOut} name="bytes/sent" bytes /></div></section>
		<div class="health-facts">
			<${Facts} title=${H.broker} icon="server" facts=${[[H.uptime, duration(n('uptime') ?? 0)], [H.version, (health.texts.get('version') ?? '–').replace(/^tomte version /, '')],
				[H.process, size(n('heap/current'))]]} />
			<${Facts} title=${H.clients} icon="devices" facts=${[[H.connected, count(n('clients/connected'))], [H.mostConnected, count(n('clients/maximum'))],
				[H.away, count(n('clients/disconnected'))], [H.subscriptions, count(n('subscriptions/count'))]]} />
			<${Facts} title=${H.memory} icon="memory" facts=${[[H.used, size(used)], [H.mayUse, size(most)], [H.retained, H.kept(count(n('retained messages/count')), size(n('tomte/retained/bytes')))],
				[H.inflight, count(n('messages/inflight'))], [H.dropped, count(n('publish/messages/dropped'))]]}>
				${used !== null && !!most && html`<meter class="memory" min="0" max="1" low="0.8" high="0.9" optimum="0" value=${Math.min(1, used / most)} aria-label=${H.memoryOf(size(used), size(most))}></meter>`}</${Facts}>
			<${Facts} title=${H.disk} icon="harddisk" facts=${[[H.waiting, count(n('tomte/store/samples/waiting'))], [H.unsealed, count(n('tomte/store/samples/unsealed'))],
				[H.stored, count(n('tomte/store/samples'))], [H.syncs, count(n('tomte/store/journal/syncs'))], [H.written, size(n('tomte/store/journal/bytes'))], [H.errors, count(n('tomte/store/errors'))]]} />
			<section class="panel"><h2><${Icon} name="shield-check-outline" /><span>${H.limits}</span></h2>
				${limits.length ? html`<dl class="facts">${limits.map(([name, times]) => html`<dt>${H.limitNames[name] ?? name}</dt><dd>${H.times(times)}</dd>`)}</dl>` : html`<p class="muted">${H.noLimits}</p>`}</section>
		</div>`;
}
