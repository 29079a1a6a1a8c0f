// Colours of lights, in whichever form the lamp tells them. Pure functions.

/** @import {Colour, Rgb, Value} from '../types.js' */

const WARM = { r: 255, g: 184, b: 92 };

/** At full value: brightness is told apart, the hue alone matters here. @param {Rgb} colour @returns {Rgb|null} */
function bright({ r, g, b }) {
	const most = Math.max(r, g, b);
	if (!(most > 0)) return null;
	const scale = 255 / most;
	return { r: Math.round(r * scale), g: Math.round(g * scale), b: Math.round(b * scale) };
}

/** sRGB's curve (IEC 61966-2-1). @param {number} v linear, 0-1 */
const curved = (v) => 255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

/** CIE 1931 by the primaries of sRGB (D65); what lies outside of them comes to their edge. @param {number} x @param {number} y @returns {Rgb|null} */
export function fromXy(x, y) {
	if (!(y > 0)) return null;
	const X = x / y, Z = (1 - x - y) / y;
	const linear = [3.2406 * X - 1.5372 - 0.4986 * Z, -0.9689 * X + 1.8758 + 0.0415 * Z, 0.0557 * X - 0.2040 + 1.0570 * Z].map((v) => Math.max(0, v));
	const most = Math.max(...linear);
	const [r, g, b] = linear.map((v) => curved(v / most));
	return most > 0 ? bright({ r, g, b }) : null;
}

/** White of a temperature: a black body's place in CIE 1931 (Kim et al. 2002). @param {number} kelvin 1667-25000 */
export function fromKelvin(kelvin) {
	const t = 1000 / Math.max(1667, Math.min(25000, kelvin));
	const x = kelvin <= 4000 ? ((-0.2661239 * t - 0.2343589) * t + 0.8776956) * t + 0.179910 : ((-3.0258469 * t + 2.1070379) * t + 0.2226347) * t + 0.240390;
	const y = kelvin <= 2222 ? ((-1.1063814 * x - 1.34811020) * x + 2.18555832) * x - 0.20219683 :
		kelvin <= 4000 ? ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867 : ((3.0817580 * x - 5.87338670) * x + 3.75112997) * x - 0.37001483;
	return fromXy(x, y) ?? WARM;
}

/** @param {Colour} colour @returns {Rgb|null} */
function fromColour({ r, g, b, h, s, x, y }) {
	if (r !== undefined && g !== undefined && b !== undefined) return bright({ r, g, b });
	if (h !== undefined && s !== undefined) return fromHueSaturation(h, s);
	return x !== undefined && y !== undefined ? fromXy(x, y) : null;
}

/** The colour of a light for the eye; a lamp without colour is warm. @param {Value|undefined} value @returns {Rgb} */
export function colourOf(value) {
	if (!value || typeof value !== 'object') return WARM;
	if (value.color) return fromColour(value.color) ?? WARM;
	return value.color_temp ? fromKelvin(value.color_temp) : WARM;
}

const NEAR = 8; // of 255: what rounding on the way to the lamp and back may take

/** Whether a lamp shows this very colour. @param {Value|undefined} value @param {Rgb} colour */
export function shows(value, colour) {
	if (!value || typeof value !== 'object' || !value.color) return false;
	const now = colourOf(value), wanted = bright(colour) ?? colour;
	return Math.max(Math.abs(now.r - wanted.r), Math.abs(now.g - wanted.g), Math.abs(now.b - wanted.b)) <= NEAR;
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
