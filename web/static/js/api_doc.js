// The API's description (OpenAPI 3.1) as the page for it needs it. Pure functions; knows neither page nor hub.

/**
 * @typedef {any} Schema a JSON Schema
 * @typedef {{name: string, in: string, required?: boolean, description?: string, schema: Schema}} Parameter
 * @typedef {{status: string, description: string, type: string, schema: Schema|null, problem: string|null}} Answer
 *
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} method
 * @property {string} path
 * @property {string} summary
 * @property {string} description
 * @property {string} group
 * @property {string} access anyone, viewer, adult, owner, metrics, local
 * @property {Parameter[]} parameters
 * @property {{type: string, schema: Schema|null}|null} body
 * @property {Answer[]} answers
 * @property {Record<string, {description: string, schema: Schema}>|null} events
 *
 * @typedef {{name: string, description: string, operations: Operation[]}} Group
 * @typedef {{status: number, type: string, text: string}} Problem
 */

/** What a reference stands for. @param {any} doc @param {any} thing */
export function deref(doc, thing) {
	let at = thing;
	while (at?.$ref) at = at.$ref.slice(2).split('/').reduce((/** @type {any} */ node, /** @type {string} */ key) => node?.[key], doc);
	return at;
}

/** The name behind a reference, or ''. @param {Schema} schema */
export const nameOf = (schema) => (schema?.$ref ? schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) : '');

/** @param {any} doc @param {string} path @param {string} method @param {any} one @returns {Operation} */
function readOperation(doc, path, method, one) {
	const answers = Object.entries(one.responses).map(([status, described]) => {
		const response = deref(doc, described);
		const [type, media] = Object.entries(response.content ?? {})[0] ?? ['', {}];
		return { status, description: response.description, type: Object.keys(response.content ?? {}).join(', ') || type, schema: media.schema ?? null, problem: response['x-type'] ?? null };
	});
	const content = Object.entries(one.requestBody?.content ?? {})[0];
	return {
		id: one.operationId, method: method.toUpperCase(), path, summary: one.summary, description: one.description ?? '', group: one.tags[0],
		access: one['x-access'], parameters: one.parameters.map((/** @type {any} */ each) => deref(doc, each)),
		body: content ? { type: content[0], schema: content[1].schema ?? null } : null, answers,
		events: Object.values(one.responses).map((each) => deref(doc, each)['x-events']).find(Boolean) ?? null,
	};
}

/** The operations by their groups. @param {any} doc @returns {Group[]} */
export function readGroups(doc) {
	/** @type {Operation[]} */
	const all = Object.entries(doc.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, one]) => readOperation(doc, path, method, one)));
	return doc.tags.map((/** @type {any} */ tag) => ({ ...tag, operations: all.filter((one) => one.group === tag.name) }));
}

/** The kinds of problems. @param {any} doc @returns {Problem[]} */
export const readProblems = (doc) => Object.values(doc.components.responses)
	.map((one) => ({ status: one['x-status'], type: one['x-type'], text: one.description }));

/** Whether every word stands somewhere in the operation. @param {Operation} one @param {string} words */
export function isFound(one, words) {
	const text = `${one.method} ${one.path} ${one.summary} ${one.description} ${one.id} ${one.parameters.map((each) => each.name).join(' ')}`.toLowerCase();
	return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** What a value is, in a word or two: "integer 1–1000", "Device[]". @param {Schema} schema @returns {string} */
export function typeOf(schema) {
	if (!schema || typeof schema !== 'object') return 'any';
	if (schema.$ref) return nameOf(schema);
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
	if (schema.enum) return schema.enum.map((/** @type {any} */ each) => JSON.stringify(each)).join(' | ');
	if (schema.type === 'array') return schema.prefixItems ? `[${schema.prefixItems.map(typeOf).join(', ')}, …]` : `${typeOf(schema.items)}[]`;
	const types = Array.isArray(schema.type) ? schema.type.join(' | ') : schema.type ?? 'any';
	const least = schema.minimum ?? schema.minLength;
	const most = schema.maximum ?? schema.maxLength;
	return most !== undefined && most < Number.MAX_SAFE_INTEGER ? `${types} ${least ?? 0}–${most}` : types;
}

/**
 * Something that the schema allows, for show.
 * @param {any} doc @param {Schema} schema @param {number} depth
 * @returns {any}
 */
export function exampleOf(doc, schema, depth = 0) {
	const is = deref(doc, schema);
	if (!is || depth > 6) return null;
	if (is.examples?.length) return is.examples[0];
	if (is.const !== undefined) return is.const;
	if (is.default !== undefined) return is.default;
	if (is.enum) return is.enum[0];
	if (is.anyOf) return exampleOf(doc, is.anyOf[0], depth + 1);
	const type = Array.isArray(is.type) ? is.type[0] : is.type;
	if (type === 'object') return Object.fromEntries(Object.entries(is.properties ?? {}).map(([name, each]) => [name, exampleOf(doc, each, depth + 1)]));
	if (type === 'array') return [exampleOf(doc, is.items, depth + 1)];
	if (type === 'integer') return /milliseconds/i.test(is.description ?? '') ? 1767225600000 : is.minimum > 0 ? is.minimum : 1;
	return { number: 1.5, boolean: true, string: 'text' }[/** @type {'number'} */ (type)] ?? null;
}

/** Whether the page itself can ask it and show the answer: no stream, no file. @param {Operation} one */
export const canTry = (one) => one.method === 'GET' && one.access !== 'local' &&
	/^(application\/json|text\/plain|application\/x-pem-file)$/.test(one.answers[0].type);

/**
 * The address with what was filled in; of a path, what was not stays as it is.
 * @param {Operation} one @param {Record<string, string>} values
 */
export function addressOf(one, values) {
	const path = one.path.replace(/\{(\w+)\}/g, (place, name) => (values[name] ? encodeURIComponent(values[name]) : place));
	const query = one.parameters.filter((each) => each.in === 'query' && values[each.name])
		.map((each) => `${each.name}=${encodeURIComponent(values[each.name])}`);
	return path + (query.length ? `?${query.join('&')}` : '');
}

/** Safe between quotes of a shell. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The same for a terminal.
 * @param {any} doc @param {Operation} one @param {Record<string, string>} values @param {string} origin
 */
export function curlOf(doc, one, values, origin) {
	const words = ['curl', ...(origin.startsWith('https') ? ['--cacert', 'tomte-ca.pem'] : [])];
	if (one.method !== 'GET') words.push('-X', one.method);
	if (one.access !== 'anyone') words.push('-b', quoted(`${origin.startsWith('https') ? '__Host-tomte' : 'tomte'}=…`));
	for (const each of one.parameters) if (each.in === 'header' && each.required) words.push('-H', quoted(`${each.name}: ${each.schema.const ?? '…'}`));
	if (one.body) {
		words.push('-H', quoted(`Content-Type: ${one.body.type}`));
		words.push(...(one.body.schema ? ['-d', quoted(JSON.stringify(exampleOf(doc, one.body.schema)))] : ['--data-binary', '@file']));
	}
	return [...words, quoted(origin + addressOf(one, values))].join(' ');
}
