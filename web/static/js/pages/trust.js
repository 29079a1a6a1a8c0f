// How to trust this hub: its certificate, how to be sure of it, and where each system wants it. Also the whole page of
// the unencrypted port, where nobody is logged in.
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { CopyLine } from '../parts/copy.js';
import { Qr } from '../parts/qr.js';
import { trusted } from '../offline.js';
import { session } from '../store.js';
import { T } from '../text.js';

/** @import {TrustFacts} from '../types.js' */

const encrypted = location.protocol === 'https:';

/** The system that is probably before us comes first. @param {string} agent */
export function systemOf(agent) {
	if (/iPhone|iPad/.test(agent)) return 0;
	if (/Android/.test(agent)) return 1;
	if (/Firefox/.test(agent)) return 5;
	if (/Macintosh/.test(agent)) return 2;
	return /Windows/.test(agent) ? 3 : 4;
}

/** @param {{facts: TrustFacts}} props */
function Get({ facts }) {
	return html`<section class="panel"><h2><${Icon} name="download" /><span>${T.trust.get}</span></h2>
		<div class="row"><a class="button primary" href="/ca.pem" download="tomte-ca.pem">${T.trust.download}</a></div>
		<p>${T.trust.scan}</p><div class="trust-qr"><${Qr} svg=${facts.ca_qr_svg} label=${T.trust.qr} /><code>${facts.ca_url}</code></div>
	</section>`;
}

/** @param {{facts: TrustFacts}} props */
function Check({ facts }) {
	const print = facts.ca_fingerprint.replace(/[^0-9a-f]/gi, '').toUpperCase().replace(/(..)(?=.)/g, '$1:');
	return html`<section class="panel"><h2><${Icon} name="shield-check-outline" /><span>${T.trust.check}</span></h2>
		<p>${T.trust.checkLead}</p><p class="fingerprint">${print.split(':').map((pair, i) => html`${i > 0 && html`:<wbr />`}${pair}`)}</p>
		<p>${T.trust.checkHow}</p><${CopyLine} text=${T.trust.command} />
	</section>`;
}

function Install() {
	const first = systemOf(navigator.userAgent);
	return html`<section class="panel"><h2><${Icon} name="check-circle-outline" /><span>${T.trust.install}</span></h2>
		<div>${T.trust.systems.map(([system, steps], i) => html`<details key=${system} open=${i === first}><summary>${system}</summary>
			<ol class="steps">${steps.map((step) => html`<li key=${step}>${step.startsWith('sudo ') ? html`<${CopyLine} text=${step} />` : step}</li>`)}</ol></details>`)}</div>
	</section>`;
}

export function Trust() {
	const [facts, setFacts] = useState(/** @type {TrustFacts|null} */ (null));
	const [failed, setFailed] = useState(false);
	useEffect(() => {
		fetch('/ca.json', { cache: 'no-store' }).then((answer) => answer.json()).then(setFacts, () => setFailed(true));
	}, []);
	const back = session.value ? html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>` : null;
	const dashboard = facts && `https://${location.hostname}:${facts.https_port}/`;
	return html`<${Page} title=${T.trust.title} before=${back} narrow>
		${trusted.value === 'yes' ? html`<p class="trusted"><${Icon} name="shield-check-outline" /><span>${T.trust.trusted}</span></p>` : html`<p class="lead">${T.trust.lead}</p>`}
		${!encrypted && !session.value && dashboard && html`<section class="panel"><p>${T.trust.plain}</p><div class="row"><a class="button" href=${dashboard}><${Icon} name="lock-outline" /><span>${T.trust.open}</span></a></div></section>`}
		${failed && html`<p class="refusal" role="alert">${T.errors.unreachable}</p>`}
		${facts ? html`<${Get} facts=${facts} /><${Check} facts=${facts} />` : !failed && html`<div class="panel skeleton" aria-hidden="true"></div>`}
		<${Install} />
	</${Page}>`;
}
