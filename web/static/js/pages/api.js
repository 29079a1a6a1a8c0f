// More → API: the hub's description of its API to read, and to try. Also where the type of a problem leads.
import { useEffect, useMemo, useRef, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Field } from '../parts/form.js';
import { Paragraphs } from '../parts/prose.js';
import { OperationItem } from '../parts/api_operation.js';
import { isFound, readGroups, readProblems } from '../api_doc.js';
import { call, reasonOf } from '../api.js';
import { T } from '../text.js';

/** @import {Group, Problem} from '../api_doc.js' */

/** @param {{doc: any}} props */
function About({ doc }) {
	const [first, ...rest] = doc.info.description.split('\n\n');
	return html`<section class="panel"><p>${first}</p>
		<details><summary>${T.api.about}</summary><div class="stack api-about"><${Paragraphs} text=${rest.join('\n\n')} /></div></details>
		<div class="row"><a class="button" href="/api/v1/openapi.json" download="tomte-openapi.json"><${Icon} name="download" /><span>${T.api.download}</span></a></div>
	</section>`;
}

/** @param {{doc: any, group: Group, words: string}} props */
function GroupPanel({ doc, group, words }) {
	const found = group.operations.filter((one) => isFound(one, words));
	if (!found.length) return null;
	return html`<section class="panel api-group"><h2>${T.api.groups[group.name] ?? group.name}</h2><p class="muted">${group.description}</p>
		<div class="items">${found.map((one) => html`<${OperationItem} key=${one.id} doc=${doc} operation=${one} />`)}</div></section>`;
}

/** @param {{problems: Problem[], wanted: string}} props */
function Problems({ problems, wanted }) {
	const target = useRef(/** @type {HTMLLIElement|null} */ (null));
	useEffect(() => { target.current?.scrollIntoView({ block: 'center' }); }, [wanted]);
	return html`<section class="panel"><h2>${T.api.kinds}</h2><ul class="plain api-members">${problems.map((each) => {
		const here = each.type === `/problems/${wanted}`;
		return html`<li class="api-member" key=${each.type} ref=${here ? target : undefined} data-wanted=${here ? '' : undefined} aria-current=${here ? 'true' : undefined}>
			<div><code class="api-status">${each.status}</code> <code>${each.type}</code></div><p>${each.text}</p></li>`;
	})}</ul></section>`;
}

/** @param {{doc: any, wanted: string}} props */
function Loaded({ doc, wanted }) {
	const [words, setWords] = useState('');
	const groups = useMemo(() => readGroups(doc), [doc]);
	const problems = useMemo(() => readProblems(doc), [doc]);
	const none = !groups.some((group) => group.operations.some((one) => isFound(one, words)));
	return html`<${About} doc=${doc} />
		<${Field} label=${T.api.search} value=${words} onInput=${setWords} type="search" />
		${groups.map((group) => html`<${GroupPanel} key=${group.name} doc=${doc} group=${group} words=${words} />`)}
		${none && html`<p class="empty" role="status">${T.api.none}</p>`}
		<${Problems} problems=${problems} wanted=${wanted} />`;
}

/** @param {{arg: string}} props arg: the kind of problem to show, or '' */
export function ApiPage({ arg }) {
	const [doc, setDoc] = useState(/** @type {any} */ (null));
	const [failed, setFailed] = useState('');
	const [again, setAgain] = useState(0);
	useEffect(() => {
		let current = true;
		setFailed('');
		call('GET', '/openapi.json', null, { cache: 'no-cache' }).then((answer) => current && setDoc(answer), (error) => current && setFailed(reasonOf(error)));
		return () => { current = false; };
	}, [again]);
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${T.api.title} before=${back} narrow>${
		doc ? html`<${Loaded} doc=${doc} wanted=${arg} />` :
		failed ? html`<div class="empty" role="alert"><p>${failed}</p><button type="button" class="button" onClick=${() => setAgain(again + 1)}>${T.chart.retry}</button></div>` :
		html`<div class="panel skeleton" aria-hidden="true"></div><div class="panel skeleton" aria-hidden="true"></div>`}</${Page}>`;
}
