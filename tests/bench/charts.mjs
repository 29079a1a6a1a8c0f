/* What it costs to zoom the page of charts with eight readings of years: the answers by the clock and in the hub's CPU, and the page's own
 * work. make bench-charts [CHART_YEARS=3]. Prints tables for RESULTS-PAGE.md. Nothing here passes or fails. */
import https from 'node:https';
import {createWriteStream, readFileSync, readdirSync} from 'node:fs';
import {once} from 'node:events';
import os from 'node:os';
import path from 'node:path';
import {eventually, startHub, stopAll} from '../support/hub.mjs';
import {BusyHouse} from '../support/busy_house.mjs';
import {DESK, launch, openPage} from '../browser/browser.mjs';
import {TRACED, tasksOf} from './tasks.mjs';

const YEARS = Number(process.env.CHART_YEARS ?? 3), SERIES = 8, STEP = 120000, ROUNDS = 10;
const AT_ONCE = 5; // connections that a browser has for these: six to an origin, one of which is the stream of events
const HOUR = 3600000, DAY = 24 * HOUR;
const SPANS = {hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY, year: 365 * DAY, all: YEARS * 365 * DAY};
const TICKS = 100; // of /proc a second (USER_HZ)

/** CPU seconds of a process. */
function cpuOf(pid) {
	return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
		const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
	}, 0);
}

/** Years of a house in one file: temperatures that move by day and year, with noise, a sample every two minutes. */
async function writePast(file, labels, until) {
	const out = createWriteStream(file);
	out.write('time,series,unit,value\n');
	const from = until - YEARS * 365 * DAY;
	for (const [n, label] of labels.entries()) {
		for (let at = from; at < until;) {
			let piece = '';
			for (let i = 0; i < 20000 && at < until; i++, at += STEP) {
				const value = 18 + n + 4 * Math.sin(at / DAY * 2 * Math.PI + n) + 6 * Math.sin(at / (365 * DAY) * 2 * Math.PI) + Math.sin(at / STEP * 12.9898 + n) * 0.4;
				piece += `${at},${label},°C,${value.toFixed(1)}\n`;
			}
			if (!out.write(piece))
				await once(out, 'drain');
		}
	}
	out.end();
	await once(out, 'finish');
}

const agent = new https.Agent({keepAlive: true, maxSockets: AT_ONCE, rejectUnauthorized: false});
const fetched = (hub, route) => new Promise((done, failed) => {
	https.get(hub.url + route, {agent, headers: {Cookie: hub.cookie, 'Accept-Encoding': 'gzip'}}, (answer) => {
		let bytes = 0;
		answer.on('data', (piece) => { bytes += piece.length; });
		answer.on('end', () => (answer.statusCode === 200 ? done(bytes) : failed(new Error(`${answer.statusCode} ${route}`))));
	}).on('error', failed);
});

const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** All eight for windows of one length, which begin at another time in each round: no cache of the browser's helps. */
async function answers(hub, series, span) {
	const walls = [], ones = [], before = cpuOf(hub.daemon.child.pid);
	let bytes = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const to = Date.now() - (round % 3 === 0 ? 0 : Math.floor(Math.random() * Math.max(0, SPANS.all - span))), begin = performance.now();
		const sizes = await Promise.all(series.map(async (id) => {
			const from = performance.now();
			const size = await fetched(hub, `/api/v1/series/${id}/points?from=${Math.round(to - 2 * span)}&to=${Math.round(to)}&width=1600`);
			ones.push(performance.now() - from);
			return size;
		}));
		walls.push(performance.now() - begin);
		bytes += sizes.reduce((a, b) => a + b, 0);
	}
	const cpu = cpuOf(hub.daemon.child.pid) - before;
	return {wall: middle(walls), most: Math.max(...walls), one: middle(ones), cpu: cpu / ROUNDS * 1000, kib: bytes / ROUNDS / 1024};
}

/** In the page: from the press of a range's button until all of it is drawn, and what the main thread worked meanwhile. */
async function zooms(browser, hub, series) {
	const {page, context} = await openPage(browser, hub.url, DESK);
	const [name, ...value] = hub.cookie.split('=');
	await context.addCookies([{name, value: value.join('='), url: hub.url, secure: true}]);
	await page.goto(`${hub.url}/charts?s=${series.join('.')}&range=hour`);
	const ready = () => page.locator('.charts-area[data-phase="ready"]:not([data-busy])').waitFor();
	await ready();
	const rows = [];
	for (const range of ['day', 'week', 'month', 'year', 'all', 'hour']) {
		await browser.startTracing(page, {categories: TRACED});
		const took = await page.evaluate((which) => new Promise((done) => {
			const area = document.querySelector('.charts-area'), begin = performance.now();
			let asked = false, first = 0;
			const look = () => {
				const busy = area.hasAttribute('data-busy');
				first ||= performance.now() - begin;
				asked ||= busy;
				if (asked && !busy)
					done({first, all: performance.now() - begin});
				else
					requestAnimationFrame(look);
			};
			document.querySelectorAll('.ranges button')[which].click();
			requestAnimationFrame(look);
		}), Object.keys(SPANS).indexOf(range));
		rows.push([range, took.first, took.all, tasksOf(await browser.stopTracing()).reduce((a, b) => a + b, 0)]);
	}
	await context.close();
	return rows;
}

const browser = await launch();
try {
	const hub = await startHub();
	await hub.setUp();
	const house = await BusyHouse.open(hub, {sensors: SERIES, lamps: 0, eventually});
	const list = await eventually(async () => {
		await house.publishRound();
		const found = (await hub.get('/api/v1/series?limit=1000')).series.filter(({device}) => device);
		return found.length >= SERIES && found;
	}, 'every sensor is recorded');
	const labels = list.map(({device, entity}) => `${device}/${entity}`);
	const file = path.join(hub.dir, 'past.csv'), begin = performance.now();
	await writePast(file, labels, Date.now() - HOUR);
	console.error(`written after ${Math.round((performance.now() - begin) / 1000)} s: ${labels[0]} …`);
	await hub.ctl('import', file);
	console.error(`imported after ${Math.round((performance.now() - begin) / 1000)} s`);
	await hub.restart();
	for (let last = cpuOf(hub.daemon.child.pid), quiet = 0; quiet < 15;) { // the store writes the days densely and makes their rollups
		await new Promise((done) => setTimeout(done, 1000));
		const now = cpuOf(hub.daemon.child.pid);
		quiet = now - last < 0.1 ? quiet + 1 : 0;
		last = now;
	}
	console.error(`settled after ${Math.round((performance.now() - begin) / 1000)} s`);
	const ids = list.map(({id}) => id), samples = (await hub.get('/api/v1/history')).samples;
	console.log(`${new Date().toISOString().slice(0, 16)} UTC · commit ${process.env.COMMIT ?? 'unknown'} · ${os.cpus().length} × ${os.cpus()[0].model} · Linux ${os.release()} · ` +
		`Chromium ${browser.version()} · load average ${os.loadavg()[0].toFixed(1)} · ${ids.length} series, ${YEARS} years, ${samples.toLocaleString('en')} samples\n`);
	console.log('| eight answers of | all, median / longest, ms | one, median, ms | hub, CPU, ms | KiB |\n|---|---|---|---|---|');
	for (const [name, span] of Object.entries(SPANS)) {
		const {wall, most, one, cpu, kib} = await answers(hub, ids, span);
		console.log(`| ${name} | ${wall.toFixed(0)} / ${most.toFixed(0)} | ${one.toFixed(0)} | ${cpu.toFixed(0)} | ${kib.toFixed(0)} |`);
	}
	console.log('\n| in the page, to | what is there is drawn, ms | all is drawn, ms | main thread, CPU, ms |\n|---|---|---|---|');
	for (const [name, first, all, work] of await zooms(browser, hub, ids))
		console.log(`| ${name} | ${first.toFixed(0)} | ${all.toFixed(0)} | ${work.toFixed(0)} |`);
	house.close();
	await hub.stop();
} finally {
	agent.destroy();
	await browser.close();
	await stopAll();
}
