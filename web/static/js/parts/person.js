// What makes a person: role, a guest's rooms, a password to begin with.
import { useId } from '../lib.js';
import { html } from './html.js';
import { Field } from './form.js';
import { devices } from '../store.js';
import { T } from '../text.js';

/** @import {Role} from '../types.js' */

/** @type {Role[]} */
const ROLES = ['viewer', 'guest', 'adult', 'owner'];
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789', LENGTH = 12; // none that looks like another

/** A password to be told and changed: 60 bits, in groups that are read out easily. */
export function suggestPassword() {
	const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
	return [...bytes].map((byte, i) => (i && i % 4 === 0 ? '-' : '') + LETTERS[byte % LETTERS.length]).join('');
}

/** @param {{role: Role, onRole: (role: Role) => void, disabled?: boolean}} props */
export function RoleChoice({ role, onRole, disabled = false }) {
	const id = useId();
	return html`<fieldset class="bound" disabled=${disabled}><legend>${T.people.role}</legend>
		<div class="segments wide">${ROLES.map((key) => html`<label key=${key}><input type="radio" name=${id} checked=${role === key} aria-describedby=${id + 'h'} onChange=${() => onRole(key)} />${T.people.roles[key]}</label>`)}</div>
		<p class="note" id=${id + 'h'} aria-live="polite">${T.people.roleHints[role]}</p></fieldset>`;
}

/** The rooms that there are, and those chosen that are empty by now. @param {{rooms: string[], onRooms: (rooms: string[]) => void}} props */
export function RoomChoice({ rooms, onRooms }) {
	const all = [...new Set([...[...devices.value.values()].map((device) => device.area ?? '').filter(Boolean), ...rooms])].sort((a, b) => a.localeCompare(b));
	/** @param {string} room */
	const toggle = (room) => onRooms(rooms.includes(room) ? rooms.filter((other) => other !== room) : [...rooms, room]);
	return html`<fieldset class="bound"><legend>${T.people.rooms}</legend>
		${all.length ? html`<div class="checks">${all.map((room) => html`<label key=${room} class="check"><input type="checkbox" checked=${rooms.includes(room)} onChange=${() => toggle(room)} /><span>${room}</span></label>`)}</div>` :
			html`<p class="note">${T.people.roomless}</p>`}
		${all.length > 0 && !rooms.length && html`<p class="note">${T.people.noRooms}</p>`}</fieldset>`;
}

/** @param {{value: string, onInput: (value: string) => void, error: string|null}} props */
export function GivenPassword({ value, onInput, error }) {
	return html`<${Field} label=${T.people.password} hint=${T.people.passwordHint} value=${value} onInput=${onInput} error=${error} required maxlength=${1024} autocomplete="off" />`;
}
