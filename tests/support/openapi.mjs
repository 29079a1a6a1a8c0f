/* The API's description as a judge: answers of a hub against what it says of them, stricter than a client would be: a member that no
 * schema knows is a mistake here. */
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';

const load = createRequire(new URL('../clients/package.json', import.meta.url));
const Ajv = load('ajv/dist/2020.js').default;
const ajvErrors = (validate) => (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`).join('\n');

/** What OpenAPI's own schema has to say of the document: {valid, errors}. */
export async function validateDocument(document) {
	const {Validator} = await import(load.resolve('@seriousme/openapi-schema-validator'));
	return new Validator({strict: false}).validate(structuredClone(document));
}

/** The same schemas without room for members that they do not name. */
function closed(schema) {
	if (Array.isArray(schema))
		return schema.map(closed);
	if (!schema || typeof schema !== 'object')
		return schema;
	const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) =>
		[key, ['enum', 'const', 'examples', 'required'].includes(key) ? value : closed(value)]));
	if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined)
		copy.additionalProperties = false;
	return copy;
}

const ROOT = 'https://hub.test/openapi.json';

export class Description {
	constructor(document) {
		this.document = document;
		this.seen = new Set(); // "operationId status"
		this.ajv = new Ajv({strict: false, validateFormats: false, allErrors: true});
		this.ajv.addSchema({$id: ROOT, components: {schemas: closed(document.components.schemas)}});
		this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
			Object.entries(methods).map(([method, operation]) => ({path, method: method.toUpperCase(), ...operation})));
	}

	operation(id) {
		const found = this.operations.find((one) => one.operationId === id);
		assert.ok(found, `there is no operation ${id}`);
		return found;
	}

	/** Throws unless the value is what the schema says. */
	check(schema, value, what) {
		const validate = this.ajv.compile(JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', `"${ROOT}#/`)));
		assert.ok(validate(value), `${what}: ${ajvErrors(validate)}\n${JSON.stringify(value).slice(0, 2000)}`);
	}

	checkNamed(name, value) {
		assert.ok(this.document.components.schemas[name], `there is no schema ${name}`);
		this.check({$ref: `#/components/schemas/${name}`}, value, name);
	}

	deref(thing) {
		return thing.$ref ? thing.$ref.slice(2).split('/').reduce((at, key) => at[key], this.document) : thing;
	}

	/** Parameters of an operation, references resolved. */
	parameters(operation) {
		return operation.parameters.map((one) => this.deref(one));
	}

	/** An answer of tests/support/request.mjs to this operation: status, content type and body are as described. */
	checkAnswer(operation, answer, what = '') {
		const where = `${operation.method} ${operation.path} ${what}: ${answer.status}`;
		const described = operation.responses[answer.status];
		assert.ok(described, `${where} is not described\n${answer.text.slice(0, 500)}`);
		this.seen.add(`${operation.operationId} ${answer.status}`);
		const response = this.deref(described);
		const types = Object.keys(response.content ?? {});
		const type = (answer.headers['content-type'] ?? '').split(';')[0];
		if (types.length === 0) {
			assert.equal(answer.text, '', where);
			return;
		}
		assert.ok(types.includes(type), `${where}: ${type} instead of ${types}`);
		if (answer.status >= 400)
			this.checkProblem(answer, response['x-type'], where);
		else if (type === 'application/json')
			this.check(response.content[type].schema, answer.json, where);
		for (const name of Object.keys(response.headers ?? {}))
			if (name === 'ETag' && operation.parameters.every((one) => !String(one.$ref).endsWith('IfNoneMatch')))
				assert.match(answer.headers.etag ?? '', /^"[0-9a-f]{32}"$/, where);
	}

	checkProblem(answer, type, where = '') {
		assert.equal(answer.headers['content-type'], 'application/problem+json', where);
		this.checkNamed('Problem', answer.json);
		assert.equal(answer.json.status, answer.status, where);
		assert.equal(answer.json.type, type, where);
		assert.match(answer.json.detail, /^[A-Z][^]*\.$|^[a-z_]+ [^]*\.$/, where);
		assert.ok(answer.json.instance?.startsWith('/'), `${where}: ${answer.text}`);
	}
}
