// The controls of a device's page: lights with brightness and colour, switches,
// buttons, numbers, choices.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { ProgressLine } from './progress.js';
import { ColourPicker } from './wheel.js';
import { useControl } from './control.js';
import { colourOf, cssOf } from './colour.js';
import { brightnessPercent, percent as percentText, stateText } from '../format.js';
import { hasBrightness, hasColour, iconOf } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity, Rgb, Value} from '../types.js' */

const EVERY_MS = 120;

/**
 * @typedef {{min: number, max: number, step: number|'any'}} Range
 * @param {{label: string, value: number, range: Range, usable: boolean, textOf: (value: number) => string, onValue: (value: number) => void}} props
 */
function Slider({ label, value, range, usable, textOf, onValue }) {
	const [drawn, setDrawn] = useState(/** @type {number|null} */ (null));
	const sentAt = useRef(0);
	const shown = drawn ?? value;
	/** @param {any} event */
	const onInput = (event) => {
		const wish = Number(event.target.value);
		setDrawn(wish);
		if (performance.now() - sentAt.current < EVERY_MS) return;
		sentAt.current = performance.now();
		onValue(wish);
	};
	/** @param {any} event */
	const onChange = (event) => {
		onValue(Number(event.target.value));
		setDrawn(null);
	};
	const level = (shown - range.min) / (range.max - range.min || 1) * 100;
	return html`<label class="slider" style=${{ '--level': `${Math.max(0, Math.min(100, level))}%` }}>
		<span class="slider-head"><span>${label}</span><span>${textOf(shown)}</span></span>
		<input type="range" min=${range.min} max=${range.max} step=${range.step} value=${shown} disabled=${!usable} aria-valuetext=${textOf(shown)} onInput=${onInput} onChange=${onChange} />
	</label>`;
}

/** @type {Range} */
const PERCENT = { min: 0, max: 100, step: 1 };

/** @param {{device: Device, entity: Entity}} props */
export function Control({ device, entity }) {
	const control = useControl(device, entity);
	const light = entity.component === 'light';
	const percent = control.on ? brightnessPercent(control.value) ?? 100 : 0;
	const reason = control.phase === 'failed' ? control.fate?.reason : null;
	/** @param {number} wish */
	const setBrightness = (wish) => control.send(wish > 0 ? { state: 'ON', brightness: Math.round(wish * 2.55) } : { state: 'OFF' });
	/** @param {Rgb} color */
	const setColour = (color) => control.send({ state: 'ON', color });

	let action = null;
	if (light || entity.component === 'switch') {
		action = html`<button type="button" class="switch" role="switch" aria-checked=${control.on ? 'true' : 'false'} aria-label=${entity.name}
			aria-disabled=${control.usable ? undefined : 'true'} onClick=${control.toggle}></button>`;
	} else if (entity.component === 'button') {
		action = html`<button type="button" class="button" disabled=${!control.usable} onClick=${() => control.send('PRESS')}>${T.card.press}</button>`;
	}
	return html`<div class="panel-control" data-phase=${control.phase} style=${{ '--light': light ? cssOf(colourOf(control.value)) : 'var(--accent)' }}>
		<div class="control-head">
			<span class="card-icon" data-on=${control.on ? '' : undefined}><${Icon} name=${iconOf(entity, control.on)} /></span>
			<span class="control-name"><h3>${entity.name}</h3>
				${reason ? html`<span class="card-state danger">${reason}</span>` :
					entity.component !== 'button' && html`<span class="card-state value">${stateText(entity, control.value)}</span>`}</span>
			${action}
		</div>
		<${ProgressLine} phase=${control.phase} />
		${light && hasBrightness(entity) && html`<${Slider} label=${T.device.brightness} value=${percent} range=${PERCENT} textOf=${percentText} usable=${control.usable} onValue=${setBrightness} />`}
		${light && hasColour(entity) && html`<${ColourPicker} value=${control.value} usable=${control.usable} onColour=${setColour} />`}
		${entity.component === 'number' && html`<${NumberControl} entity=${entity} value=${control.value} usable=${control.usable} onValue=${control.send} />`}
		${entity.component === 'select' && html`<${Choice} entity=${entity} value=${control.value} usable=${control.usable} onValue=${control.send} />`}
	</div>`;
}

const SLIDER_STEPS = 1000; // finer than a thumb can set: typed then

/** The range of a number that a slider can set, or null. @param {Entity} entity @returns {Range|null} */
function sliderRange({ min, max, step }) {
	if (typeof min !== 'number' || typeof max !== 'number' || max <= min) return null;
	const by = typeof step === 'number' && step > 0 ? step : 1;
	return (max - min) / by <= SLIDER_STEPS ? { min, max, step: by } : null;
}

/** @param {{entity: Entity, value: Value, usable: boolean, onValue: (value: number) => void}} props */
function NumberControl({ entity, value, usable, onValue }) {
	const known = value === null || value === '' ? NaN : Number(value);
	const range = sliderRange(entity);
	if (!range) return html`<${TypedNumber} entity=${entity} value=${known} usable=${usable} onValue=${onValue} />`;
	return html`<${Slider} label=${T.device.setTo} value=${Number.isFinite(known) ? known : range.min} range=${range} usable=${usable}
		textOf=${(/** @type {number} */ wish) => stateText(entity, wish)} onValue=${onValue} />`;
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

const SEGMENTS = { most: 4, letters: 24 }; // choices that fit side by side on a phone

/** A few short choices stand side by side, more of them in a list. @param {{entity: Entity, value: Value, usable: boolean, onValue: (value: string) => void}} props */
function Choice({ entity, value, usable, onValue }) {
	const options = entity.options ?? [];
	if (options.length <= SEGMENTS.most && options.join('').length <= SEGMENTS.letters) {
		return html`<fieldset disabled=${!usable}><legend class="sr-only">${entity.name}</legend><div class="segments">${options.map((option) => html`
			<label key=${option}><input type="radio" name=${entity.id} value=${option} checked=${option === value} onChange=${() => onValue(option)} />${option}</label>`)}</div></fieldset>`;
	}
	const known = typeof value === 'string' && options.includes(value);
	return html`<select aria-label=${entity.name} disabled=${!usable} value=${known ? value : ''} onChange=${(/** @type {any} */ event) => onValue(event.target.value)}>
		${!known && html`<option value="" disabled>${typeof value === 'string' && value || T.state.unknown}</option>`}
		${options.map((option) => html`<option key=${option} value=${option}>${option}</option>`)}
	</select>`;
}
