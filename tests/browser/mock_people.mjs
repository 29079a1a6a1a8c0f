// The people of the hub of pretence: accounts, sessions and tokens, as the real one answers about them.
const HOUR = 3600000, DAY = 24 * HOUR;
const SCOPES = { viewer: ['read'], guest: ['read', 'control'], adult: ['read', 'control'], owner: ['read', 'control', 'admin'] };
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

export class MockPeople {
	#next = 10;
	/** What was asked for, to be looked at by tests. */
	passwords = new Map();

	/** @param {string} own account of whoever is logged in @param {(role: string) => void} onRole when that gets another role */
	constructor(own, onRole) {
		this.onRole = onRole;
		const now = Date.now();
		this.own = own;
		this.users = [
			{ id: 1, name: own, role: 'owner', rooms: null, must_change: false, created: now - 40 * DAY },
			{ id: 2, name: 'Bertil', role: 'adult', rooms: null, must_change: false, created: now - 30 * DAY },
			{ id: 3, name: 'Mia', role: 'guest', rooms: ['Hall', 'Living room'], must_change: false, created: now - 9 * DAY },
			{ id: 4, name: 'Grandma', role: 'viewer', rooms: null, must_change: true, created: now - HOUR },
		];
		this.sessions = [
			{ id: 'a1', agent: FIREFOX, address: '192.168.1.23', created: now - 3 * DAY, used: now - 1000, current: true },
			{ id: 'b2', agent: IPHONE, address: 'fd00::42', created: now - 20 * DAY, used: now - 3 * HOUR, current: false },
			{ id: 'c3', agent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36', address: '192.168.1.77', created: now - 29 * DAY, used: now - 12 * DAY, current: false },
		];
		this.tokens = [
			{ id: 1, account: 1, name: 'Wall panel', scope: 'control', created: now - 20 * DAY, used: now - 2 * HOUR, expires: now + 300 * DAY },
			{ id: 2, account: 1, name: 'Backup script', scope: 'admin', created: now - 400 * DAY, used: null, expires: now - 35 * DAY },
		];
	}

	/** Answers the route, or nothing when it is not about people. */
	serve(route, { body, json, problem, end, role }) {
		const match = /^(\w+) \/(users|sessions|tokens)(?:\/(\w+))?(?:\/(password))?$/.exec(route);
		if (!match) return null;
		const [, method, what, id, password] = match;
		if (what === 'users') return this.#serveUsers(method, Number(id), password, { body, json, problem, end, role });
		if (what === 'sessions') return this.#serveSessions(method, id, { json, end, problem });
		return this.#serveTokens(method, Number(id), { body, json, end, problem, role });
	}

	#serveUsers(method, id, password, { body, json, problem, end, role }) {
		if (role !== 'owner') return problem(403, 'Your account may not do this. Ask the owner of the hub.');
		if (method === 'GET') return json(200, { users: this.users });
		if (method === 'POST') {
			if (this.users.some((user) => user.name.toLowerCase() === body.name.toLowerCase())) return problem(409, 'Somebody has this name already.', { field: 'name' });
			if (body.password.length < 8) return problem(422, 'A password needs at least 8 characters.', { field: 'password' });
			const user = { id: this.#next++, name: body.name, role: body.role, rooms: body.role === 'guest' ? body.rooms : null, must_change: true, created: Date.now() };
			this.users.push(user);
			this.passwords.set(body.name, body.password);
			return json(201, user);
		}
		const user = this.users.find((other) => other.id === id);
		if (!user) return problem(404, 'There is no such account.');
		if (password) {
			if (body.password.length < 8) return problem(422, 'A password needs at least 8 characters.', { field: 'password' });
			this.passwords.set(user.name, body.password);
			user.must_change = body.must_change;
			return end(204);
		}
		if (method === 'DELETE') {
			this.users = this.users.filter((other) => other !== user);
			return end(204);
		}
		Object.assign(user, body.role ? { role: body.role, rooms: body.role === 'guest' ? body.rooms ?? [] : null } : {});
		if (user.name === this.own) this.onRole(user.role);
		return json(200, user);
	}

	#serveSessions(method, id, { json, end, problem }) {
		if (method === 'GET') return json(200, { sessions: this.sessions });
		if (id && !this.sessions.some((one) => one.id === id)) return problem(404, 'There is no such session.');
		this.sessions = this.sessions.filter((one) => (id ? one.id !== id : one.current));
		return end(204);
	}

	#serveTokens(method, id, { body, json, end, problem, role }) {
		if (method === 'GET') return json(200, { tokens: this.tokens });
		if (method === 'DELETE') {
			this.tokens = this.tokens.filter((one) => one.id !== id);
			return end(204);
		}
		if (!SCOPES[role].includes(body.scope)) return problem(422, 'A token cannot do more than its account.', { field: 'scope' });
		const token = { id: this.#next++, account: 1, name: body.name, scope: body.scope, created: Date.now(), used: null, expires: body.days ? Date.now() + body.days * DAY : null };
		this.tokens.push(token);
		return json(201, { ...token, token: 'tomte_0123456789abcdefghjkmnpqrstvwxyz01234567' });
	}
}
