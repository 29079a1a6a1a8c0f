// The libraries, each named once. Their files carry their version (see
// web/vendor.mjs), so that a browser may keep them for ever.
export * from '../vendor/preact-11.2.0.js';
export * from '../vendor/hooks-11.2.0.js';
export * from '../vendor/signals-core-1.14.5.js';
export { default as htm } from '../vendor/htm-3.1.1.js';
import '../vendor/signals-2.11.4.js'; // makes components follow the signals they read
