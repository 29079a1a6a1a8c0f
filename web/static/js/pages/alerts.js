// Alerts: what is open, then what was.
import { useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Ago } from '../parts/ago.js';
import { alertWords } from '../parts/alert_words.js';
import { Page } from '../parts/frame.js';
import { Refusal, useAction } from '../parts/form.js';
import { devicePath, get } from '../api.js';
import { alerts, alertsLoaded, devices, takeAlerts } from '../store.js';
import { duration } from '../format.js';
import { T } from '../text.js';

/** @import {Alert} from '../types.js' */

const PAGE = 50;

/** @param {{alert: Alert}} props */
function Row({ alert }) {
	const open = alert.closed === null;
	const linked = alert.device && devices.value.has(alert.device);
	return html`<li class="alert" data-open=${open ? '' : undefined}>
		<${Icon} name=${open ? 'bell-ring-outline' : 'check-circle-outline'} />
		<div class="alert-text">
			${linked ? html`<a href=${devicePath(/** @type {string} */ (alert.device))}>${alertWords(alert)}</a>` : html`<span>${alertWords(alert)}</span>`}
			<small><${Ago} at=${alert.opened} />${alert.closed === null ? ` · ${T.alerts.ongoing}` : ` · ${T.time.lasted(duration((alert.closed - alert.opened) / 1000))}`}</small>
		</div>
	</li>`;
}

/** @param {{title: string, list: Alert[]}} props */
function Section({ title, list }) {
	return html`<section class="stack"><h2>${title}</h2><ul class="alerts">${list.map((alert) => html`<${Row} key=${alert.id} alert=${alert} />`)}</ul></section>`;
}

export function Alerts() {
	const [ended, setEnded] = useState(false);
	const { busy, error, run } = useAction();
	const list = alerts.value;
	const open = list.filter((alert) => alert.closed === null);
	const past = list.filter((alert) => alert.closed !== null);
	const more = () => void run(async () => {
		const oldest = Math.min(...list.map((alert) => Number(alert.id)));
		const answer = await get(`/alerts?before=${oldest}&limit=${PAGE}`);
		const known = new Set(alerts.peek().map((alert) => alert.id));
		const fresh = answer.alerts.filter((/** @type {Alert} */ alert) => !known.has(alert.id));
		takeAlerts([...alerts.peek(), ...fresh]);
		if (answer.alerts.length < PAGE) setEnded(true);
	});
	return html`<${Page} title=${T.alerts.title} narrow>
		${!alertsLoaded.value ? html`<div class="alert skeleton" aria-hidden="true"></div>` :
			open.length ? html`<${Section} title=${T.alerts.open} list=${open} />` :
				html`<div class="calm"><${Icon} name="check-circle-outline" size=${48} /><strong>${T.alerts.none}</strong><p>${T.alerts.noneHint}</p></div>`}
		${past.length > 0 && html`<${Section} title=${T.alerts.history} list=${past} />`}
		${alertsLoaded.value && !list.length && html`<p class="muted">${T.alerts.noHistory}</p>`}
		<${Refusal} error=${error} />
		${list.length >= PAGE && !ended && html`<div class="row"><button type="button" class="button" disabled=${busy} onClick=${more}>${T.alerts.more}</button></div>`}
	</${Page}>`;
}
