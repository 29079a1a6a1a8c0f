// Whether a part of the page is in sight, or soon will be when somebody scrolls. One observer for all of them.
import { useEffect, useState } from '../lib.js';

const MARGIN = '300% 0px'; // of the window, above and below: a usual house is all in sight, of a large one a tenth

/** @type {Map<Element, (inSight: boolean) => void>} */
const watched = new Map();
/** @type {IntersectionObserver|null} */
let observer = null;

/**
 * Calls fn when the element comes into sight and when it leaves. Answers the function that ends it.
 * @param {Element} element @param {(inSight: boolean) => void} fn
 */
function watch(element, fn) {
	observer ??= new IntersectionObserver((entries) => {
		for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
	}, { rootMargin: MARGIN });
	watched.set(element, fn);
	observer.observe(element);
	return () => {
		watched.delete(element);
		observer?.unobserve(element);
	};
}

/**
 * @param {{current: Element|null}} ref the element
 * @param {boolean} [once] stays true from the first time on
 */
export function useInSight(ref, once = false) {
	const [inSight, setInSight] = useState(false);
	useEffect(() => {
		if (!ref.current || (once && inSight)) return undefined;
		return watch(ref.current, setInSight);
	}, [once && inSight]);
	return inSight;
}

/** Tells of each change rather than rendering. @param {{current: Element|null}} ref @param {(inSight: boolean) => void} fn @param {any[]} inputs */
export function useSight(ref, fn, inputs) {
	useEffect(() => {
		if (!ref.current) return undefined;
		let now = false;
		const end = watch(ref.current, (inSight) => {
			if (inSight !== now) fn(now = inSight);
		});
		return () => {
			end();
			if (now) fn(false);
		};
	}, inputs);
}
