// The texts of the page in the reader's language, which start.js has put on <html>. Only that catalogue is fetched.
// What it lacks comes from the English one, fetched when first missed; whatever was drawn meanwhile draws itself again.
import { signal } from './lib.js';

/** @import {T as English} from './text.en.js' */
/** @import {Alert, HubTexts} from './types.js' */
/** @typedef {typeof English} Texts */

/** Each language by its own name. @type {Record<string, {name: string, load: () => Promise<{T: any, HUB?: HubTexts}>}>} */
export const LANGUAGES = {
	en: { name: 'English', load: () => import('./text.en.js') },
	de: { name: 'Deutsch', load: () => import('./text.de.js') },
};

export const language = document.documentElement.lang in LANGUAGES ? document.documentElement.lang : 'en';

/** @type {import('./lib.js').Signal<any>} */
const english = signal(null);
let asked = false;

/** @param {string[]} path @returns {any} the English text, or what shows nothing until it is there */
function fallback(path) {
	if (!asked) {
		asked = true;
		console.warn(`no text "${path.join('.')}" in ${language}`);
		void LANGUAGES.en.load().then((catalogue) => { english.value = catalogue.T; });
	}
	let found = english.value; // so that who draws now does so again
	for (const key of path) found = found?.[key];
	if (found !== undefined) return found;
	return new Proxy(() => '', {
		get: (_, key) => (key === Symbol.toPrimitive ? () => '' : typeof key === 'symbol' ? undefined : fallback([...path, key])),
	});
}

/**
 * The catalogue with English behind its sections and their texts. What lies deeper are tables that are asked for keys which they need not have.
 * @param {Record<string, any>} own @param {string[]} path @returns {any}
 */
function complete(own, path = []) {
	const shown = /** @type {Record<string, any>} */ ({});
	for (const [key, value] of Object.entries(own)) {
		const section = path.length === 0 && value && typeof value === 'object' && !Array.isArray(value);
		shown[key] = section ? complete(value, [key]) : value;
	}
	return new Proxy(shown, { get: (target, key) => (typeof key === 'symbol' || key in target ? Reflect.get(target, key) : fallback([...path, key])) });
}

const { T: chosen, HUB: hub = { problems: {}, alerts: {} } } = await LANGUAGES[language].load();

/** @type {Texts} */
export const T = language === 'en' ? chosen : complete(chosen);

/** What the hub says for itself, in English, as this language has it. @param {string|undefined} code @param {string} own */
export const problemText = (code, own) => hub.problems[code ?? ''] ?? own;

/** @param {Alert} alert @param {string|undefined} device its name */
export const alertText = (alert, device) => (device === undefined && alert.device ? alert.text : hub.alerts[alert.kind]?.(device ?? '', alert.text) ?? alert.text);
