// The unencrypted port's one page, for browsers that are not on the hub itself (web/gate.c).
import { render } from './lib.js';
import { html } from './parts/html.js';
import { Announcer } from './parts/announce.js';
import { Trust } from './pages/trust.js';
import { startRouter } from './router.js';

const place = /** @type {HTMLElement} */ (document.getElementById('app'));
place.replaceChildren();
startRouter();
render(html`<${Trust} /><${Announcer} />`, place);
