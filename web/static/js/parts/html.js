// htm bound to Preact: markup without a build step. Text always becomes text
// nodes; nothing here can make markup of what a device says.
import { h, htm } from '../lib.js';

/** @import {VNode} from '../lib.js' */

/** @type {(strings: TemplateStringsArray, ...values: any[]) => VNode<any>} */
export const html = /** @type {any} */ (htm).bind(h);
