// A value that is drawn at once and sent when the finger rests: a valve on a
// battery should not run after every step, nor a shutter after every pixel.
import { useEffect, useRef, useState } from '../lib.js';

const REST_MS = 500;

/**
 * @template T
 * @param {(value: T) => void} onRest
 * @returns {{drawn: T|null, draw: (value: T) => void, hold: (value: T) => void, end: () => void}}
 *   draw: sent after a rest; hold: drawn until end
 */
export function useDraft(onRest) {
	const [drawn, setDrawn] = useState(/** @type {T|null} */ (null));
	const state = useRef({ timer: 0, value: /** @type {T|null} */ (null), onRest });
	const s = state.current;
	s.onRest = onRest;
	const end = () => {
		clearTimeout(s.timer);
		const { value } = s;
		s.value = null;
		if (value === null) return;
		s.onRest(value);
		setDrawn(null);
	};
	/** @param {T} value */
	const hold = (value) => {
		clearTimeout(s.timer);
		s.value = value;
		setDrawn(() => value);
	};
	/** @param {T} value */
	const draw = (value) => {
		hold(value);
		s.timer = setTimeout(end, REST_MS);
	};
	useEffect(() => end, []); // whoever leaves has decided
	return { drawn, draw, hold, end };
}
