// A chart as a picture to send or to print: what is drawn, below its name and the time that it shows.
import { token } from './chart_axis.js';

const HEAD = 60, MARGIN = 16, FONT = 'system-ui, sans-serif'; // pixels of the page

/**
 * @param {HTMLCanvasElement} chart as it is on the screen
 * @param {{title: string, lines: string}} words @returns {Promise<Blob>} PNG
 */
export function pictureOf(chart, { title, lines }) {
	const scale = devicePixelRatio;
	const canvas = document.createElement('canvas');
	canvas.width = chart.width + 2 * MARGIN * scale;
	canvas.height = chart.height + (HEAD + 2 * MARGIN) * scale;
	const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
	ctx.fillStyle = token('--surface');
	ctx.fillRect(0, 0, canvas.width, canvas.height);
	ctx.textBaseline = 'top';
	const width = canvas.width - 2 * MARGIN * scale;
	ctx.fillStyle = token('--ink');
	ctx.font = `600 ${17 * scale}px ${FONT}`;
	ctx.fillText(title, MARGIN * scale, MARGIN * scale, width);
	ctx.fillStyle = token('--ink-2');
	ctx.font = `${13 * scale}px ${FONT}`;
	ctx.fillText(lines, MARGIN * scale, (MARGIN + 26) * scale, width);
	ctx.drawImage(chart, MARGIN * scale, (MARGIN + HEAD) * scale);
	return new Promise((resolve, reject) => {
		canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
	});
}
