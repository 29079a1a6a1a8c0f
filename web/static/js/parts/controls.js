// The controls of a device's page: what each component has in its head and below it.
import { html } from './html.js';
import { Icon } from './icon.js';
import { ProgressLine } from './progress.js';
import { useControl } from './control.js';
import { ClimateBody } from './control_climate.js';
import { CoverBody, FanBody, LightBody } from './control_bodies.js';
import { EventBody, eventText } from './control_event.js';
import { NumberBody, SelectBody, TextBody, UpdateBody } from './control_values.js';
import { CoverArrows } from './cover_arrows.js';
import { InstallButton } from './install_button.js';
import { LockButton } from './lock_button.js';
import { Wish } from './wish.js';
import { colourOf, cssOf } from './colour.js';
import { isActive, isCooling, stateText } from '../format.js';
import { iconOf, isDrawn } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */
/** @import {Control as Controlled} from './control.js' */

/** @typedef {{device: Device, entity: Entity, control: Controlled}} Part what each head and body gets */

/** @param {Part} props */
const Toggle = ({ entity, control }) => html`<button type="button" class="switch" role="switch" aria-checked=${control.on ? 'true' : 'false'} aria-label=${entity.name}
	aria-disabled=${control.usable ? undefined : 'true'} onClick=${control.toggle}></button>`;

/** @param {Part} props */
const Press = ({ entity, control }) => html`<button type="button" class="button" aria-label=${T.control.of(T.card.press, entity.name)} disabled=${!control.usable}
	onClick=${() => control.send('PRESS')}>${T.card.press}</button>`;

/** @param {Part} props */
const Arrows = ({ entity, control }) => (entity.controllable === false ? null : html`<${CoverArrows} entity=${entity} control=${control} name=${entity.name} />`);
/** @param {Part} props */
const Lock = ({ entity, control }) => (entity.controllable === false ? null : html`<${LockButton} control=${control} name=${entity.name} />`);
/** @param {Part} props */
const Install = ({ entity, control }) => html`<${InstallButton} control=${control} name=${entity.name} primary=${true} />`;

/** Beside the name, and below it. @type {Record<string, {head?: any, body?: any}>} */
const PARTS = {
	light: { head: Toggle, body: LightBody }, switch: { head: Toggle }, fan: { head: Toggle, body: FanBody }, button: { head: Press },
	cover: { head: Arrows, body: CoverBody }, climate: { body: ClimateBody }, lock: { head: Lock }, number: { body: NumberBody },
	select: { body: SelectBody }, text: { body: TextBody }, update: { head: Install, body: UpdateBody }, event: { body: EventBody },
};

/** The name; of what has a chart, a button that shows it. @param {{entity: Entity, chosen: boolean, onChoose: (() => void)|null}} props */
function Name({ entity, chosen, onChoose }) {
	if (!onChoose || !isDrawn(entity)) return html`<h3>${entity.name}</h3>`;
	return html`<h3><button type="button" class="name-button" title=${T.control.showChart(entity.name)} aria-pressed=${chosen ? 'true' : 'false'} onClick=${onChoose}>${entity.name}<${Icon} name="chart-line" size=${16} /></button></h3>`;
}

/** @param {{device: Device, entity: Entity, control: Controlled}} props */
function State({ device, entity, control }) {
	if (control.reason) return html`<span class="card-state danger">${control.reason}</span>`;
	if (entity.component === 'button') return html`<span class="card-state">${control.phase === 'confirmed' ? T.card.pressed : '\u00a0'}</span>`;
	return html`<span class="card-state value">${entity.component === 'event' ? eventText(device, entity, control.value) : stateText(entity, control.value)}</span>`;
}

/** A light lends its control its colour. @param {Entity} entity @param {Controlled} control */
function toneOf(entity, control) {
	if (entity.component === 'light') return cssOf(colourOf(control.value));
	const cool = entity.component === 'cover' || (entity.component === 'climate' && isCooling(control.value));
	return cool ? 'var(--sky)' : 'var(--accent)';
}

/** @param {{device: Device, entity: Entity, chosen?: boolean, onChoose?: (() => void)|null}} props */
export function Control({ device, entity, chosen = false, onChoose = null }) {
	const control = useControl(device, entity);
	const { head, body } = PARTS[entity.component] ?? {};
	const active = isActive(entity, control.value);
	return html`<div class="panel-control" data-phase=${control.phase} style=${{ '--light': toneOf(entity, control) }}>
		<div class="control-head">
			<span class="card-icon" data-on=${active ? '' : undefined}><${Icon} name=${iconOf(entity, active)} /></span>
			<span class="control-name"><${Name} entity=${entity} chosen=${chosen} onChoose=${onChoose} /><${State} device=${device} entity=${entity} control=${control} />
				${!control.reason && html`<${Wish} entity=${entity} desired=${control.desired} fate=${control.fate} />`}</span>
			${head && html`<${head} device=${device} entity=${entity} control=${control} />`}
		</div>
		<${ProgressLine} phase=${control.phase} />
		${body && html`<${body} device=${device} entity=${entity} control=${control} />`}
	</div>`;
}
