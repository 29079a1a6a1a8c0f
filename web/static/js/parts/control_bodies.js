// What a light, a cover and a fan can do besides on and off, open and closed.
import { html } from './html.js';
import { Choice } from './choice.js';
import { PERCENT, Slider } from './slider.js';
import { ColourPicker } from './wheel.js';
import { brightnessPercent, percent as percentText, plain, positionText, whole } from '../format.js';
import { can, hasBrightness, hasColour, hasWhite } from '../house.js';
import { T } from '../text.js';

/** @import {Rgb} from '../types.js' */
/** @import {Part} from './controls.js' */

const KELVIN_STEP = 50;

/** @param {Part} props */
function White({ entity, control }) {
	const { min_kelvin: min = 2000, max_kelvin: max = 6500 } = entity;
	const known = whole(control.value).color_temp;
	return html`<${Slider} label=${T.control.white} kind="white" value=${known ?? null} range=${{ min, max, step: KELVIN_STEP }} usable=${control.usable}
		textOf=${T.control.whiteText} onValue=${(/** @type {number} */ kelvin) => control.send({ state: 'ON', color_temp: kelvin })} />`;
}

/** @param {Part} props */
export function LightBody({ device, entity, control }) {
	const percent = control.on ? brightnessPercent(control.value) ?? 100 : 0;
	/** @param {number} wish */
	const setBrightness = (wish) => control.send(wish > 0 ? { state: 'ON', brightness: Math.round(wish * 2.55) } : { state: 'OFF' });
	/** @param {Rgb} color */
	const setColour = (color) => control.send({ state: 'ON', color });
	return html`
		${hasBrightness(entity) && html`<${Slider} label=${T.device.brightness} value=${percent} range=${PERCENT} textOf=${percentText} usable=${control.usable} onValue=${setBrightness} />`}
		${hasWhite(entity) && html`<${White} device=${device} entity=${entity} control=${control} />`}
		${hasColour(entity) && html`<${ColourPicker} value=${control.value} usable=${control.usable} onColour=${setColour} />`}
		${entity.effects && html`<${Choice} label=${T.control.effect} shown=${true} options=${entity.effects} value=${whole(control.value).effect} usable=${control.usable}
			textOf=${plain} onValue=${(/** @type {string} */ effect) => control.send({ state: 'ON', effect })} />`}`;
}

/** @param {Part} props */
export function CoverBody({ entity, control }) {
	const { position, tilt } = whole(control.value);
	return html`
		${can(entity, 'position') && html`<${Slider} label=${T.control.position} kind="sky" value=${position ?? null} range=${PERCENT} atRest=${true} usable=${control.usable}
			textOf=${positionText} onValue=${(/** @type {number} */ wish) => control.send({ position: wish })} />`}
		${can(entity, 'tilt') && html`<${Slider} label=${T.control.tilt} kind="sky" value=${tilt ?? null} range=${PERCENT} atRest=${true} usable=${control.usable}
			textOf=${positionText} onValue=${(/** @type {number} */ wish) => control.send({ tilt: wish })} />`}`;
}

/** @param {Part} props */
export function FanBody({ entity, control }) {
	const { percentage, preset, oscillating, direction } = whole(control.value);
	const turns = !!oscillating;
	return html`
		${can(entity, 'percentage') && html`<${Slider} label=${T.control.speed} value=${control.on ? percentage ?? 100 : 0} range=${PERCENT} textOf=${percentText} usable=${control.usable}
			onValue=${(/** @type {number} */ wish) => control.send(wish > 0 ? { state: 'ON', percentage: wish } : { state: 'OFF' })} />`}
		${entity.presets && can(entity, 'preset') && html`<${Choice} label=${T.control.preset} shown=${true} options=${entity.presets} value=${preset} usable=${control.usable} textOf=${plain}
			onValue=${(/** @type {string} */ wish) => control.send({ state: 'ON', preset: wish })} />`}
		${can(entity, 'oscillating') && html`<div class="switch-line"><span>${T.control.oscillating}</span><button type="button" class="switch" role="switch" aria-checked=${turns ? 'true' : 'false'}
			aria-label=${T.control.oscillating} aria-disabled=${control.usable ? undefined : 'true'} onClick=${() => control.send({ state: 'ON', oscillating: !turns })}></button></div>`}
		${can(entity, 'direction') && html`<${Choice} label=${T.control.direction} shown=${true} options=${['forward', 'reverse']} value=${direction} usable=${control.usable}
			textOf=${(/** @type {string} */ word) => T.control.directions[word] ?? plain(word)} onValue=${(/** @type {string} */ wish) => control.send({ state: 'ON', direction: wish })} />`}`;
}
