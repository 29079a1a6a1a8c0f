/* History with the real daemons: what is recorded and by whose wish, what it costs, files in and out, and a hub that is
 * killed. */
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {eventually, startAgent, startHub, stopAll} from '../support/hub.mjs';

let hub, agent;

const owner = (route, options = {}) => hub.api(route, {cookie: hub.cookie, ...options});
const seriesWhere = async (match) => (await hub.get('/api/v1/series')).series.find(match);
const points = async (id, query = '') => (await hub.get(`/api/v1/series/${id}/points?width=4096${query}`)).points;

before(async () => {
	hub = await startHub();
	await hub.setUp();
	agent = await startAgent(hub, {name: 'Cellar', simulate: {lamp: 'Lamp', thermometer: 'Temperature'}});
});
after(stopAll);

test('a rule records what an entity does not', async () => {
	const wish = {filter: `tomte/${agent.id}/tele/+`, path: '', kind: 'gauge', unit: '°C', name: 'raw readings'};
	const made = await owner('/api/v1/rules', {method: 'POST', body: wish});
	assert.equal(made.status, 201, made.text);
	const series = await eventually(() => seriesWhere((s) => s.topic === `tomte/${agent.id}/tele/temperature`), 'the rule makes a series');
	assert.equal(series.unit, '°C');
	await eventually(async () => (await points(series.id)).length > 0, 'and records');
	const of = async (whose) => (await hub.get(`/api/v1/series?of=${whose}`)).series;
	assert.ok((await of('topics')).every((s) => s.device === null && s.topic));
	assert.ok((await of('topics')).some((s) => s.id === series.id));
	assert.ok((await of('devices')).every((s) => s.device === agent.id && s.topic === null));
	assert.equal((await owner('/api/v1/series?of=both')).status, 422);
	assert.equal((await owner(`/api/v1/rules/${made.json.id}`, {method: 'DELETE', body: {}})).status, 204);
});

test('the owner ends the recording of a series, and it stays ended when the device comes back', async () => {
	const series = await seriesWhere((s) => s.device === agent.id && s.entity === 'temperature');
	const answer = await owner(`/api/v1/series/${series.id}`, {method: 'PATCH', body: {recorder: {preset: 'nothing'}}});
	assert.equal(answer.status, 200, answer.text);
	await agent.restart();
	const again = await eventually(() => seriesWhere((s) => s.id === series.id && s.recorder.preset === 'nothing'), 'it stays so');
	const before = (await points(series.id)).length;
	await eventually(async () => (await hub.get(`/api/v1/devices/${agent.id}`)).entities.find((e) => e.id === 'temperature').at > again.latest.at + 2000,
		'new readings come');
	assert.ok((await points(series.id)).length <= before + 1, 'and are not kept');
	await owner(`/api/v1/series/${series.id}`, {method: 'PATCH', body: {recorder: {preset: 'all'}}});
});

test('what history costs, and how long it is kept', async () => {
	const history = await hub.get('/api/v1/history');
	assert.ok(history.samples > 0 && history.bytes > 0 && history.written_today > 0, JSON.stringify(history));
	const kept = await owner('/api/v1/history', {method: 'PUT', body: {raw_days: 400, sd_saver: true}});
	assert.equal(kept.status, 200, kept.text);
	await hub.restart();
	const {policy} = await hub.get('/api/v1/history');
	assert.equal(policy.raw_days, 400);
	assert.equal(policy.sd_saver, true);
	await owner('/api/v1/history', {method: 'PUT', body: {sd_saver: false}});
});

test('a file of years past comes in, is charted in one request, and goes out again', async () => {
	const file = path.join(hub.dir, 'past.csv');
	const start = Date.UTC(2024, 0, 1), hours = 24 * 366;
	const lines = ['time,series,unit,value'];
	for (let i = 0; i < hours; i++)
		lines.push(`${new Date(start + i * 3600000).toISOString()},old meter,kWh,${(i * 0.25).toFixed(2)}`);
	await writeFile(file, lines.join('\n') + '\n');
	await hub.ctl('import', file);
	const series = await eventually(() => seriesWhere((s) => s.topic?.includes('old meter')), 'the series is there');
	const all = await hub.get(`/api/v1/series/${series.id}/points?from=${start}&to=${start + hours * 3600000}&width=1000`);
	assert.equal(all.raw, false);
	assert.ok(all.points.length > 500 && all.points.length <= 1000);
	assert.equal(all.points.reduce((sum, [, , , , count]) => sum + count, 0), hours);
	const out = await hub.ctl('export', '--series', String(series.id), '--from', '2024-01-01', '--to', '2025-01-02', '-');
	assert.equal(out.trim().split(/\r?\n/).length, hours + 1);
});

test('a closed window is the same for a browser that has it', async () => {
	const series = await seriesWhere((s) => s.topic?.includes('old meter'));
	await hub.restart(); // which seals; the days are compacted soon after
	const route = `/api/v1/series/${series.id}/points?from=${Date.UTC(2024, 2, 1)}&to=${Date.UTC(2024, 2, 2)}&width=100`;
	const first = await eventually(async () => {
		const answer = await owner(route);
		return answer.json.settled && answer;
	}, 'the window is settled', 1200);
	assert.match(first.headers.etag, /^"[^"]+"$/);
	const second = await owner(route, {headers: {'If-None-Match': first.headers.etag}});
	assert.equal(second.status, 304);
	assert.equal(second.text, '');
});

test('a hub that is killed has every sample that a page was told of', async () => {
	const series = await seriesWhere((s) => s.device === agent.id && s.entity === 'temperature');
	const told = await eventually(async () => {
		const list = await points(series.id);
		return list.length > 3 && list;
	}, 'some samples');
	await hub.kill();
	await hub.start();
	const there = new Map(await points(series.id));
	for (const [at, value] of told)
		assert.equal(there.get(at), value);
});
