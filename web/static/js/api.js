// Requests to the hub. Knows HTTP and problem+json; knows no page.
import { session } from './store.js';
import { T, problemText } from './text.js';

/** What the hub, or the way to it, refused. */
export class ApiError extends Error {
	/**
	 * @param {number} status 0: the hub could not be reached
	 * @param {string} detail a sentence for the reader
	 * @param {string|null} field the input it is about
	 * @param {number} retryAfter seconds, 0 when not said
	 * @param {string} code of the hub's (web/problem.h), '' when it gave none
	 */
	constructor(status, detail, field = null, retryAfter = 0, code = '') {
		super(detail);
		this.status = status;
		this.field = field;
		this.retryAfter = retryAfter;
		this.code = code;
	}
}

const TIMEOUT_MS = 15000;

/** @param {Response} response */
async function refusal(response) {
	/** @type {any} */
	let body = null;
	try {
		body = await response.json();
	} catch {
		// not JSON: the status alone has to do
	}
	const said = body && typeof body.detail === 'string' && body.detail ? body.detail :
		body && typeof body.title === 'string' && body.title ? body.title : T.errors.status(response.status);
	const code = body && typeof body.code === 'string' ? body.code : '';
	const field = body && typeof body.field === 'string' ? body.field : null;
	return new ApiError(response.status, problemText(code, said), field, Number(response.headers.get('Retry-After')) || 0, code);
}

/** What start.js has asked already: once, as it is no answer to a later question. @param {string} path @returns {Promise<Response>|undefined} */
function takeEarly(path) {
	const early = /** @type {any} */ (globalThis).early ?? {};
	const answer = early[path];
	delete early[path];
	return answer;
}

/** What was answered before a log-in, or whatever else changes something, is not what would be answered after it. */
function forgetEarly() {
	delete (/** @type {any} */ (globalThis).early);
}

/**
 * One request. Answers the parsed body, or null when there is none.
 * Throws ApiError. A 401 ends the session unless anonymous is true.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {object|null} body
 * @param {{anonymous?: boolean, signal?: AbortSignal, cache?: RequestCache, ifMatch?: string, onTag?: (tag: string) => void}} options
 *   cache: 'default' for answers that the browser may keep; ifMatch: the ETag of what is edited; onTag: is given the answer's
 * @returns {Promise<any>}
 */
export async function call(method, path, body = null, { anonymous = false, signal, cache = 'no-store', ifMatch, onTag } = {}) {
	/** @type {Record<string, string>} */
	const headers = { 'Accept': 'application/json' };
	if (method !== 'GET') headers['X-Tomte'] = '1';
	if (body) headers['Content-Type'] = 'application/json';
	if (ifMatch) headers['If-Match'] = ifMatch;
	const timeout = AbortSignal.timeout(TIMEOUT_MS);
	if (method !== 'GET') forgetEarly();
	const asked = method === 'GET' ? takeEarly(path) : undefined;
	let response;
	try {
		response = asked ? await asked : await fetch('/api/v1' + path, {
			method, headers, body: body ? JSON.stringify(body) : undefined,
			credentials: 'same-origin', cache, signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
		});
	} catch {
		throw new ApiError(0, T.errors.unreachable);
	}
	if (response.status === 401 && !anonymous) session.value = null;
	if (!response.ok) throw await refusal(response);
	onTag?.(response.headers.get('ETag') ?? '');
	if (response.status === 204) return null;
	try {
		return await response.json();
	} catch (error) { // what breaks off on its way is not garbled: the hub is away, or the page goes
		throw error instanceof SyntaxError ? new ApiError(response.status, T.errors.garbled) : new ApiError(0, T.errors.unreachable);
	}
}

/** @param {string} path @returns {Promise<any>} */
export const get = (path) => call('GET', path);
const PAGE_MOST = 1000; // the hub gives no more at once

/**
 * A list whole: page after page, most lists are one. The answer is the first page's with the items of all.
 * @param {string} path @param {string} name of the member with the items
 * @returns {Promise<any>}
 */
export async function getAll(path, name) {
	const pages = `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE_MOST}`;
	const whole = await get(pages);
	for (let { next } = whole; next;) {
		const page = await get(`${pages}&cursor=${encodeURIComponent(next)}`);
		whole[name].push(...page[name]);
		({ next } = page);
	}
	return whole;
}

/** @param {string} path @param {object|null} body @returns {Promise<any>} */
export const post = (path, body = null) => call('POST', path, body);
/** @param {string} path @param {object} body @returns {Promise<any>} */
export const patch = (path, body) => call('PATCH', path, body);
/** @param {string} path @param {object} body @returns {Promise<any>} */
export const put = (path, body) => call('PUT', path, body);
/** @param {string} path @returns {Promise<any>} */
export const erase = (path) => call('DELETE', path);

/**
 * Changes what has this tag: a 412 says that it has another one by now.
 * @param {string} method @param {string} path @param {object|null} body @param {string} tag '': whatever it has
 */
export async function change(method, path, body, tag) {
	let itsTag = '';
	const answer = await call(method, path, body, { ifMatch: tag, onTag: (given) => { itsTag = given; } });
	return { body: answer, tag: itsTag };
}
/** @param {string} path of what an edit will name by its tag */
export const getEditable = (path) => change('GET', path, null, '');

/** @param {unknown} error @returns {string} a sentence for the reader */
export function reasonOf(error) {
	return error instanceof ApiError ? error.message : T.errors.unexpected;
}

/** @type {Map<string, Promise<boolean>>} */
const offered = new Map();

/** Whether this hub has the route: some are made without. @param {string} path */
export function offers(path) {
	let answer = offered.get(path);
	if (!answer) {
		answer = fetch('/api/v1' + path, { method: 'OPTIONS', credentials: 'same-origin', cache: 'no-store' })
			.then((response) => response.ok, () => {
				offered.delete(path);
				return false;
			});
		offered.set(path, answer);
	}
	return answer;
}

/** Path of a device. @param {string} id */
export const devicePath = (id) => `/devices/${encodeURIComponent(id)}`;
