// The explorer: every topic as it is heard; for guests those of the devices in their rooms. Publishing by hand and the broker's health for the owner
// (web/mqtt_rights.c).
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { BrokerHealthView } from '../parts/explorer_health.js';
import { Publish } from '../parts/explorer_publish.js';
import { TopicPanel } from '../parts/explorer_topic.js';
import { TopicsTree } from '../parts/explorer_tree.js';
import { filterValid } from '../explorer/packet.js';
import { EVERYTHING, acquire, choose, chosen, clear, filter, frame, listen, listenToSystem, missed, pause, paused, refusal, retry, state, tree, withSystem } from '../explorer/session.js';
import { mayManage, seesRooms, session } from '../store.js';
import { T } from '../text.js';

const X = T.explorer;

/** Which topics are listened to. */
function Filter() {
	const [wish, setWish] = useState(filter.peek());
	const [no, setNo] = useState('');
	useEffect(() => filter.subscribe(setWish), []);
	const wrong = wish !== '' && !filterValid(wish);
	/** @param {Event} event */
	const submit = async (event) => {
		event.preventDefault();
		const wanted = wish.trim() || EVERYTHING;
		if (!filterValid(wanted)) return;
		setWish(wanted);
		const answer = await listen(wanted);
		setNo(answer ? X.refusedBecause(answer.text || X.reasons[answer.reason] || `0x${answer.reason.toString(16)}`) : '');
	};
	const note = wrong ? X.filterWrong : no;
	return html`<form class="explorer-filter" onSubmit=${submit}>
		<label for="explorer-filter">${X.filter}</label>
		<div class="typed row"><input id="explorer-filter" value=${wish} maxlength="1024" autocapitalize="off" autocomplete="off" spellcheck=${false} aria-invalid=${note ? 'true' : undefined} aria-describedby="explorer-filter-note"
			onInput=${(/** @type {any} */ event) => setWish(event.target.value)} /><button class="button" disabled=${wrong}>${X.listen}</button></div>
		<p id="explorer-filter-note" class=${note ? 'note danger' : 'note'}>${note || X.filterHint}</p>
		${mayManage(session.value) && html`<label class="check"><input type="checkbox" checked=${withSystem.value} onChange=${(/** @type {any} */ event) => listenToSystem(event.target.checked)} /><span>${X.withSystem}</span></label>`}
	</form>`;
}

/** How it stands, in a line. */
function Status() {
	void frame.value;
	if (state.value === 'refused') {
		return html`<div class="refusal" role="alert"><${Icon} name="alert-circle-outline" /><span>${X.refused(refusal.value?.text ?? '')} <button type="button" class="link" onClick=${retry}>${T.chart.retry}</button></span></div>`;
	}
	const words = state.value !== 'live' ? X.states[state.value] : paused.value ? X.pausedWith(missed) : X.heard(tree.root.topics, tree.root.count);
	return html`<p class="explorer-status" data-state=${state.value}><span>${words}</span>${tree.dropped > 0 && html` <span class="warn">${X.dropped(tree.dropped, tree.maxTopics)}</span>`}</p>`;
}

/** @param {{search: string, onSearch: (text: string) => void}} props */
function Toolbar({ search, onSearch }) {
	return html`<div class="explorer-tools"><div class="search"><${Icon} name="magnify" size=${20} /><input type="search" value=${search} aria-label=${X.search} placeholder=${X.search} autocapitalize="off" spellcheck=${false}
			onInput=${(/** @type {any} */ event) => onSearch(event.target.value)} /></div>
		<${Status} />
		<button type="button" class="button small" aria-pressed=${paused.value} onClick=${() => pause(!paused.value)}>${paused.value ? X.goOn : X.pause}</button>
		<button type="button" class="button small" onClick=${clear}>${X.clear}</button></div>`;
}

function Topics() {
	const [search, setSearch] = useState('');
	const [topic, setTopic] = useState('');
	const [publishing, setPublishing] = useState(false);
	/** @param {string} to */
	const publishTo = (to) => {
		setTopic(to);
		setPublishing(true);
		requestAnimationFrame(() => document.querySelector('.publish-panel')?.scrollIntoView({ block: 'nearest' }));
	};
	/** Back to the tree, which takes the focus: on a phone it was out of sight. */
	const back = () => requestAnimationFrame(() => /** @type {HTMLElement|null} */ (document.querySelector('.topics'))?.focus());
	return html`<div class="explorer" data-chosen=${chosen.value ? '' : undefined}>
		<div class="stack explorer-list">${seesRooms(session.value) && html`<p class="muted topics-hint">${X.guests}</p>`}<section class="panel topics-panel" aria-label=${X.tree}><${Toolbar} search=${search} onSearch=${setSearch} /><${TopicsTree} search=${search} onChoose=${() => scrollTo(0, 0)} />
			<details><summary>${X.what}</summary><${Filter} /></details></section></div>
		<div class="stack explorer-side">
			${chosen.value ? html`<${TopicPanel} key=${chosen.value} onBack=${back} onPublish=${publishTo} />` : html`<p class="muted only-wide choose-hint">${X.chooseHint}</p>`}
			${mayManage(session.value) && html`<details class="panel publish-panel" open=${publishing} onToggle=${(/** @type {any} */ event) => setPublishing(event.target.open)}><summary>${X.publishTitle}</summary><${Publish} topic=${topic} onTopic=${setTopic} /></details>`}
		</div>
	</div>`;
}

/** @param {{arg: string}} props "broker" for its health */
export function Explorer({ arg }) {
	const owner = mayManage(session.value), guest = seesRooms(session.value), may = owner || (!arg && !!session.value);
	useEffect(() => (may ? acquire(owner, guest) : undefined), [may, owner, guest]);
	useEffect(() => () => choose(''), []);
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	const tabs = owner && html`<nav class="segments" aria-label=${X.title}><a href="/explorer" aria-current=${arg ? undefined : 'page'}>${X.topicsTab}</a><a href="/explorer/broker" aria-current=${arg ? 'page' : undefined}>${X.brokerTab}</a></nav>`;
	if (!may) return html`<${Page} title=${X.title} before=${back}><p class="refusal">${X.notOwner}</p></${Page}>`;
	return html`<${Page} title=${arg ? X.health.title : X.title} before=${back} after=${tabs}>${arg ? html`<${BrokerHealthView} />` : html`<${Topics} />`}</${Page}>`;
}
