#!/usr/bin/env node
// Renews what the pages take from others: the libraries in static/vendor/, the
// icon sprite static/icons.svg with its list static/js/icon_names.js, and (with
// --png) the app icons drawn in static/app-icon.svg. Needs npm, and Chromium
// for --png. What it writes is committed; a build never runs it.
//
// The name of a library's file carries its version, because browsers keep what
// lies in vendor/ for ever; the few places that name one are rewritten here.
//
//   web/vendor.mjs [--png | --png-only]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = {
	'preact': '11.2.0',
	'htm': '3.1.1',
	'@preact/signals': '2.11.4',
	'@preact/signals-core': '1.14.5',
	'uplot': '1.6.32',
	'@mdi/svg': '7.4.47',
};

// [package, its file, our name, text to append, its types]
const FILES = [
	['preact', 'dist/preact.mjs', 'preact.js', '', "export * from 'preact';"],
	['preact', 'hooks/dist/hooks.mjs', 'hooks.js', '', "export * from 'preact/hooks';"],
	['htm', 'dist/htm.module.js', 'htm.js', '', "export { default } from 'htm';"],
	['@preact/signals-core', 'dist/signals-core.mjs', 'signals-core.js', '', "export * from '@preact/signals-core';"],
	['@preact/signals', 'dist/signals.mjs', 'signals.js', '', "export * from '@preact/signals';"],
	// uPlot's own ES module is not minified; its script is, and becomes a module by exporting its one name.
	['uplot', 'dist/uPlot.iife.min.js', 'uplot.js', 'export default uPlot;', "export { default } from 'uplot';"],
	['uplot', 'dist/uPlot.min.css', 'uplot.css', '', ''],
];

// An import map would be an inline script, which our content security policy refuses.
const RELATIVE = {
	'preact': 'preact.js',
	'preact/hooks': 'hooks.js',
	'@preact/signals-core': 'signals-core.js',
};

// The icons of the pages themselves, then those that devices of a home name (mdi:lamp).
const ICONS = `
alert alert-circle-outline arrow-collapse-down arrow-collapse-horizontal arrow-collapse-up arrow-down arrow-expand-horizontal arrow-left arrow-right
arrow-up bell bell-outline bell-ring-outline chart-line check check-circle-outline chevron-right close cog cog-outline content-copy delete-outline
devices dots-horizontal download drag eye eye-off home home-outline key-outline lan-disconnect lock-outline logout magnify
minus palette-outline pencil-outline plus plus-circle-outline qrcode refresh shield-check-outline stop table theme-light-dark
weather-night white-balance-sunny wifi-off star star-outline undo account-circle-outline information-outline clock-outline cloud-off-outline help-circle-outline

air-conditioner air-filter air-humidifier air-purifier alarm-light-outline antenna bathtub battery battery-alert battery-charging
bed bed-king blinds bluetooth brightness-6 bulkhead-light camera car car-electric cast cat ceiling-fan ceiling-light cellphone cctv chandelier chip
coffee-maker counter cpu-64-bit curtains curtains-closed current-ac desk-lamp desktop-tower dishwasher dog door door-closed door-open doorbell
ethernet ev-station expansion-card fan fire fire-alert flash flashlight floor-lamp flower fountain fridge fuel-cell garage garage-open gas-cylinder gate
gauge gesture-tap-button gate-open harddisk heat-pump heat-wave heating-coil hvac invert-colors kettle lamp lamps lan laptop led-on led-outline
led-strip led-strip-variant leak light-recessed light-switch lightbulb lightbulb-group lightbulb-outline lightning-bolt lock lock-open magnet
memory meter-electric meter-gas microwave molecule-co molecule-co2 monitor motion-sensor mushroom music network-outline nas outdoor-lamp palette
pine-tree pipe pipe-valve pipe-leak power power-plug power-plug-outline power-socket-eu printer printer-3d pulse pump radiator raspberry-pi
remote robot robot-vacuum roller-shade roller-shade-closed rotate-right router-wireless ruler scale-bathroom seat server server-network
shield-home shower signal sine-wave sleep smoke-detector snowflake sofa solar-panel solar-power speaker speedometer spotlight sprinkler
sprout string-lights sun-thermometer sun-wireless swap-horizontal swap-vertical television thermometer thermometer-alert thermometer-lines thermostat timer-outline timer-sand
toggle-switch-outline toggle-switch-variant toilet track-light transmission-tower tumble-dryer tune tune-variant ultra-high-definition update upload usb vacuum valve vector-line
vibrate view-dashboard-outline volume-high wall-sconce washing-machine water water-boiler water-percent water-pump water-thermometer watch-vibrate waves
weather-cloudy weather-partly-cloudy weather-pouring weather-sunny weather-windy weight wifi window-closed window-open window-shutter window-shutter-open wind-turbine
`.split(/\s+/).filter(Boolean);

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'static');
const work = mkdtempSync(join(tmpdir(), 'tomte-vendor-'));

function fetchPackages() {
	writeFileSync(join(work, 'package.json'), '{"private":true}');
	const wanted = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
	execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...wanted],
		{ cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** "preact.js" with its version: "preact-11.2.0.js". */
function versioned(file) {
	const [name] = FILES.find(([, , to]) => to === file);
	return file.replace(/\.(\w+)$/, `-${VERSIONS[name]}.$1`);
}

function copyLibraries() {
	rmSync(join(out, 'vendor'), { recursive: true, force: true });
	mkdirSync(join(out, 'vendor'));
	for (const [name, from, to, append, types] of FILES) {
		let text = readFileSync(join(work, 'node_modules', name, from), 'utf8');
		text = text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
		text = text.replace(/\b(from|import)\s*"([^."][^"]*)"/g, (whole, word, bare) => {
			if (!RELATIVE[bare]) throw new Error(`${name}: no place known for import "${bare}"`);
			return `${word}"./${versioned(RELATIVE[bare])}"`;
		});
		writeFileSync(join(out, 'vendor', versioned(to)), text.trimEnd() + '\n' + (append ? append + '\n' : ''));
		// for the type checker alone: never installed
		if (types) writeFileSync(join(out, 'vendor', versioned(to).replace(/\.js$/, '.d.ts')), types + '\n');
	}
	const licences = Object.entries(VERSIONS).map(([name, version]) => {
		const licence = readFileSync(join(work, 'node_modules', name, 'LICENSE'), 'utf8').trim();
		const what = name === '@mdi/svg' ? `${name} ${version} (icons.svg)` : `${name} ${version}`;
		return `${'='.repeat(72)}\n${what}\n${'='.repeat(72)}\n\n${licence}\n`;
	});
	writeFileSync(join(out, 'vendor', 'LICENSES'), licences.join('\n'));
}

/** Names the new versions wherever a library's file is named. */
function rename() {
	const js = readdirSync(join(out, 'js'), { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => join('js', name));
	for (const name of [...js, 'index.html', 'room.am']) {
		const path = join(out, name);
		const before = readFileSync(path, 'utf8');
		const after = before.replace(/\bvendor\/([a-z-]+?)(?:-\d[\d.]*\d)?\.(js|css)\b/g, (_, base, ext) => `vendor/${versioned(`${base}.${ext}`)}`);
		if (after !== before) writeFileSync(path, after);
	}
}

function makeSprite() {
	const names = [...new Set(ICONS)].sort();
	const known = [];
	let sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n';
	for (const name of names) {
		let svg;
		try {
			svg = readFileSync(join(work, 'node_modules/@mdi/svg/svg', `${name}.svg`), 'utf8');
		} catch {
			console.error(`no icon named ${name}`);
			process.exitCode = 1;
			continue;
		}
		const path = /<path d="([^"]+)"/.exec(svg);
		if (!path) throw new Error(`${name}.svg holds no path`);
		sprite += `<symbol id="${name}" viewBox="0 0 24 24"><path d="${path[1]}"/></symbol>\n`;
		known.push(name);
	}
	writeFileSync(join(out, 'icons.svg'), sprite + '</svg>\n');
	let lines = '', line = '';
	for (const name of known) {
		if (line.length + name.length > 110) {
			lines += `\t'${line.trim()} ' +\n`;
			line = '';
		}
		line += name + ' ';
	}
	writeFileSync(join(out, 'js', 'icon_names.js'),
		'// The icons in icons.svg. Written by web/vendor.mjs.\n' +
		`export const ICON_NAMES = new Set((\n${lines}\t'${line.trim()}'\n).split(' '));\n`);
}

/** A drawing as a picture, by Chromium. */
function draw(name, size, svg) {
	const page = join(work, `${name}.html`);
	writeFileSync(page, `<style>body{margin:0;overflow:hidden}svg{display:block}</style>${svg.replace('<svg ', `<svg width="${size}" height="${size}" `)}`);
	execFileSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--default-background-color=00000000',
		`--window-size=${size},${size}`, `--screenshot=${join(out, `${name}.png`)}`, `file://${page}`], { stdio: 'ignore' });
}

function drawAppIcons() {
	const svg = readFileSync(join(out, 'app-icon.svg'), 'utf8');
	for (const size of [180, 192, 512]) draw(`app-icon-${size}`, size, svg);
	// a launcher may cut all but the circle of 80 % in the middle (W3C app manifest, "icon masks")
	const wide = svg.replace('viewBox="0 0 512 512"', 'viewBox="-80 -80 672 672"')
		.replace('<rect width="512" height="512"', '<rect x="-80" y="-80" width="672" height="672"');
	draw('app-icon-maskable-512', 512, wide);
	const sprite = readFileSync(join(out, 'icons.svg'), 'utf8');
	for (const [name, icon] of [['add', 'plus'], ['alerts', 'bell-outline']]) {
		const [, path] = new RegExp(`id="${icon}"[^>]*>(<path[^>]*/>)`).exec(sprite);
		draw(`shortcut-${name}-96`, 96, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 48 48"><circle cx="12" cy="12" r="24" fill="#2a2019"/><g fill="#ffb84d">${path}</g></svg>`);
	}
}

try {
	if (!process.argv.includes('--png-only')) {
		fetchPackages();
		copyLibraries();
		rename();
		makeSprite();
	}
	if (process.argv.some((argument) => argument.startsWith('--png'))) drawAppIcons();
} finally {
	rmSync(work, { recursive: true, force: true });
}
