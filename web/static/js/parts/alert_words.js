// What an alert says, in the reader's language where that knows its kind.
import { devices } from '../store.js';
import { alertText } from '../text.js';

/** @import {Alert} from '../types.js' */

/** @param {Alert} alert */
export const alertWords = (alert) => alertText(alert, alert.device ? devices.value.get(alert.device)?.name : undefined);
