// A number between two buttons.
import { html } from './html.js';
import { Icon } from './icon.js';
import { useDraft } from './draft.js';
import { gap, stepped } from '../format.js';
import { T } from '../text.js';

/** @import {Entity} from '../types.js' */

/** The nearest value that the entity takes. @param {Entity} entity @param {number} value */
export function snapped({ min, max, step }, value) {
	const by = step && step > 0 ? step : 1;
	const least = min ?? -Infinity, most = max ?? Infinity;
	const from = Number.isFinite(least) ? least : 0;
	// 0.1 is no binary fraction: what is sent is as short as what is shown
	const onGrid = Number((from + Math.round((value - from) / by) * by).toFixed(9));
	return Math.max(least, Math.min(most, onGrid));
}

/** Where steps begin when nothing is known. @param {Entity} entity */
export const middle = (entity) => snapped(entity, ((entity.min ?? 0) + (entity.max ?? 0)) / 2);

/**
 * The two buttons, with what stands between them.
 * @param {{entity: Entity, name: string, shown: number|null, usable: boolean, onStep: (value: number) => void, children?: any}} props
 */
export function Steps({ entity, name, shown, usable, onStep, children }) {
	const by = entity.step && entity.step > 0 ? entity.step : 1;
	/** @param {number} direction @param {string} label @param {string} icon @param {boolean} end */
	const button = (direction, label, icon, end) => html`<button type="button" class="act" aria-label=${T.control.of(label, name)} title=${label} data-done=${end ? '' : undefined}
		aria-disabled=${usable ? undefined : 'true'} onClick=${() => { if (usable) onStep(shown === null ? middle(entity) : snapped(entity, shown + direction * by)); }}><${Icon} name=${icon} /></button>`;
	return html`<div class="stepper" role="group" aria-label=${name}>
		${button(-1, T.control.lower, 'minus', shown !== null && shown <= (entity.min ?? -Infinity))}
		${children}
		${button(1, T.control.raise, 'plus', shown !== null && shown >= (entity.max ?? Infinity))}
	</div>`;
}

/** On a card there is no room for more. @param {string} unit */
const brief = (unit) => (unit.startsWith('°') ? '°' : gap(unit) + unit);

/** @param {{entity: Entity, name: string, value: number|null, usable: boolean, narrow?: boolean, onValue: (value: number) => void}} props */
export function Stepper({ entity, name, value, usable, narrow = false, onValue }) {
	const draft = useDraft(onValue);
	const shown = draft.drawn ?? value;
	const { text, unit } = shown === null ? { text: T.state.unknown, unit: '' } : stepped(entity, shown);
	return html`<${Steps} entity=${entity} name=${name} shown=${shown} usable=${usable} onStep=${draft.draw}>
		<output class="value" aria-label=${T.control.targetOf(name)}>${text}${unit && html`<small>${narrow ? brief(unit) : gap(unit) + unit}</small>`}</output>
	</${Steps}>`;
}
