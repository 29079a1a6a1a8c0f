// One value or control of a device that is described by hand: where it stands in which message, and what it is.
import { useEffect, useId } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Field } from './form.js';
import { HandPick } from './hand_pick.js';
import { contentOf } from '../explorer/payload.js';
import { PAYLOADS, PLATFORMS, hasUnit, isCommanded, isReporting, pathOf, picked, valueIn } from '../others/by_hand.js';
import { CLASSES } from '../classes.js';
import { T } from '../text.js';

/** @import {Draft} from '../others/by_hand.js' */
/** @import {TopicTree} from '../explorer/topics.js' */
/** @typedef {(draft: Draft) => void} OnDraft */

const X = T.hand;
const TOPIC_MOST = 255, UNITS = ['°C', '%', 'W', 'kWh', 'V', 'A', 'hPa', 'lx', 'ppm', 'mm', 'm³', 'm/s', 's'];

/** @param {{label: string, value: string, options: [string, string][], onValue: (value: string) => void}} props */
function Select({ label, value, options, onValue }) {
	const id = useId();
	return html`<div class="field"><label for=${id}>${label}</label><select id=${id} value=${value} onChange=${(/** @type {any} */ event) => onValue(event.target.value)}>
		${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select></div>`;
}

/** @param {{draft: Draft, put: (part: Partial<Draft>) => void, topics: string[]}} props */
function Control({ draft, put, topics }) {
	const { platform, payloads } = draft;
	const words = Object.entries(PAYLOADS[platform] ?? {});
	return html`${isCommanded(platform) && html`<${Field} label=${X.commandTopic} value=${draft.commandTopic} onInput=${(/** @type {string} */ commandTopic) => put({ commandTopic })} hint=${X.commandHint} list=${topics} maxlength=${TOPIC_MOST} />`}
		${platform === 'select' && html`<${Field} label=${X.optionsLabel} value=${draft.options} onInput=${(/** @type {string} */ options) => put({ options })} hint=${X.optionsHint} maxlength=${TOPIC_MOST} />`}
		${platform === 'number' && html`<div class="pair">${/** @type {const} */ (['min', 'max', 'step']).map((key) => html`<${Field} key=${key} label=${X[key]} value=${draft[key]} onInput=${(/** @type {string} */ value) => put({ [key]: value })} />`)}</div>`}
		${words.length > 0 && html`<div class="pair">${words.map(([key, usual]) => html`<${Field} key=${key} label=${X.payloads[key]} value=${payloads[key] ?? ''} hint=${usual} onInput=${(/** @type {string} */ value) => put({ payloads: { ...payloads, [key]: value } })} />`)}</div>`}`;
}

/** @param {{draft: Draft, put: (part: Partial<Draft>) => void}} props */
function Meaning({ draft, put }) {
	const { platform } = draft, classes = CLASSES[platform] ?? (platform === 'number' ? CLASSES.sensor : null);
	if (!hasUnit(platform) && !classes) return null;
	const own = classes && draft.deviceClass && !classes.includes(draft.deviceClass) ? [draft.deviceClass] : [];
	return html`<div class="pair">${hasUnit(platform) && html`<${Field} label=${X.unit} value=${draft.unit} list=${UNITS} onInput=${(/** @type {string} */ unit) => put({ unit })} />`}
		${classes && html`<${Select} label=${hasUnit(platform) ? X.deviceClass : X.sort} value=${draft.deviceClass} onValue=${(/** @type {string} */ deviceClass) => put({ deviceClass })}
			options=${[['', X.classNone], ...[...classes, ...own].map((key) => [key, X.classes[key] ?? key])]} />`}</div>`;
}

/** @param {{draft: Draft, value: any}} props */
function Preview({ draft, value }) {
	const said = pathOf(draft.template) === null ? X.unknown : value === undefined || value === '' ? X.nothing : `${value}${hasUnit(draft.platform) && draft.unit ? ` ${draft.unit}` : ''}`;
	return html`<p class="preview"><span class="muted">${X.now}</span><strong>${said}</strong></p>`;
}

/** @param {{draft: Draft, n: number, heard: TopicTree['heard'], onDraft: OnDraft, onRemove: (() => void)|null}} props heard: by topic */
export function HandEntity({ draft, n, heard, onDraft, onRemove }) {
	const last = heard.get(draft.topic)?.last;
	const content = last ? contentOf(last.payload) : null;
	const value = content ? valueIn(content, draft.template) : undefined;
	const topics = [...heard.keys()].filter((topic) => !topic.startsWith('$')).sort();
	/** @param {Partial<Draft>} part */
	const put = (part) => onDraft({ ...draft, ...part, fresh: false });
	// the first message says what the value may be
	useEffect(() => {
		const path = pathOf(draft.template);
		if (draft.fresh && path !== null && value !== undefined) onDraft(picked(draft, path, value));
	}, [draft.fresh, value]);
	const title = draft.name.trim() || X.entity(n);
	return html`<section class="panel" aria-label=${title}><div class="hand-head"><h2>${title}</h2>${onRemove && html`<button type="button" class="icon-button" aria-label=${X.remove(title)} onClick=${onRemove}><${Icon} name="delete-outline" /></button>`}</div>
		<${Select} label=${X.kind} value=${draft.platform} onValue=${(/** @type {string} */ platform) => put({ platform })} options=${PLATFORMS.map((key) => [key, X.platforms[key]])} />
		${isReporting(draft.platform) && html`<${Field} label=${X.topic} value=${draft.topic} onInput=${(/** @type {string} */ topic) => onDraft({ ...draft, topic, fresh: !draft.own })} hint=${X.topicHint} list=${topics} maxlength=${TOPIC_MOST} />
			<div class="stack"><p class="legend">${X.pick}</p><${HandPick} content=${content} chosen=${pathOf(draft.template)} onPick=${(/** @type {string} */ path, /** @type {any} */ found) => onDraft(picked(draft, path, found))} /></div>
			${pathOf(draft.template) === null && html`<${Field} label=${X.template} value=${draft.template} onInput=${(/** @type {string} */ template) => put({ template })} maxlength=${1024} />`}
			<${Preview} draft=${draft} value=${value} />`}
		<${Field} label=${X.entityName} value=${draft.name} onInput=${(/** @type {string} */ name) => put({ name, own: true })} required />
		<${Meaning} draft=${draft} put=${put} />
		<${Control} draft=${draft} put=${put} topics=${topics} />
	</section>`;
}
