// Server-sent events (HTML Living Standard, 9.2) read through fetch(). EventSource makes a task of whatever has arrived: after a
// pause of a second a thousand events at once, each with a cost of its own, and no finger is heard meanwhile. Here a turn is
// short, and the page gets a breath after each. What EventSource has besides, connecting again, live.js does with its cursor.

const TURN_MS = 8; // of events between two breaths

/** Takes a stream apart, wherever it was cut. Lines end as the hub ends them, with a line feed. */
export class EventParser {
	#rest = '';
	#name = '';
	#id = '';
	/** @type {string[]} */
	#data = [];
	#told = false; // an id, since the last event

	/** @param {string} text @returns {Generator<{name: string, data: string, id: string}>} the events that it completes; one
	 *   without data is the hub's beat, which says how far it has come */
	*take(text) {
		const all = this.#rest + text;
		let begin = 0;
		for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', begin)) {
			const line = all.slice(begin, end);
			begin = end + 1;
			if (line) {
				this.#field(line);
				continue;
			}
			const event = { name: this.#name || 'message', data: this.#data.join('\n'), id: this.#id };
			const empty = !this.#data.length && !this.#told;
			this.#name = '';
			this.#data = [];
			this.#told = false;
			if (!empty) yield event;
		}
		this.#rest = all.slice(begin);
	}

	/** @param {string} line */
	#field(line) {
		const colon = line.indexOf(':');
		if (colon === 0) return; // a comment
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
		if (field === 'event') this.#name = value;
		else if (field === 'data') this.#data.push(value);
		else if (field === 'id') {
			this.#id = value;
			this.#told = true;
		}
	}
}

const breath = () => new Promise((resolve) => { setTimeout(resolve, 0); });

/**
 * Follows a stream until it ends; throws when it cannot be opened or breaks off.
 * @param {string} url
 * @param {{signal: AbortSignal, onOpen: () => void, onEvent: (event: {name: string, data: string, id: string}) => void}} options
 *   nothing is called any more once signal is aborted
 */
export async function followEvents(url, { signal, onOpen, onEvent }) {
	const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, credentials: 'same-origin', cache: 'no-store', signal });
	if (!response.ok || !response.body) throw new Error(`the stream was refused: ${response.status}`);
	onOpen();
	const parser = new EventParser();
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		let begin = performance.now();
		for (const event of parser.take(value)) {
			if (signal.aborted) return;
			onEvent(event);
			if (performance.now() - begin < TURN_MS) continue;
			await breath();
			begin = performance.now();
		}
	}
}
