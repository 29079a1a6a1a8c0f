// Settings → History: what is kept and what it costs, how long, what is recorded, backups, files. For the owner.
import { useEffect, useState } from '../lib.js';
import { html } from '../parts/html.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/frame.js';
import { Backup } from '../parts/history_backup.js';
import { Costs } from '../parts/history_costs.js';
import { Files } from '../parts/history_files.js';
import { PolicyForm } from '../parts/history_policy.js';
import { Rules } from '../parts/history_rules.js';
import { SeriesList } from '../parts/history_series.js';
import { get, getAll, reasonOf } from '../api.js';
import { mayManage, session } from '../store.js';
import { T } from '../text.js';

/** @import {Series, Usage} from '../types.js' */

/** @param {{usage: Usage, list: Series[]}} props */
function Loaded({ usage, list }) {
	const [series, setSeries] = useState(list);
	const [chosen, setChosen] = useState(/** @type {number|null} */ (null));
	/** @param {Series} one */
	const take = (one) => setSeries(series.map((other) => (other.id === one.id ? one : other)));
	return html`<${Costs} usage=${usage} onChoose=${setChosen} /><${PolicyForm} policy=${usage.policy} />
		<${SeriesList} series=${series} chosen=${chosen} onChoose=${setChosen} onTake=${take} />
		<${Rules} /><${Backup} /><${Files} />`;
}

export function HistoryPage() {
	const owner = mayManage(session.value);
	const [answer, setAnswer] = useState(/** @type {{usage: Usage, list: Series[]}|null} */ (null));
	const [failed, setFailed] = useState('');
	const [again, setAgain] = useState(0);
	useEffect(() => {
		if (!owner) return undefined;
		let current = true;
		setFailed('');
		Promise.all([get('/history'), getAll('/series', 'series')]).then(
			([usage, { series }]) => current && setAnswer({ usage, list: series }),
			(error) => current && setFailed(reasonOf(error)));
		return () => { current = false; };
	}, [owner, again]);
	const back = html`<a class="icon-button" href="/more" aria-label=${T.more.back}><${Icon} name="arrow-left" /></a>`;
	return html`<${Page} title=${T.history.title} before=${back} narrow>${
		!owner ? html`<p class="refusal">${T.history.notOwner}</p>` :
		answer ? html`<${Loaded} ...${answer} />` :
		failed ? html`<div class="empty" role="alert"><p>${failed}</p><button type="button" class="button" onClick=${() => setAgain(again + 1)}>${T.chart.retry}</button></div>` :
		html`<div class="panel skeleton" aria-hidden="true"></div><div class="panel skeleton" aria-hidden="true"></div>`}</${Page}>`;
}
