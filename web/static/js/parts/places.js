// Where the things of a list stand while one of them is moved: pure geometry.

/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/** @param {Box} box */
const middle = ({ left, top, width, height }) => ({ x: left + width / 2, y: top + height / 2 });

/** The place whose middle is nearest. @param {Box[]} boxes @param {number} x @param {number} y */
export function nearest(boxes, x, y) {
	let best = 0, least = Infinity;
	boxes.forEach((box, i) => {
		const at = middle(box), distance = (at.x - x) ** 2 + (at.y - y) ** 2;
		if (distance < least) [best, least] = [i, distance];
	});
	return best;
}

/**
 * How far each has to move for the one at `from` to stand at `to`. In one column each keeps its height; in several all are of one size.
 * @param {Box[]} boxes @param {number} from @param {number} to
 * @returns {{x: number, y: number}[]}
 */
export function shifts(boxes, from, to) {
	const order = boxes.map((_, i) => i).filter((i) => i !== from);
	order.splice(to, 0, from);
	const shift = boxes.map(() => ({ x: 0, y: 0 }));
	const column = boxes.every(({ left }) => Math.abs(left - boxes[0].left) < 1);
	let top = boxes[0]?.top ?? 0;
	order.forEach((i, place) => {
		const gap = place + 1 < boxes.length ? boxes[place + 1].top - boxes[place].top - boxes[place].height : 0;
		const at = column ? { left: boxes[i].left, top } : boxes[place];
		shift[i] = { x: at.left - boxes[i].left, y: at.top - boxes[i].top };
		top += boxes[i].height + gap;
	});
	return shift;
}

const EDGE = 72, FASTEST = 18; // px from the edge; px a frame

/** How fast the page scrolls for a finger at y between the edges. @param {number} y @param {number} top @param {number} bottom */
export function scrollSpeed(y, top, bottom) {
	const over = y < top + EDGE ? y - top - EDGE : y > bottom - EDGE ? y - bottom + EDGE : 0;
	return Math.round(Math.max(-1, Math.min(1, over / EDGE)) * FASTEST);
}

/** How many stand beside each other. @param {Box[]} boxes */
export const columns = (boxes) => Math.max(1, boxes.filter(({ top }) => Math.abs(top - boxes[0].top) < 1).length);
