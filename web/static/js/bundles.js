// Groups and scenes as the hub answers them, and what commands of many came to.
import { signal } from './lib.js';
import { ApiError, getAll, post, reasonOf } from './api.js';
import { endText, onCommand, patienceOf } from './commands.js';
import { cell, devices, generation, session } from './store.js';
import { isActive } from './format.js';
import { say } from './parts/announce.js';
import { T, problemText } from './text.js';

/** @import {Bundle, Command, Device, Entity} from './types.js' */

/** @type {import('./lib.js').Signal<{groups: Bundle[], scenes: Bundle[]}>} */
export const bundles = signal({ groups: [], scenes: [] });

const RETRY_MS = 3000; // the hub was away, or busy

/** The latest question of each kind: an older one's answer is not taken any more. */
const asked = { groups: 0, scenes: 0 };

/** Whether the same question may be answered in a while. @param {unknown} error */
const isPassing = (error) => error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);

/** Asks once, and again by itself while the hub is away. @param {'groups'|'scenes'} kind */
export async function fetchBundles(kind) {
	const question = ++asked[kind];
	if (!session.peek()) return;
	try {
		const list = (await getAll(`/${kind}`, kind))[kind];
		if (question !== asked[kind]) return;
		bundles.value = { ...bundles.peek(), [kind]: list.sort((/** @type {Bundle} */ a, /** @type {Bundle} */ b) => a.name.localeCompare(b.name)) };
	} catch (error) {
		// what was known stays meanwhile
		if (isPassing(error)) setTimeout(() => { if (question === asked[kind]) void fetchBundles(kind); }, RETRY_MS);
	}
}

generation.subscribe((round) => {
	if (round === 0) return;
	void fetchBundles('groups');
	void fetchBundles('scenes');
});
session.subscribe((who) => {
	if (who !== null) return;
	asked.groups++;
	asked.scenes++;
	bundles.value = { groups: [], scenes: [] };
});

/** The entities that a group or scene names, as far as they are seen. @param {Bundle} bundle @returns {{device: Device, entity: Entity}[]} */
export function membersOf(bundle) {
	return bundle.members.flatMap((member) => {
		const device = devices.value.get(member.device), entity = device?.entities.find((one) => one.id === member.entity);
		return device && entity ? [{ device, entity }] : [];
	});
}

/** The members whose entities are not there (any more): of a device that is gone for now, or describes itself otherwise. @param {Bundle} bundle */
export function vanishedOf(bundle) {
	return bundle.members.filter((member) => !devices.value.get(member.device)?.entities.some((one) => one.id === member.entity));
}

/** What such a one is called. @param {{device: string, entity: string}} member */
export const vanishedName = ({ device, entity }) => `${devices.value.get(device)?.name ?? device} ${entity}`;

/** How many of a group are on, or open. @param {Bundle} group */
export const activeOf = (group) => membersOf(group).filter(({ device, entity }) => isActive(entity, cell(device.id, entity.id).value.state)).length;

/**
 * Follows commands until the last of them is over or waits for a device that is away.
 * @param {Map<number, Command>} fates what is heard of them @param {number[]} ids @param {(done: number) => void} onDone
 * @returns {Promise<Command[]>} as they are then
 */
function settled(fates, ids, onDone) {
	const isOver = (/** @type {number} */ id) => !['sent', 'acknowledged', undefined].includes(fates.get(id)?.state);
	return new Promise((resolve) => {
		/** @type {number|undefined} */
		let timer;
		const end = () => {
			clearTimeout(timer);
			stop();
			resolve(ids.map((id) => /** @type {Command} */ (fates.get(id))));
		};
		const look = () => {
			const open = ids.filter((id) => !isOver(id));
			onDone(ids.length - open.length);
			clearTimeout(timer);
			// as long as the hub waits for the slowest of them
			if (open.length) timer = setTimeout(end, Math.max(...open.map((id) => patienceOf(/** @type {Command} */ (fates.get(id))))));
			else end();
		};
		const stop = onCommand(look);
		look();
	});
}

/** @typedef {{device: string, entity: string, code?: string, reason: string}} Refused */

/** @param {Command[]} commands @param {Refused[]} refused */
function failures(commands, refused) {
	const failed = commands.filter(({ state }) => state !== 'confirmed' && state !== 'queued');
	const named = [...refused.map((one) => ({ ...one, reason: problemText(one.code, one.reason) })),
		...failed.map((one) => ({ ...one, reason: one.state === 'failed' || one.state === 'cancelled' ? endText(one) : T.fate.expired }))];
	return named.map(({ device, reason }) => T.bundles.told(devices.peek().get(device)?.name ?? device, reason));
}

/**
 * Sends what makes many commands and tells what they came to.
 * @param {string} name of the room, group or scene @param {string} path @param {object} body
 * @param {(progress: {done: number, all: number}|null) => void} onProgress null: it is over
 */
export async function sendMany(name, path, body, onProgress) {
	/** @type {Map<number, Command>} */
	const fates = new Map();
	const stop = onCommand((command) => fates.set(command.id, command)); // some are over before the answer is here
	onProgress({ done: 0, all: 0 });
	try {
		/** @type {{commands: Command[], refused: Refused[]}} */
		const { commands, refused } = await post(path, body);
		for (const command of commands) if (!fates.has(command.id)) fates.set(command.id, command);
		const ids = commands.map(({ id }) => id), all = ids.length + refused.length;
		const ended = await settled(fates, ids, (done) => onProgress({ done, all }));
		const confirmed = ended.filter(({ state }) => state === 'confirmed').length, waiting = ended.filter(({ state }) => state === 'queued').length;
		const wrong = failures(ended, refused);
		const words = all === 0 ? T.bundles.nothing : [T.bundles.done(confirmed, all), waiting > 0 && T.bundles.waiting(waiting), ...wrong].filter(Boolean).join(' ');
		say(T.bundles.told(name, words), wrong.length ? 'danger' : 'good');
	} catch (error) {
		say(T.bundles.told(name, reasonOf(error)), 'danger');
	} finally {
		stop();
		onProgress(null);
	}
}
