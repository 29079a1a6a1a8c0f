// Moves without dragging: for one thumb that rests, for switches, and for whoever does not see the page.
import { useEffect, useRef } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { T } from '../text.js';

/** @param {{name: string, list: string, at: number, all: number, onMove: (to: number) => void, onClose: () => void}} props at: from 0 on */
export function MoveMenu({ name, list, at, all, onMove, onClose }) {
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	useEffect(() => dialog.current?.showModal(), []);
	/** @param {string} icon @param {string} text @param {number} to @param {boolean} can */
	const way = (icon, text, to, can) => html`<button type="button" class="button wide" aria-disabled=${can ? undefined : 'true'} onClick=${() => can && onMove(to)}><${Icon} name=${icon} size=${20} /><span>${text}</span></button>`;
	return html`<dialog ref=${dialog} class="move-menu" aria-labelledby="move-title" onClose=${onClose}>
		<h2 id="move-title">${T.arrange.moveTitle(name)}</h2><p class="muted" role="status">${T.arrange.place(at + 1, all, list)}</p>
		${way('arrow-collapse-up', T.arrange.first, 0, at > 0)}${way('arrow-up', T.arrange.earlier, at - 1, at > 0)}
		${way('arrow-down', T.arrange.later, at + 1, at < all - 1)}${way('arrow-collapse-down', T.arrange.last, all - 1, at < all - 1)}
		<form method="dialog" class="row end"><button class="button primary">${T.arrange.done}</button></form>
	</dialog>`;
}
