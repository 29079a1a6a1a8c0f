// One of the people: role and rooms, a new password, the way out.
import { useEffect, useRef, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { CopyLine } from './copy.js';
import { Refusal, useAction } from './form.js';
import { GivenPassword, RoleChoice, RoomChoice, suggestPassword } from './person.js';
import { say } from './announce.js';
import { erase, patch, put } from '../api.js';
import { session } from '../store.js';
import { T } from '../text.js';

/** @import {Person} from '../types.js' */

/** The same of both, in any order. @param {string[]} a @param {string[]} b */
const same = (a, b) => a.length === b.length && a.every((room) => b.includes(room));

/** @param {{person: Person, onTake: (person: Person) => void, last: boolean}} props last: the only owner */
function Rights({ person, onTake, last }) {
	const [role, setRole] = useState(person.role);
	const [rooms, setRooms] = useState(person.rooms ?? []);
	const { busy, error, run } = useAction();
	const changed = role !== person.role || (role === 'guest' && !same(rooms, person.rooms ?? []));
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			onTake(await patch(`/users/${person.id}`, role === 'guest' ? { role, rooms } : { role }));
			say(T.people.saved);
		});
	};
	return html`<form class="form" onSubmit=${submit}>
		<${RoleChoice} role=${role} onRole=${setRole} disabled=${last} />
		${last && html`<p class="note">${T.people.last}</p>`}
		${role === 'guest' && html`<${RoomChoice} rooms=${rooms} onRooms=${setRooms} />`}
		<${Refusal} error=${error} />
		${!last && html`<div class="row end"><button class="button primary" disabled=${busy || !changed} data-busy=${busy ? '' : undefined}>${T.people.save}</button></div>`}
	</form>`;
}

/** @param {{person: Person}} props */
function NewPassword({ person }) {
	const [password, setPassword] = useState(suggestPassword);
	const [given, setGiven] = useState('');
	const { busy, error, run } = useAction();
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			await put(`/users/${person.id}/password`, { password, must_change: true });
			setGiven(password);
			setPassword(suggestPassword());
		});
	};
	return html`<details><summary>${T.people.reset}</summary><form class="form" onSubmit=${submit}>
		<p class="muted">${T.people.resetLead(person.name)}</p>
		<${GivenPassword} value=${password} onInput=${setPassword} error=${error?.field === 'password' ? error.message : null} />
		${error && !error.field && html`<${Refusal} error=${error} />`}
		<div class="row end"><button class="button" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.people.resetDo}</button></div>
		<div role="status">${given && html`<div class="stack"><p>${T.people.tell(person.name)}</p><${CopyLine} text=${given} /></div>`}</div>
	</form></details>`;
}

/** @param {{person: Person, onGone: () => void}} props */
function Removing({ person, onGone }) {
	const [asked, setAsked] = useState(false);
	const { busy, error, run } = useAction();
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	useEffect(() => { if (asked) dialog.current?.showModal(); }, [asked]);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			await erase(`/users/${person.id}`);
			say(T.people.removed(person.name));
			onGone();
		});
	};
	return html`<div class="row"><button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="delete-outline" /><span>${T.people.remove}</span></button></div>
		${asked && html`<dialog ref=${dialog} aria-labelledby="remove-title" onClose=${() => setAsked(false)}><form onSubmit=${submit}>
			<h2 id="remove-title">${T.people.removeTitle(person.name)}</h2><p>${T.people.removeText}</p>
			<${Refusal} error=${error} />
			<div class="row end"><button type="button" class="button" onClick=${() => dialog.current?.close()}>${T.device.cancel}</button>
				<button class="button primary danger" disabled=${busy} data-busy=${busy ? '' : undefined}>${T.people.removeDo}</button></div>
		</form></dialog>`}`;
}

/** @param {{person: Person, last: boolean, onTake: (person: Person) => void, onGone: () => void}} props */
export function PersonRow({ person, last, onTake, onGone }) {
	const self = person.name === session.value?.user.name;
	const what = [T.people.roles[person.role], person.rooms ? person.rooms.join(', ') || T.people.noRooms : '', person.must_change ? T.people.waits : ''];
	return html`<details class="item"><summary><span class="row-name"><span><span>${person.name}</span>${self && html` <span class="muted">· ${T.people.you}</span>`}</span><small class="muted">${what.filter(Boolean).join(' · ')}</small></span></summary>
		<div class="stack person">
			<${Rights} key=${person.role + (person.rooms ?? []).join('\n')} person=${person} onTake=${onTake} last=${last} />
			${!self && html`<${NewPassword} person=${person} />`}
			${!last && !self && html`<${Removing} person=${person} onGone=${onGone} />`}
		</div></details>`;
}
