// What was asked of an entity, in words, and how long it waits for a device that is away.
import { html } from './html.js';
import { Refusal, useAction } from './form.js';
import { mayTakeBack, session, tick } from '../store.js';
import { takeBack } from '../commands.js';
import { duration, percent, plain, positionText, stateText, whole, withUnit } from '../format.js';
import { T } from '../text.js';

/** @import {Desired, Entity, Value} from '../types.js' */
/** @import {Fate} from '../commands.js' */

/** What a button, cover or lock is told. @type {Record<string, string>} */
const ORDERS = {
	OPEN: T.control.open, CLOSE: T.control.close, STOP: T.control.stop, LOCK: T.control.lock, UNLOCK: T.control.unlock, PRESS: T.card.press,
	INSTALL: T.control.install, TOGGLE: T.wish.toggle,
};

/** @param {any} value @param {Entity} entity */
const target = (value, entity) => withUnit(stateText({ ...entity, component: 'number', unit: null }, value), entity.unit ?? '');

/** The properties of a whole wish, besides the state. @type {Record<string, (value: any, entity: Entity) => string>} */
const PROPERTIES = {
	brightness: (value) => percent(Math.max(1, Math.round(value / 2.55))),
	color: () => T.wish.colour,
	color_temp: (value) => T.control.whiteText(value),
	position: positionText, percentage: percent,
	tilt: (value) => `${T.control.tilt} ${percent(value)}`,
	target, target_low: target, target_high: target,
	target_humidity: (value) => `${T.control.humidity} ${percent(value)}`,
	oscillating: (value) => `${T.control.oscillating}: ${value ? T.state.on : T.state.off}`,
	direction: (value) => T.control.directions[value] ?? plain(value),
};

/** "On · 40%". @param {Entity} entity @param {Value} value */
export function wishText(entity, value) {
	if (value === null || typeof value !== 'object') {
		const own = entity.component === 'select' || entity.component === 'text' || typeof value !== 'string';
		return own ? stateText(entity, value) : ORDERS[value] ?? stateText(entity, value);
	}
	const { state, ...rest } = whole(value);
	// what is off has no brightness
	const properties = state === 'OFF' ? [] : Object.entries(rest);
	const words = properties.map(([key, one]) => PROPERTIES[key]?.(one, entity) ?? plain(String(one)));
	return [state ? stateText(entity, entity.component === 'climate' ? { state } : state) : '', ...words].filter(Boolean).join(' · ');
}

const MINUTE_MS = 60000, STEP_MS = 10000; // as the page's clock ticks

/** Minutes count down; seconds would only make one nervous. The page's clock is up to a step behind: five minutes are not six. @param {number} ms */
const left = (ms) => (ms < MINUTE_MS ? duration(Math.max(1, Math.ceil(ms / STEP_MS)) * STEP_MS / 1000) : duration(Math.max(1, Math.ceil((ms - STEP_MS) / MINUTE_MS)) * 60));

/** @param {{entity: Entity, desired: Desired}} props */
export function Waiting({ entity, desired }) {
	const until = desired.until ?? null;
	return html`<span class="wish">${T.wish.waits(wishText(entity, desired.value))}${until !== null && html` · <span class="value">${T.wish.left(left(until - tick.value))}</span>`}</span>`;
}

/** What waits can be taken back. @param {{entity: Entity, desired: Desired}} props */
function TakeBack({ entity, desired }) {
	const { busy, error, run } = useAction();
	return html`<button type="button" class="button" disabled=${busy} data-busy=${busy ? '' : undefined} aria-label=${T.control.of(T.commands.takeBack, entity.name)}
		onClick=${() => void run(() => takeBack(desired.command))}>${T.commands.takeBack}</button><${Refusal} error=${error} />`;
}

/** How far a command is that takes its time. @param {Fate|null} fate */
export const stepText = (fate) => (fate?.phase === 'waiting' && fate.step ? T.fate.steps[fate.step] : '');

/** Below the state on a device's page. @param {{entity: Entity, desired: Desired|null, fate?: Fate|null}} props */
export function Wish({ entity, desired, fate = null }) {
	if (desired?.state === 'queued') {
		return html`<span class="card-state"><${Waiting} entity=${entity} desired=${desired} /></span>
			${mayTakeBack(session.value, desired.by) && html`<${TakeBack} entity=${entity} desired=${desired} />`}`;
	}
	if (stepText(fate)) return html`<span class="card-state">${stepText(fate)}</span>`;
	if (desired?.state !== 'expired' && desired?.state !== 'failed') return null;
	return html`<span class="card-state">${T.wish.unmet(wishText(entity, desired.value))}</span>`;
}
