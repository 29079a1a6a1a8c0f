// A story: a logged-in page on a hub of pretence of its own, and afterwards nothing may have gone wrong on it.
import assert from 'node:assert/strict';
import { PHONE, openPage } from './browser.mjs';
import { MockHub } from './mock_hub.mjs';

/** @param {() => import('playwright-core').Browser} browser */
export const storyTeller = (browser) => async function story(options, path, tell) {
	const { role = 'owner', rooms = null, empty = false, tick = 1000, bare = false, controls = false, ...context } = options;
	const hub = await new MockHub({ empty, tick, controls }).start();
	Object.assign(hub, { role, rooms, bare });
	const { page, context: opened, problems } = await openPage(browser(), hub.url, { ...PHONE, ...context });
	try {
		hub.sessions.add('story');
		await opened.addCookies([{ name: 'tomte', value: 'story', url: hub.url }]);
		await page.goto(hub.url + path);
		await page.locator('.frame[data-link="live"]').waitFor();
		await tell(page, hub);
		assert.deepEqual(problems(), []);
	} finally {
		await opened.close();
		await hub.stop();
	}
};
