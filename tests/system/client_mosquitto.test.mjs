/* Debian's mosquitto_pub, mosquitto_sub and mosquitto_rr against the open broker: what
 * MQTT 3.1, 3.1.1 and 5.0 promise, as these clients see it. mosquitto.test.mjs has the
 * hub's own door: TLS, credentials, the rules of a device. */
import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {DEADLINE, startBroker, stopBrokers} from '../support/clients.mjs';
import {Daemon, run} from '../support/hub.mjs';

let broker, count = 0;
const children = new Set(); // of tests that failed on their way

before(async () => {
	broker = await startBroker();
});
after(async () => {
	for (const child of children)
		await child.kill('SIGKILL');
	await stopBrokers();
});

const at = () => ['-h', broker.host, '-p', String(broker.port)];
const unique = (name) => `${name}-${++count}`;
const pub = (...args) => run('mosquitto_pub', [...at(), ...args]);

/** Runs mosquitto_sub to its end (-C or -E) and resolves with the lines that it printed. */
const sub = async (...args) => (await run('mosquitto_sub', [...at(), ...args])).stdout.split('\n').slice(0, -1);

/** A mosquitto_sub whose subscriptions the broker has acknowledged; got(n) resolves with its first n lines.
 * Its debug lines go to the same stream; a message's line begins with "> ". */
async function subscribed(format, ...args) {
	const name = unique('sub');
	const child = new Daemon(name, 'stdbuf', ['-oL', 'mosquitto_sub', ...at(), '-d', '-F', `> ${format}`, ...args], path.join(broker.dir, `${name}.log`));
	child.got = async (n) => {
		await child.waitLog(new RegExp(`(?:^> .*\n[^]*?){${n}}`, 'm'));
		return child.log.split('\n').filter((line) => line.startsWith('> ')).map((line) => line.slice(2));
	};
	children.add(child);
	await child.waitLog(/^Subscribed \(mid/m);
	return child;
}

for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
	const v = ['-V', version];

	describe(version, {concurrency: 4}, () => {
		test('QoS 0, 1 and 2: each message once, in order, with the lesser QoS of the two', DEADLINE, async () => {
			const topic = unique('qos');
			const subs = await Promise.all([0, 1, 2].map((q) => subscribed('%t %q %r %p', ...v, '-q', String(q), '-t', `${topic}/+`)));
			for (const q of [0, 1, 2])
				await pub(...v, '-q', String(q), '-t', `${topic}/${q}`, '-m', `sent at ${q}`);
			for (const [max, child] of subs.entries()) {
				const lines = await child.got(3);
				assert.deepEqual(lines, [0, 1, 2].map((q) => `${topic}/${q} ${Math.min(q, max)} 0 sent at ${q}`));
				await child.stop();
			}
		});

		test('a thousand lines at QoS 2 arrive once each and in order', DEADLINE, async () => {
			const topic = unique('lines');
			const child = await subscribed('%p', ...v, '-q', '2', '-t', topic);
			const lines = Array.from({length: 1000}, (_, i) => `line ${i}`);
			await run('mosquitto_pub', [...at(), ...v, '-q', '2', '-t', topic, '-l'], {input: lines.map((line) => `${line}\n`).join('')});
			await pub(...v, '-q', '2', '-t', topic, '-m', 'the end'); // behind it nothing of the lines can come
			await child.waitLog(/^> the end$/m);
			assert.deepEqual(await child.got(1001), [...lines, 'the end']);
			await child.stop();
		});

		test('a retained message waits for newcomers until it is cleared', DEADLINE, async () => {
			const topic = unique('retained');
			const early = await subscribed('%r %p', ...v, '-q', '1', '-t', topic);
			await pub(...v, '-q', '1', '-r', '-t', topic, '-m', 'first');
			await pub(...v, '-q', '1', '-r', '-t', topic, '-m', 'second');
			assert.deepEqual(await early.got(2), ['0 first', '0 second']);
			assert.deepEqual(await sub(...v, '-F', '%r %p', '-C', '1', '-t', `${topic}/#`), ['1 second']);
			await pub(...v, '-q', '1', '-r', '-n', '-t', topic);
			const late = await subscribed('%r %p', ...v, '-q', '1', '-t', topic);
			await pub(...v, '-q', '1', '-t', topic, '-m', 'not retained');
			assert.deepEqual(await late.got(1), ['0 not retained']);
			assert.deepEqual(await early.got(4), ['0 first', '0 second', '0 ', '0 not retained']);
			await Promise.all([early.stop(), late.stop()]);
		});

		test('mosquitto_sub --remove-retained clears what it meets', DEADLINE, async () => {
			const topic = unique('remove');
			for (const leaf of ['a', 'b'])
				await pub(...v, '-q', '1', '-r', '-t', `${topic}/${leaf}`, '-m', leaf);
			const watcher = await subscribed('%r %t %p', ...v, '-q', '1', '-t', `${topic}/+`);
			assert.deepEqual((await watcher.got(2)).sort(), [`1 ${topic}/a a`, `1 ${topic}/b b`]);
			const remover = await subscribed('%p', ...v, '--remove-retained', '-t', `${topic}/+`); // with -C it would not end: it forgets to flush
			assert.deepEqual((await watcher.got(4)).slice(2).sort(), [`0 ${topic}/a `, `0 ${topic}/b `]);
			await Promise.all([watcher.stop(), remover.stop()]);
			const late = await subscribed('%r %p', ...v, '-q', '1', '-t', `${topic}/+`);
			await pub(...v, '-q', '1', '-t', `${topic}/a`, '-m', 'now');
			assert.deepEqual(await late.got(1), ['0 now']);
			await late.stop();
		});

		test('the will of a killed client is sent, that of one that says goodbye is not', DEADLINE, async () => {
			const topic = unique('will');
			const watcher = await subscribed('%t %q %p', ...v, '-q', '2', '-t', `${topic}/#`);
			const will = (name) => [...v, '-t', unique('nothing'), '--will-topic', `${topic}/${name}`, '--will-payload', `${name} is gone`, '--will-qos', '2'];
			await sub(...will('polite'), '-E');
			const killed = await subscribed('%p', ...will('killed'));
			await killed.kill('SIGKILL');
			assert.deepEqual(await watcher.got(1), [`${topic}/killed 2 killed is gone`]);
			await pub(...v, '-q', '1', '-t', `${topic}/end`, '-m', 'end');
			assert.equal((await watcher.got(2))[1], `${topic}/end 1 end`);
			await watcher.stop();
		});

		test('a session keeps its subscriptions and what came while its client was away', DEADLINE, async () => {
			const topic = unique('away'), id = unique('sleeper');
			const session = [...v, '-c', '-i', id, '-q', '2'];
			await sub(...session, '-E', '-t', `${topic}/#`);
			for (const q of [0, 1, 2])
				await pub(...v, '-q', String(q), '-t', `${topic}/${q}`, '-m', `while away ${q}`);
			// mosquitto_sub must name a topic; this one brings nothing
			const lines = await sub(...session, '-F', '%q %p', '-C', '2', '-t', unique('nothing'));
			// QoS 0 may be kept or not (MQTT 5.0 §4.1.0-1); the hub does not
			assert.deepEqual(lines, ['1 while away 1', '2 while away 2']);
			await sub(...v, '-i', id, '-E', '-t', unique('nothing')); // clean: all is forgotten
			await pub(...v, '-q', '1', '-t', `${topic}/late`, '-m', 'for nobody');
			const again = await subscribed('%p', ...session, '-t', `${topic}/again`);
			await pub(...v, '-q', '1', '-t', `${topic}/again`, '-m', 'hello again');
			assert.deepEqual(await again.got(1), ['hello again']);
			await again.stop();
		});

		test('unsubscribes', DEADLINE, async () => {
			const topic = unique('unsubscribe'), id = unique('leaver');
			const session = [...v, '-c', '-i', id, '-q', '1'];
			await sub(...session, '-E', '-t', `${topic}/a`, '-t', `${topic}/b`);
			const child = await subscribed('%t %p', ...session, '-U', `${topic}/a`, '-t', `${topic}/end`);
			await child.waitLog(/UNSUBACK/);
			for (const leaf of ['a', 'b', 'end'])
				await pub(...v, '-q', '1', '-t', `${topic}/${leaf}`, '-m', leaf);
			assert.deepEqual(await child.got(2), [`${topic}/b b`, `${topic}/end end`]);
			await child.stop();
		});

		test('a payload of 700 KB arrives whole at QoS 2, and again from the retained store', DEADLINE, async () => {
			const topic = unique('large'), file = path.join(broker.dir, topic), got = path.join(broker.dir, `${topic}-got`);
			const payload = randomBytes(700000);
			await writeFile(file, payload);
			const sum = (data) => createHash('sha256').update(data).digest('hex');
			await pub(...v, '-q', '2', '-r', '-t', topic, '-f', file);
			await run('sh', ['-c', 'out=$1; shift; exec mosquitto_sub "$@" > "$out"', 'sh', got, ...at(), ...v, '-q', '2', '-N', '-C', '1', '-t', topic]);
			assert.equal(sum(await readFile(got)), sum(payload));
		});

		test('a client that connects again takes the place of the first', DEADLINE, async () => {
			const id = unique('twice'), topic = unique('twice');
			const first = new Daemon('first', 'stdbuf', ['-oL', 'mosquitto_sub', ...at(), ...v, '-d', '-i', id, '-t', topic], path.join(broker.dir, `${id}.log`));
			children.add(first);
			await first.waitLog(/^Subscribed/m);
			await sub(...v, '-i', id, '-E', '-t', topic);
			if (version === 'mqttv5') {
				await first.waitLog(/Received DISCONNECT \(142\)/); // session taken over
				assert.equal((await first.exited).code, 0);
			} else {
				// it lost its place and comes back for it; stopped on the way, it would not hear
				await first.waitLog(/^Subscribed[^]*^Subscribed/m);
				await first.stop();
			}
		});
	});
}

describe('properties of MQTT 5.0', {concurrency: 4}, () => {
	const v = ['-V', 'mqttv5'];

	test('user properties with their order and duplicates, content type, format, response topic, correlation data', DEADLINE, async () => {
		const topic = unique('properties');
		const properties = ['content-type text/plain;charset=utf-8', 'payload-format-indicator 1', 'response-topic answer/here',
			'correlation-data 4711', 'message-expiry-interval 3600', 'user-property a 1', 'user-property b 2', 'user-property a 1', 'user-property a 0']
			.flatMap((line) => ['-D', 'publish', ...line.split(' ')]);
		const child = await subscribed('%C|%F|%R|%D|%E|%P|%p', ...v, '-q', '1', '-t', topic);
		await pub(...v, '-q', '1', '-r', '-t', topic, '-m', 'grüß', ...properties);
		const live = (await child.got(1))[0];
		const retained = (await sub(...v, '-F', '%C|%F|%R|%D|%E|%P|%p', '-C', '1', '-t', topic))[0];
		for (const line of [live, retained]) {
			const [type, format, response, correlation, expiry, user, payload] = line.split('|');
			assert.deepEqual([type, format, response, correlation, user.trim(), payload],
				['text/plain;charset=utf-8', '1', 'answer/here', '4711', 'a:1 b:2 a:1 a:0', 'grüß']);
			assert.ok(Number(expiry) > 0 && Number(expiry) <= 3600, expiry);
		}
		await child.stop();
	});

	test('mosquitto_rr gets its answer', DEADLINE, async () => {
		const topic = unique('request'), answers = unique('answers');
		const responder = await subscribed('%R %D %p', ...v, '-q', '1', '-t', topic);
		const asked = run('mosquitto_rr', [...at(), ...v, '-q', '1', '-t', topic, '-e', answers, '-D', 'publish', 'correlation-data', 'question-7', '-m', 'ping', '-F', '%D %p']);
		const [to, correlation, question] = (await responder.got(1))[0].split(' ');
		await pub(...v, '-q', '1', '-t', to, '-D', 'publish', 'correlation-data', correlation, '-m', `${question} pong`);
		assert.equal((await asked).stdout, 'question-7 ping pong\n');
		await responder.stop();
	});

	test('a client may end with its will (reason 4)', DEADLINE, async () => {
		const topic = unique('with-will');
		const watcher = await subscribed('%p', ...v, '-q', '1', '-t', topic);
		const child = await subscribed('%p', ...v, '-t', unique('nothing'), '--will-topic', topic, '--will-payload', 'on purpose');
		await child.stop(); // at SIGTERM mosquitto_sub asks for it
		assert.deepEqual(await watcher.got(1), ['on purpose']);
		await watcher.stop();
	});

	test('a will brings its properties', DEADLINE, async () => {
		const topic = unique('will-properties');
		const watcher = await subscribed('%C %R %D %P %p', ...v, '-q', '1', '-t', topic);
		const child = await subscribed('%p', ...v, '-t', unique('nothing'), '--will-topic', topic, '--will-payload', 'gone',
			...['content-type text/x', 'response-topic r', 'correlation-data c', 'user-property k v', 'user-property k w']
				.flatMap((line) => ['-D', 'will', ...line.split(' ')]));
		await child.kill('SIGKILL');
		assert.deepEqual(await watcher.got(1), ['text/x r c k:v k:w gone']);
		await watcher.stop();
	});

	test('a delayed will is not sent when its client is back in time', DEADLINE, async () => {
		const topic = unique('will-delay'), id = unique('back');
		const watcher = await subscribed('%p', ...v, '-q', '1', '-t', `${topic}/#`);
		const client = ['-i', id, '-c', '-x', '600', '--will-topic', `${topic}/will`, '--will-payload', 'gone', '-D', 'will', 'will-delay-interval', '500', '-t', unique('nothing')];
		const child = await subscribed('%p', ...v, ...client);
		await child.kill('SIGKILL');
		const back = await subscribed('%p', ...v, ...client);
		await back.stop();
		await pub(...v, '-q', '1', '-t', `${topic}/end`, '-m', 'end');
		assert.deepEqual(await watcher.got(1), ['end']);
		await watcher.stop();
	});

	test('a subscription identifier comes with its messages', DEADLINE, async () => {
		const topic = unique('identifier');
		const child = await subscribed('%S %p', ...v, '-q', '1', '-t', `${topic}/#`, '-D', 'subscribe', 'subscription-identifier', '268435455');
		await pub(...v, '-q', '1', '-t', `${topic}/x`, '-m', 'x');
		assert.deepEqual(await child.got(1), ['268435455 x']);
		await child.stop();
	});

	test('a topic alias stands for its topic', DEADLINE, async () => {
		const topic = unique('alias');
		const child = await subscribed('%t %p', ...v, '-q', '1', '-t', `${topic}/#`);
		await run('mosquitto_pub', [...at(), ...v, '-q', '1', '-t', `${topic}/a/long/name`, '-D', 'publish', 'topic-alias', '3', '-l'], {input: 'one\ntwo\nthree\n'});
		assert.deepEqual(await child.got(3), ['one', 'two', 'three'].map((line) => `${topic}/a/long/name ${line}`));
		await child.stop();
	});

	test('retain as published, and retained messages only', DEADLINE, async () => {
		const topic = unique('rap');
		const plain = await subscribed('%r %p', ...v, '-q', '1', '-t', topic);
		const faithful = await subscribed('%r %p', ...v, '-q', '1', '-t', topic, '--retain-as-published');
		await pub(...v, '-q', '1', '-r', '-t', topic, '-m', 'kept');
		assert.deepEqual([await plain.got(1), await faithful.got(1)], [['0 kept'], ['1 kept']]);
		await Promise.all([plain.stop(), faithful.stop()]);
	});

	test('a message that outlives its expiry is not delivered', DEADLINE, async () => {
		const topic = unique('expiry'), id = unique('late');
		const session = [...v, '-c', '-i', id, '-q', '1'];
		await sub(...session, '-E', '-t', `${topic}/#`);
		await pub(...v, '-q', '1', '-r', '-t', `${topic}/short`, '-m', 'too old', '-D', 'publish', 'message-expiry-interval', '1');
		await pub(...v, '-q', '1', '-t', `${topic}/long`, '-m', 'in time', '-D', 'publish', 'message-expiry-interval', '600');
		await new Promise((done) => setTimeout(done, 2100)); // the second must pass; longer does no harm
		const queued = await sub(...session, '-F', '%E %p', '-C', '1', '-t', unique('nothing'));
		const [expiry, payload] = [queued[0].split(' ', 1)[0], queued[0].replace(/^\d+ /, '')];
		assert.equal(payload, 'in time');
		assert.ok(Number(expiry) > 0 && Number(expiry) <= 598, `the time in the queue is taken off: ${expiry}`);
		const late = await subscribed('%p', ...v, '-q', '1', '-t', `${topic}/#`);
		await pub(...v, '-q', '1', '-t', `${topic}/end`, '-m', 'end');
		assert.deepEqual(await late.got(1), ['end']);
		await late.stop();
	});

	test('a session ends with its expiry', DEADLINE, async () => {
		const topic = unique('session-expiry'), id = unique('expiring');
		await sub(...v, '-x', '1', '-c', '-i', id, '-q', '1', '-E', '-t', topic);
		await new Promise((done) => setTimeout(done, 2100));
		const child = await subscribed('%p', ...v, '-x', '1', '-c', '-i', id, '-q', '1', '-t', `${topic}/end`);
		await pub(...v, '-q', '1', '-t', topic, '-m', 'for nobody');
		await pub(...v, '-q', '1', '-t', `${topic}/end`, '-m', 'end');
		assert.deepEqual(await child.got(1), ['end']);
		await child.stop();
	});

	test('a packet larger than the broker takes is not even sent', DEADLINE, async () => {
		const file = path.join(broker.dir, 'too-large');
		await writeFile(file, Buffer.alloc(1 << 21));
		const {stdout} = await pub(...v, '-d', '-q', '1', '-t', unique('large'), '-f', file);
		assert.match(stdout, /received CONNACK \(0\)/);
		assert.doesNotMatch(stdout, /sending PUBLISH/); // CONNACK told the maximum packet size
	});
});
