// How the person of a hub of pretence has arranged Home.
export class MockHome {
	home = { favourites: [], rooms: [] };
	/** So many edits fail. */
	failing = 0;
	/** Called once before the next edit is looked at: what happens meanwhile. @type {(() => void)|null} */
	before = null;
	#emit;
	#version = 1;

	/** @param {(name: string, body: object) => void} emit */
	constructor(emit) {
		this.#emit = emit;
	}

	get tag() {
		return `"${this.#version}"`;
	}

	/** By whatever page. @param {object} home */
	arrange(home) {
		this.home = home;
		this.#version++;
		this.#emit('home', { etag: this.tag });
	}

	/** @param {string} route @param {any} with_ */
	serve(route, { request, body, json, problem }) {
		if (route !== 'GET /me/home' && route !== 'PUT /me/home') return null;
		if (route.startsWith('PUT')) {
			const { before } = this;
			this.before = null;
			before?.();
			if (this.failing > 0) {
				this.failing--;
				return problem(507, 'The disk of the hub is full.');
			}
			if (request.headers['if-match'] !== this.tag) return problem(412, 'It has been changed in the meantime.');
			this.arrange(body);
		}
		return json(200, this.home, { ETag: this.tag });
	}
}
