// Topics that are recorded and belong to no device, for charts: each is a reading like a sensor's, of a device that is called like
// the topic.
import { signal } from './lib.js';
import { getAll } from './api.js';
import { T } from './text.js';

/** @import {Device, Entity, Series} from './types.js' */
/** @import {Reading} from './parts/charts_set.js' */

/** null: they are not known yet. */
export const recordedTopics = signal(/** @type {Reading[]|null} */ (null));

/** Whether it is of a topic. @param {Reading} reading */
export const isOfTopic = ({ device }) => device.id === '';

/** @param {Series} series @returns {Reading} */
function readingOf({ id, topic, path, kind, unit, device_class }) {
	/** @type {Entity} */
	const entity = {
		id: `topic-${id}`, name: path || T.charts.value, series: id, unit, device_class, state: kind === 'text' ? '?' : null,
		component: kind === 'binary' ? 'binary_sensor' : 'sensor', state_class: kind === 'counter' ? 'total_increasing' : null,
	};
	/** @type {Device} */
	const device = { id: '', name: topic ?? '', area: null, model: null, manufacturer: null, sw_version: null, online: null, lost: false, last_seen: null, enrolled: null, entities: [entity] };
	return { series: id, device, entity };
}

/** Asks the hub. Without an answer what is known stays; whoever may not see any gets an empty list. */
export async function loadRecordedTopics() {
	try {
		const { series } = await getAll('/series?of=topics', 'series');
		recordedTopics.value = series.map(readingOf).sort((/** @type {Reading} */ a, /** @type {Reading} */ b) => a.device.name.localeCompare(b.device.name));
	} catch {
		// the hub is out of reach, which the frame tells
	}
}
