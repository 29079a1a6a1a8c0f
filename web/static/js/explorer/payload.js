// What a payload is and how it is read: JSON, text or bytes; where in a JSON value something stands; how two differ. Pure.

/** @typedef {{kind: 'empty'|'json'|'text'|'binary', text: string, value: any}} Content text: "" of bytes; value: of JSON */
/** @typedef {{path: string, how: 'changed'|'added'|'removed', before: any, after: any}} Difference */

const decoder = new TextDecoder('utf-8', { fatal: true });
const JSON_LIKELY = /^\s*(?:[[{"\-\d]|true\b|false\b|null\b)/;
/** Control characters but for tab, line feed and carriage return: no text that somebody wrote. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;

/** @param {Uint8Array} bytes @returns {Content} */
export function contentOf(bytes) {
	if (bytes.length === 0) return { kind: 'empty', text: '', value: undefined };
	let text;
	try {
		text = decoder.decode(bytes);
	} catch {
		return { kind: 'binary', text: '', value: undefined };
	}
	if (CONTROL.test(text)) return { kind: 'binary', text, value: undefined };
	if (JSON_LIKELY.test(text)) {
		try {
			return { kind: 'json', text, value: JSON.parse(text) };
		} catch {
			// it only looks like it
		}
	}
	return { kind: 'text', text, value: undefined };
}

const PREVIEW_BYTES = 160;

/** The beginning in one line; null: no text. @param {Uint8Array} bytes */
export function previewOf(bytes) {
	const cut = bytes.length > PREVIEW_BYTES;
	let text;
	try {
		text = new TextDecoder('utf-8', { fatal: true }).decode(cut ? bytes.subarray(0, PREVIEW_BYTES) : bytes, { stream: cut });
	} catch {
		return null;
	}
	return CONTROL.test(text) ? null : text.replace(/\s+/g, ' ');
}

const HEX_BYTES = 16;

/** Lines of 16 bytes: offset, hexadecimal, and what of it is ASCII. @param {Uint8Array} bytes @param {number} most bytes */
export function hexLines(bytes, most = 4096) {
	const lines = [];
	for (let at = 0; at < Math.min(bytes.length, most); at += HEX_BYTES) {
		const row = [...bytes.subarray(at, Math.min(at + HEX_BYTES, most))];
		const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
		const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
		lines.push({ offset: at.toString(16).padStart(4, '0'), hex: hex.padEnd(HEX_BYTES * 3 - 1), ascii });
	}
	return lines;
}

// ---- JSON ---------------------------------------------------------------------

/** The step to a member or element, as JSONPath (RFC 9535) writes it. @param {string|number} key */
export function step(key) {
	if (typeof key === 'number') return `[${key}]`;
	return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `['${key.replace(/[\\']/g, '\\$&')}']`;
}

/** @param {any} value */
export const isBranch = (value) => value !== null && typeof value === 'object';

/** Members or elements. @param {any} value @returns {[string|number, any][]} */
export const branches = (value) => (Array.isArray(value) ? value.map((item, i) => [i, item]) : Object.entries(value));

/** Whether a rule of history can keep it. @param {any} value */
export const isNumeric = (value) => (typeof value === 'number' && Number.isFinite(value)) ||
	(typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)));

const MANY = 200;

/**
 * Where two JSON values differ, branch by branch; at most 200 places.
 * @param {any} before @param {any} after @param {string} path @param {Difference[]} found @returns {Difference[]}
 */
export function differences(before, after, path = '$', found = []) {
	if (found.length >= MANY || Object.is(before, after)) return found;
	if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
		found.push({ path, how: 'changed', before, after });
		return found;
	}
	const old = new Map(branches(before)), now = new Map(branches(after));
	for (const [key, value] of old) {
		if (now.has(key)) differences(value, now.get(key), path + step(key), found);
		else if (found.length < MANY) found.push({ path: path + step(key), how: 'removed', before: value, after: undefined });
	}
	for (const [key, value] of now) {
		if (!old.has(key) && found.length < MANY) found.push({ path: path + step(key), how: 'added', before: undefined, after: value });
	}
	return found;
}
