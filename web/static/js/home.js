// One's own Home page as the hub keeps it, and what is changed of it: shown at once, saved at once, joined with what the same person
// changed on another page meanwhile. What could not be saved stays as it is shown until it is tried again or given up.
import { batch, signal } from './lib.js';
import { ApiError, change as send, getEditable, reasonOf } from './api.js';
import { UNARRANGED, isSame } from './arrangement.js';
import { devices, link, session } from './store.js';
import { say } from './parts/announce.js';
import { T } from './text.js';

/** @import {Home} from './types.js' */
/** @typedef {(home: Home) => Home} Change */

const PATH = '/me/home';
const MOST_TRIES = 4; // at a home that others change as often

/** As it is shown. */
export const home = signal(UNARRANGED);
/** Why what is shown is not saved; '': it is, or is being. */
export const trouble = signal('');

/** The hub's word, and the tag that an edit of it names; '': not known yet. */
let base = UNARRANGED, tag = '';
/** Not yet saved. @type {Change[]} */
let waiting = [];
let unreached = false; // why they do: the hub was away
let saving = false;
/** The tag of a home that was heard of while this page was saving. */
let heard = '';
/** Grows with every word of the hub: an answer that was overtaken is none. */
let round = 0;

/** @param {Home} from @param {Change[]} changes */
const applied = (from, changes) => changes.reduce((now, apply) => apply(now), from);

/** @param {Home} answer @param {string} itsTag */
function take(answer, itsTag) {
	round++;
	base = answer;
	tag = itsTag;
	home.value = applied(base, waiting);
}

/** From memory, while the hub is away. @param {Home} remembered */
export const rememberHome = (remembered) => take(remembered, '');

/** What memory keeps: what the hub said. */
export const homeToKeep = () => base;

/** Fetches it; what was known stays when that fails: the house is there without it. */
export async function fetchHome() {
	if (saving) {
		heard = 'another';
		return;
	}
	const before = round;
	try {
		const { body, tag: itsTag } = await getEditable(PATH);
		if (round === before) take(body, itsTag);
	} catch (error) {
		if (!(error instanceof ApiError) || error.status) console.warn('home:', reasonOf(error)); // that the hub is away is said by the frame
	}
}

/** It was changed, here or on another page. @param {{etag: string}} event */
export function hearOfHome({ etag }) {
	if (saving) heard = etag;
	else if (etag !== tag) void fetchHome();
}

/** Saves the changes that wait; answers whether they had to be joined with others. @returns {Promise<boolean>} */
async function put() {
	let joined = false;
	for (let left = MOST_TRIES; ; left--) {
		if (!tag) {
			const before = base, { body, tag: itsTag } = await getEditable(PATH);
			take(body, itsTag);
			joined ||= left < MOST_TRIES && !isSame(before, base, devices.peek()); // an erased device has left it by itself
		}
		const count = waiting.length;
		try {
			const { body, tag: itsTag } = await send('PUT', PATH, applied(base, waiting), tag);
			waiting = waiting.slice(count);
			take(body, itsTag);
			return joined;
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 412 || left <= 1) throw error;
			tag = '';
		}
	}
}

async function save() {
	if (saving) return;
	saving = true;
	trouble.value = '';
	unreached = false;
	try {
		while (waiting.length) if (await put()) say(T.arrange.joined);
	} catch (error) {
		unreached = error instanceof ApiError && error.status === 0;
		if (waiting.length) { // of somebody who has logged out nothing waits
			trouble.value = reasonOf(error);
			say(T.arrange.notSaved(trouble.value), 'danger');
		}
	}
	saving = false;
	if (heard && heard !== tag) void fetchHome();
	heard = '';
}

/** Shows a change and saves it. @param {Change} apply */
export function rearrange(apply) {
	waiting.push(apply);
	home.value = apply(home.peek());
	void save();
}

export const saveAgain = () => void save();

/** Back to what the hub has. */
export function giveUp() {
	batch(() => {
		waiting = [];
		trouble.value = '';
		home.value = base;
	});
}

link.subscribe((now) => {
	if (now === 'live' && unreached && waiting.length) void save();
});

session.subscribe((who) => {
	if (who !== null) return;
	waiting = [];
	trouble.value = '';
	take(UNARRANGED, '');
});
