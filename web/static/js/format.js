// Numbers, times and states in the reader's words. Pure functions.
import { locale } from './locale.js';
import { T } from './text.js';

/** @import {Device, Entity, LightState, Value} from './types.js' */

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
const inUnit = (unit) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 });
const seconds = inUnit('second'), minutes = inUnit('minute'), hours = inUnit('hour'), daysLong = inUnit('day'), percents = inUnit('percent');

/** "2 hrs 5 min". @param {number} length seconds */
export function duration(length) {
	const s = Math.max(0, Math.round(length));
	if (s < 60) return seconds.format(s);
	if (s < 3600) return minutes.format(Math.floor(s / 60));
	if (s < 86400) return `${hours.format(Math.floor(s / 3600))} ${minutes.format(Math.floor(s % 3600 / 60))}`;
	return `${daysLong.format(Math.floor(s / 86400))} ${hours.format(Math.floor(s % 86400 / 3600))}`;
}

/** "46%", in German "46 %". @param {number} share 0–100 */
export const percent = (share) => percents.format(share);

const PERCENT_GAP = percents.formatToParts(1).some((part) => part.type === 'literal') ? '\u00a0' : '';

/** What stands between a number and its unit. @param {string} unit */
export const gap = (unit) => (unit === '%' ? PERCENT_GAP : /^[°′″]$/.test(unit) ? '' : ' ');

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
	if (value && typeof value === 'object' && value.state) return value.state === 'ON';
	return null;
}

/** 0–100. @param {Value|undefined} value @returns {number|null} */
export function brightnessPercent(value) {
	if (!value || typeof value !== 'object' || typeof value.brightness !== 'number') return null;
	return value.brightness <= 0 ? 0 : Math.max(1, Math.round(value.brightness / 2.55));
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
		return number(entity, value);
	}
	const on = isOn(value);
	if (on === null) return { text: typeof value === 'string' ? value : T.state.unknown, unit: '' };
	if (entity.component === 'binary_sensor') {
		const words = T.state.binary[entity.device_class ?? ''];
		if (words) return { text: words[on ? 1 : 0], unit: '' };
	}
	const share = on ? brightnessPercent(value) : null;
	return { text: (on ? T.state.on : T.state.off) + (share === null ? '' : ` · ${percent(share)}`), unit: '' };
}

/** A state of a series in a word. @param {Entity} entity @param {number|string|null} value */
export const wordOf = (entity, value) => (typeof value === 'number' ? state(entity, value ? 'ON' : 'OFF').text : value ?? T.state.unknown);

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

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayClock = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric' });
const dayOfMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const month = new Intl.DateTimeFormat(locale, { month: 'short' });
const monthOfYear = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' });
const dateClock = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const dayClockSeconds = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const wholeDay = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });

/** @param {number} at ms */
export const timeOfDay = (at) => clock.format(at);
/** @param {number} at ms */
export const timeWithSeconds = (at) => clockSeconds.format(at);
/** @param {number} at ms */
export const dayAndTime = (at) => dayClock.format(at);
/** @param {number} at ms */
export const dayShort = (at) => day.format(at);
/** @param {number} at ms */
export const dayMonth = (at) => dayOfMonth.format(at);
/** @param {number} at ms */
export const monthShort = (at) => month.format(at);
/** @param {number} at ms */
export const monthAndYear = (at) => monthOfYear.format(at);
/** @param {number} at ms */
export const year = (at) => String(new Date(at).getFullYear());
/** A stretch of time, as exactly as its length deserves. @param {number} from ms @param {number} to ms */
export function stretch(from, to) {
	const span = to - from;
	const format = span < 600000 ? dayClockSeconds : span < 4 * 86400000 ? dateClock : dayOfYear;
	return format.formatRange(from, to);
}
/** A bar's: an hour, a day, a month, a year. @param {number} from ms @param {number} to ms */
export function period(from, to) {
	const days = (to - from) / 86400000;
	if (days > 300) return year(from);
	if (days > 20) return monthOfYear.format(from);
	return days > 0.9 ? wholeDay.format(from) : dayClock.formatRange(from, to);
}
/** @param {number} at ms */
export const absolute = (at) => full.format(at);

const past = new Intl.RelativeTimeFormat(locale, { style: 'short' });

/** "4 min ago". @param {number} at ms @param {number} now ms */
export function relative(at, now) {
	const s = Math.max(0, (now - at) / 1000);
	if (s < 10) return T.time.now;
	if (s < 60) return past.format(-Math.floor(s / 10) * 10, 'second');
	if (s < 3600) return past.format(-Math.floor(s / 60), 'minute');
	if (s < 86400) return past.format(-Math.floor(s / 3600), 'hour');
	if (s < 7 * 86400) return past.format(-Math.floor(s / 86400), 'day');
	return dayAndTime(at);
}

/** mm:ss. @param {number} ms */
export function countdown(ms) {
	const s = Math.max(0, Math.ceil(ms / 1000));
	if (s >= 3600) return duration(s);
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}
