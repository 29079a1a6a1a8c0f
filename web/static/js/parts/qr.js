// The hub's QR drawing, rebuilt from the few shapes that one consists of, so
// that an answer can never put anything else into the page.
import { useMemo, h } from '../lib.js';
import { html } from './html.js';

const SHAPES = new Set(['svg', 'g', 'rect', 'path']);
const ATTRIBUTES = new Set(['viewbox', 'x', 'y', 'width', 'height', 'd', 'fill', 'stroke', 'stroke-width', 'transform', 'shape-rendering', 'fill-rule']);
const PLAIN = /^[-+#%.,:() \w]*$/;
const MOST_NODES = 12000;

/** @param {string} text @param {string} label @returns {import('../lib.js').VNode<any>|null} */
export function safeSvg(text, label) {
	if (typeof text !== 'string' || text.length > 400000) return null;
	const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
	const root = parsed.documentElement;
	if (root.localName !== 'svg' || parsed.querySelector('parsererror')) return null;
	let left = MOST_NODES;
	/** @param {Element} element @returns {any} */
	const rebuild = (element) => {
		if (!SHAPES.has(element.localName) || --left < 0) return null;
		/** @type {Record<string, string>} */
		const attributes = {};
		for (const { name, value } of element.attributes) {
			if (ATTRIBUTES.has(name.toLowerCase()) && PLAIN.test(value.replace(/\s+/g, ' ')) && !/url/i.test(value)) attributes[name] = value;
		}
		if (element === root) {
			if (!attributes.viewBox) attributes.viewBox = `0 0 ${parseFloat(attributes.width) || 100} ${parseFloat(attributes.height) || 100}`;
			delete attributes.width;
			delete attributes.height;
			Object.assign(attributes, { 'role': 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' });
		}
		return h(element.localName, attributes, [...element.children].map(rebuild));
	};
	return rebuild(root);
}

/** @param {{svg: string, label: string}} props */
export function Qr({ svg, label }) {
	const drawing = useMemo(() => safeSvg(svg, label), [svg, label]);
	return drawing && html`<div class="qr">${drawing}</div>`;
}
