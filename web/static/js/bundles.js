// Groups and scenes as the hub answers them, and what commands of many came to.
import { signal } from './lib.js';
import { getAll, post, reasonOf } from './api.js';
import { onCommand } from './commands.js';
import { cell, devices, generation, session } from './store.js';
import { isActive } from './format.js';
import { say } from './parts/announce.js';
import { T } from './text.js';

/** @import {Bundle, Command, Device, Entity} from './types.js' */

/** @type {import('./lib.js').Signal<{groups: Bundle[], scenes: Bundle[]}>} */
export const bundles = signal({ groups: [], scenes: [] });

/** @param {'groups'|'scenes'} kind */
export async function fetchBundles(kind) {
	if (!session.peek()) return;
	try {
		const list = (await getAll(`/${kind}`, kind))[kind];
		bundles.value = { ...bundles.peek(), [kind]: list.sort((/** @type {Bundle} */ a, /** @type {Bundle} */ b) => a.name.localeCompare(b.name)) };
	} catch {
		// what was known stays; the next event or the next connection asks again
	}
}

generation.subscribe((round) => {
	if (round === 0) return;
	void fetchBundles('groups');
	void fetchBundles('scenes');
});
session.subscribe((who) => {
	if (who === null) bundles.value = { groups: [], scenes: [] };
});

/** The entities that a group or scene names, as far as they are seen. @param {Bundle} bundle @returns {{device: Device, entity: Entity}[]} */
export function membersOf(bundle) {
	return bundle.members.flatMap((member) => {
		const device = devices.value.get(member.device), entity = device?.entities.find((one) => one.id === member.entity);
		return device && entity ? [{ device, entity }] : [];
	});
}

/** How many of a group are on, or open. @param {Bundle} group */
export const activeOf = (group) => membersOf(group).filter(({ device, entity }) => isActive(entity, cell(device.id, entity.id).value.state)).length;

const PATIENCE_MS = 30000; // the hub itself gives up after ten seconds

/**
 * Follows commands until the last of them is over or waits for a device that is away.
 * @param {Map<number, Command>} fates what is heard of them @param {number[]} ids @param {(done: number) => void} onDone
 */
function settled(fates, ids, onDone) {
	const isOver = (/** @type {number} */ id) => !['sent', 'acknowledged', undefined].includes(fates.get(id)?.state);
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			stop();
			resolve(null);
		};
		const look = () => {
			const over = ids.filter(isOver).length;
			onDone(over);
			if (over === ids.length) end();
		};
		const stop = onCommand(look);
		const timer = setTimeout(end, PATIENCE_MS);
		look();
	});
}

/** @param {Command[]} commands @param {{device: string, entity: string, reason: string}[]} refused */
function failures(commands, refused) {
	const failed = commands.filter(({ state }) => state !== 'confirmed' && state !== 'queued');
	const named = [...refused, ...failed.map((one) => ({ ...one, reason: one.state === 'failed' ? T.commands.reasons[one.reason ?? ''] ?? one.reason ?? T.fate.failed : T.fate.expired }))];
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
		/** @type {{commands: Command[], refused: {device: string, entity: string, reason: string}[]}} */
		const { commands, refused } = await post(path, body);
		for (const command of commands) if (!fates.has(command.id)) fates.set(command.id, command);
		const ids = commands.map(({ id }) => id), all = ids.length + refused.length;
		await settled(fates, ids, (done) => onProgress({ done, all }));
		const ended = ids.map((id) => /** @type {Command} */ (fates.get(id)));
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
