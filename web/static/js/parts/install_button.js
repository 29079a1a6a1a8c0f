// Installs an update, when there is one.
import { html } from './html.js';
import { isOn, whole } from '../format.js';
import { T } from '../text.js';

/** @import {Control} from './control.js' */

/** @param {{control: Control, name: string, primary?: boolean}} props */
export function InstallButton({ control, name, primary = false }) {
	if (isOn(control.value) !== true || whole(control.value).progress !== undefined || !control.usable) return null;
	return html`<button type="button" class=${primary ? 'button primary' : 'button'} aria-label=${T.control.of(T.control.install, name)} onClick=${() => control.send('INSTALL')}>${T.control.install}</button>`;
}
