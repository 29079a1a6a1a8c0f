// One of a few words: short ones side by side, more of them in a list.
import { useId } from '../lib.js';
import { html } from './html.js';
import { T } from '../text.js';

const SEGMENTS = { most: 4, letters: 24 }; // choices that fit side by side on a phone

/**
 * @param {{label: string, shown?: boolean, options: string[], value: string|null|undefined, usable: boolean, textOf?: (option: string) => string, onValue: (value: string) => void}} props
 *   shown: the label is for the eye, too
 */
export function Choice({ label, shown = false, options, value, usable, textOf = (option) => option, onValue }) {
	const id = useId();
	const texts = options.map(textOf);
	if (options.length <= SEGMENTS.most && texts.join('').length <= SEGMENTS.letters) {
		return html`<fieldset class="choice" disabled=${!usable}><legend class=${shown ? 'legend' : 'sr-only'}>${label}</legend><div class="segments">${options.map((option, i) => html`
			<label key=${option}><input type="radio" name=${id} value=${option} checked=${option === value} onChange=${() => onValue(option)} />${texts[i]}</label>`)}</div></fieldset>`;
	}
	const known = typeof value === 'string' && options.includes(value);
	return html`<div class="choice">${shown && html`<label class="legend" for=${id}>${label}</label>`}
		<select id=${id} aria-label=${shown ? undefined : label} disabled=${!usable} value=${known ? value : ''} onChange=${(/** @type {any} */ event) => onValue(event.target.value)}>
			${!known && html`<option value="" disabled>${value ? textOf(value) : T.state.unknown}</option>`}
			${options.map((option, i) => html`<option key=${option} value=${option}>${texts[i]}</option>`)}
		</select></div>`;
}
