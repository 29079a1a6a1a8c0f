// What is said of a reading beside its value: of the stretch that is shown, or of the point under the finger.
import { state, stateText } from '../format.js';
import { T } from '../text.js';

/** @import {Entity} from '../types.js' */
/** @import {ChartsModel, Lane} from './charts_model.js' */

/** "19.2 to 21.4 °C"; both have their unit where it is not the same: "800 kB to 1.2 MB". @param {Entity} entity @param {number|null} least @param {number|null} most */
export function bandText(entity, least, most) {
	const low = state(entity, least);
	return T.chart.between(low.unit === state(entity, most).unit ? low.text : stateText(entity, least), stateText(entity, most));
}

/** @param {Lane} lane @param {number} i */
function pointText({ columns, entity, past }, i) {
	if (!columns || columns.states) return '';
	const value = columns.value[i], least = columns.least[i] ?? value, most = columns.most[i] ?? value;
	const band = columns.banded && least !== most ? bandText(entity, least, most) : '';
	const before = past?.valueAt(columns.at[i]) ?? null;
	return [band, before === null ? '' : `${T.chart.weekBefore}: ${stateText(entity, before)}`].filter(Boolean).join(' · ');
}

/** @param {Lane} lane @param {ChartsModel} model */
export function boundsText(lane, model) {
	const { columns, entity, index, mode } = lane;
	if (lane.feed.failed) return T.chart.failed;
	if (!columns) return '';
	if (index !== null) return pointText(lane, index);
	const room = lane.device.area ?? '';
	if (mode === 'states') return room;
	if (mode === 'bars') return model.at === null ? T.chart.total : '';
	const { summary } = lane;
	if (!summary) return T.chart.empty;
	const average = summary.average === null ? '' : T.charts.average(stateText(entity, summary.average));
	return [average, bandText(entity, summary.least, summary.most)].filter(Boolean).join(' · ');
}
