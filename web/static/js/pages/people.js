// Settings → People: who may use the hub, and as what. For the owner.
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { CopyLine } from '../parts/copy.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { GivenPassword, RoleChoice, RoomChoice, suggestPassword } from '../parts/person.js';
import { PersonRow } from '../parts/person_row.js';
import { get, post, reasonOf } from '../api.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Person, Role} from '../types.js' */

const FIELDS = ['name', 'password'];

/** @param {{onAdded: (person: Person) => void}} props */
function AddPerson({ onAdded }) {
	const [name, setName] = useState('');
	const [password, setPassword] = useState(suggestPassword);
	const [role, setRole] = useState(/** @type {Role} */ ('adult'));
	const [rooms, setRooms] = useState(/** @type {string[]} */ ([]));
	const [added, setAdded] = useState(/** @type {{name: string, password: string}|null} */ (null));
	const { busy, error, run } = useAction();
	/** @param {string} field */
	const wrong = (field) => (error?.field === field ? error.message : null);
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		void run(async () => {
			onAdded(await post('/users', { name: name.trim(), password, role, ...(role === 'guest' ? { rooms } : {}) }));
			setAdded({ name: name.trim(), password });
			setName('');
			setPassword(suggestPassword());
		});
	};
	return html`<section class="panel"><h2><${Icon} name="plus-circle-outline" /><span>${T.people.add}</span></h2>
		<form class="form" onSubmit=${submit}>
			<${Field} label=${T.people.name} value=${name} onInput=${setName} error=${wrong('name')} required />
			<${RoleChoice} role=${role} onRole=${setRole} />
			${role === 'guest' && html`<${RoomChoice} rooms=${rooms} onRooms=${setRooms} />`}
			<${GivenPassword} value=${password} onInput=${setPassword} error=${wrong('password')} />
			${error && !FIELDS.includes(error.field ?? '') && html`<${Refusal} error=${error} />`}
			<div class="row end"><button class="button primary" disabled=${busy || !name.trim()} data-busy=${busy ? '' : undefined}>${T.people.addDo}</button></div>
		</form>
		<div role="status">${added && html`<div class="stack"><p>${T.people.tell(added.name)}</p><${CopyLine} text=${added.password} /></div>`}</div>
	</section>`;
}

/** @param {{list: Person[]}} props */
function Loaded({ list }) {
	const [people, setPeople] = useState(list);
	const owners = people.filter((person) => person.role === 'owner').length;
	/** @param {Person} one */
	const take = (one) => {
		setPeople(people.map((other) => (other.id === one.id ? one : other)));
		// of oneself it holds at once: also what this page offers
		if (one.name === session.peek()?.user.name) void get('/session').then((answer) => { session.value = answer; }, () => {});
	};
	return html`<section class="panel"><h2><${Icon} name="account-circle-outline" /><span>${T.people.who}</span></h2>
			<div class="items">${people.map((person) => html`<${PersonRow} key=${person.id} person=${person} last=${person.role === 'owner' && owners === 1} onTake=${take}
				onGone=${() => setPeople(people.filter((other) => other !== person))} />`)}</div></section>
		<${AddPerson} onAdded=${(/** @type {Person} */ person) => setPeople([...people, person])} />`;
}

export function PeoplePage() {
	const owner = mayManage(session.value);
	const [list, setList] = useState(/** @type {Person[]|null} */ (null));
	const [failed, setFailed] = useState('');
	const [again, setAgain] = useState(0);
	useEffect(() => {
		if (!owner) return undefined;
		let current = true;
		setFailed('');
		get('/users').then(({ users }) => current && setList(users), (error) => current && setFailed(reasonOf(error)));
		return () => { current = false; };
	}, [owner, again]);
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${T.people.title} before=${back} narrow>${
		!owner ? html`<p class="refusal">${T.people.notOwner}</p>` :
		list ? html`<${Loaded} list=${list} />` :
		failed ? html`<div class="empty" role="alert"><p>${failed}</p><button type="button" class="button" onClick=${() => setAgain(again + 1)}>${T.chart.retry}</button></div>` :
		html`<div class="panel skeleton" aria-hidden="true"></div>`}</${Page}>`;
}
