// Fields and the fate of a form: what it says while sending and when refused.
import { useId, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { ApiError, reasonOf } from '../api.js';
import { T } from '../text.js';

/**
 * A labelled input.
 * @param {{label: string, value: string, onInput: (value: string) => void, error?: string|null, hint?: string, type?: string,
 *   autocomplete?: string, list?: string[], required?: boolean, maxlength?: number, autofocus?: boolean}} props
 */
export function Field({ label, value, onInput, error = null, hint = '', type = 'text', autocomplete = 'off', list, required = false, maxlength = 63, autofocus = false }) {
	const id = useId();
	const note = error || hint;
	return html`<div class="field">
		<label for=${id}>${label}</label>
		<input id=${id} type=${type} value=${value} autocomplete=${autocomplete} required=${required} maxlength=${maxlength} autofocus=${autofocus}
			autocapitalize="off" spellcheck=${false} list=${list ? id + 'l' : undefined}
			aria-invalid=${error ? 'true' : undefined} aria-describedby=${note ? id + 'n' : undefined}
			onInput=${(/** @type {any} */ event) => onInput(event.target.value)} />
		${list && html`<datalist id=${id + 'l'}>${list.map((item) => html`<option value=${item} />`)}</datalist>`}
		${note && html`<p class=${error ? 'note danger' : 'note'} id=${id + 'n'}>${note}</p>`}
	</div>`;
}

const LEAST = 8; // characters; the hub insists on the same

/** 0 too short, 1 weak, 2 fair, 3 good: a hint, not a judge. @param {string} password */
export function strength(password) {
	if ([...password].length < LEAST) return 0;
	const different = new Set(password.toLowerCase()).size;
	const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(password)).length;
	if (different < 5 || /^(?:password|passwort|12345678|qwert|abcdef)/i.test(password)) return 1;
	const score = password.length + kinds * 2 + different / 2;
	return score >= 22 ? 3 : score >= 17 ? 2 : 1;
}

/**
 * @param {{label: string, value: string, onInput: (value: string) => void, error?: string|null, fresh?: boolean}} props
 *   fresh: a password being chosen, with a hint at its strength
 */
export function PasswordField({ label, value, onInput, error = null, fresh = false }) {
	const id = useId();
	const [shown, setShown] = useState(false);
	const level = fresh ? strength(value) : 0;
	const words = ['', T.password.weak, T.password.fair, T.password.good];
	const hint = fresh && value ? (level === 0 ? T.password.short(LEAST - [...value].length) : words[level]) : '';
	return html`<div class="field">
		<label for=${id}>${label}</label>
		<div class="with-button">
			<input id=${id} type=${shown ? 'text' : 'password'} value=${value} required autocomplete=${fresh ? 'new-password' : 'current-password'}
				minlength=${fresh ? LEAST : undefined} maxlength="1024" autocapitalize="off" spellcheck=${false}
				aria-invalid=${error ? 'true' : undefined} aria-describedby=${id + 'n'}
				onInput=${(/** @type {any} */ event) => onInput(event.target.value)} />
			<button type="button" class="icon-button" aria-label=${shown ? T.password.hide : T.password.show} aria-pressed=${shown}
				onClick=${() => setShown(!shown)}><${Icon} name=${shown ? 'eye-off' : 'eye'} /></button>
		</div>
		${fresh && html`<div class="strength" data-level=${value ? Math.max(level, 1) : 0} aria-hidden="true"><i></i><i></i><i></i></div>`}
		<p class=${error ? 'note danger' : 'note'} id=${id + 'n'} aria-live="polite">${error || hint}</p>
	</div>`;
}

/**
 * Runs an action once at a time and keeps why it failed.
 * @returns {{busy: boolean, error: ApiError|null, run: (action: () => Promise<void>) => Promise<boolean>, clear: () => void}}
 */
export function useAction() {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState(/** @type {ApiError|null} */ (null));
	/** @param {() => Promise<void>} action */
	const run = async (action) => {
		if (busy) return false;
		setBusy(true);
		setError(null);
		try {
			await action();
			return true;
		} catch (caught) {
			const wrapped = caught instanceof ApiError ? caught : new ApiError(-1, reasonOf(caught));
			if (!(caught instanceof ApiError)) console.error(caught);
			if (wrapped.status === 429) wrapped.message = T.errors.tooMany(wrapped.retryAfter);
			setError(wrapped);
			return false;
		} finally {
			setBusy(false);
		}
	};
	return { busy, error, run, clear: () => setError(null) };
}

/** @param {{error: ApiError|null}} props */
export function Refusal({ error }) {
	return html`<div role="alert">${error && html`<p class="refusal"><${Icon} name="alert-circle-outline" /><span>${error.message}</span></p>`}</div>`;
}
