// Where the page's own files lie: beside this one, under the version that the hub put into its path.

const here = new URL('..', import.meta.url);

/** @param {string} name below static/ */
export const asset = (name) => new URL(name, here).pathname;

/** The version of these pages; '' where they are served without one. */
export const version = /\/static\/([0-9a-f]{16})\//.exec(here.pathname)?.[1] ?? '';

/** With the style sheets that only this page needs, which come before it draws. @param {Promise<any>} module @param {string[]} sheets */
export async function styled(module, ...sheets) {
	await Promise.all(sheets.map((name) => new Promise((resolve, reject) => {
		const href = asset(name);
		if (document.querySelector(`link[href="${href}"]`)) {
			resolve(null);
			return;
		}
		const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror: () => {
			link.remove();
			reject(new Error(`no ${name}`));
		} });
		document.head.append(link);
	})));
	return module;
}
