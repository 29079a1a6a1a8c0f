// htm bound to Preact: markup without a build step. Text always becomes text
// nodes; nothing here can make markup of what a device says.
import { h } from '../../vendor/preact.js';
import htm from '../../vendor/htm.js';
import '../../vendor/signals.js';

/** @import {VNode} from '../../vendor/preact.js' */

/** @type {(strings: TemplateStringsArray, ...values: any[]) => VNode<any>} */
export const html = /** @type {any} */ (htm).bind(h);
