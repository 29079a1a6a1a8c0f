// One topic: its last message in full, and those before it with what has changed.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { CopyButton } from './copy.js';
import { Json, ValueActions } from './explorer_json.js';
import { ClearRetained } from './explorer_publish.js';
import { bytesText, timeWithSeconds } from '../format.js';
import { contentOf, differences, hexLines, previewOf } from '../explorer/payload.js';
import { choose, chosen, frame, past, tree } from '../explorer/session.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Heard} from '../explorer/topics.js' */
/** @import {Content, Difference} from '../explorer/payload.js' */
/** @typedef {'json'|'text'|'hex'} View */

const X = T.explorer;
const HEX_MOST = 4096;

/** @param {{bytes: Uint8Array}} props */
function Hex({ bytes }) {
	return html`<div class="hex" tabindex="0" role="group" aria-label=${X.views.hex}><pre>${hexLines(bytes, HEX_MOST).map(({ offset, hex, ascii }) => `${offset}  ${hex}  ${ascii}`).join('\n')}</pre>
		${bytes.length > HEX_MOST && html`<p class="muted">${X.cut(bytesText(HEX_MOST), bytesText(bytes.length))}</p>`}</div>`;
}

/** @param {{content: Content, view: View, message: Heard}} props */
function Payload({ content, view, message }) {
	if (content.kind === 'empty') return html`<p class="muted">${X.emptyLong}</p>`;
	if (view === 'hex') return html`<${Hex} bytes=${message.payload} />`;
	if (view === 'json' && content.kind === 'json') return html`<div class="json"><${Json} value=${content.value} topic=${message.topic} /></div>`;
	return html`<pre class="payload-text" tabindex="0">${content.text}</pre>${content.kind === 'text' && html`<${ValueActions} topic=${message.topic} path="$" value=${content.text} />`}`;
}

/** @param {Heard} message @returns {[string, any][]} */
function factsOf(message) {
	const { props } = message;
	return [
		[X.time, timeWithSeconds(message.at)], [X.qos, X.qosWords[message.qos]], [X.size, bytesText(message.payload.length)],
		[X.contentType, props.contentType], [X.responseTopic, props.responseTopic && html`<code>${props.responseTopic}</code>`],
		[X.expiry, props.expiry === undefined ? undefined : X.seconds(props.expiry)],
		.../** @type {[string, any][]} */ (props.user.map(([name, value]) => [name, html`<code>${value}</code>`])),
	];
}

/** @param {any} value */
const short = (value) => {
	const text = value === undefined ? '–' : JSON.stringify(value);
	return text.length > 60 ? text.slice(0, 59) + '…' : text;
};

/** @param {Heard} message @param {Heard} before @returns {Difference[]} */
function changesOf(message, before) {
	const now = contentOf(message.payload), then = contentOf(before.payload);
	if (now.kind === 'json' && then.kind === 'json') return differences(then.value, now.value);
	const [a, b] = [then, now].map((content, i) => (content.kind === 'binary' ? X.binary(bytesText((i ? message : before).payload.length)) : content.text));
	return a === b ? [] : [{ path: '', how: 'changed', before: a, after: b }];
}

/** @param {{message: Heard, before: Heard|undefined}} props */
function Changes({ message, before }) {
	if (!before) return html`<p class="muted">${X.first}</p>`;
	const found = changesOf(message, before);
	if (!found.length) return html`<p class="muted">${X.same}</p>`;
	return html`<ul class="changes">${found.map(({ path, how, before: old, after }) => html`<li key=${path} data-how=${how}><code>${path}</code>
		<span><span class="sr-only">${X.hows[how]} </span>${how !== 'added' && html`<del>${short(old)}</del>`}${how === 'changed' && ' → '}${how !== 'removed' && html`<ins>${short(after)}</ins>`}</span></li>`)}</ul>`;
}

function History() {
	const { list } = past;
	return html`<section class="panel"><h2><${Icon} name="clock-outline" /><span>${X.history}</span></h2>
		<p class="muted">${X.historyLead(past.most)}</p>
		<div class="items">${list.map(({ n, message }, i) => html`<details key=${n} class="item past"><summary><span class="past-time">${timeWithSeconds(message.at)}</span>
			<span class="past-text">${message.payload.length ? previewOf(message.payload) ?? X.binary(bytesText(message.payload.length)) : X.empty}</span></summary>
			<${Changes} message=${message} before=${list[i + 1]?.message} /></details>`)}</div>
	</section>`;
}

/** @param {Content} content @returns {View[]} */
const viewsOf = (content) => (content.kind === 'json' ? ['json', 'text', 'hex'] : content.kind === 'text' ? ['text', 'hex'] : ['hex']);

/** @param {{onBack: () => void, onPublish: (topic: string) => void}} props */
export function TopicPanel({ onBack, onPublish }) {
	void frame.value;
	const topic = chosen.value;
	const [wished, setWished] = useState(/** @type {View} */ ('json'));
	const heading = useRef(/** @type {HTMLHeadingElement|null} */ (null));
	useEffect(() => { heading.current?.focus({ preventScroll: true }); }, [topic]);
	const newest = past.list[0]?.message;
	const node = tree.find(topic);
	if (!newest) return null;
	const content = contentOf(newest.payload);
	const views = viewsOf(content);
	const view = views.includes(wished) ? wished : views[0];
	return html`
		<section class="panel topic-panel" aria-label=${topic}>
			<div class="topic-head"><button type="button" class="icon-button only-narrow" aria-label=${X.back} onClick=${() => { choose(''); onBack(); }}><${Icon} name="arrow-left" /></button>
				<h2 ref=${heading} tabindex="-1"><code>${topic}</code></h2><${CopyButton} text=${() => topic} label=${X.copyTopic} /></div>
			<p class="row">${node?.retained ? html`<span class="tag">${X.retained}</span>` : html`<span class="tag plain">${X.notRetained}</span>`}
				<span class="muted">${node ? X.messages(node.count) : X.goneTopic}</span></p>
			<div class="row payload-head"><div class="segments" role="group" aria-label=${X.shownAs}>${views.map((name) => html`<button key=${name} type="button" aria-pressed=${name === view} onClick=${() => setWished(name)}>${X.views[name]}</button>`)}</div>
				<${CopyButton} text=${() => content.text || hexLines(newest.payload, Infinity).map(({ hex }) => hex.trim()).join(' ')} label=${X.copyPayload} /></div>
			<${Payload} content=${content} view=${view} message=${newest} />
			<dl class="facts">${factsOf(newest).filter(([, value]) => value !== undefined && value !== '').map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>
			${mayManage(session.value) && html`<div class="row end">${node?.retained && html`<${ClearRetained} topic=${topic} />`}
				<button type="button" class="button" onClick=${() => onPublish(topic)}><${Icon} name="upload" size=${20} /><span>${X.publishHere}</span></button></div>`}
		</section>
		<${History} />`;
}
