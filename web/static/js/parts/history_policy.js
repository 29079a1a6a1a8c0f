// How long history is kept: the owner's policy for all of it.
import { useId, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Refusal, useAction } from './form.js';
import { say } from './announce.js';
import { put } from '../api.js';
import { T } from '../text.js';

/** @import {Policy} from '../types.js' */

const MEGABYTE = 1e6;

/**
 * A choice between no bound and a number.
 * @param {{label: string, hint: string, choices: {value: number|null, label: string}[], value: number, unit: string, first: number, min?: number, onChange: (value: number) => void, error?: string|null}} props
 *   choices: fixed values, and null for the number; first: what the number begins with
 */
export function Bound({ label, hint, choices, value, unit, first, min = 1, onChange, error = null }) {
	const id = useId();
	const fixed = choices.find((choice) => choice.value === value);
	return html`<fieldset class="bound"><legend>${label}</legend>
		<div class="segments wide">${choices.map((choice) => html`<label key=${choice.label}><input type="radio" name=${id} checked=${fixed ? choice === fixed : choice.value === null}
			onChange=${() => onChange(choice.value ?? first)} />${choice.label}</label>`)}</div>
		${!fixed && html`<div class="number-line"><input id=${id + 'n'} type="number" inputmode="numeric" min=${min} step="1" value=${value > 0 ? value : ''} aria-label=${`${label}: ${unit}`} aria-invalid=${error ? 'true' : undefined}
			onInput=${(/** @type {any} */ event) => onChange(Math.round(Number(event.target.value)) || 0)} /><span>${unit}</span></div>`}
		<p class=${error ? 'note danger' : 'note'}>${error || hint}</p>
	</fieldset>`;
}

/** @param {{checked: boolean, onChange: (checked: boolean) => void, label: string, hint: string}} props */
function Switch({ checked, onChange, label, hint }) {
	const id = useId();
	return html`<div class="switch-line"><div><strong id=${id}>${label}</strong><p class="note" id=${id + 'n'}>${hint}</p></div>
		<button type="button" class="switch" role="switch" aria-checked=${checked ? 'true' : 'false'} aria-labelledby=${id} aria-describedby=${id + 'n'} onClick=${() => onChange(!checked)}></button></div>`;
}

/** @param {{policy: Policy}} props */
export function PolicyForm({ policy }) {
	const [kept, setKept] = useState(policy);
	const [wish, setWish] = useState(policy);
	const { busy, error, run } = useAction();
	const changed = JSON.stringify(wish) !== JSON.stringify(kept);
	/** @param {Partial<Policy>} change */
	const change = (change) => setWish({ ...wish, ...change });
	/** @param {string} field */
	const errorOf = (field) => (error?.field === field ? error.message : null);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			const answer = await put('/history', wish);
			setKept(answer);
			setWish(answer);
			say(T.history.saved);
		});
	};
	const ever = [{ value: -1, label: T.history.forEver }, { value: null, label: T.history.forTime }];
	const fields = ['raw_days', 'rollup_years', 'max_bytes'];
	return html`<section class="panel"><h2><${Icon} name="clock-outline" /><span>${T.history.policy}</span></h2><form class="form" noValidate onSubmit=${submit}>
		<${Bound} label=${T.history.details} hint=${T.history.detailsHint} choices=${ever} value=${wish.raw_days} unit=${T.history.days} first=${365} error=${errorOf('raw_days')} onChange=${(/** @type {number} */ n) => change({ raw_days: n })} />
		<${Bound} label=${T.history.summaries} hint=${T.history.summariesHint} choices=${ever} value=${wish.rollup_years} unit=${T.history.years} first=${10} error=${errorOf('rollup_years')} onChange=${(/** @type {number} */ n) => change({ rollup_years: n })} />
		<${Bound} label=${T.history.size} hint=${T.history.sizeHint} choices=${[{ value: 0, label: T.history.noLimit }, { value: null, label: T.history.atMost }]} min=${17}
			value=${Math.round(wish.max_bytes / MEGABYTE)} unit=${T.history.megabytes} first=${2000} error=${errorOf('max_bytes')} onChange=${(/** @type {number} */ n) => change({ max_bytes: n * MEGABYTE })} />
		<${Switch} checked=${wish.sd_saver} label=${T.history.saver} hint=${T.history.saverHint} onChange=${(/** @type {boolean} */ on) => change({ sd_saver: on })} />
		${error && !fields.includes(error.field ?? '') && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button primary" disabled=${busy || !changed} data-busy=${busy ? '' : undefined}>${T.history.save}</button></div>
	</form></section>`;
}
