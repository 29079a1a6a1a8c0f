// The controls of a device's page: lights with brightness and colour, switches,
// buttons, numbers.
import { useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { ProgressLine } from './progress.js';
import { ColourPicker } from './wheel.js';
import { useControl } from './control.js';
import { colourOf, cssOf } from './colour.js';
import { brightnessPercent, stateText } from '../format.js';
import { hasBrightness, hasColour, iconOf } from '../house.js';
import { T } from '../text.en.js';

/** @import {Device, Entity, Rgb} from '../types.js' */

const EVERY_MS = 120;

/** @param {{label: string, percent: number, usable: boolean, onPercent: (percent: number) => void}} props */
function Slider({ label, percent, usable, onPercent }) {
	const [drawn, setDrawn] = useState(/** @type {number|null} */ (null));
	const sentAt = useRef(0);
	const shown = drawn ?? percent;
	/** @param {any} event */
	const onInput = (event) => {
		const wish = Number(event.target.value);
		setDrawn(wish);
		if (performance.now() - sentAt.current < EVERY_MS) return;
		sentAt.current = performance.now();
		onPercent(wish);
	};
	/** @param {any} event */
	const onChange = (event) => {
		onPercent(Number(event.target.value));
		setDrawn(null);
	};
	return html`<label class="slider" style=${{ '--level': `${shown}%` }}>
		<span class="slider-head"><span>${label}</span><span>${shown} %</span></span>
		<input type="range" min="0" max="100" value=${shown} disabled=${!usable} aria-valuetext=${shown + ' %'} onInput=${onInput} onChange=${onChange} />
	</label>`;
}

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
		${light && hasBrightness(entity) && html`<${Slider} label=${T.device.brightness} percent=${percent} usable=${control.usable} onPercent=${setBrightness} />`}
		${light && hasColour(entity) && html`<${ColourPicker} value=${control.value} usable=${control.usable} onColour=${setColour} />`}
		${entity.component === 'number' && html`<${NumberControl} value=${control.value} usable=${control.usable} name=${entity.name} onValue=${control.send} />`}
	</div>`;
}

/** @param {{value: any, usable: boolean, name: string, onValue: (value: number) => void}} props */
function NumberControl({ value, usable, name, onValue }) {
	const [typed, setTyped] = useState(/** @type {string|null} */ (null));
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		if (typed === null || typed === '' || !Number.isFinite(Number(typed))) return;
		onValue(Number(typed));
		setTyped(null);
	};
	return html`<form class="row" onSubmit=${submit}>
		<input type="number" step="any" aria-label=${name} value=${typed ?? value ?? ''} disabled=${!usable} onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
		<button class="button" disabled=${!usable}>${T.device.send}</button>
	</form>`;
}
