// One operation of the API: folded its method and path, unfolded all that is written about it.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { CopyLine } from './copy.js';
import { Paragraphs, Prose } from './prose.js';
import { SchemaView } from './api_schema.js';
import { Try } from './api_try.js';
import { canTry, curlOf, nameOf, typeOf } from '../api_doc.js';
import { T } from '../text.js';

/** @import {Answer, Operation} from '../api_doc.js' */

/** @param {{operation: Operation}} props */
function Parameters({ operation }) {
	if (!operation.parameters.length) return null;
	return html`<section class="stack"><h3>${T.api.parameters}</h3><ul class="plain api-members">${operation.parameters.map((each) => html`
		<li class="api-member" key=${each.name}>
			<div><code class="api-name">${each.name}</code> <span class="api-type">${typeOf(each.schema)}</span> <small class="muted">${T.api.places[each.in]}${each.required ? '' : `, ${T.api.optional}`}${
				each.schema.default !== undefined && `, ${T.api.standard(each.schema.default)}`}</small></div>
			${each.description && html`<p class="muted"><${Prose} text=${each.description} /></p>`}
		</li>`)}</ul></section>`;
}

/** @param {{doc: any, operation: Operation}} props */
function Body({ doc, operation }) {
	const { body } = operation;
	if (!body) return null;
	return html`<section class="stack"><h3>${T.api.body}${body.schema && html` <span class="api-type">${nameOf(body.schema)}</span>`}</h3>
		${body.schema ? html`<${SchemaView} doc=${doc} schema=${body.schema} />` : html`<p class="muted">${body.type}</p>`}</section>`;
}

/** @param {{doc: any, answers: Answer[], events: Operation['events']}} props */
function Answers({ doc, answers, events }) {
	const good = answers.filter((each) => !each.problem);
	const problems = answers.filter((each) => each.problem);
	return html`<section class="stack"><h3>${T.api.answers}</h3>
		${good.map((each) => html`<div class="stack" key=${each.status}><p><code class="api-status">${each.status}</code> ${each.description}${each.type && html` <span class="muted">${each.type}</span>`}</p>
			${each.schema && each.type === 'application/json' && html`<${SchemaView} doc=${doc} schema=${each.schema} />`}</div>`)}
		${events && html`<h3>${T.api.events}</h3><ul class="plain api-members">${Object.entries(events).map(([name, each]) => html`<li class="api-member" key=${name}>
			<div><code class="api-name">${name}</code> <span class="api-type">${nameOf(each.schema)}</span></div><p class="muted">${each.description}</p></li>`)}</ul>`}
		<details><summary>${T.api.problems(problems.length)}</summary><ul class="plain api-members">${problems.map((each) => html`
			<li class="api-member" key=${each.status}><div><code class="api-status">${each.status}</code> ${each.description}</div></li>`)}</ul></details>
	</section>`;
}

/** @param {{doc: any, operation: Operation}} props */
function Unfolded({ doc, operation }) {
	const [values, setValues] = useState(/** @type {Record<string, string>} */ ({}));
	return html`<div class="stack api-body">
		<div class="api-about">${operation.description && html`<${Paragraphs} text=${operation.description} />`}<p class="muted">${T.api.access[operation.access] ?? operation.access}</p></div>
		<${Parameters} operation=${operation} />
		<${Body} doc=${doc} operation=${operation} />
		<${Answers} doc=${doc} answers=${operation.answers} events=${operation.events} />
		${canTry(operation) && html`<section class="stack"><h3>${T.api.try}</h3><${Try} operation=${operation} values=${values} onChange=${setValues} /></section>`}
		<section class="stack"><h3>${T.api.terminal}</h3><${CopyLine} text=${curlOf(doc, operation, values, location.origin)} /></section>
	</div>`;
}

/** @param {{doc: any, operation: Operation}} props */
export function OperationItem({ doc, operation }) {
	const element = useRef(/** @type {HTMLDetailsElement|null} */ (null));
	const [open, setOpen] = useState(location.hash === `#${operation.id}`);
	useEffect(() => { if (open) element.current?.scrollIntoView({ block: 'start' }); }, []);
	/** @param {any} event */
	const toggle = (event) => {
		const now = event.currentTarget.open;
		if (event.target !== event.currentTarget || now === open) return;
		setOpen(now);
		history.replaceState(null, '', now ? `#${operation.id}` : location.pathname);
	};
	return html`<details class="item api-operation" id=${operation.id} ref=${element} open=${open} onToggle=${toggle}>
		<summary><span class="api-method" data-method=${operation.method}>${operation.method}</span><span class="api-path"><code>${operation.path.replaceAll('/', '\u200b/')}</code><small>${operation.summary}</small></span></summary>
		${open && html`<${Unfolded} doc=${doc} operation=${operation} />`}
	</details>`;
}
