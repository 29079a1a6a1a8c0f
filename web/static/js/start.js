// What must be settled before the first paint, hence a classic script in the head: the theme and the language, each
// the reader's choice if there is one, else what the system and the browser ask for. It also asks the hub the first
// questions, so that the answers come with the modules and not after them.
(function () {
	const LANGUAGES = ['en', 'de']; // the catalogues; text.js knows the same
	const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];
	const root = document.documentElement;
	const dark = matchMedia('(prefers-color-scheme: dark)');

	/** @param {string} name */
	function kept(name) {
		try {
			return localStorage.getItem(name);
		} catch {
			return null; // storage may be refused: as the system wants it then
		}
	}

	function applyTheme() {
		const choice = kept('theme');
		const theme = choice === 'light' || choice === 'dark' ? choice : dark.matches ? 'dark' : 'light';
		if (root.dataset.theme === theme) return;
		root.dataset.theme = theme;
		for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.setAttribute('content', theme === 'dark' ? '#15120e' : '#f6f2ec');
		dispatchEvent(new Event('themechange'));
	}

	function applyLanguage() {
		const wished = [kept('language'), ...navigator.languages].map((tag) => (tag ?? '').toLowerCase().split('-')[0]);
		const language = wished.find((tag) => LANGUAGES.includes(tag)) ?? 'en';
		root.lang = language;
		root.dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
		// beside the other modules, not after the one that asks for it
		const own = /** @type {HTMLScriptElement} */ (document.currentScript).src;
		const link = document.createElement('link');
		link.rel = 'modulepreload';
		link.href = new URL(`text.${language}.js`, own).href;
		document.head.append(link);
		document.querySelector('link[rel="manifest"]')?.setAttribute('href', new URL(`../manifest.${language}.webmanifest`, own).href);
	}

	/** Asks the hub while the modules are still on their way; api.js takes the answers over. */
	function askEarly() {
		/** @type {Record<string, Promise<Response>>} */
		const early = {};
		// who has been here before will most likely see the house; live.js asks the same, word for word
		for (const path of ['/session', ...(kept('house') ? ['/devices?limit=1000', '/alerts?limit=100', '/me/home'] : [])]) {
			early[path] = fetch('/api/v1' + path, { headers: { 'Accept': 'application/json' }, credentials: 'same-origin', cache: 'no-store' });
			early[path].catch(() => {}); // told to whoever takes it over
		}
		Object.assign(globalThis, { early });
	}

	applyTheme();
	applyLanguage();
	if (document.currentScript?.hasAttribute('data-ask')) askEarly();
	dark.addEventListener('change', applyTheme);
	addEventListener('themechoice', applyTheme);
})();
