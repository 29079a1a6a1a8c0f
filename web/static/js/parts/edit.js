// An edit of something that others may edit as well: it is saved if nothing has changed since the form was filled, else both are shown
// and the reader decides. The hub is asked what is there now, and compares once more itself (If-Match).
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { ApiError, change, getEditable } from '../api.js';
import { T } from '../text.js';

/** @param {any} a @param {any} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * @template V
 * @param {string} path of the API
 * @param {(thing: any) => V} pick what of the thing the form edits
 * @param {V} now as the page knows it
 * @param {(value: V) => void} fill puts values into the form
 * @param {V} draft what is in the form
 */
export function useEdit(path, pick, now, fill, draft) {
	const [base, setBase] = useState(now);
	const [theirs, setTheirs] = useState(/** @type {V|null} */ (null));
	// a form that nobody has touched follows
	useEffect(() => {
		if (same(now, base) || !same(draft, base)) return;
		fill(now);
		setBase(now);
	}, [JSON.stringify(now)]);

	/** @param {object} body @param {boolean} [anyway] over whatever is there now @returns {Promise<any>} the thing, or null when others were quicker */
	const save = async (body, anyway = false) => {
		const { body: value, tag } = await getEditable(path);
		if (!anyway && !same(pick(value), base)) {
			setTheirs(pick(value));
			return null;
		}
		try {
			const { body: saved } = await change('PATCH', path, body, tag);
			setTheirs(null);
			setBase(pick(saved));
			return saved;
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 412) throw error;
			setTheirs(pick((await getEditable(path)).body));
			return null;
		}
	};
	const take = () => {
		if (theirs === null) return;
		fill(theirs);
		setBase(theirs);
		setTheirs(null);
	};
	return { base, theirs, save, take };
}

/**
 * What is there now, beside what the reader wanted.
 * @param {{text: string|null, busy: boolean, onTake: () => void, onMine: () => void}} props text: null for nothing to decide
 */
export function Overtaken({ text, busy, onTake, onMine }) {
	return html`<div role="alert">${text !== null && html`<div class="overtaken stack"><p><b>${T.place.overtaken}</b> ${text}</p>
		<div class="row"><button type="button" class="button" onClick=${onTake}>${T.place.takeTheirs}</button>
			<button type="button" class="button" disabled=${busy} onClick=${onMine}>${T.place.saveMine}</button></div></div>`}</div>`;
}
