/* A busy house and one page that looks at it: what it costs the page (long tasks, frames while it scrolls) and the hub (CPU by thread).
 * make bench-page [PAGE_SECONDS=10] [PAGE_STATIC=another version's web/static]. Prints a table for RESULTS-PAGE.md. Nothing here passes or
 * fails. */
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {eventually, sourceDir, startHub, stopAll} from '../support/hub.mjs';
import {BusyHouse} from '../support/busy_house.mjs';
import {PHONE, launch, openPage} from '../browser/browser.mjs';
import {TRACED, tasksOf} from './tasks.mjs';

const SECONDS = Number(process.env.PAGE_SECONDS ?? 10);
const SENSORS = 400, LAMPS = 100, PERIOD_MS = 500;
const TICKS = 100; // of /proc a second (USER_HZ)

/** CPU seconds of a process by the names of its threads. */
function cpuOf(pid) {
	const sums = {};
	for (const task of readdirSync(`/proc/${pid}/task`)) {
		let stat;
		try {
			stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
		} catch {
			continue; // it has ended since
		}
		const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		sums[name] = (sums[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) / TICKS;
	}
	return sums;
}

/** Seconds that this machine's processors were stolen from it or busy with others than what we started, as shares of one core. */
const machine = () => readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map((n) => Number(n) / TICKS);

/** In the page: gathers long tasks and frames from now on. */
function watch() {
	const seen = globalThis.seen = {long: [], frames: [], changes: 0};
	new PerformanceObserver((list) => {
		for (const {duration} of list.getEntries())
			seen.long.push(duration);
	}).observe({entryTypes: ['longtask']});
	let last = performance.now();
	const frame = (now) => {
		seen.frames.push(now - last);
		last = now;
		requestAnimationFrame(frame);
	};
	requestAnimationFrame(frame);
}

const fresh = (page) => page.evaluate(() => {
	const {long, frames} = globalThis.seen;
	Object.assign(globalThis.seen, {long: [], frames: []});
	return {long, frames};
});

const percent = (seconds, of) => `${(seconds / of * 100).toFixed(1)} %`;
const at = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;

/** A finger that draws: the page goes to the end and back, a bit each frame. */
const scroll = (page, ms) => page.evaluate(async (during) => {
	const begin = performance.now(), end = document.documentElement.scrollHeight - innerHeight;
	await new Promise((done) => {
		const step = (now) => {
			const share = Math.min(1, (now - begin) / during);
			scrollTo(0, end * (1 - Math.abs(1 - 2 * share)));
			if (share < 1)
				requestAnimationFrame(step);
			else
				done();
		};
		requestAnimationFrame(step);
	});
}, ms);

const rows = [];
function note(what, seconds, {long, frames}, tasks, before, after) {
	const cpu = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - (before[name] ?? 0)]));
	const total = Object.values(cpu).reduce((a, b) => a + b, 0);
	const most = tasks.reduce((a, b) => Math.max(a, b), 0), cost = tasks.reduce((a, b) => a + b, 0) / 1000;
	rows.push([what, `${tasks.filter((ms) => ms > 50).length} / ${most.toFixed(0)} ms`, percent(cost, seconds), `${long.length} / ${Math.round(Math.max(0, ...long))} ms`, `${at(frames, 0.5).toFixed(0)} / ${at(frames, 0.99).toFixed(0)} / ${Math.max(0, ...frames).toFixed(0)}`,
		percent(cpu.web ?? 0, seconds), percent(cpu['web-pool'] ?? 0, seconds), percent(cpu.house ?? 0, seconds), percent(total, seconds)]);
	console.error(rows.at(-1).join('  '), JSON.stringify(cpu));
}

/** Long enough for a page to have loaded and drawn everything it wants. */
const rest = (ms) => new Promise((done) => setTimeout(done, ms));

/** A page in a context of its own, logged in when there is a hub's cookie. */
async function open(browser, hub, cookie) {
	const {page, context} = await openPage(browser, hub.url, PHONE);
	page.setDefaultTimeout(120000);
	const cdp = await context.newCDPSession(page);
	await cdp.send('Network.enable');
	if (cookie)
		await logIn(context, hub);
	return {page, context, cdp};
}

function logIn(context, hub) {
	const [name, ...value] = hub.cookie.split('=');
	return context.addCookies([{name, value: value.join('='), url: hub.url, secure: true}]);
}

const NETWORKS = {
	'150 ms, 1.6 Mbit/s': {latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8}, // "slow 4G" of Lighthouse
	'20 ms, 20 Mbit/s': {latency: 20, downloadThroughput: 20e6 / 8, uploadThroughput: 10e6 / 8},      // a far corner's Wi-Fi
};
const UNHINDERED = {latency: 0, downloadThroughput: -1, uploadThroughput: -1};

/** Milliseconds from the navigation until an element is there, on a phone with nothing in its cache. */
async function usable({page, cdp}, hub, network, element) {
	await page.goto(hub.url + '/api/v1/session'); // so that the browser's own process for this origin is not in the figure
	await cdp.send('Network.clearBrowserCache');
	await cdp.send('Emulation.setCPUThrottlingRate', {rate: 4});
	await cdp.send('Network.emulateNetworkConditions', {offline: false, ...NETWORKS[network]});
	await page.goto(hub.url + '/', {waitUntil: 'commit'});
	await page.locator(element).first().waitFor();
	const ms = await page.evaluate((wanted) => globalThis.appeared[wanted], element);
	await cdp.send('Emulation.setCPUThrottlingRate', {rate: 1});
	await cdp.send('Network.emulateNetworkConditions', {offline: false, ...UNHINDERED});
	await page.locator('.frame[data-link="live"], .gate').waitFor();
	return ms;
}

/** In the page: when it has the log-in's form, when a switch. */
function watchFor(elements) {
	const appeared = globalThis.appeared = {};
	new MutationObserver(() => {
		for (const element of elements) {
			if (document.querySelector(element))
				appeared[element] ??= Math.round(performance.now());
		}
	}).observe(document, {subtree: true, childList: true});
}

/** A first visit, and one of somebody who has been here, whose house this browser remembers. */
async function visits(browser, hub, entities) {
	const [form, toggle] = ['input[type=password]', '[role=switch]'];
	for (const network of Object.keys(NETWORKS)) {
		const first = [], again = [];
		for (let i = 0; i < 5; i++) {
			const opened = await open(browser, hub, false);
			await opened.page.addInitScript(watchFor, [form, toggle]);
			first.push(await usable(opened, hub, network, form));
			await logIn(opened.context, hub);
			await usable(opened, hub, network, toggle);
			again.push(await usable(opened, hub, network, toggle));
			await opened.context.close();
		}
		visited.push([network, entities, ...[first, again].map((list) => `${at(list, 0.5)} (${list.sort((a, b) => a - b).join(', ')})`)]);
		console.error(visited.at(-1).join('  '));
	}
}
const visited = [];

async function measure(browser, hub, house, rate) {
	const {page, context, cdp} = await open(browser, hub, true);
	await cdp.send('Emulation.setCPUThrottlingRate', {rate});
	await page.addInitScript(watch);
	await page.goto(hub.url + '/', {waitUntil: 'commit'});
	await page.getByRole('switch').first().waitFor();
	await rest(8000);
	const who = `CPU ${rate === 1 ? 'as it is' : `÷ ${rate}`}`;
	const timed = async (what, act) => {
		await fresh(page);
		await browser.startTracing(page, {categories: TRACED});
		const before = cpuOf(hub.daemon.child.pid), begin = performance.now();
		await act();
		const seconds = (performance.now() - begin) / 1000, after = cpuOf(hub.daemon.child.pid), seen = await fresh(page);
		note(`${what}, ${who}`, seconds, seen, tasksOf(await browser.stopTracing()), before, after);
	};
	await timed('quiet, scrolling', () => scroll(page, SECONDS * 1000));
	const begin = performance.now(), end = house.keepChanging(PERIOD_MS);
	await rest(1000);
	await timed('1,000 changes/s, resting', () => rest(SECONDS * 1000));
	await timed('1,000 changes/s, scrolling', () => scroll(page, SECONDS * 1000));
	console.error(`${Math.round(await end() / (performance.now() - begin) * 1000)} changes a second were sent`);
	await context.close();
}

const pages = mkdtempSync(path.join(os.tmpdir(), 'tomte-packed-'));
const browser = await launch();
try {
	execFileSync(path.join(sourceDir, 'web/pack'), [process.env.PAGE_STATIC ?? path.join(sourceDir, 'web/static'), pages], {stdio: 'inherit'});
	const hub = await startHub({conf: {hub: {web_dir: pages}}});
	await hub.setUp();
	const load = os.loadavg()[0].toFixed(2), stolen = machine();
	const small = await BusyHouse.open(hub, {sensors: 20, lamps: 10, eventually}); // an empty house has no switch
	await visits(browser, hub, 30);
	small.close();
	await hub.stop();
	const busy = await startHub({conf: {hub: {web_dir: pages}}});
	await busy.setUp();
	const house = await BusyHouse.open(busy, {sensors: SENSORS, lamps: LAMPS, eventually});
	await visits(browser, busy, SENSORS + LAMPS);
	for (const rate of [1, 4])
		await measure(browser, busy, house, rate);
	house.close();
	await busy.stop();
	const now = machine(), steal = now[7] - stolen[7];
	console.log(`${new Date().toISOString().slice(0, 16)} UTC · commit ${process.env.COMMIT ?? 'unknown'} · ${os.cpus().length} × ${os.cpus()[0].model} · ` +
		`Linux ${os.release()} · Chromium ${browser.version()}\n\nLoad average ${load} before, ${os.loadavg()[0].toFixed(2)} after (the run itself makes 1 to 2); ` +
		`stolen by the host: ${steal.toFixed(1)} s.\n`);
	console.log('| usable, ms: 4 × slower CPU, empty cache, real hub over TLS | entities | first visit: the log-in | been here before: a switch |\n|---|---|---|---|');
	for (const row of visited)
		console.log(`| ${row.join(' | ')} |`);
	console.log('');
	console.log('| what | tasks > 50 ms of CPU / longest | main thread, CPU | long tasks by the clock / longest | frames, ms: median / p99 / longest | hub: web | web-pool | house | hub in all |\n|---|---|---|---|---|---|---|---|---|');
	for (const row of rows)
		console.log(`| ${row.join(' | ')} |`);
} finally {
	await browser.close();
	rmSync(pages, {recursive: true, force: true});
	await stopAll();
}
