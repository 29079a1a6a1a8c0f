// A climate: the dial with what is and what shall be, and its modes.
import { html } from './html.js';
import { Choice } from './choice.js';
import { Dial } from './dial.js';
import { PERCENT, Slider } from './slider.js';
import { Stepper, Steps } from './stepper.js';
import { useDraft } from './draft.js';
import { Unit } from './unit.js';
import { isActive, isCooling, measuredText, percent, plain, stepped, wordText, whole } from '../format.js';
import { can } from '../house.js';
import { T } from '../text.js';

/** @import {Value} from '../types.js' */
/** @import {Part} from './controls.js' */

/** @param {Part} props */
const toneOf = ({ entity, control }) => (!isActive(entity, control.value) ? 'rest' : isCooling(control.value) ? 'cool' : 'warm');

/** From and to, for what keeps the house between them. @param {Part} props */
function Band({ entity, control }) {
	const { target_low: low, target_high: high } = whole(control.value);
	return html`<div class="bands">
		<div class="band"><span class="legend">${T.control.from}</span><${Stepper} entity=${entity} name=${`${entity.name} ${T.control.from}`} value=${low ?? null} usable=${control.usable}
			onValue=${(/** @type {number} */ wish) => control.send({ target_low: wish })} /></div>
		<div class="band"><span class="legend">${T.control.to}</span><${Stepper} entity=${entity} name=${`${entity.name} ${T.control.to}`} value=${high ?? null} usable=${control.usable}
			onValue=${(/** @type {number} */ wish) => control.send({ target_high: wish })} /></div>
	</div>`;
}

/** @param {Part} props */
function Modes({ entity, control }) {
	const value = whole(control.value);
	/** @type {[string, string[]|undefined, string|null|undefined, (word: string) => Value, (word: string) => string][]} */
	const choices = [
		[T.control.mode, can(entity, 'state') ? entity.options : undefined, value.state, (state) => ({ state }), (word) => wordText(entity, word)],
		[T.control.preset, can(entity, 'preset') ? entity.presets : undefined, value.preset, (preset) => ({ preset }), plain],
		[T.control.fan, can(entity, 'fan_mode') ? entity.fan_modes : undefined, value.fan_mode, (fan_mode) => ({ fan_mode }), plain],
		[T.control.swing, can(entity, 'swing_mode') ? entity.swing_modes : undefined, value.swing_mode, (swing_mode) => ({ swing_mode }), plain],
	];
	return html`<div class="choices">${choices.map(([label, options, now, wish, textOf]) => options?.length && html`
		<${Choice} key=${label} label=${label} shown=${true} options=${options} value=${now} usable=${control.usable} textOf=${textOf}
			onValue=${(/** @type {string} */ word) => control.send(wish(word))} />`)}</div>`;
}

/** @param {Part} props */
export function ClimateBody({ device, entity, control }) {
	const draft = useDraft((/** @type {number} */ target) => control.send({ target }));
	const { target, target_low: low, target_high: high, current, humidity, target_humidity: moist } = whole(control.value);
	const banded = can(entity, 'target_low');
	const settable = can(entity, 'target');
	const wanted = settable ? draft.drawn ?? target ?? null : null;
	const shown = wanted === null ? null : stepped(entity, wanted);
	const beside = [shown && current !== undefined && T.control.now(measuredText(entity, current)), humidity !== undefined && percent(Math.round(humidity))].filter(Boolean).join(' · ');
	const part = { device, entity, control };
	return html`
		<${Dial} entity=${entity} label=${T.control.targetOf(entity.name)} target=${wanted} band=${banded && wanted === null && low !== undefined && high !== undefined ? [low, high] : null}
			current=${current ?? null} usable=${control.usable} tone=${toneOf(part)} onHold=${draft.hold} onEnd=${draft.end} onKey=${draft.draw}>
			<strong class="value">${shown ? html`${shown.text}<${Unit} of=${shown.unit} />` : current !== undefined ? measuredText(entity, current) : T.state.unknown}</strong>
			<span class="muted value">${beside}</span>
		</${Dial}>
		${settable && html`<div class="under-dial"><${Steps} entity=${entity} name=${entity.name} shown=${wanted} usable=${control.usable} onStep=${draft.draw} /></div>`}
		${banded && html`<${Band} ...${part} />`}
		<${Modes} ...${part} />
		${can(entity, 'target_humidity') && html`<${Slider} label=${T.control.humidity} kind="sky" value=${moist ?? null} range=${PERCENT} atRest=${true} usable=${control.usable} textOf=${percent}
			onValue=${(/** @type {number} */ wish) => control.send({ target_humidity: wish })} />`}`;
}
