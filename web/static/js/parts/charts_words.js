// What is said of a reading beside its value: of the stretch that is shown, or of the point under the finger.
import { state, stateText } from '../format.js';
import { T } from '../text.js';

/** @import {ChartsModel, Lane} from './charts_model.js' */

/** What the bars that are drawn come to. @param {Lane} lane */
export const totalOf = ({ columns }) => columns?.value.reduce((/** @type {number} */ sum, value) => sum + (value ?? 0), 0) ?? 0;

/** @param {Lane} lane @param {number} i */
function pointText({ columns, entity, past }, i) {
	if (!columns || columns.states) return '';
	const value = columns.value[i], least = columns.least[i] ?? value, most = columns.most[i] ?? value;
	const band = columns.banded && least !== most ? T.chart.between(state(entity, least).text, stateText(entity, most)) : '';
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
	const average = summary.average === null ? '' : T.charts.average(state(entity, summary.average).text);
	return [average, T.chart.between(state(entity, summary.least).text, stateText(entity, summary.most))].filter(Boolean).join(' · ');
}
