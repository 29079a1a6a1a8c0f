// Rules for topics that are no device's: the list, adding, removing with a way back.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Field, Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { erase, getAll, post, reasonOf } from '../api.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Rule} from '../types.js' */

const EMPTY = { filter: '', path: '', name: '', kind: 'gauge', unit: '' };

/** What another page has asked for in the address: ?filter=…&path=…; null: nothing. */
function asked() {
	const query = new URLSearchParams(location.search);
	const filter = query.get('filter');
	return filter ? { ...EMPTY, filter, path: query.get('path') ?? '' } : null;
}

/** @param {{onAdded: (rule: Rule) => void}} props */
function AddRule({ onAdded }) {
	const [wish, setWish] = useState(() => asked() ?? EMPTY);
	const form = useRef(/** @type {HTMLDetailsElement|null} */ (null));
	useEffect(() => {
		if (!asked()) return;
		form.current?.scrollIntoView({ block: 'center' });
		form.current?.querySelector('input')?.focus({ preventScroll: true });
	}, []);
	const { busy, error, run } = useAction();
	/** @param {string} field */
	const props = (field) => ({
		value: /** @type {any} */ (wish)[field], onInput: (/** @type {string} */ text) => setWish({ ...wish, [field]: text }),
		error: error?.field === field ? error.message : null, maxlength: 255,
	});
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			const given = Object.fromEntries(Object.entries(wish).filter(([, text]) => text.trim()).map(([key, text]) => [key, text.trim()]));
			onAdded(await post('/rules', given));
			setWish(EMPTY);
			if (asked()) go(location.pathname, { replace: true });
			say(T.history.saved);
		});
	};
	return html`<details ref=${form} open=${!!asked()}><summary>${T.history.addRule}</summary><form class="form" onSubmit=${submit}>
		<${Field} label=${T.history.filter} hint=${T.history.filterHint} required ...${props('filter')} />
		<${Field} label=${T.history.path} hint=${T.history.pathHint} ...${props('path')} />
		<div class="pair">
			<div class="field"><label for="rule-kind">${T.history.kind}</label>
				<select id="rule-kind" value=${wish.kind} onChange=${(/** @type {any} */ event) => setWish({ ...wish, kind: event.target.value })}>${Object.entries(T.history.kinds).map(([kind, label]) => html`<option key=${kind} value=${kind}>${label}</option>`)}</select></div>
			<${Field} label=${T.history.unit} ...${props('unit')} maxlength=${31} />
		</div>
		<${Field} label=${T.history.name} ...${props('name')} maxlength=${63} />
		${error && !(error.field && error.field in EMPTY) && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button primary" disabled=${busy || !wish.filter.trim()} data-busy=${busy ? '' : undefined}>${T.history.add}</button></div>
	</form></details>`;
}

export function Rules() {
	const [rules, setRules] = useState(/** @type {Rule[]|null} */ (null));
	const [gone, setGone] = useState(/** @type {Rule|null} */ (null));
	const [failed, setFailed] = useState('');
	const { busy, error, run } = useAction();
	useEffect(() => { getAll('/rules', 'rules').then((answer) => setRules(answer.rules), (reason) => setFailed(reasonOf(reason))); }, []);
	/** @param {Rule} rule */
	const add = (rule) => setRules((now) => [...(now ?? []), rule]);
	/** @param {Rule} rule */
	const remove = (rule) => void run(async () => {
		await erase(`/rules/${rule.id}`);
		setRules((now) => (now ?? []).filter((other) => other !== rule));
		setGone(rule);
	});
	const undo = () => void run(async () => {
		if (!gone) return;
		const { id, ...wish } = gone;
		const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== null && value !== ''));
		add(await post('/rules', given));
		setGone(null);
	});
	return html`<section class="panel"><h2><${Icon} name="lan" /><span>${T.history.rules}</span></h2>
		<p class="muted">${T.history.rulesLead}</p>
		${failed && html`<p class="refusal" role="alert">${failed}</p>`}
		${rules && html`<ul class="rows">${rules.map((rule) => html`<li key=${rule.id} class="rule"><span class="row-name"><code>${rule.filter}</code>${rule.path && html` <code>${rule.path}</code>`}
			<small class="muted">${[rule.name, T.history.kinds[rule.kind] ?? rule.kind, rule.unit].filter(Boolean).join(' · ')}</small></span>
			<button type="button" class="icon-button" disabled=${busy} aria-label=${T.history.remove(rule.name || rule.filter)} onClick=${() => remove(rule)}><${Icon} name="delete-outline" /></button></li>`)}</ul>
			${!rules.length && !gone && html`<p class="muted">${T.history.noRules}</p>`}`}
		${gone && html`<p role="status">${T.history.removed} <button type="button" class="link" disabled=${busy} onClick=${undo}>${T.history.undo}</button></p>`}
		<${Refusal} error=${error} />
		${(rules || failed) && html`<${AddRule} onAdded=${add} />`}
	</section>`;
}
