// The overview: favourites, then a card per thing, by room, each room with a line of summary; in one's own order.
import { signal, useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { alertWords } from '../parts/alert_words.js';
import { Page } from '../parts/frame.js';
import { BundleChips, ManyButton } from '../parts/bundle_chips.js';
import { ControlCard } from '../parts/control_card.js';
import { say } from '../parts/announce.js';
import { SensorCard, readingName } from '../parts/sensor_card.js';
import { Unsaved } from '../parts/unsaved.js';
import { favouritesOf, orderCards, orderRooms } from '../arrangement.js';
import { asset } from '../assets.js';
import { alerts, cell, devices, devicesLoaded, mayCommand, mayManage, session } from '../store.js';
import { isOn, stateText } from '../format.js';
import { home } from '../home.js';
import { isAmbient, isControl, isOffline, rooms, usualCards } from '../house.js';
import { T } from '../text.js';

/** @import {Device, Entity} from '../types.js' */

const SCREENFUL = 12; // cards, of a phone and some more

/** How many cards may be drawn. The first ones can be used before a large house is drawn as a whole; once that is done, all are drawn at once. */
const drawn = signal(SCREENFUL);

/**
 * The mean of a room's readings of one class, in words.
 * @param {Device[]} list @param {string} deviceClass
 */
function mean(list, deviceClass) {
	/** @type {Entity|null} */
	let sample = null;
	let sum = 0, n = 0;
	for (const device of list) {
		if (isOffline(device)) continue;
		for (const entity of device.entities) {
			if (!isAmbient(entity, deviceClass)) continue;
			const { state } = cell(device.id, entity.id).value;
			if (typeof state !== 'number') continue;
			sample ??= entity;
			sum += state;
			n++;
		}
	}
	return sample && n ? stateText(sample, sum / n) : null;
}

/** @param {Device[]} list */
function lightsOf(list) {
	let on = 0, all = 0;
	for (const device of list) {
		if (isOffline(device)) continue;
		for (const entity of device.entities) {
			if (entity.component !== 'light' || entity.category) continue;
			all++;
			if (isOn(cell(device.id, entity.id).value.state)) on++;
		}
	}
	return { on, all };
}

/** "21.4 °C · 2 lights on". @param {{list: Device[]}} props */
function Summary({ list }) {
	const words = [mean(list, 'temperature'), mean(list, 'humidity')];
	const lights = lightsOf(list);
	if (lights.on) words.push(T.home.lights(lights.on));
	else if (lights.all) words.push(T.home.lightsOff);
	const offline = list.filter(isOffline).length;
	if (offline) words.push(T.home.offline(offline));
	return html`<p class="summary value">${words.filter(Boolean).join(' · ') || T.home.devices(list.length)}</p>`;
}

/** All lights of a room, where there are some. @param {{area: string, list: Device[]}} props */
function RoomLights({ area, list }) {
	const lights = list.flatMap((device) => device.entities.filter((entity) => entity.component === 'light' && !entity.category && entity.controllable !== false).map((entity) => ({ device, entity })));
	if (!lights.length || !mayCommand(session.value)) return null;
	const on = lights.some(({ device, entity }) => !isOffline(device) && isOn(cell(device.id, entity.id).value.state));
	const name = area || T.home.elsewhere;
	return html`<${ManyButton} plain name=${name} icon=${on ? 'lightbulb-group' : 'lightbulb-outline'} text=${on ? T.home.allOff : T.home.allOn} label=${on ? T.home.lightsOffIn(name) : T.home.lightsOnIn(name)}
		path="/commands" body=${() => ({ area, component: 'light', value: on ? 'OFF' : 'ON' })} />`;
}

/** @param {{area: string, list: Device[], cards: ReturnType<typeof usualCards>}} props */
function Room({ area, list, cards }) {
	const id = 'room-' + (area || '-').replace(/\s+/g, '-');
	return html`<section class="room" aria-labelledby=${id}>
		<header class="room-head"><h2 id=${id}>${area || T.home.elsewhere}</h2><${Summary} list=${list} /><${RoomLights} area=${area} list=${list} /></header>
		<div class="cards">${cards.map((card) => card.control ?
			html`<${ControlCard} key=${card.key} device=${card.device} entity=${card.entity} />` :
			html`<${SensorCard} key=${card.key} device=${card.device} entity=${card.entity} />`)}</div>
	</section>`;
}

function Favourites() {
	const list = favouritesOf(home.value, devices.value);
	if (!list.length) return null;
	return html`<section class="room" aria-labelledby="favourites">
		<header class="room-head"><h2 id="favourites">${T.arrange.favourites}</h2></header>
		<div class="cards">${list.map(({ key, device, entity }) => isControl(entity) ?
			html`<${ControlCard} key=${key} device=${device} entity=${entity} />` :
			html`<${SensorCard} key=${key} device=${device} entity=${entity} name=${readingName(device, entity)} />`)}</div>
	</section>`;
}

function Skeleton() {
	return html`<div class="cards" aria-hidden="true">${[1, 2, 3].map((n) => html`<div key=${n} class="card skeleton"></div>`)}</div>`;
}

function Empty() {
	const manage = mayManage(session.value);
	return html`<div class="empty">
		<img src=${asset('app-icon.svg')} alt="" width="96" height="96" />
		<h2>${T.home.emptyTitle}</h2><p>${manage ? T.home.empty : session.value?.rooms ? T.home.emptyGuest : T.home.emptyAsk}</p>
		${manage && html`<a class="button primary" href="/add"><${Icon} name="plus" /><span>${T.home.add}</span></a>`}
	</div>`;
}

/** The newest open alert, when there is one. */
function AlertLine() {
	const open = alerts.value.filter((alert) => alert.closed === null);
	if (!open.length) return null;
	return html`<a class="alert-line" href="/alerts"><${Icon} name="bell-ring-outline" />
		<span>${open.length === 1 ? alertWords(open[0]) : T.home.alertsOpen(open.length)}</span><${Icon} name="chevron-right" /></a>`;
}

/**
 * The rooms with those of their cards that may be drawn by now.
 * @param {{area: string, devices: Device[]}[]} list
 */
function useRooms(list) {
	let left = drawn.value;
	const shown = [];
	for (const { area, devices: some } of list) {
		const cards = orderCards(usualCards(some), home.value, area);
		shown.push({ area, list: some, cards: cards.slice(0, left) });
		left -= cards.length;
		if (left < 0) break;
	}
	useEffect(() => {
		if (left >= 0) {
			if (list.length) drawn.value = Infinity;
			return undefined;
		}
		// behind the frame that shows these, and each time twice as many
		let timer = 0;
		const frame = requestAnimationFrame(() => { timer = setTimeout(() => { drawn.value *= 2; }); });
		return () => {
			cancelAnimationFrame(frame);
			clearTimeout(timer);
		};
	}, [drawn.value, left < 0, list.length > 0]); // not each render: what devices say must not put it off
	return shown;
}

/** @param {{loadArranging: () => Promise<any>}} props fetches what arranges, when that is first asked for */
export function Overview({ loadArranging }) {
	const [Arranging, setArranging] = useState(/** @type {any} */ (null));
	const list = orderRooms(rooms(devices.value.values()), home.value);
	const shown = useRooms(list);
	if (Arranging) return html`<${Arranging} onDone=${() => setArranging(null)} />`;
	const begin = () => loadArranging().then((module) => setArranging(() => module.Arranging), () => say(T.errors.unreachable, 'danger'));
	const arrange = list.length > 0 && html`<button type="button" class="button small" onClick=${begin}><${Icon} name="swap-vertical" /><span>${T.arrange.open}</span></button>`;
	return html`<${Page} title=${T.home.title} after=${arrange}>
		<${AlertLine} /><${Unsaved} />
		${!devicesLoaded.value ? html`<${Skeleton} />` : !list.length ? html`<${Empty} />` :
			html`<${BundleChips} /><${Favourites} />${shown.map((room) => html`<${Room} key=${room.area} ...${room} />`)}`}
	</${Page}>`;
}
