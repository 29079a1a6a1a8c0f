// Listens on MQTT for as long as a view is open: the last message of each topic, in bounded memory.
import { useEffect, useRef, useState } from '../lib.js';
import { MqttClient } from '../explorer/client.js';
import { TopicTree } from '../explorer/topics.js';
import { get } from '../api.js';

/** @import {State} from '../explorer/client.js' */

const DRAW_MS = 250;
const BOUNDS = { maxTopics: 2000, maxBytes: 8 << 20 };

/**
 * @param {string[]} filters what to listen to; none: nothing
 * @returns {{state: State, heard: TopicTree['heard'], count: number}} heard: by topic, always the same object; count: grows with what is new in it
 */
export function useEar(filters) {
	const [state, setState] = useState(/** @type {State} */ ('connecting'));
	const [count, setCount] = useState(0);
	const tree = useRef(/** @type {TopicTree|null} */ (null));
	tree.current ??= new TopicTree(BOUNDS);
	const { heard } = tree.current;
	const wanted = filters.join('\n');
	useEffect(() => {
		if (!wanted) return undefined;
		const into = /** @type {TopicTree} */ (tree.current);
		/** @type {ReturnType<typeof setTimeout>|undefined} */
		let due;
		const client = new MqttClient({
			url: `${location.origin.replace(/^http/, 'ws')}/mqtt`,
			onState: (now) => {
				setState(now);
				if (now === 'refused') void get('/session').catch(() => {}); // most often the session has ended
			},
			onMessages: (messages) => {
				const now = Date.now();
				for (const message of messages) into.hear(message, now);
				due ??= setTimeout(() => {
					due = undefined;
					setCount((n) => n + 1);
				}, DRAW_MS);
			},
		});
		for (const filter of wanted.split('\n')) void client.subscribe(filter, 0).catch(() => {});
		client.start();
		return () => {
			clearTimeout(due);
			client.stop();
		};
	}, [wanted]);
	return { state, heard, count };
}
