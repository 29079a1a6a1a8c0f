// Scenes and groups on Home: one tap applies a scene or switches a group.
import { useState } from '../lib.js';
import { html } from './html.js';
import { Icon } from './icon.js';
import { ProgressLine } from './progress.js';
import { activeOf, bundles, membersOf, sendMany } from '../bundles.js';
import { mayArrange, mayCommand, session } from '../store.js';
import { T } from '../text.js';

/** @import {Bundle} from '../types.js' */

/** What a tap asks of a group: covers move, everything else is switched. @param {Bundle} group @param {number} active */
function wishOf(group, active) {
	const covers = membersOf(group).every(({ entity }) => entity.component === 'cover');
	return covers ? (active ? 'CLOSE' : 'OPEN') : active ? 'OFF' : 'ON';
}

/** A button whose commands are many. @param {{name: string, path: string, body: () => object, icon: string, text?: string, pressed?: boolean, label?: string, plain?: boolean}} props */
export function ManyButton({ name, path, body, icon, text = '', pressed, label, plain = false }) {
	const [progress, setProgress] = useState(/** @type {{done: number, all: number}|null} */ (null));
	const send = () => { if (!progress) void sendMany(name, path, body(), setProgress); };
	const words = progress?.all ? T.bundles.progress(progress.done, progress.all) : text;
	return html`<button type="button" class=${plain ? 'chip plain-chip' : 'chip'} aria-label=${label} aria-pressed=${pressed === undefined ? undefined : pressed ? 'true' : 'false'}
		aria-busy=${progress ? 'true' : undefined} onClick=${send}>
		<${Icon} name=${icon} size=${20} />${!plain && html`<span>${name}</span>`}${words && html`<small class="value">${words}</small>`}<${ProgressLine} phase=${progress ? 'waiting' : undefined} /></button>`;
}

/** @param {{group: Bundle}} props */
function GroupChip({ group }) {
	const active = activeOf(group);
	return html`<${ManyButton} name=${group.name} icon="lightbulb-group" text=${T.bundles.active(active, group.members.length)} pressed=${active > 0}
		path=${`/groups/${group.id}/command`} body=${() => ({ value: wishOf(group, active) })} />`;
}

export function BundleChips() {
	const { groups, scenes } = bundles.value;
	const who = session.value;
	const some = groups.length + scenes.length > 0;
	if (!mayCommand(who) || (!mayArrange(who) && !some)) return null;
	return html`<section class="chips" aria-label=${T.bundles.title}>
		${scenes.map((scene) => html`<${ManyButton} key=${'s' + scene.id} name=${scene.name} icon="palette-outline" path=${`/scenes/${scene.id}/apply`} body=${() => ({})} />`)}
		${groups.map((group) => html`<${GroupChip} key=${'g' + group.id} group=${group} />`)}
		${mayArrange(who) && (some ? html`<a class="chip" href="/scenes" aria-label=${T.bundles.title}><${Icon} name="pencil-outline" size=${20} /></a>` :
			html`<a class="chip" href="/scenes"><${Icon} name="plus" size=${20} /><span>${T.bundles.title}</span></a>`)}
	</section>`;
}
