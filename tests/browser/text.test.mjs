// The catalogues of texts: every language says all that English says, nothing is said in vain, and no module brings words
// of its own. Reads the sources; needs no browser.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const TOP = join(dirname(fileURLToPath(import.meta.url)), '../..');
const JS = join(TOP, 'web/static/js');
const CATALOGUE = /^text\.([a-z]+)\.js$/;
const TECHNICAL = new Set(['CSV', 'JSON', 'tomte']); // the same in every language

const catalogues = {};
for (const name of readdirSync(JS)) {
	const match = CATALOGUE.exec(name);
	if (match) catalogues[match[1]] = await import(pathToFileURL(join(JS, name)));
}
const { T: english } = catalogues.en;
const others = Object.entries(catalogues).filter(([language]) => language !== 'en');

const modules = readdirSync(JS, { recursive: true }).filter((name) => name.endsWith('.js') && !CATALOGUE.test(name)).map((name) => {
	const text = readFileSync(join(JS, name), 'utf8');
	return { name, text, source: ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS) };
});

/** Every text and its path; lists are one text. */
function leaves(texts, path = []) {
	return Object.entries(texts).flatMap(([key, value]) => (value && typeof value === 'object' && !Array.isArray(value) ? leaves(value, [...path, key]) : [[[...path, key].join('.'), value]]));
}

const at = (texts, path) => path.split('.').reduce((found, key) => found?.[key], texts);

/** What a text makes of its arguments: the set of those that show, for several counts. */
function shown(text, kinds) {
	const found = new Set();
	for (const count of [0, 1, 2, 40, 7531]) {
		const said = text(...kinds.map((kind, i) => (kind === 'number' ? count + i * 100000 : `⟦${i}⟧`)));
		const digits = said.replace(/(?<=\d)\D(?=\d{3})/g, '');
		kinds.forEach((kind, i) => {
			if (kind === 'number' ? new RegExp(`(?<!\\d)${count + i * 100000}(?!\\d)`).test(digits) : said.includes(`⟦${i}⟧`)) found.add(`argument ${i + 1}${kind === 'number' ? ` at ${count}` : ''}`);
		});
	}
	return [...found].sort();
}

for (const [language, { T, HUB }] of others) {
	describe(`the ${language} catalogue`, () => {
		test('has every text', () => {
			assert.deepEqual(leaves(english).filter(([path]) => at(T, path) === undefined).map(([path]) => path), []);
		});

		test('has none that English has not', () => {
			assert.deepEqual(leaves(T).filter(([path]) => at(english, path) === undefined).map(([path]) => path), []);
		});

		test('has texts of the same kind, and lists as long', () => {
			const wrong = leaves(english).filter(([path, text]) => {
				const own = at(T, path);
				if (own === undefined) return false;
				const shape = (value) => (Array.isArray(value) ? value.map((item) => (Array.isArray(item) ? item.map(shape) : typeof item)) : typeof value);
				// how many steps a system needs may differ
				return path === 'trust.systems' ? own.length !== text.length : JSON.stringify(shape(own)) !== JSON.stringify(shape(text));
			});
			assert.deepEqual(wrong.map(([path]) => path), []);
		});

		test('shows the same arguments', () => {
			for (const [path, text] of leaves(english)) {
				const own = at(T, path);
				if (typeof text !== 'function' || typeof own !== 'function') continue;
				const kinds = [...text.toString().matchAll(/@type \{(\w+)\}/g)].map(([, kind]) => kind);
				assert.equal(kinds.length, text.length, `text.en.js: ${path} does not say what its arguments are`);
				assert.equal(own.length, text.length, `${path} takes other arguments`);
				assert.deepEqual(shown(own, kinds), shown(text, kinds), path);
			}
		});

		test('leaves nothing in English', () => {
			const same = leaves(T).filter(([path, text]) => typeof text === 'string' && text === at(english, path) && /\p{L}{2}.*\s.*\p{L}{2}/u.test(text) && !text.startsWith('sudo '));
			assert.deepEqual(same.map(([path]) => path), []);
		});

		test('knows every code that the hub refuses with, and no other', () => {
			const sources = readdirSync(join(TOP, 'web')).filter((name) => name.endsWith('.c')).map((name) => readFileSync(join(TOP, 'web', name), 'utf8')).join('\n');
			const codes = new Set([...sources.matchAll(/(?:problem_coded|refuse)\((?:rs|&ex->rs|ex), [^;]*?\d{3}, "([a-z_]+)"/g)].map(([, code]) => code));
			for (const [, code] of sources.matchAll(/\{40[13], "([a-z_]+)", "/g)) codes.add(code); // struct refusal
			const house = readdirSync(join(TOP, 'hub/device')).filter((name) => name.endsWith('.c')).map((name) => readFileSync(join(TOP, 'hub/device', name), 'utf8')).join('\n');
			for (const [, code] of house.matchAll(/(?:many_refuse\([^;]*?, |refuse\(ERR_[A-Z]+, |invalid\(w(?:ish_r)?, |w->code = )"([a-z_]+)"/g)) codes.add(code); // refusals
			assert.ok(codes.size > 20, `only ${codes.size} codes found in web/*.c`);
			assert.deepEqual(Object.keys(HUB.problems).sort(), [...codes].sort());
			for (const text of Object.values(HUB.problems)) assert.match(text, /[.!?]$/);
		});
	});
}

/** Calls fn with every node. */
function walk(node, fn) {
	fn(node);
	ts.forEachChild(node, (child) => walk(child, fn));
}

/** "chart.ranges" of T.chart.ranges[key], for the longest chain at each place. */
function accesses(source) {
	const found = new Set();
	walk(source, (node) => {
		if (!ts.isIdentifier(node) || node.text !== 'T' || ts.isImportSpecifier(node.parent) || ts.isExportSpecifier(node.parent)) return;
		const path = [];
		let top = node;
		while (ts.isPropertyAccessExpression(top.parent) && top.parent.expression === top) {
			top = top.parent;
			path.push(top.name.text);
		}
		found.add(path.join('.'));
	});
	return found;
}

test('no text is left unused', () => {
	const used = new Set(modules.filter(({ name }) => name !== 'text.js').flatMap(({ source }) => [...accesses(source)]));
	const isUsed = (path) => {
		const keys = path.split('.');
		// or a method of its own is called: T.device.colours.map
		return keys.some((_, i) => used.has(keys.slice(0, i + 1).join('.'))) || [...used].some((other) => other.startsWith(`${path}.`));
	};
	assert.deepEqual(leaves(english).filter(([path]) => !isUsed(path)).map(([path]) => path), []);
});

test('no module asks for a text that there is not', () => {
	for (const { name, source } of modules) {
		if (name === 'text.js') continue;
		for (const path of accesses(source)) {
			const keys = path.split('.').filter(Boolean);
			let texts = english;
			for (const [i, key] of keys.entries()) {
				// what follows a text is a method of its own: .split, .length
				if (typeof texts !== 'object' || Array.isArray(texts)) break;
				assert.ok(key in texts, `${name} asks for T.${keys.slice(0, i + 1).join('.')}`);
				texts = texts[key];
			}
		}
	}
});

test('modules read the catalogue of the reader, not that of one language', () => {
	for (const { name, text } of modules) {
		if (name !== 'text.js') assert.doesNotMatch(text, /from '[^']*\/text\.[a-z]+\.js'|import\('[^']*\/text\.[a-z]+\.js'\)/, `${name} imports a catalogue; texts come from text.js`);
	}
});

const WORDS = /\p{L}{2,}/gu;
const SPOKEN = /^(aria-label|aria-description|aria-valuetext|aria-roledescription|title|alt|placeholder|label)$/;

/** Words in markup: what stands between tags, and attributes that are read out. @param {string} markup with a mark for each expression */
function wordsOf(markup) {
	const between = markup.replace(/<[^<>]*>/g, ' ');
	const said = [...markup.matchAll(/([\w-]+)="([^"]*)"/g)].filter(([, name]) => SPOKEN.test(name)).map(([, , value]) => value);
	return [between, ...said].flatMap((text) => text.match(WORDS) ?? []).filter((word) => !TECHNICAL.has(word));
}

/** Functions whose texts people see, and which argument that is. */
const SAYS = { say: 0, announce: 0, ApiError: 1 };

test('no module brings words of its own', () => {
	const found = [];
	for (const { name, source } of modules) {
		walk(source, (node) => {
			const line = () => `${relative(TOP, join(JS, name))}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
			if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'html') {
				const { template } = node;
				const markup = ts.isNoSubstitutionTemplateLiteral(template) ? template.text : template.head.text + template.templateSpans.map((span) => '\u0001' + span.literal.text).join('');
				const words = wordsOf(markup);
				if (words.length) found.push(`${line()}: ${words.join(' ')}`);
			}
			if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression.getText() in SAYS) {
				const argument = node.arguments?.[SAYS[node.expression.getText()]];
				if (argument && (ts.isStringLiteralLike(argument) || ts.isTemplateExpression(argument)) && WORDS.test(argument.getText())) found.push(`${line()}: ${argument.getText()}`);
				WORDS.lastIndex = 0;
			}
		});
	}
	assert.deepEqual(found, []);
});

test('the check for words finds what it should', () => {
	assert.deepEqual(wordsOf('<p class="lead">\u0001 and more</p>'), ['and', 'more']);
	assert.deepEqual(wordsOf('<a aria-label="Back to it" href="/x">\u0001</a>'), ['Back', 'to', 'it']);
	assert.deepEqual(wordsOf('<\u0001 title=\u0001 class="one two" /> · \u0001 (CSV)'), []);
});

test('numbers and times are the reader’s', async () => {
	const { localeFor } = await import(pathToFileURL(join(JS, 'locale.js')));
	assert.equal(localeFor('en', ['en-GB', 'de']), 'en-GB');
	assert.equal(localeFor('de', ['en-GB', 'de-AT']), 'de-AT', 'its own locale of the language');
	assert.equal(localeFor('en', ['de-DE']), 'en-DE', 'else the language as the region writes it');
	assert.equal(localeFor('de', []), 'de-DE');
	assert.equal(localeFor('de', ['nonsense_x']), 'de');
});
