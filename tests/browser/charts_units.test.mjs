// The page of charts without a page: what its address says, which readings share a chart, what stands under the finger, what is
// asked for again, and whether its lines can be told apart.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const STATIC = join(dirname(fileURLToPath(import.meta.url)), '../../web/static');
const load = (name) => import(join(STATIC, 'js/parts', name));

// what the modules need of a browser
const kept = new Map();
mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
Object.assign(globalThis, {
	document: Object.assign(new EventTarget(), { documentElement: { lang: 'en' } }),
	localStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) },
	requestAnimationFrame: () => 1, cancelAnimationFrame: () => {},
});
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

const { MOST, colourName, dashOf, found, panelsOf, readQuery, slotsFor, writeQuery } = await load('charts_set.js');
const { boundsOf, pointAt, summaryOf, totalOf } = await load('charts_read.js');
const { Address } = await load('charts_address.js');
const { bandText, boundsText } = await load('charts_words.js');
const { Feed } = await load('chart_feed.js');
const { Past } = await load('chart_past.js');
const { TimeModel } = await load('chart_time.js');
const { link, session } = await load('../store.js');
const { keepMemory } = await load('../memory.js');

const HOUR = 3600000, DAY = 24 * HOUR;

describe('the address', () => {
	test('says and is read as the same', () => {
		for (const shown of [
			{ series: [1], view: { span: DAY, end: null, range: 'day' }, compare: false },
			{ series: [12, 3, 7], view: { span: 365 * DAY, end: null, range: 'all' }, compare: true },
			{ series: [4], view: { span: 2 * HOUR, end: null, range: null }, compare: false },
			{ series: [4, 5], view: { span: HOUR, end: 1.7e12, range: null }, compare: true },
		]) assert.deepEqual(readQuery(writeQuery(shown)), shown);
		assert.equal(writeQuery({ series: [], view: readQuery('').view, compare: true }), '');
	});

	test('of whatever kind shows something sensible', () => {
		const day = { span: DAY, end: null, range: 'day' };
		for (const wrong of ['', '?', '?s=', '?s=a.b.-1.1e3.0', '?range=constructor', '?from=9&to=3', '?from=5', '?span=x']) {
			assert.deepEqual(readQuery(wrong), { series: [], view: day, compare: false }, wrong);
		}
		assert.deepEqual(readQuery('?s=5.5.2,9').series, [5, 2, 9]);
		assert.equal(readQuery(`?s=${Array.from({ length: 40 }, (_, i) => i + 1).join('.')}`).series.length, MOST);
	});
});

describe('the address changes', () => {
	const AT = '?s=1.2&range=day', HOURS = '?s=1.2&span=7200000';
	let search, written, address;
	const zoom = (span) => address.change((shown) => ({ ...shown, view: { span, end: null, range: null } }), 'gesture');
	const compare = () => address.change((shown) => ({ ...shown, compare: !shown.compare }), 'same');
	const choose = (...series) => address.change((shown) => ({ ...shown, series }), 'step');
	beforeEach(() => {
		search = AT;
		written = [];
		address = new Address(() => search, (wanted, replace) => {
			search = wanted;
			written.push([wanted, replace ? 'replaced' : 'a step']);
		});
	});

	test('when a gesture rests, once', () => {
		zoom(3 * HOUR);
		mock.timers.tick(300);
		zoom(2 * HOUR);
		mock.timers.tick(300);
		assert.deepEqual(written, []);
		mock.timers.tick(300);
		assert.deepEqual(written, [[HOURS, 'replaced']]);
	});

	test('by all that is done before a gesture rests', () => {
		zoom(2 * HOUR);
		compare();
		assert.deepEqual(written, [[`${HOURS}&week=1`, 'replaced']], 'at once, and with what the gesture did');
		zoom(HOUR);
		choose(2);
		assert.deepEqual(written.slice(1), [['?s=1.2&span=3600000&week=1', 'replaced'], ['?s=2&span=3600000&week=1', 'a step']], 'one comes back to what was shown');
		mock.timers.tick(9999);
		assert.equal(written.length, 3, 'and nothing comes after');
	});

	test('not by a gesture that was left', () => {
		zoom(2 * HOUR);
		search = '?s=7&range=week'; // the browser's Back
		compare();
		assert.deepEqual(written, [['?s=7&range=week&week=1', 'replaced']]);
		zoom(2 * HOUR);
		search = '?s=8&range=week';
		mock.timers.tick(9999);
		zoom(2 * HOUR);
		address.destroy();
		mock.timers.tick(9999);
		assert.equal(written.length, 1);
	});
});

describe('what is chosen', () => {
	test('keeps its colour and stroke when another one goes, and the next takes the free one', () => {
		const first = slotsFor(new Map(), [10, 20, 30]);
		assert.deepEqual([...first], [[10, 0], [20, 1], [30, 2]]);
		const second = slotsFor(first, [10, 30]);
		assert.deepEqual([...second], [[10, 0], [30, 2]]);
		assert.deepEqual([...slotsFor(second, [10, 30, 40, 50])].sort(), [[10, 0], [30, 2], [40, 1], [50, 3]]);
	});

	const lane = (series, mode, unit) => ({ series, mode, entity: { unit } });
	const shape = (lanes) => panelsOf(lanes).map(({ axes, states }) => [axes.map(({ unit, lanes: some }) => [unit, ...some.map(({ series }) => series)]), states.map(({ series }) => series)]);

	test('shares an axis by unit and a chart by twos; states stand below', () => {
		assert.deepEqual(shape([]), []);
		assert.deepEqual(shape([lane(1, 'states', null), lane(2, 'line', '°C'), lane(3, 'line', '%'), lane(4, 'line', '°C'), lane(5, 'line', 'W'), lane(6, 'states', null)]),
			[[[['°C', 2, 4], ['%', 3]], []], [[['W', 5]], []], [[], [1, 6]]]);
		assert.deepEqual(shape([lane(1, 'line', 'kWh'), lane(2, 'bars', 'kWh')]), [[[['kWh', 1], ['kWh', 2]], []]], 'a level is no rise');
		assert.deepEqual(shape([lane(1, 'states', null)]), [[[], [1]]]);
	});

	test('is found by words of its name, room and kind, in any order', () => {
		const reading = (series, name, area, entity, device_class) => ({ series, device: { name, area }, entity: { name: entity, device_class } });
		const house = [reading(1, 'Thermometer', 'Kitchen', 'Air', 'temperature'), reading(2, 'Plug', 'Kitchen', 'Power', 'power'), reading(3, 'Thermometer', null, 'Air', 'temperature')];
		const kinds = { temperature: 'Temperatur', power: 'Leistung' };
		const search = (text) => found(house, text, (entity) => kinds[entity.device_class]).map(({ series }) => series);
		assert.deepEqual(search(''), [1, 2, 3]);
		assert.deepEqual(search('  KITCHEN '), [1, 2]);
		assert.deepEqual(search('temperatur kitchen'), [1]);
		assert.deepEqual(search('leistung'), [2]);
		assert.deepEqual(search('cellar'), []);
	});
});

describe('under the finger', () => {
	const line = { at: [0, 10, 20, 21, 40, 50], value: [1, 2, 3, null, 5, 7], least: [0, 1, 2, null, 4, 6], most: [2, 3, 9, null, 6, 8], banded: true };

	test('is the nearest point of a line, none in a gap nor outside', () => {
		assert.deepEqual([-1, 0, 4, 6, 14, 16, 20, 30, 40, 44, 46, 50, 51].map((at) => pointAt(line, 'line', at)), [null, 0, 0, 1, 1, 2, 2, null, 4, 4, 5, 5, null]);
		assert.equal(pointAt({ at: [], value: [], least: [], most: [], banded: false }, 'line', 5), null);
	});

	test('is the bar or state that it lies in', () => {
		const bars = { at: [0, 10, 30], ends: [10, 20, 40], value: [1, 0, 2], least: [], most: [], banded: false };
		assert.deepEqual([-1, 0, 9, 10, 19, 20, 29, 30, 39, 40].map((at) => pointAt(bars, 'bars', at)), [null, 0, 0, 1, 1, null, null, 2, 2, null]);
	});

	test('bars come to what is shown of them, not to all that was fetched', () => {
		const bars = { at: [0, 10, 20, 30, 40], ends: [10, 20, 30, 40, 50], value: [100, 1, 2, 4, 800], least: [], most: [], banded: false };
		assert.equal(totalOf(bars, { from: 10, to: 40 }), 7);
		assert.equal(totalOf(bars, { from: 15, to: 35 }), 7, 'those that are cut by an edge are shown, too');
		assert.equal(totalOf(bars, { from: 50, to: 60 }), 0);
	});

	test('bounds and averages have the unit that they are in', () => {
		const rate = { component: 'sensor', unit: 'B/s' }, warmth = { component: 'sensor', unit: '°C', precision: 1 };
		assert.equal(bandText(rate, 800, 1.2e6), '800 B/s to 1.2 MB/s');
		assert.equal(bandText(rate, 1.5e6, 2.5e6), '1.5 to 2.5 MB/s');
		assert.equal(bandText(warmth, 19, 21.4), '19.0 to 21.4 °C');
		const lane = { entity: rate, mode: 'line', index: null, columns: line, feed: { failed: false }, device: {}, summary: { least: 800, average: 40e3, most: 1.2e6 } };
		assert.equal(boundsText(lane, { at: null }), 'average 40 kB/s · 800 B/s to 1.2 MB/s');
		const columns = { at: [0], value: [40e3], least: [800], most: [1.2e6], banded: true };
		assert.equal(boundsText({ ...lane, columns, index: 0, past: { valueAt: () => 5e6 } }, { at: 0 }), '800 B/s to 1.2 MB/s · A week before: 5 MB/s');
	});

	test('least, average and most are of the stretch, without its gaps', () => {
		assert.deepEqual(summaryOf(line, 0, 50), { least: 0, average: (10 * 1 + 10 * 2 + 10 * 5) / 30, most: 9 });
		assert.deepEqual(summaryOf(line, 5, 15), { least: 1, average: 1.5, most: 3 });
		assert.equal(summaryOf(line, 60, 70), null);
		assert.deepEqual(boundsOf(line, 0, 15, false), [1, 3], 'what is drawn up to the edge counts');
		assert.deepEqual(boundsOf(line, 0, 15, true), [0, 9]);
		assert.equal(boundsOf({ at: [], value: [], least: [], most: [], banded: false }, 0, 9, true), null);
	});
});

describe('what is asked for', () => {
	const view = { span: DAY, end: null, range: 'day' };
	const told = { points: () => {}, state: () => {}, mode: () => {} };
	const answer = { kind: 'gauge', raw: true, length: 0, gap: 0, from: 0, points: [[1, 2]] };
	let asked, answers;
	beforeEach(() => {
		asked = 0;
		answers = true;
		// like a browser's: given up, it fails
		globalThis.fetch = (_, { signal }) => new Promise((resolve, reject) => {
			asked++;
			signal.addEventListener('abort', () => reject(signal.reason));
			if (answers === true) resolve({ ok: true, status: 200, headers: new Headers(), json: async () => answer });
			else if (answers === false) reject(new TypeError('no way'));
		});
	});

	test('is not asked for again by who has gone', async () => {
		answers = null; // it takes its time
		const feed = new Feed(1, 'line', view, () => 300, told), past = new Past(1, () => assert.fail('nobody draws it'));
		past.show({ from: 0, to: DAY }, 300);
		mock.timers.tick(0);
		assert.equal(asked, 2);
		feed.destroy();
		past.destroy();
		await settled();
		mock.timers.tick(60000);
		assert.equal(asked, 2);
		assert.equal(feed.failed, false);
	});

	class Model extends TimeModel {
		draw() {}
		feeds() { return this.mine ?? []; }
		pasts() { return this.before ?? []; }
	}

	test('is asked for again when the hub is back, if it failed', async () => {
		const model = new Model(view, () => {});
		const feed = new Feed(1, 'line', view, () => 300, told), whole = new Feed(2, 'line', view, () => 300, told), past = new Past(1, () => {});
		Object.assign(model, { mine: [feed, whole], before: [past] });
		await settled();
		link.value = 'live';
		answers = false;
		link.value = 'lost';
		feed.again();
		past.show({ from: 0, to: DAY }, 300);
		mock.timers.tick(0);
		await settled();
		assert.deepEqual([feed.trouble !== null, past.phase, asked], [true, 'failed', 4]);
		answers = true;
		link.value = 'live';
		past.show({ from: 0, to: DAY }, 300); // as drawing does
		mock.timers.tick(0);
		await settled();
		assert.deepEqual([feed.trouble, past.phase, asked], [null, 'ready', 6], 'what was there was not asked for');
		model.destroy();
		feed.trouble = 'once more';
		link.value = 'lost';
		link.value = 'live';
		assert.equal(asked, 6);
		feed.destroy();
		whole.destroy();
		past.destroy();
	});
});

test('what was shown last goes with the log-out', () => {
	globalThis.addEventListener ??= () => {};
	session.value = { user: { name: 'somebody' } };
	keepMemory();
	kept.set('charts', '?s=1&range=day');
	kept.set('house', '{}');
	kept.set('theme', 'dark');
	session.value = null;
	assert.deepEqual([...kept.keys()], ['theme']);
});

describe('lines', () => {
	const sheet = (name) => readFileSync(join(STATIC, 'css', name), 'utf8');
	const channel = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16) / 255;
	const linear = (hex) => [0, 1, 2].map((i) => channel(hex, i)).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
	const luminance = (hex) => linear(hex).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
	const times = (matrix, v) => matrix.map((row) => row.reduce((sum, x, i) => sum + x * v[i], 0));
	/** Machado, Oliveira and Fernandes 2009, full severity; on linear light. */
	const VISIONS = {
		usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
		protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
		deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
		tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
	};
	/** CIE L*a*b* under D65. */
	function lab(rgb) {
		const [x, y, z] = times([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], rgb.map((c) => Math.min(1, Math.max(0, c))))
			.map((c, i) => c / [0.95047, 1, 1.08883][i]).map((c) => (c > 216 / 24389 ? Math.cbrt(c) : (24389 / 27 * c + 16) / 116));
		return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
	}
	const apart = (a, b, vision) => Math.hypot(...[0, 1, 2].map((i) => lab(times(vision, linear(a)))[i] - lab(times(vision, linear(b)))[i]));

	for (const theme of ['light', 'dark']) {
		const block = (css) => css.split(/:root\[data-theme="dark"\]/)[theme === 'dark' ? 1 : 0];
		const [, surface] = /--surface: (#\w{6})/.exec(block(sheet('tokens.css')));
		const colours = [...block(sheet('charts.css')).matchAll(/--series-\d: (#\w{6})/g)].map(([, hex]) => hex);

		test(`stand out from the surface and from each other for every vision, ${theme}`, () => {
			assert.equal(colours.length, 4);
			for (const colour of colours) assert.ok(contrast(colour, surface) >= 4.5, `${colour} on ${surface}: ${contrast(colour, surface).toFixed(2)}`);
			for (const [name, vision] of Object.entries(VISIONS)) {
				for (const [i, a] of colours.entries()) for (const b of colours.slice(i + 1)) {
					assert.ok(apart(a, b, vision) >= 20, `${a} and ${b}, ${name}: ${apart(a, b, vision).toFixed(1)}`);
				}
			}
		});
	}

	test('of twelve no two have both colour and stroke', () => {
		const all = Array.from({ length: MOST }, (_, slot) => `${colourName(slot)} ${dashOf(slot)}`);
		assert.equal(new Set(all).size, MOST);
	});
});
