/* A small HTTPS client for tests: trusts any certificate (tests of the
 * certificate use openssl and the hub's CA), keeps cookies out of sight. */
import http from 'node:http';
import https from 'node:https';
import {gunzipSync} from 'node:zlib';

/** Sends one request and resolves with {status, headers, text, json, cookie}. */
export function request(url, {method = 'GET', body, raw, headers = {}, cookie, socketPath, ca, timeout = 60000} = {}) {
	const data = raw ?? (body === undefined ? undefined : JSON.stringify(body));
	const all = {...headers};
	if (method !== 'GET' && method !== 'HEAD')
		all['x-tomte'] ??= '1';
	if (data !== undefined) {
		all['content-type'] ??= raw ? 'application/octet-stream' : 'application/json';
		all['content-length'] = Buffer.byteLength(data);
	}
	if (cookie)
		all.cookie = cookie;
	for (const name of Object.keys(all))
		if (all[name] === null)
			delete all[name];
	const library = url.protocol === 'https:' ? https : http;
	return new Promise((resolve, reject) => {
		const req = library.request(url, {method, headers: all, rejectUnauthorized: ca !== undefined, ca, socketPath, timeout, agent: false}, (res) => {
			const chunks = [];
			res.on('data', (chunk) => chunks.push(chunk));
			res.on('end', () => {
				const sent = Buffer.concat(chunks);
				const bytes = res.headers['content-encoding'] === 'gzip' && sent.length ? gunzipSync(sent) : sent;
				const text = bytes.toString('utf8');
				const type = res.headers['content-type'] ?? '';
				const set = res.headers['set-cookie']?.[0];
				resolve({
					status: res.statusCode, headers: res.headers, bytes, text, setCookie: set,
					json: /[/+]json/.test(type) && text ? JSON.parse(text) : undefined,
					cookie: set ? set.split(';')[0] : undefined,
				});
			});
			res.on('error', reject);
		});
		req.on('timeout', () => req.destroy(new Error(`no answer within ${timeout} ms: ${url}`)));
		req.on('error', reject);
		req.end(data);
	});
}

const PATIENCE_MS = 120000;

/** Opens a server-sent event stream. events() is an async iterator of {id, event, data}. */
export function openStream(url, {cookie, lastEventId, headers = {}} = {}) {
	const library = url.protocol === 'https:' ? https : http;
	const all = {accept: 'text/event-stream', ...headers, ...(cookie ? {cookie} : {}), ...(lastEventId ? {'last-event-id': lastEventId} : {})};
	const queue = [];
	let wake = () => {};
	let over = false;
	const req = library.request(url, {headers: all, rejectUnauthorized: false, agent: false}, (res) => {
		stream.status = res.statusCode;
		let rest = '';
		res.setEncoding('utf8');
		res.on('data', (data) => {
			rest += data;
			for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
				const event = {};
				for (const line of rest.slice(0, end).split('\n')) {
					const colon = line.indexOf(':');
					if (colon > 0)
						event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
				}
				if (event.data !== undefined)
					queue.push({id: event.id, event: event.event, data: JSON.parse(event.data)});
			}
			wake();
		});
		res.on('close', () => { over = true; wake(); });
		wake();
	});
	req.on('error', () => { over = true; wake(); });
	req.end();
	const stream = {
		status: undefined,
		close: () => req.destroy(),
		/** The next event for which match(event) is true; those before it are dropped. */
		async next(match = () => true) {
			const last = [];
			for (const deadline = Date.now() + PATIENCE_MS;;) {
				while (queue.length > 0) {
					const event = queue.shift();
					if (match(event))
						return event;
					last.push(`${event.event} ${JSON.stringify(event.data).slice(0, 200)}`);
				}
				if (over || Date.now() >= deadline)
					throw new Error(`${over ? 'the stream ended' : 'it did not come'}; before it came ${last.slice(-10).join('\n')}`);
				await new Promise((resolve) => {
					const timer = setTimeout(resolve, deadline - Date.now());
					wake = () => { clearTimeout(timer); resolve(); };
				});
			}
		},
		/** The next event for each of these, in their order, in whichever they come. */
		async all(...matches) {
			const found = [];
			for (const open = new Set(matches.keys()); open.size > 0;) {
				const which = (event) => [...open].find((i) => matches[i](event));
				const event = await stream.next((one) => which(one) !== undefined), i = which(event);
				found[i] = event;
				open.delete(i);
			}
			return found;
		},
		/** Takes what has arrived so far. */
		drain: () => queue.splice(0),
	};
	return stream;
}
