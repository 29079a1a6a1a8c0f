// A chart as a picture to send or to print: what is drawn, below its name, the time that it shows and what each line is.
import { token } from './chart_axis.js';

const HEAD = 60, MARGIN = 16, ROW = 24, FONT = 'system-ui, sans-serif'; // pixels of the page

/** @typedef {{colour: string, dash: number[], text: string}} Key what a line is */

/** @param {CanvasRenderingContext2D} ctx @param {Key[]} keys @param {number} top @param {number} width pixels of the picture */
function paintKeys(ctx, keys, top, width) {
	const scale = devicePixelRatio;
	keys.forEach(({ colour, dash, text }, i) => {
		const y = top + (i + 0.5) * ROW * scale;
		ctx.strokeStyle = colour;
		ctx.lineWidth = 2.5 * scale;
		ctx.setLineDash(dash.map((length) => length * scale));
		ctx.beginPath();
		ctx.moveTo(MARGIN * scale, y);
		ctx.lineTo((MARGIN + 28) * scale, y);
		ctx.stroke();
		ctx.setLineDash([]);
		ctx.fillStyle = token('--ink');
		ctx.textBaseline = 'middle';
		ctx.fillText(text, (MARGIN + 40) * scale, y, width - 40 * scale);
	});
}

/**
 * @param {HTMLCanvasElement[]} charts as they are on the screen, below each other
 * @param {{title: string, lines: string, keys?: Key[]}} words @returns {Promise<Blob>} PNG
 */
export function pictureOf(charts, { title, lines, keys = [] }) {
	const scale = devicePixelRatio, head = (HEAD + ROW * keys.length) * scale, margin = MARGIN * scale;
	const canvas = document.createElement('canvas');
	canvas.width = Math.max(...charts.map((chart) => chart.width)) + 2 * margin;
	canvas.height = charts.reduce((sum, chart) => sum + chart.height, head + 2 * margin);
	const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
	ctx.fillStyle = token('--surface');
	ctx.fillRect(0, 0, canvas.width, canvas.height);
	ctx.textBaseline = 'top';
	const width = canvas.width - 2 * margin;
	ctx.fillStyle = token('--ink');
	ctx.font = `600 ${17 * scale}px ${FONT}`;
	ctx.fillText(title, margin, margin, width);
	ctx.fillStyle = token('--ink-2');
	ctx.font = `${13 * scale}px ${FONT}`;
	ctx.fillText(lines, margin, margin + 26 * scale, width);
	paintKeys(ctx, keys, margin + 52 * scale, width);
	let top = margin + head;
	for (const chart of charts) {
		ctx.drawImage(chart, margin, top);
		top += chart.height;
	}
	return new Promise((resolve, reject) => {
		canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
	});
}
