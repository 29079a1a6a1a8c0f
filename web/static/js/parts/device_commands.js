// What was asked of a device and what became of it: fetched, then kept current by the live events.
import { useEffect, useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { Ago } from './ago.js';
import { Refusal, useAction } from './form.js';
import { wishText } from './wish.js';
import { get } from '../api.js';
import { endText, onCommand, takeBack } from '../commands.js';
import { generation, mayTakeBack, session } from '../store.js';
import { duration, secondsText } from '../format.js';
import { iconOf } from '../house.js';
import { T } from '../text.js';

/** @import {Command, Device} from '../types.js' */

const FIRST = 5, MORE = 30, KEPT = 500; // the hub keeps as many of a device

const STEPS = ['queued', 'sent', 'acknowledged']; // and then it is over
const step = (/** @type {Command} */ { state }) => (STEPS.indexOf(state) + STEPS.length + 1) % (STEPS.length + 1);

/** Newest first, each once; of what is known twice the later word. @param {Command[]} some @param {Command[]} others */
function merged(some, others) {
	const all = new Map(some.map((command) => [command.id, command]));
	for (const command of others) {
		const known = all.get(command.id);
		if (!known || step(command) >= step(known)) all.set(command.id, command);
	}
	return [...all.values()].sort((a, b) => b.id - a.id).slice(0, KEPT);
}

/** "anna · scene Evening". @param {Command} command */
const askedBy = ({ by, cause, cause_name: name }) => [by, cause && cause !== 'entity' ? T.commands.causes[cause](name ?? T.home.elsewhere) : ''].filter(Boolean).join(' · ');

/** @param {number} ms */
const lasted = (ms) => (ms < 60000 ? secondsText(ms) : duration(ms / 1000));

/** @param {{command: Command, device: Device}} props */
function Row({ command, device }) {
	const entity = device.entities.find((one) => one.id === command.entity);
	const took = command.state === 'confirmed' && command.took_ms !== null ? T.commands.took(lasted(command.took_ms)) : '';
	const { busy, error, run } = useAction();
	const reason = command.state === 'failed' || command.state === 'expired' || command.state === 'cancelled' ? endText(command) : '';
	return html`<li class="command-row" data-state=${command.state}>
		<${Icon} name=${entity ? iconOf(entity) : 'help-circle-outline'} />
		<div class="row-name"><span><b>${entity?.name ?? command.entity}</b> ${entity ? wishText(entity, command.value) : JSON.stringify(command.value)}</span>
			<small class="muted">${askedBy(command)} · <${Ago} at=${command.at} />${took && ` · ${took}`}</small>
			${reason && html`<small>${reason}</small>`}
			${command.state === 'queued' && mayTakeBack(session.value, command.by) && html`<button type="button" class="button" disabled=${busy} data-busy=${busy ? '' : undefined}
			aria-label=${T.control.of(T.commands.takeBack, entity?.name ?? command.entity)} onClick=${() => void run(() => takeBack(command.id))}>${T.commands.takeBack}</button>`}<${Refusal} error=${error} /></div>
		<span class="command-state">${T.commands.states[command.state] ?? command.state}</span>
	</li>`;
}

/** @param {{device: Device}} props */
export function DeviceCommands({ device }) {
	const [list, setList] = useState(/** @type {Command[]|null} */ (null));
	const [next, setNext] = useState(/** @type {string|null} */ (null));
	const { busy, error, run } = useAction();
	const path = `/commands?device=${encodeURIComponent(device.id)}`, round = generation.value;
	useEffect(() => onCommand((command) => {
		if (command.device === device.id) setList((known) => merged([command], known ?? []));
	}), [device.id]);
	useEffect(() => {
		let current = true;
		void run(async () => {
			const answer = await get(`${path}&limit=${FIRST}`);
			if (!current) return;
			setList((known) => merged(known ?? [], answer.commands));
			setNext(answer.next ?? null);
		});
		return () => { current = false; };
	}, [path, round]);
	const more = () => void run(async () => {
		const answer = await get(`${path}&limit=${MORE}&cursor=${encodeURIComponent(next ?? '')}`);
		setList((known) => merged(known ?? [], answer.commands));
		setNext(answer.next ?? null);
	});
	if (!list) return error && html`<section class="panel"><h2>${T.commands.title}</h2><${Refusal} error=${error} /></section>`;
	return html`<section class="panel" aria-labelledby="commands-title"><h2 id="commands-title">${T.commands.title}</h2>
		${list.length ? html`<ul class="rows command-rows">${list.map((command) => html`<${Row} key=${command.id} command=${command} device=${device} />`)}</ul>` :
			html`<p class="muted">${T.commands.none}</p>`}
		<${Refusal} error=${error} />
		${next && html`<div class="row"><button type="button" class="button" disabled=${busy} data-busy=${busy ? '' : undefined} onClick=${more}>${T.commands.more}</button></div>`}
	</section>`;
}
