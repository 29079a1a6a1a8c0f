// The pure parts of arranging: orders that outlive what comes and goes, and where things stand while one is moved.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as arrangement from '../../web/static/js/arrangement.js';
import { columns, nearest, scrollSpeed, shifts } from '../../web/static/js/parts/places.js';

const { MOST_FAVOURITES, UNARRANGED, favouritesOf, inOrder, isFavourite, isSame, keyOf, moved, orderCards, orderRooms, refOf, withCardsAs, withFavourite, withFavouritesAs,
	withoutFavourite, withoutOrder, withRoomsAs } = arrangement;
const same = (/** @type {any} */ x) => x;
const rooms = (...areas) => areas.map((area) => ({ area }));
const names = (list) => list.map(({ area }) => area);
const home = (areas, favourites = []) => ({ favourites: favourites.map(refOf), rooms: Object.entries(areas).map(([area, cards]) => ({ area, cards: cards.map(refOf) })) });
const cards = (now, area) => now.rooms.find((room) => room.area === area).cards.map(keyOf);

describe('orders', () => {
	test('keys there and back', () => {
		for (const key of ['lamp/light', 'thermo/', 'a-b_c/x']) assert.equal(keyOf(refOf(key)), key);
		assert.deepEqual(refOf('thermo/'), { device: 'thermo' });
	});

	test('what is named comes first, the rest as it was', () => {
		assert.deepEqual(inOrder(['a', 'b', 'c', 'd'], same, ['d', 'gone', 'b']), ['d', 'b', 'a', 'c']);
		assert.deepEqual(inOrder(['a', 'b'], same, []), ['a', 'b']);
		assert.deepEqual(inOrder([], same, ['a']), []);
	});

	test('rooms: new ones last, but before what is in none where that is last', () => {
		assert.deepEqual(names(orderRooms(rooms('Attic', 'Hall', 'Kitchen', ''), UNARRANGED)), ['Attic', 'Hall', 'Kitchen', '']);
		assert.deepEqual(names(orderRooms(rooms('Attic', 'Hall', 'Kitchen', ''), home({ Kitchen: [], Hall: [] }))), ['Kitchen', 'Hall', 'Attic', '']);
		assert.deepEqual(names(orderRooms(rooms('Attic', 'Hall', 'Kitchen', ''), home({ Kitchen: [], Hall: [], '': [] }))), ['Kitchen', 'Hall', 'Attic', '']);
		assert.deepEqual(names(orderRooms(rooms('Attic', 'Hall', 'Kitchen', ''), home({ '': [], Kitchen: [] }))), ['', 'Kitchen', 'Attic', 'Hall']);
		assert.deepEqual(names(orderRooms(rooms('Attic'), home({ Gone: [], '': [] }))), ['Attic']);
	});

	test('cards: of the room that they are in now', () => {
		const now = home({ Hall: ['c/', 'a/x'], Attic: ['b/'] });
		const list = ['a/x', 'b/', 'c/', 'd/'].map((key) => ({ key }));
		assert.deepEqual(orderCards(list, now, 'Hall').map(({ key }) => key), ['c/', 'a/x', 'b/', 'd/']);
		assert.deepEqual(orderCards(list, now, 'Nowhere'), list);
	});

	test('moved within a list', () => {
		assert.deepEqual(moved(['a', 'b', 'c', 'd'], 0, 2), ['b', 'c', 'a', 'd']);
		assert.deepEqual(moved(['a', 'b', 'c', 'd'], 3, 1), ['a', 'd', 'b', 'c']);
		assert.deepEqual(moved(['a', 'b'], 0, 99), ['b', 'a']);
		assert.deepEqual(moved(['a', 'b'], 1, -5), ['b', 'a']);
	});
});

describe('changes', () => {
	test('a card with a place gives its room one, and all others', () => {
		const now = withCardsAs(UNARRANGED, 'Hall', ['b/', 'a/x'], ['Attic', 'Hall', '']);
		assert.deepEqual(names(now.rooms), ['Attic', 'Hall', '']);
		assert.deepEqual(cards(now, 'Hall'), ['b/', 'a/x']);
		assert.deepEqual(cards(now, 'Attic'), []);
		assert.deepEqual(withoutOrder(now), UNARRANGED);
	});

	test('what is not seen now keeps its place behind; what has moved here is forgotten there', () => {
		const now = withCardsAs(home({ Hall: ['gone/', 'a/', 'b/'], Attic: ['c/', 'd/'] }), 'Hall', ['c/', 'b/', 'a/'], ['Attic', 'Hall']);
		assert.deepEqual(cards(now, 'Hall'), ['c/', 'b/', 'a/', 'gone/']);
		assert.deepEqual(cards(now, 'Attic'), ['d/']);
		assert.deepEqual(names(now.rooms), ['Hall', 'Attic'], 'rooms stay where they are');
	});

	test('rooms keep their cards', () => {
		const now = withRoomsAs(home({ Gone: ['x/'], Hall: ['a/'] }), ['Kitchen', 'Hall']);
		assert.deepEqual(names(now.rooms), ['Kitchen', 'Hall', 'Gone']);
		assert.deepEqual(cards(now, 'Hall'), ['a/']);
	});

	test('favourites once, and not more than there may be', () => {
		let now = withFavourite(UNARRANGED, { device: 'a', entity: 'x' });
		assert.equal(withFavourite(now, { device: 'a', entity: 'x' }), now);
		assert.ok(isFavourite(now, { device: 'a', entity: 'x' }) && !isFavourite(now, { device: 'a', entity: 'y' }));
		for (let i = 0; i < 200; i++) now = withFavourite(now, { device: 'b', entity: `e${i}` });
		assert.equal(now.favourites.length, MOST_FAVOURITES);
		assert.ok(!isFavourite(withoutFavourite(now, { device: 'a', entity: 'x' }), { device: 'a', entity: 'x' }));
	});

	test('of two pages both remain, whatever comes first', () => {
		const before = home({ Hall: ['a/', 'b/', 'c/'] }, ['a/x', 'b/x']);
		const theirs = (now) => withFavourite(withoutFavourite(now, refOf('a/x')), refOf('n/x'));
		const ours = (now) => withCardsAs(withFavouritesAs(now, ['b/x', 'a/x']), 'Hall', ['c/', 'a/', 'b/'], ['Hall']);
		for (const both of [ours(theirs(before)), theirs(ours(before))]) {
			assert.deepEqual(both.favourites.map(keyOf), ['b/x', 'n/x']);
			assert.deepEqual(cards(both, 'Hall'), ['c/', 'a/', 'b/']);
		}
	});

	test('an erased device is no other order', () => {
		const before = home({ Hall: ['a/', 'gone/', 'b/'] }, ['gone/x', 'a/x']), there = new Map([['a', {}], ['b', {}]]);
		assert.ok(isSame(before, home({ Hall: ['a/', 'b/'] }, ['a/x']), there));
		assert.ok(!isSame(before, home({ Hall: ['b/', 'a/'] }, ['a/x']), there));
		assert.ok(!isSame(before, home({ Hall: ['a/', 'b/'] }), there));
		assert.ok(!isSame(before, home({ Attic: [], Hall: ['a/', 'b/'] }, ['a/x']), there));
	});

	test('shown is what is there', () => {
		const device = { id: 'a', entities: [{ id: 'x' }] };
		assert.deepEqual(favouritesOf(home({}, ['gone/x', 'a/x', 'a/gone']), new Map([['a', device]])), [{ key: 'a/x', device, entity: device.entities[0] }]);
	});
});

describe('places', () => {
	const grid = [0, 1, 2, 3, 4].map((i) => ({ left: i % 3 * 110, top: Math.floor(i / 3) * 60, width: 100, height: 50 }));
	const column = [40, 80, 20].map((height, i, all) => ({ left: 0, top: all.slice(0, i).reduce((sum, one) => sum + one + 10, 0), width: 100, height }));

	test('the nearest', () => {
		assert.equal(nearest(grid, 50, 25), 0);
		assert.equal(nearest(grid, 200, 100), 4);
		assert.equal(nearest(grid, -1000, 5000), 3);
		assert.equal(nearest(column, 50, 95), 1);
	});

	test('others make way by one place, and nothing else moves', () => {
		assert.deepEqual(shifts(grid, 0, 3), [{ x: 0, y: 60 }, { x: -110, y: 0 }, { x: -110, y: 0 }, { x: 220, y: -60 }, { x: 0, y: 0 }]);
		assert.deepEqual(shifts(grid, 2, 2), grid.map(() => ({ x: 0, y: 0 })));
	});

	test('in a column each keeps its height', () => {
		assert.deepEqual(shifts(column, 0, 2).map(({ y }) => y), [120, -50, -50]);
		assert.deepEqual(shifts(column, 2, 0).map(({ y }) => y), [30, 30, -140]);
	});

	test('columns, and how fast the page scrolls near its edges', () => {
		assert.deepEqual([columns(grid), columns(column), columns([])], [3, 1, 1]);
		assert.equal(scrollSpeed(400, 60, 700), 0);
		assert.ok(scrollSpeed(80, 60, 700) < 0 && scrollSpeed(690, 60, 700) > 0);
		assert.equal(scrollSpeed(-500, 60, 700), -scrollSpeed(5000, 60, 700));
	});
});
