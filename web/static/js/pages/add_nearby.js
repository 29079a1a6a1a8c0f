// Add a device → nearby: what is heard on MQTT while this is open and belongs to nobody, as likely devices. For the owner.
import { useEffect, useMemo, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { AddWays } from '../parts/add_ways.js';
import { devicePath, get, getAll } from '../api.js';
import { useEar } from '../others/ear.js';
import { groupsOf, ownersOf } from '../others/nearby.js';
import { NAMES } from '../others/recipes.js';
import { previewOf } from '../explorer/payload.js';
import { devices, mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Client, DeviceParts} from '../types.js' */
/** @import {Group} from '../others/nearby.js' */
/** @import {TopicTree} from '../explorer/topics.js' */

const X = T.nearby;
const SHOWN = 6; // topics of one

/** Whose topics are whose; null until it is known. */
function useOwners() {
	const [known, setKnown] = useState(/** @type {{clients: Client[], byHand: DeviceParts[]}|null} */ (null));
	const hands = [...devices.value.values()].filter((device) => device.dialect === 'hand').map((device) => device.id).join('\n');
	const describing = [...new Set([...devices.value.values()].map((device) => device.client ?? ''))].sort().join('\n');
	useEffect(() => {
		let current = true;
		const ids = hands ? hands.split('\n') : [];
		Promise.all([getAll('/clients', 'clients'), ...ids.map((id) => get(`${devicePath(id)}/description`).catch(() => null))])
			.then(([{ clients }, ...byHand]) => current && setKnown({ clients, byHand: byHand.filter(Boolean) }), () => {});
		return () => { current = false; };
	}, [hands, describing]);
	return useMemo(() => known && ownersOf(known.clients, new Set(describing.split('\n')), known.byHand), [known, describing]);
}

/** @param {{group: Group, heard: TopicTree['heard']}} props */
function Heard({ group, heard }) {
	const { base, kind, name, topics } = group;
	const known = kind !== 'prefix';
	const hand = `/add/by-hand?${new URLSearchParams({ topic: topics[0], name })}`;
	const other = `/add/other?${new URLSearchParams({ kind, name, ...(!base.includes('/') && { prefix: base }) })}`;
	return html`<section class="panel heard" aria-label=${base}><div class="heard-head"><h2><code>${base}</code></h2><span class="muted">${known && `${X.looks(NAMES[kind])} · `}${X.topics(topics.length)}</span></div>
		<ul class="heard-topics">${topics.slice(0, SHOWN).map((topic) => html`<li key=${topic}><code>${topic}</code><span>${previewOf(heard.get(topic)?.last?.payload ?? new Uint8Array(0))}</span></li>`)}
			${topics.length > SHOWN && html`<li class="muted">${T.history.more(topics.length - SHOWN)}</li>`}</ul>
		${known && html`<p class="muted">${X.hows[kind]}</p>`}
		<div class="row">${known && html`<a class="button primary" href=${other}>${X.describe}</a>`}<a class=${known ? 'button' : 'button primary'} href=${hand} aria-label=${`${X.make}: ${base}`}>${X.make}</a></div>
	</section>`;
}

function Nearby() {
	const { state, heard, count } = useEar(['#']);
	const owned = useOwners();
	const groups = useMemo(() => (owned ? groupsOf(heard.keys(), owned) : []), [owned, count]);
	const words = state === 'refused' ? X.refused : state === 'lost' ? X.lost : X.listening;
	return html`<p class="lead">${X.lead}</p><p class="waiting" role="status" data-state=${state}>${state === 'live' && html`<i class="pulse"></i>`}<span>${words}</span></p>
		${owned && state === 'live' && groups.length === 0 && html`<div class="empty"><p>${X.none}</p><p class="muted">${X.noneHint}</p><a class="button primary" href="/add/other">${X.other}</a></div>`}
		${groups.map((group) => html`<${Heard} key=${`${group.kind} ${group.base}`} group=${group} heard=${heard} />`)}`;
}

export function AddNearby() {
	if (!mayManage(session.value)) return html`<${Page} title=${T.add.title} narrow><p class="refusal">${T.others.notOwner}</p></${Page}>`;
	return html`<${Page} title=${T.add.title} narrow><${AddWays} here="nearby" /><${Nearby} /></${Page}>`;
}
