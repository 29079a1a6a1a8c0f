// A browser's User-Agent in the words of people: "Firefox on Linux". A hint to recognise one's own, nothing more. Pure.
import { T } from '../text.js';

/** What comes first wins: most browsers also name those that they are like. @type {[RegExp, string][]} */
const BROWSERS = [
	[/\bEdgA?\//, 'Edge'], [/\bOPR\//, 'Opera'], [/\bSamsungBrowser\//, 'Samsung Internet'], [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
	[/\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//, 'Chrome'], [/\bSafari\//, 'Safari'], [/^curl\//, 'curl'],
];
/** @type {[RegExp, string][]} */
const SYSTEMS = [
	[/\biPhone\b/, 'iPhone'], [/\biPad\b/, 'iPad'], [/\bAndroid\b/, 'Android'], [/\bWindows\b/, 'Windows'], [/\bCrOS\b/, 'ChromeOS'],
	[/\bMac OS X\b/, 'macOS'], [/\bLinux\b/, 'Linux'],
];

/** @param {[RegExp, string][]} table @param {string} agent */
const find = (table, agent) => table.find(([pattern]) => pattern.test(agent))?.[1];

/** @param {string} agent */
export function agentText(agent) {
	const browser = find(BROWSERS, agent), system = find(SYSTEMS, agent);
	if (browser && system) return T.me.on(browser, system);
	return browser ?? system ?? (agent.slice(0, 40) || T.me.unknown);
}

/** An icon of the set for what it runs on. @param {string} agent */
export const agentIcon = (agent) => (/\b(?:iPhone|Android.*Mobile)\b/.test(agent) ? 'cellphone' : /\biPad|Android\b/.test(agent) ? 'devices' : 'laptop');
