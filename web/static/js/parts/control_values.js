// A number, a choice, a text, the versions of an update.
import { useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Choice } from './choice.js';
import { Slider } from './slider.js';
import { isOn, percent, stateText, whole } from '../format.js';
import { T } from '../text.js';

/** @import {Entity} from '../types.js' */
/** @import {Part} from './controls.js' */
/** @import {Range} from './slider.js' */

const SLIDER_STEPS = 1000; // finer than a thumb can set: typed then

/** The range of a number that a slider can set, or null. @param {Entity} entity @returns {Range|null} */
function sliderRange({ min, max, step }) {
	if (typeof min !== 'number' || typeof max !== 'number' || max <= min) return null;
	const by = typeof step === 'number' && step > 0 ? step : 1;
	return (max - min) / by <= SLIDER_STEPS ? { min, max, step: by } : null;
}

/** @param {Part} props */
export function NumberBody({ entity, control }) {
	const known = control.value === null || control.value === '' ? NaN : Number(control.value);
	const range = sliderRange(entity);
	if (!range) return html`<${TypedNumber} entity=${entity} value=${known} usable=${control.usable} onValue=${control.send} />`;
	return html`<${Slider} label=${T.device.setTo} value=${Number.isFinite(known) ? known : range.min} range=${range} usable=${control.usable}
		textOf=${(/** @type {number} */ wish) => stateText(entity, wish)} onValue=${control.send} />`;
}

/** @param {{entity: Entity, value: number, usable: boolean, onValue: (value: number) => void}} props */
function TypedNumber({ entity, value, usable, onValue }) {
	const [typed, setTyped] = useState(/** @type {string|null} */ (null));
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		if (typed === null || typed === '' || !Number.isFinite(Number(typed))) return;
		onValue(Number(typed));
		setTyped(null);
	};
	const { min, max, step } = entity;
	return html`<form class="row typed" onSubmit=${submit}>
		<input type="number" inputmode="decimal" min=${min} max=${max} step=${step && step > 0 ? step : 'any'} aria-label=${entity.name} value=${typed ?? (Number.isFinite(value) ? value : '')}
			disabled=${!usable} onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
		<button class="button" disabled=${!usable}>${T.device.send}</button>
	</form>`;
}

/** @param {Part} props */
export const SelectBody = ({ entity, control }) => html`<${Choice} label=${entity.name} options=${entity.options ?? []} value=${typeof control.value === 'string' ? control.value : null}
	usable=${control.usable} onValue=${control.send} />`;

/** @param {Part} props */
export function TextBody({ entity, control }) {
	const [typed, setTyped] = useState(/** @type {string|null} */ (null));
	const known = typeof control.value === 'string' ? control.value : '';
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		if (typed === null) return;
		control.send(typed);
		setTyped(null);
	};
	return html`<form class="row typed" onSubmit=${submit}>
		<input type="text" aria-label=${entity.name} value=${typed ?? known} minlength=${entity.min ?? undefined} maxlength=${entity.max ?? 255} required=${(entity.min ?? 0) > 0} autocomplete="off"
			disabled=${!control.usable} onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
		<button class="button" disabled=${!control.usable || typed === null || typed === known}>${T.device.send}</button>
	</form>`;
}

/** Which version runs, and which one could. @param {Part} props */
export function UpdateBody({ control }) {
	const { installed, latest, progress } = whole(control.value);
	if (!installed && !latest) return null;
	return html`<div class="versions">
		<span><small>${T.control.installed}</small><b>${installed ?? T.state.unknown}</b></span>
		${isOn(control.value) && latest && html`<${Icon} name="arrow-right" /><span><small>${T.control.latest}</small><b>${latest}</b></span>`}
		${progress !== undefined && html`<progress max="100" value=${progress} aria-label=${T.state.installing(percent(progress))}></progress>`}
	</div>`;
}
