// Locks at a press; unlocks at a second one, so that no pocket opens the door.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { announce } from './announce.js';
import { T } from '../text.js';

/** @import {Control} from './control.js' */

const SURE_MS = 5000;
const DOUBLE_MS = 400; // two taps in one go are a slip

/** @param {{control: Control, name: string}} props */
export function LockButton({ control, name }) {
	const [armed, setArmed] = useState(0);
	const locked = control.value === 'locked' || control.value === 'unlocking';
	useEffect(() => {
		if (!armed) return undefined;
		const timer = setTimeout(() => setArmed(0), SURE_MS);
		return () => clearTimeout(timer);
	}, [armed]);
	/** @param {MouseEvent} event */
	const press = (event) => {
		if (!control.usable) return;
		if (!locked) {
			setArmed(0);
			control.send('LOCK');
		} else if (!armed) {
			setArmed(performance.now());
			announce(T.control.sureHint, true);
		} else if (event.detail < 2 && performance.now() - armed >= DOUBLE_MS) {
			setArmed(0);
			control.send('UNLOCK');
		}
	};
	const sure = armed > 0 && locked;
	const label = !locked ? T.control.lock : sure ? T.control.sure : T.control.unlock;
	return html`<button type="button" class=${sure ? 'button lock primary' : 'button lock'} aria-label=${T.control.of(label, name)} disabled=${!control.usable}
		onClick=${press} onBlur=${() => setArmed(0)}>${label}</button>`;
}
