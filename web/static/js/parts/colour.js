// Colours of lights. Pure functions.

/** @import {Rgb, Value} from '../types.js' */

const WARM = { r: 255, g: 184, b: 92 };

/** The colour of a light for the eye; a lamp without colour is warm. @param {Value|undefined} value @returns {Rgb} */
export function colourOf(value) {
	const colour = value && typeof value === 'object' ? value.color : null;
	if (!colour || ![colour.r, colour.g, colour.b].every(Number.isFinite)) return WARM;
	const most = Math.max(colour.r, colour.g, colour.b);
	if (most <= 0) return WARM;
	// brightness is told apart; the hue alone matters here
	const scale = 255 / most;
	return { r: Math.round(colour.r * scale), g: Math.round(colour.g * scale), b: Math.round(colour.b * scale) };
}

/** @param {Rgb} colour */
export const cssOf = ({ r, g, b }) => `rgb(${r} ${g} ${b})`;

/** @param {string} hex "#ff9329" @returns {Rgb} */
export function fromHex(hex) {
	const n = parseInt(hex.slice(1), 16);
	return { r: n >> 16 & 255, g: n >> 8 & 255, b: n & 255 };
}

/** Hue 0–359, saturation 0–100. @param {Rgb} colour */
export function toHueSaturation({ r, g, b }) {
	const most = Math.max(r, g, b), span = most - Math.min(r, g, b);
	if (span === 0) return { hue: 0, saturation: 0 };
	const sector = most === r ? (g - b) / span : most === g ? (b - r) / span + 2 : (r - g) / span + 4;
	return { hue: Math.round(sector * 60 + 360) % 360, saturation: Math.round(span / most * 100) };
}

/** At full value. @param {number} hue @param {number} saturation @returns {Rgb} */
export function fromHueSaturation(hue, saturation) {
	/** @param {number} n */
	const part = (n) => {
		const k = (n + hue / 60) % 6;
		return Math.round(255 * (1 - saturation / 100 * Math.max(0, Math.min(k, 4 - k, 1))));
	};
	return { r: part(5), g: part(3), b: part(1) };
}
