// Server-sent events taken apart, without a browser: wherever the network cuts them, and in turns that leave room for others.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventParser, followEvents } from '../../web/static/js/events.js';

const STREAM = 'retry: 1000\n\nid: b1-1\nevent: state\ndata: {"a":1}\n\n: a comment\nevent: state\ndata: first\ndata:second\nid: b1-2\nnonsense\n\ndata\n\nevent: nothing\n\nid: b1-3\n: beat\n\ndata: Küche °C\n\ndata: cut';
const EVENTS = [
	{ name: 'state', data: '{"a":1}', id: 'b1-1' }, { name: 'state', data: 'first\nsecond', id: 'b1-2' },
	{ name: 'message', data: '', id: 'b1-2' }, { name: 'message', data: '', id: 'b1-3' }, { name: 'message', data: 'Küche °C', id: 'b1-3' },
];

describe('the parser', () => {
	test('finds the events of a stream, the beat, and not the one that is cut off', () => {
		assert.deepEqual([...new EventParser().take(STREAM)], EVENTS);
	});

	test('finds them wherever the stream is cut', () => {
		for (let at = 0; at <= STREAM.length; at++) {
			const parser = new EventParser();
			assert.deepEqual([...parser.take(STREAM.slice(0, at)), ...parser.take(STREAM.slice(at))], EVENTS, `cut at ${at}`);
		}
		const parser = new EventParser();
		assert.deepEqual([...STREAM].flatMap((letter) => [...parser.take(letter)]), EVENTS);
	});
});

/** Follows an answer of pretence. */
async function follow(body, { status = 200, onEvent = () => {} } = {}) {
	const control = new AbortController(), seen = [];
	let opened = 0;
	globalThis.fetch = async (url, { headers }) => {
		assert.equal(headers.Accept, 'text/event-stream');
		return new Response(body, { status });
	};
	await followEvents('/live', { signal: control.signal, onOpen: () => { opened++; }, onEvent: (event) => {
		seen.push(event.data);
		onEvent(event, control);
	} });
	return { opened, seen };
}

describe('following', () => {
	test('ends with the stream', async () => {
		assert.deepEqual(await follow('data: a\n\ndata: b\n\n'), { opened: 1, seen: ['a', 'b'] });
	});

	test('throws when the stream is refused, and opens nothing', () => assert.rejects(follow('', { status: 503 }), /503/));

	test('hears nothing more once it is ended, in the middle of what has come', async () => {
		const { seen } = await follow('data: a\n\ndata: b\n\n', { onEvent: (_, control) => control.abort() });
		assert.deepEqual(seen, ['a']);
	});

	test('lets others go first when many events have come at once', async () => {
		let others = 0;
		const clock = performance.now;
		let now = 0;
		performance.now = () => (now += 1); // each event takes a millisecond or two
		try {
			const timer = setInterval(() => { others++; }, 0);
			const { seen } = await follow(Array.from({ length: 2000 }, (_, i) => `data: ${i}\n\n`).join(''));
			clearInterval(timer);
			assert.equal(seen.length, 2000);
			assert.ok(others > 20, `${others} turns of others`);
		} finally {
			performance.now = clock;
		}
	});
});
