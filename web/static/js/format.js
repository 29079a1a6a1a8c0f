// Numbers, times and states in the reader's words. Pure functions.
import { lazily, locale } from './locale.js';
import { T } from './text.js';

/** @import {Device, Entity, Value, Whole} from './types.js' */

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} value @param {number} least @param {number} most */
function digits(value, least, most) {
	const key = `${least}/${most}`;
	let format = formats.get(key);
	if (!format) {
		format = new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
		formats.set(key, format);
	}
	return format.format(value);
}

const STEPS = ['', 'k', 'M', 'G', 'T', 'P'];
const SCALED = /^([kMGT]?)(B|B\/s|bit|bit\/s)$/;

/** @param {string} unit as Intl names it */
const inUnit = (unit) => lazily(() => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }));
const seconds = inUnit('second'), minutes = inUnit('minute'), hours = inUnit('hour'), daysLong = inUnit('day'), percents = inUnit('percent');

/** "2 hrs 5 min". @param {number} length seconds */
export function duration(length) {
	const s = Math.max(0, Math.round(length));
	if (s < 60) return seconds().format(s);
	if (s < 3600) return minutes().format(Math.floor(s / 60));
	if (s < 86400) return `${hours().format(Math.floor(s / 3600))} ${minutes().format(Math.floor(s % 3600 / 60))}`;
	return `${daysLong().format(Math.floor(s / 86400))} ${hours().format(Math.floor(s % 86400 / 3600))}`;
}

/** "40 ms", "2.3 s". @param {number} ms */
export const secondsText = (ms) => (ms < 1000 ? withUnit(digits(ms, 0, 0), 'ms') : withUnit(digits(ms / 1000, 1, 1), 's'));

/** "46%", in German "46 %". @param {number} share 0–100 */
export const percent = (share) => percents().format(share);

const percentGap = lazily(() => (percents().formatToParts(1).some((part) => part.type === 'literal') ? '\u00a0' : ''));

/** What stands between a number and its unit. @param {string} unit */
export const gap = (unit) => (unit === '%' ? percentGap() : /^[°′″]$/.test(unit) ? '' : ' ');

/** "21.4 °C". @param {string} text @param {string} unit '': none */
export const withUnit = (text, unit) => (unit ? text + gap(unit) + unit : text);

/**
 * A number as the sensor earns it.
 * @param {Pick<Entity, 'unit'|'precision'|'device_class'>} entity @param {number} value
 * @returns {{text: string, unit: string}}
 */
export function number(entity, value) {
	const unit = entity.unit ?? '';
	if (entity.device_class === 'duration' && unit === 's') return { text: duration(value), unit: '' };
	const scale = SCALED.exec(unit);
	if (scale && Math.abs(value) >= 1000) {
		const from = STEPS.indexOf(scale[1]);
		const step = Math.min(STEPS.length - 1 - from, Math.floor(Math.log10(Math.abs(value)) / 3));
		const scaled = value / 1000 ** step;
		const size = Math.abs(scaled);
		return { text: digits(scaled, 0, size < 10 ? 2 : size < 100 ? 1 : 0), unit: STEPS[from + step] + scale[2] };
	}
	const precision = entity.precision;
	if (precision !== null && precision !== undefined) return { text: digits(value, precision, precision), unit };
	const size = Math.abs(value);
	return { text: digits(value, 0, size >= 100 ? 0 : size >= 10 ? 1 : 2), unit };
}

/** @param {Value|undefined} value @returns {boolean|null} */
export function isOn(value) {
	if (value === 'ON') return true;
	if (value === 'OFF') return false;
	return value && typeof value === 'object' ? isOn(value.state) : null;
}

/** What is known of a light, cover, climate, fan or update. @param {Value|undefined} value @returns {Whole} */
export const whole = (value) => (value && typeof value === 'object' ? value : {});

/** "oscillate_on" for people: "Oscillate on". @param {string} word */
export function plain(word) {
	const spaced = word.replace(/[_-]+/g, ' ').trim();
	return spaced.charAt(0).toLocaleUpperCase() + spaced.slice(1);
}

/** Digits behind the point that a step needs. @param {number|null|undefined} step */
const decimals = (step) => (step && step < 1 ? Math.min(3, String(step).split('.')[1]?.length ?? 0) : 0);

/** A number that is set in steps: 21 with a step of 0.5 is "21.0". @param {Entity} entity @param {number} value */
export function stepped(entity, value) {
	const { text, unit } = number({ ...entity, device_class: null, precision: entity.precision ?? decimals(entity.step) }, value);
	return { text, unit };
}

/** A temperature that a climate measures. @param {Entity} entity @param {number} value */
export const measuredText = (entity, value) => withUnit(digits(value, 0, 1), entity.unit ?? '');

/** Whether a cover stands open, by its word or its position. @param {Value|undefined} value @returns {boolean|null} */
export function isOpen(value) {
	const { state, position } = whole(value);
	if (state === 'open' || state === 'opening') return true;
	if (state === 'closed' || state === 'closing') return false;
	return position === undefined ? null : position > 0;
}

/** Whether something is not at rest: a lamp shines, a cover or lock stands open, a climate works. @param {Entity} entity @param {Value|undefined} value @returns {boolean|null} */
export function isActive(entity, value) {
	const { action, state } = whole(value);
	switch (entity.component) {
	case 'cover': return isOpen(value);
	case 'lock': return value === 'unlocked' || value === 'open' || value === 'jammed';
	case 'climate': return action ? !/^(off|idle)$/.test(action) : !!state && state !== 'off';
	default: return isOn(value);
	}
}

/** Whether a climate takes warmth away. @param {Value|undefined} value */
export function isCooling(value) {
	const { action, state } = whole(value);
	return action ? action === 'cooling' || action === 'drying' : state === 'cool' || state === 'dry';
}

/** 0–100. @param {Value|undefined} value @returns {number|null} */
export function brightnessPercent(value) {
	if (!value || typeof value !== 'object' || typeof value.brightness !== 'number') return null;
	return value.brightness <= 0 ? 0 : Math.max(1, Math.round(value.brightness / 2.55));
}

/** A word of a device in the reader's language. @param {Entity} entity @param {string} word */
export function wordText(entity, word) {
	const words = T.state.words[entity.component];
	if (words) return words[word] ?? plain(word);
	return entity.component === 'event' ? plain(word) : word;
}

/** How far something stands open. @param {number} share 0–100 */
export const positionText = (share) => (share <= 0 ? T.state.words.cover.closed : share >= 100 ? T.state.words.cover.open : T.control.partlyOpen(percent(share)));

/** @param {Entity} entity @param {Whole} value */
function coverText(entity, { state, position }) {
	const word = state ?? (position === undefined ? null : position > 0 ? 'open' : 'closed');
	const between = position !== undefined && position > 0 && position < 100 ? ` · ${percent(position)}` : '';
	return (word === null ? T.state.unknown : wordText(entity, word)) + between;
}

/** @param {Entity} entity @param {Whole} value */
function climateText(entity, { state, action, current }) {
	const word = action ? T.state.actions[action] ?? plain(action) : state ? wordText(entity, state) : null;
	const parts = [word, current === undefined ? null : measuredText(entity, current)].filter(Boolean);
	return parts.join(' · ') || T.state.unknown;
}

/** @param {Entity} _ @param {Whole} value */
function updateText(_, { state, latest, progress }) {
	if (progress !== undefined) return T.state.installing(percent(progress));
	if (state !== 'ON') return state === 'OFF' ? T.state.upToDate : T.state.unknown;
	return latest ? T.state.updateTo(latest) : T.state.updateReady;
}

/** How whole states are told. @type {Record<string, (entity: Entity, value: Whole) => string>} */
const WHOLE_TEXTS = { cover: coverText, climate: climateText, update: updateText };

/** @param {Entity} entity @param {Value} value @param {boolean} on */
function onOffText(entity, value, on) {
	const words = entity.component === 'binary_sensor' ? T.state.binary[entity.device_class ?? ''] : null;
	if (words) return words[on ? 1 : 0];
	const share = !on ? null : entity.component === 'fan' ? whole(value).percentage ?? null : brightnessPercent(value);
	return (on ? T.state.on : T.state.off) + (share === null ? '' : ` · ${percent(share)}`);
}

/**
 * A state in words and its unit.
 * @param {Entity} entity @param {Value|undefined} value
 * @returns {{text: string, unit: string}}
 */
export function state(entity, value) {
	if (value === null || value === undefined || value === '') return { text: T.state.unknown, unit: '' };
	if (typeof value === 'number') {
		if (entity.component === 'binary_sensor') return state(entity, value ? 'ON' : 'OFF');
		return entity.component === 'number' ? stepped(entity, value) : number(entity, value);
	}
	if (typeof value === 'object' && WHOLE_TEXTS[entity.component]) return { text: WHOLE_TEXTS[entity.component](entity, value), unit: '' };
	const on = isOn(value);
	if (on === null) return { text: typeof value === 'string' ? wordText(entity, value) : T.state.unknown, unit: '' };
	return { text: onOffText(entity, value, on), unit: '' };
}

/** A state of a series in a word. @param {Entity} entity @param {number|string|null} value */
export function wordOf(entity, value) {
	if (value === null) return T.state.unknown;
	if (typeof value === 'string') return wordText(entity, value);
	return entity.component === 'update' ? (value ? T.state.updateReady : T.state.upToDate) : onOffText(entity, null, !!value);
}

/** "23 MB". @param {number} bytes */
export function bytesText(bytes) {
	const { text, unit } = number({ unit: 'B' }, bytes);
	return withUnit(text, unit);
}

/** "21.4 °C". @param {Entity} entity @param {Value|undefined} value */
export function stateText(entity, value) {
	const { text, unit } = state(entity, value);
	return withUnit(text, unit);
}

/** @param {Intl.DateTimeFormatOptions} options */
const inTime = (options) => lazily(() => new Intl.DateTimeFormat(locale, options));
const clock = inTime({ hour: '2-digit', minute: '2-digit' });
const clockSeconds = inTime({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayClock = inTime({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const full = inTime({ dateStyle: 'long', timeStyle: 'medium' });
const day = inTime({ weekday: 'short', day: 'numeric' });
const dayOfMonth = inTime({ day: 'numeric', month: 'short' });
const dayOfYear = inTime({ day: 'numeric', month: 'short', year: 'numeric' });
const month = inTime({ month: 'short' });
const monthOfYear = inTime({ month: 'long', year: 'numeric' });
const dateClock = inTime({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const dayClockSeconds = inTime({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const wholeDay = inTime({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });

/** @param {number} at ms */
export const timeOfDay = (at) => clock().format(at);
/** @param {number} at ms */
export const timeWithSeconds = (at) => clockSeconds().format(at);
/** @param {number} at ms */
export const dayAndTime = (at) => dayClock().format(at);
/** @param {number} at ms */
export const dayShort = (at) => day().format(at);
/** @param {number} at ms */
export const dayMonth = (at) => dayOfMonth().format(at);
/** @param {number} at ms */
export const monthShort = (at) => month().format(at);
/** @param {number} at ms */
export const monthAndYear = (at) => monthOfYear().format(at);
/** @param {number} at ms */
export const year = (at) => String(new Date(at).getFullYear());
/** A stretch of time, as exactly as its length deserves. @param {number} from ms @param {number} to ms */
export function stretch(from, to) {
	const span = to - from;
	const format = span < 600000 ? dayClockSeconds : span < 4 * 86400000 ? dateClock : dayOfYear;
	return format().formatRange(from, to);
}
/** A bar's: an hour, a day, a month, a year. @param {number} from ms @param {number} to ms */
export function period(from, to) {
	const days = (to - from) / 86400000;
	if (days > 300) return year(from);
	if (days > 20) return monthOfYear().format(from);
	return days > 0.9 ? wholeDay().format(from) : dayClock().formatRange(from, to);
}
/** @param {number} at ms */
export const absolute = (at) => full().format(at);
/** @param {number} at ms */
export const date = (at) => dayOfYear().format(at);

const past = lazily(() => new Intl.RelativeTimeFormat(locale, { style: 'short' }));

/** "4 min ago". @param {number} at ms @param {number} now ms */
export function relative(at, now) {
	const s = Math.max(0, (now - at) / 1000);
	if (s < 10) return T.time.now;
	if (s < 60) return past().format(-Math.floor(s / 10) * 10, 'second');
	if (s < 3600) return past().format(-Math.floor(s / 60), 'minute');
	if (s < 86400) return past().format(-Math.floor(s / 3600), 'hour');
	if (s < 7 * 86400) return past().format(-Math.floor(s / 86400), 'day');
	return dayAndTime(at);
}

/** mm:ss. @param {number} ms */
export function countdown(ms) {
	const s = Math.max(0, Math.ceil(ms / 1000));
	if (s >= 3600) return duration(s);
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}
