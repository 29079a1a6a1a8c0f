// A device: its controls, a live chart of one of its readings, all values, its
// name and room, and the way out of the house.
import { useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Ago } from '../parts/ago.js';
import { Unit } from '../parts/unit.js';
import { Page } from '../parts/frame.js';
import { Chart } from '../parts/chart.js';
import { Control } from '../parts/controls.js';
import { DeviceCommands } from '../parts/device_commands.js';
import { DeviceClasses } from '../parts/device_classes.js';
import { OfOthers, eraseTextOf } from '../parts/device_other.js';
import { DevicePlace } from '../parts/device_place.js';
import { Overtaken, useEdit } from '../parts/edit.js';
import { EraseDialog } from '../parts/erase_dialog.js';
import { Field, Refusal, useAction } from '../parts/form.js';
import { DeviceStar } from '../parts/star.js';
import { Unsaved } from '../parts/unsaved.js';
import { say } from '../parts/announce.js';
import { devicePath, erase } from '../api.js';
import { cell, devices, devicesLoaded, dropDevice, mayManage, session, takeDevice } from '../store.js';
import { absolute, isOn, state } from '../format.js';
import { firstSeries, iconOf, isControl, isDrawn, isMeasured, isOffline, mostTelling, readings, signalOf, takesCommands } from '../house.js';
import { go } from '../router.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

/** @param {{device: Device}} props */
function StatusLine({ device }) {
	const offline = isOffline(device);
	return html`<p class="status-line" data-offline=${offline ? '' : undefined}>
		<b>${offline ? T.card.offline : device.online === null ? T.card.notHeard : T.device.online}</b>
		${offline && device.last_seen ? html` · ${T.card.lastSeen} <${Ago} at=${device.last_seen} />` : ''}${device.area ? ` · ${device.area}` : ''}
		${offline && device.parting ? html`<br /><span>${T.place.partings[device.parting] ?? device.parting}</span>` : ''}</p>`;
}

/** @param {{device: Device, entity: Entity, chosen: boolean, onChoose: (() => void)|null}} props */
function Reading({ device, entity, chosen, onChoose }) {
	const value = cell(device.id, entity.id).value.state;
	const { text, unit } = state(entity, value);
	const content = html`<${Icon} name=${iconOf(entity, isOn(value))} /><span class="reading-name">${entity.name}</span>
		<span class="reading-value value">${text}<${Unit} of=${unit} /></span>`;
	if (!onChoose) return html`<div class="reading">${content}</div>`;
	return html`<button type="button" class="reading" aria-pressed=${chosen ? 'true' : 'false'} onClick=${onChoose}>${content}</button>`;
}

// a machine with dozens of sensors shows its most telling ones and keeps the rest one tap away
const MANY = 11, FIRST = 8;

/** @param {{title: string, device: Device, list: Entity[], chosen: string|null, onChoose: (id: string) => void}} props */
function Readings({ title, device, list, chosen, onChoose }) {
	if (!list.length) return null;
	/** @param {Entity[]} some */
	const rows = (some) => html`<div class="readings">${some.map((entity) => html`
		<${Reading} key=${entity.id} device=${device} entity=${entity} chosen=${entity.id === chosen} onChoose=${isDrawn(entity) ? () => onChoose(entity.id) : null} />`)}
	</div>`;
	const first = new Set(list.length > MANY ? mostTelling(list, FIRST) : list);
	const rest = list.filter((entity) => !first.has(entity));
	return html`<section class="panel"><h2>${title}</h2>${rows(list.filter((entity) => first.has(entity)))}
		${rest.length > 0 && html`<details class="more"><summary>${T.device.more(rest.length)}</summary>${rows(rest)}</details>`}</section>`;
}

/** What the form of a device edits. @param {Device} device */
const named = (device) => ({ name: device.name, area: device.area ?? '' });

/** @param {{device: Device}} props */
function Naming({ device }) {
	const [name, setName] = useState(device.name);
	const [area, setArea] = useState(device.area ?? '');
	const { busy, error, run } = useAction();
	const areas = [...new Set([...devices.value.values()].map((other) => other.area ?? '').filter(Boolean))].sort();
	const { base, theirs, save, take } = useEdit(devicePath(device.id), named, named(device), (value) => {
		setName(value.name);
		setArea(value.area);
	}, { name, area });
	const changed = name.trim() !== base.name || area.trim() !== base.area;
	/** @param {boolean} anyway */
	const send = (anyway) => void run(async () => {
		const saved = await save({ name: name.trim(), area: area.trim() }, anyway);
		if (!saved) return;
		takeDevice(saved);
		say(T.device.saved);
	});
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		send(false);
	};
	return html`<form class="form" onSubmit=${submit}>
		<${Field} label=${T.device.name} value=${name} onInput=${setName} required />
		<${Field} label=${T.device.room} value=${area} onInput=${setArea} hint=${T.device.roomHint} list=${areas} />
		<${Overtaken} text=${theirs && T.place.nowNamed(theirs.name, theirs.area)} busy=${busy} onTake=${take} onMine=${() => send(true)} />
		<${Refusal} error=${error} />
		<div class="row end"><button class="button primary" disabled=${busy || !changed || !name.trim()} data-busy=${busy ? '' : undefined}>${T.device.save}</button></div>
	</form>`;
}

/** @param {{device: Device}} props */
function Erasing({ device }) {
	const [asked, setAsked] = useState(false);
	const forget = async () => {
		await erase(devicePath(device.id));
		go('/');
		dropDevice(device.id);
		say(T.device.erased(device.name));
	};
	return html`<button type="button" class="button danger" onClick=${() => setAsked(true)}><${Icon} name="delete-outline" /><span>${T.device.erase}</span></button>
		${asked && html`<${EraseDialog} name=${device.name} title=${T.device.eraseTitle(device.name)} text=${eraseTextOf(device)} onErase=${forget} onClose=${() => setAsked(false)} />`}`;
}

/** @param {{device: Device}} props */
function About({ device }) {
	const signal = signalOf(device), value = signal && cell(device.id, signal.id).value;
	const shown = signal && value && value.state !== null && state(signal, value.state);
	/** @type {[string, any][]} */
	const facts = [
		[T.device.model, device.model], [T.device.maker, device.manufacturer], [device.dialect ? T.place.firmware : T.device.software, device.sw_version],
		[T.place.signal, shown && html`<span class="value">${shown.text}<${Unit} of=${shown.unit} /></span>${value.at ? html` · <${Ago} at=${value.at} />` : ''}`],
		[T.place.lastWords, isOffline(device) && device.parting && html`${T.place.partings[device.parting] ?? device.parting}${device.changed ? html` · <${Ago} at=${device.changed} />` : ''}`],
		[T.device.lastSeen, device.last_seen ? html`<${Ago} at=${device.last_seen} />` : T.time.never],
		[T.device.enrolled, device.enrolled ? absolute(device.enrolled) : null], [T.device.id, html`<code>${device.id}</code>`],
	];
	return html`<section class="panel"><h2>${T.device.about}</h2>
		<dl class="facts">${facts.filter(([, value]) => value).map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>
		${mayManage(session.value) && html`<details><summary>${T.device.edit}</summary><${Naming} device=${device} /></details><${DeviceClasses} device=${device} />
			<div class="row"><${Erasing} device=${device} /></div>`}
	</section>`;
}

/** @param {{device: Device}} props */
function Shown({ device }) {
	const [chosen, setChosen] = useState(/** @type {string|null} */ (null));
	const drawn = device.entities.find((entity) => entity.id === chosen && isDrawn(entity)) ?? firstSeries(device);
	const controls = device.entities.filter(isControl);
	const measured = readings(device);
	const rest = device.entities.filter((entity) => !isControl(entity) && !isMeasured(entity));
	/** @param {string} id */
	const choose = (id) => {
		setChosen(id);
		document.querySelector('.chart-panel')?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
	};
	/** @param {string} title @param {Entity[]} list */
	const section = (title, list) => html`<${Readings} title=${title} device=${device} list=${list} chosen=${drawn?.id ?? null} onChoose=${choose} />`;
	/** @param {Entity} entity */
	const controlOf = (entity) => html`<${Control} key=${entity.id} device=${device} entity=${entity} chosen=${entity === drawn} onChoose=${() => choose(entity.id)} />`;
	return html`<div class="device-columns">
		<div class="stack">
			${controls.filter((entity) => !entity.category).length > 0 && html`<section class="panel" aria-label=${T.device.controls}>
				${controls.filter((entity) => !entity.category).map(controlOf)}</section>`}
			${drawn ? html`<section class="panel chart-panel" aria-label=${T.chart.of(drawn.name)}><h2><${Icon} name=${iconOf(drawn)} /><span>${drawn.name}</span></h2>
				<${Chart} key=${drawn.id} device=${device} entity=${drawn} /></section>` :
				!controls.length && html`<p class="muted">${T.device.noChart}</p>`}
		</div>
		<div class="stack">
			${section(T.device.readings, [...measured.filter((entity) => !entity.category), ...rest])}
			${section(T.device.diagnostics, measured.filter((entity) => entity.category))}
			${controls.some((entity) => entity.category) && html`<section class="panel"><h2>${T.device.configuration}</h2>
				${controls.filter((entity) => entity.category).map(controlOf)}</section>`}
			${device.entities.some(takesCommands) && html`<${DeviceCommands} device=${device} />`}
			<${About} device=${device} />
			${mayManage(session.value) && html`<${DevicePlace} device=${device} />`}
		</div>
	</div>`;
}

/** @param {{arg: string}} props the device's id */
export function DevicePage({ arg }) {
	const device = devices.value.get(arg);
	const back = html`<a class="icon-button" href="/" aria-label=${T.device.back}><${Icon} name="arrow-left" /></a>`;
	if (!device && !devicesLoaded.value) return html`<${Page} title=${T.app} before=${back}><div class="panel skeleton" aria-hidden="true"></div></${Page}>`;
	if (!device) {
		return html`<${Page} title=${T.device.gone} before=${back}><div class="empty"><p>${T.device.goneHint}</p><a class="button primary" href="/">${T.missing.home}</a></div></${Page}>`;
	}
	return html`<${Page} key=${arg} title=${device.name} before=${back} after=${html`<${DeviceStar} device=${device} />`}><${Unsaved} /><${StatusLine} device=${device} /><${OfOthers} device=${device} /><${Shown} device=${device} /></${Page}>`;
}
