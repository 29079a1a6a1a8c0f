/* Node-RED without its editor: the runtime with its core nodes, the flows of a folder and the HTTP
 * nodes on a loopback port.
 *
 *   node nodered.mjs FOLDER PORT    FOLDER holds flows.json and flows_cred.json
 */
import {readdir} from 'node:fs/promises';
import http from 'node:http';
import {createRequire} from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const [folder, port] = process.argv.slice(2);
const runtime = require('@node-red/runtime');
const util = require('@node-red/util');

// of the core nodes only those that the flows use: it starts in half the time
const used = ['05-tls.js', '10-function.js', '10-mqtt.js', '21-httpin.js', '24-complete.js'];
const core = path.dirname(require.resolve('@node-red/nodes'));
const others = (await readdir(path.join(core, 'core'), {recursive: true})).map((file) => path.basename(file))
	.filter((file) => file.endsWith('.js') && !used.includes(file));

const server = http.createServer((request, response) => runtime.httpNode(request, response));
const settings = {
	userDir: folder,
	flowFile: 'flows.json',
	credentialSecret: false,
	coreNodesDir: core,
	nodesExcludes: others,
	httpAdminRoot: false,
	httpNodeRoot: '/',
	uiPort: Number(port),
	uiHost: '127.0.0.1',
	mqttReconnectTime: 50,
	telemetry: {enabled: false, updateNotification: false},
	externalModules: {autoInstall: false, palette: {allowInstall: false}},
	logging: {console: {level: 'info', metrics: false, audit: false}},
};
util.init(settings);
runtime.init(settings, server);
process.on('SIGTERM', () => runtime.stop().then(() => process.exit(0)));
await runtime.start();
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
