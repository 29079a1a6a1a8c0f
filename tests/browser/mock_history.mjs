// The history of the hub of pretence: points, states, what it all costs, its policy, rules, backup and import.
import { createHash } from 'node:crypto';

const MINUTE = 60000, HOUR = 3600000, DAY = 86400000;
const STEP = 10000; // between two samples
const RAW_KEPT = 400 * DAY;

const rounded = (value) => Math.round(value * 1000) / 1000;
const RECORDER = { preset: 'changes', interval_ms: 0, deadband: 0 };

export class MockHistory {
	#wave;
	#begin;
	#hub;
	policy = { raw_days: -1, rollup_years: -1, max_bytes: 0, sd_saver: false };
	schedule = { path: '', hour: 3, keep: 7, running: false, last: { at: null, path: null, bytes: null, error: null } };
	rules = [{ id: 1, filter: 'zigbee2mqtt/+/availability', path: '$.state', name: 'Zigbee', kind: 'binary', unit: null, device_class: null, recorder: RECORDER }];
	import = { state: 'none' };
	/** What the owner changed of series, by id. */
	edits = new Map();

	/** @param {(series: number) => ((t: number) => number)} wave @param {any} hub */
	constructor(wave, hub) {
		this.#wave = wave;
		this.#hub = hub;
		this.#begin = Date.now() - 2 * 365 * DAY;
	}

	kindOf(series) {
		return series === 12 ? 'counter' : series === 9 || series === 20 ? 'binary' : series === 13 ? 'text' : 'gauge';
	}

	#window(series, query) {
		const now = Date.now();
		const owner = this.#hub.devices.find((device) => device.entities.some((entity) => entity.series === series));
		const from = query.get('from') === 'first' ? this.#begin : Number(query.get('from'));
		const to = Number(query.get('to')), width = Number(query.get('width')) || 600;
		const end = !owner || owner.online ? now : owner.last_seen; // topics go on
		return { from, to, width, start: Math.max(from, this.#begin), end: Math.min(to, end), settled: to < now - DAY };
	}

	points(series, query, cursor) {
		const wave = this.#wave(series);
		const { from, to, width, start, end, settled } = this.#window(series, query);
		const hole = (t) => series === 1 && t > Date.now() - 24 * MINUTE && t < Date.now() - 18 * MINUTE;
		const kind = this.kindOf(series);
		const points = [];
		const raw = (to - from) / STEP <= width && !query.get('buckets') && from > Date.now() - RAW_KEPT;
		let length = 0;
		if (raw) {
			for (let t = Math.ceil(start / STEP) * STEP; t < end; t += STEP) if (!hole(t)) points.push([t, rounded(wave(t))]);
		} else {
			length = Math.ceil((to - from) / width / STEP) * STEP;
			for (let t = Math.floor(start / length) * length; t < end; t += length) {
				const values = [];
				for (let i = 0; i < length; i += Math.max(STEP, length / 30)) values.push(wave(t + i));
				const point = [t, rounded(values.reduce((a, b) => a + b) / values.length), Math.min(...values), Math.max(...values), Math.round(length / STEP)];
				if (kind === 'counter') point.push(rounded(Math.min(length, end - t) / HOUR * (0.4 + 0.3 * Math.sin(t / DAY * 6.283))));
				points.push(point);
			}
		}
		return { series, kind, from, to, raw, length, gap: kind === 'binary' || kind === 'text' ? 0 : Math.max(5 * STEP, length), settled, points, ...(settled ? {} : { cursor }) };
	}

	timeline(series, query, cursor, wordOf) {
		const wave = this.#wave(series);
		const { from, to, width, start, end, settled } = this.#window(series, query);
		const step = Math.max(STEP, Math.ceil((to - from) / width / 8 / STEP) * STEP), shortest = (to - from) / width;
		const runs = [];
		for (let t = start; t < end; t += step) {
			const value = wordOf(wave(t)), last = runs[runs.length - 1];
			if (last && last[2] === value && !last[4]) last[1] = t + step;
			else if (last && last[1] - last[0] < shortest) Object.assign(last, { 1: t + step, 2: value, 3: last[3] + 1, 4: true });
			else runs.push([t, t + step, value, 1, false]);
		}
		if (runs.length) runs[runs.length - 1][1] = Math.min(to, end);
		return { series, kind: this.kindOf(series), runs, ...(settled ? {} : { cursor }) };
	}

	usage() {
		return {
			bytes: 23_400_000, samples: 18_200_000, samples_a_day: 81_500, written_today: 172_000_000, written_yesterday: 298_000_000, since: Date.now() - 13 * HOUR, bytes_a_day: 301_000_000,
			noisiest: [
				{ series: 7, device: 'server', entity: 'net_rx', topic: null, path: null, samples: 24100 },
				{ series: 4, device: 'server', entity: 'load', topic: null, path: null, samples: 8640 },
				{ series: 20, device: null, entity: null, topic: 'zigbee2mqtt/lamp/availability', path: '$.state', samples: 3120 }],
			disk: { size: 31_900_000_000, free: 12_400_000_000 }, cycles: 500, card_life_years: 145.2, policy: this.policy,
		};
	}

	series() {
		const list = this.#hub.devices.flatMap((device) => device.entities.filter((entity) => typeof entity.series === 'number').map((entity) => ({
			id: entity.series, device: device.id, entity: entity.id, topic: null, path: null, kind: this.kindOf(entity.series), unit: entity.unit ?? null, device_class: entity.device_class ?? null,
			resolution_ms: 0, recorder: RECORDER, raw_days: 0, rollup_years: 0, latest: { at: Date.now(), value: entity.state }, today: 8640 })));
		const topic = { device: null, entity: null, device_class: null, resolution_ms: 0, recorder: RECORDER, raw_days: 0, rollup_years: 0, latest: null };
		list.push({ ...topic, id: 20, topic: 'zigbee2mqtt/lamp/availability', path: '$.state', kind: 'binary', unit: null, today: 3120 });
		list.push({ ...topic, id: 21, topic: 'garden/rain', path: '$.mm', kind: 'gauge', unit: 'mm', today: 96 });
		return list.map((series) => ({ ...series, ...this.edits.get(series.id) })).filter((series, i, all) => all.findIndex((other) => other.id === series.id) === i);
	}

	/** Answers what is history's; undefined: none of it. */
	serve(route, { url, body, request, json, problem, end, cursor, wordOf }) {
		const send = (answer) => {
			const tag = `"${createHash('sha1').update(JSON.stringify(answer)).digest('hex')}"`;
			if (answer.cursor) return json(200, answer, { 'Cache-Control': 'no-cache' });
			const headers = { 'Cache-Control': 'private, max-age=3600', ETag: tag };
			return request.headers['if-none-match'] === tag ? end(304, headers) : json(200, answer, headers);
		};
		let match = /^GET \/series\/(\d+)\/(points|timeline)$/.exec(route);
		if (match && match[2] === 'points') return send(this.points(Number(match[1]), url.searchParams, cursor));
		if (match) return send(this.timeline(Number(match[1]), url.searchParams, cursor, (value) => wordOf(Number(match[1]), value)));
		match = /^PATCH \/series\/(\d+)$/.exec(route);
		if (match) {
			this.edits.set(Number(match[1]), { ...this.edits.get(Number(match[1])), ...body });
			return json(200, this.series().find((series) => series.id === Number(match[1])));
		}
		match = /^DELETE \/rules\/(\d+)$/.exec(route);
		if (match) {
			this.rules = this.rules.filter((rule) => rule.id !== Number(match[1]));
			return end(204);
		}
		switch (route) {
			case 'GET /history': return json(200, this.usage());
			case 'PUT /history':
				if (body.max_bytes && body.max_bytes < 16 << 20) return problem(422, 'The bound is at least 16 MiB, or 0 for none.', { field: 'max_bytes' });
				return json(200, Object.assign(this.policy, body));
			case 'GET /series': {
				const of = url.searchParams.get('of'), { rooms, devices } = this.#hub;
				const seen = (/** @type {string|null} */ id) => !rooms || devices.some((device) => device.id === id && rooms.includes(device.area));
				return json(200, { series: this.series().filter(({ device }) => seen(device) && (!of || (device === null) === (of === 'topics'))), cursor });
			}
			case 'GET /rules': return json(200, { rules: this.rules });
			case 'POST /rules':
				if (!body.filter || /#./.test(body.filter)) return problem(422, 'That is no topic filter.', { field: 'filter' });
				this.rules.push({ id: this.rules.length + 1, path: '', name: '', kind: 'gauge', unit: null, device_class: null, recorder: RECORDER, ...body });
				return json(201, this.rules[this.rules.length - 1]);
			default: return undefined;
		}
	}

	/** The routes that some hubs lack. */
	serveExtras(route, { body, json, problem, end }) {
		switch (route) {
			case 'GET /backup-schedule': return json(200, this.schedule);
			case 'PUT /backup-schedule':
				if (!body.path?.startsWith('/')) return problem(422, 'The folder must be a full path, such as /mnt/backup.', { field: 'path' });
				return json(200, Object.assign(this.schedule, body));
			case 'POST /backup-now':
				this.schedule.last = { at: Date.now(), path: `${this.schedule.path}/tomte-backup.tar`, bytes: 24_100_000, error: null };
				return json(202, this.schedule);
			case 'GET /import':
				if (this.import.state === 'running') {
					this.import.done = Math.min(this.import.total, this.import.done + this.import.total / 3);
					if (this.import.done >= this.import.total) Object.assign(this.import, { state: 'done', ended: Date.now(), samples: 51234, series: 12, skipped: 2, errors: ['Line 7: the time cannot be read.'] });
				}
				return json(200, this.import);
			case 'POST /import':
				this.import = { state: 'running', format: 'csv', by: 'anna', started: Date.now(), ended: null, done: 0, total: 300, samples: 0, series: 0, empty: 0, skipped: 0, errors: [], message: null };
				return json(202, this.import);
			case 'DELETE /import':
				this.import.state = 'cancelled';
				return end(204);
			default: return undefined;
		}
	}
}
