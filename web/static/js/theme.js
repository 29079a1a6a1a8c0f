// Puts the theme on <html> before the first paint, hence a classic script in
// the head: the reader's choice if there is one, else what the system asks for.
(function () {
	const dark = matchMedia('(prefers-color-scheme: dark)');

	function apply() {
		let choice = null;
		try {
			choice = localStorage.getItem('theme');
		} catch {
			// storage may be refused; the system's theme it is
		}
		const theme = choice === 'light' || choice === 'dark' ? choice : dark.matches ? 'dark' : 'light';
		const root = document.documentElement;
		if (root.dataset.theme === theme) return;
		root.dataset.theme = theme;
		const meta = document.querySelector('meta[name="theme-color"]');
		if (meta) meta.setAttribute('content', theme === 'dark' ? '#16130f' : '#f6f2ec');
		dispatchEvent(new Event('themechange'));
	}

	apply();
	dark.addEventListener('change', apply);
	addEventListener('themechoice', apply);
})();
