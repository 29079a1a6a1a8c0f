// What a screen reader is told without being asked, and short words at the
// bottom of the page for those who see.
import { signal } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { alertWords } from './alert_words.js';
import { T } from '../text.js';

/** @import {Alert} from '../types.js' */

const polite = signal('');
const urgent = signal('');
/** @type {import('../lib.js').Signal<{text: string, kind: 'good'|'danger', href: string|null}|null>} */
const toast = signal(/** @type {any} */ (null));
/** @type {number|undefined} */
let timer;

const TOAST_MS = 6000;

/** For screen readers alone. @param {string} text @param {boolean} now */
export function announce(text, now = false) {
	const region = now ? urgent : polite;
	region.value = region.peek() === text ? text + '\u00a0' : text;
}

/** For everybody. @param {string} text @param {'good'|'danger'} kind @param {string|null} href */
export function say(text, kind = 'good', href = null) {
	clearTimeout(timer);
	toast.value = { text, kind, href };
	announce(text, kind === 'danger');
	timer = setTimeout(() => { toast.value = null; }, TOAST_MS);
}

/** @param {Alert} alert */
export function announceAlert(alert) {
	if (alert.closed === null) say(T.alerts.opened(alertWords(alert)), 'danger', '/alerts');
	else say(T.alerts.closed(alertWords(alert)), 'good', '/alerts');
}

export function Announcer() {
	const shown = toast.value;
	const icon = shown?.kind === 'danger' ? 'bell-ring-outline' : 'check-circle-outline';
	return html`
		<div class="sr-only" role="status" aria-live="polite">${polite.value}</div>
		<div class="sr-only" role="alert" aria-live="assertive">${urgent.value}</div>
		${shown && html`<div class="toast" data-kind=${shown.kind}>
			${shown.href ? html`<a href=${shown.href}><${Icon} name=${icon} /><span>${shown.text}</span></a>` :
				html`<span class="toast-text"><${Icon} name=${icon} /><span>${shown.text}</span></span>`}
		</div>`}`;
}
