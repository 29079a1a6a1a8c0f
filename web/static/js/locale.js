// How this reader writes numbers and times: the language of the page with the habits of the browser's region.
// Knows nothing of texts, so that the catalogues can ask it.

/**
 * The browser's own locale of this language, else the language as it is used in the browser's region.
 * @param {string} language @param {readonly string[]} languages those of the browser
 */
export function localeFor(language, languages) {
	const own = languages.find((tag) => tag.toLowerCase().split('-')[0] === language);
	if (own) return own;
	try {
		const region = new Intl.Locale(languages[0] ?? language).maximize().region;
		return region ? `${language}-${region}` : language;
	} catch {
		return language;
	}
}

const page = globalThis.document?.documentElement.lang || 'en';

/** For every Intl of the pages. */
export const locale = localeFor(page, globalThis.navigator?.languages ?? []);

/**
 * Made when it is first asked for: the first Intl costs a phone some fifty milliseconds, which the first page spends while it waits.
 * @template T @param {() => T} make @returns {() => T}
 */
export function lazily(make) {
	/** @type {T|undefined} */
	let made;
	return () => (made ??= make());
}

const whole = lazily(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }));

/** A count, grouped as the reader does: 1,234 or 1.234. @param {number} n */
export const grouped = (n) => whole().format(n);
