// Sentences with **strong** words and `code`, as descriptions have them. No other markup, never HTML.
import { html } from './html.js';

/** @param {string} text */
const marked = (text) => text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) =>
	(part.startsWith('**') ? html`<strong>${part.slice(2, -2)}</strong>` : part.startsWith('`') ? html`<code>${part.slice(1, -1)}</code>` : part));

/** On one line. @param {{text: string}} props */
export const Prose = ({ text }) => html`<span>${marked(text)}</span>`;

/** With paragraphs. @param {{text: string}} props */
export const Paragraphs = ({ text }) => html`${text.split('\n\n').map((each) => html`<p key=${each}>${marked(each)}</p>`)}`;
