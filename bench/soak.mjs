// Sends very many requests through a policy to a server that misbehaves in every way, and sees to it that each one
// ends, that memory does not grow with their number, and that nothing is left when the policy is closed.
//
//   npm run soak -- --requests 1000000 --concurrency 64 --seed 1
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { cpus, platform, release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FILE = fileURLToPath(import.meta.url);
const RESULTS = fileURLToPath(new URL('./results/', import.meta.url));
const TIMEOUT_MS = 100;
/** How much the heap may have grown since the first tenth: what caches fill and code that is compiled, not requests. */
const TOLERANCE_MIB = 4;
const BODY = 'x'.repeat(1024);

/** What the server does, and how often out of 1000. A stall ends with the client's timeout, so it is rare. */
const MIX = [
  ['ok', 640],
  ['unavailable', 120],
  ['reset', 60],
  ['hangUp', 60],
  ['slow', 60],
  ['truncated', 56],
  ['stall', 4],
];

function options() {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '1000000' },
      concurrency: { type: 'string', default: '64' },
      seed: { type: 'string', default: '1' },
    },
  });
  const read = (name) => {
    const number = Number(values[name]);
    assert(Number.isSafeInteger(number) && number > 0, `--${name} wants a whole number above 0`);
    return number;
  };
  return { requests: read('requests'), concurrency: read('concurrency'), seed: read('seed') };
}

async function main({ requests, concurrency, seed }) {
  assert(globalThis.gc, 'run it with node --expose-gc, as npm run soak does');
  assert(
    requests >= 10 * concurrency,
    '--requests must be ten times --concurrency, for the heap to be compared',
  );
  const { default: axios } = await import('axios');
  const { attachPolicy } = createRequire(import.meta.url)('../dist/cjs/index.js');

  const server = fork(FILE, [String(seed)], { execArgv: [] });
  const [{ port }] = await once(server, 'message');
  const http = axios.create({ baseURL: `http://127.0.0.1:${port}` });
  const policy = attachPolicy(http, {
    client: { allowHttp: true, timeout: TIMEOUT_MS, proxyUrl: false },
    retry: { maxRetries: 3, budget: false, backoff: { initBackoff: 1, maxBackoff: 4 } },
  });

  const startedMs = performance.now();
  const run = await sendAll(http, { requests, concurrency });
  const seconds = (performance.now() - startedMs) / 1000;
  const { attempts, retries } = policy.stats();
  await policy.close();
  const left = await leftovers(server, policy);

  const result = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${platform()} ${release()}, Node ${process.version}`,
    requests,
    concurrency,
    seed,
    mix: Object.fromEntries(MIX),
    seconds: round(seconds),
    requestsPerSecond: Math.round(requests / seconds),
    ended: run.ended,
    fulfilled: run.fulfilled,
    rejected: Object.fromEntries([...run.rejected].sort(([one], [other]) => one.localeCompare(other))),
    attempts,
    retries,
    served: left.served,
    heapMib: run.heapMib,
    heapGrowthMib: round(run.heapMib.at(-1) - run.heapMib[0]),
    toleranceMib: TOLERANCE_MIB,
    openSockets: left.openSockets,
    activeResources: left.resources,
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${RESULTS}soak.json`, `${JSON.stringify(result, null, 2)}\n`);
  console.log(JSON.stringify(result, null, 2));
  judge(result);
  console.log('Every request ended, the heap is flat, and nothing is left.');
}

/** Keeps `concurrency` requests under way until `requests` have ended; takes the heap after each tenth. */
async function sendAll(http, { requests, concurrency }) {
  const run = { ended: 0, fulfilled: 0, rejected: new Map(), heapMib: [] };
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    const until = Math.floor((requests * tenth) / 10);
    let begun = run.ended;
    const lane = async () => {
      while (begun < until) {
        begun += 1;
        await sendOne(http, begun, run);
      }
    };
    await withoutStandstill(Promise.all(Array.from({ length: concurrency }, lane)), run);
    // A request that has ended may still have a socket to give back.
    await delay(50);
    run.heapMib.push(heapMib());
    process.stderr.write(`${tenth * 10} %: ${run.ended} requests ended, heap ${run.heapMib.at(-1)} MiB\n`);
  }
  return run;
}

/** `work`, unless no request ends any more: then it fails, rather than wait for ever. */
async function withoutStandstill(work, run) {
  let seen = -1;
  let timer;
  const standstill = new Promise((_, reject) => {
    timer = setInterval(() => {
      if (run.ended === seen) reject(new Error(`No request has ended for a while, after ${seen} that did`));
      seen = run.ended;
    }, 30_000);
  });
  await Promise.race([work, standstill]).finally(() => clearInterval(timer));
}

async function sendOne(http, number, run) {
  try {
    const { data } = await (number % 4 === 0 ? http.put('/', BODY) : http.get('/'));
    // A body that is cut short must not pass for a whole one.
    assert.equal(data, BODY);
    run.fulfilled += 1;
  } catch (error) {
    if (error.isAxiosError !== true) throw error;
    const what = error.response === undefined ? error.code : `${error.code} ${error.response.status}`;
    run.rejected.set(what, (run.rejected.get(what) ?? 0) + 1);
  } finally {
    run.ended += 1;
  }
}

function heapMib() {
  // What finalizers let go of is collected by the second.
  globalThis.gc();
  globalThis.gc();
  return round(process.memoryUsage().heapUsed / 2 ** 20);
}

/** What is still there after `policy.close()`: sockets, as both sides see them, and handles of this process. */
async function leftovers(server, policy) {
  const { pools, http2 } = policy.stats();
  // FIN may still be on its way to the server.
  await delay(200);
  server.send('report');
  const [{ openSockets, served }] = await once(server, 'message');
  server.disconnect();
  await once(server, 'exit');
  await delay(50);
  // Of the standard streams, which are not always of the same kind.
  const resources = process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap)$/.test(name));
  return { openSockets: { server: openSockets, pools: pools.length + http2.length }, served, resources };
}

function judge({ requests, ended, fulfilled, rejected, attempts, served, ...result }) {
  assert.equal(ended, requests, 'every request ends');
  const failed = Object.values(rejected).reduce((sum, count) => sum + count, 0);
  assert.equal(fulfilled + failed, requests, 'and is counted once');
  assert(
    attempts >= requests && attempts <= 4 * requests,
    `between 1 and 4 attempts each, not ${attempts} in all`,
  );
  for (const [what, share] of MIX) {
    const expected = (attempts * share) / 1000;
    assert(served[what] > expected / 2, `the server played "${what}" about ${Math.round(expected)} times`);
  }
  assert(result.heapGrowthMib <= TOLERANCE_MIB, `the heap grew by ${result.heapGrowthMib} MiB`);
  assert.deepEqual(result.openSockets, { server: 0, pools: 0 }, 'no socket is open');
  assert.deepEqual(result.activeResources, [], 'no timer and no handle is left');
}

const round = (number) => Math.round(number * 100) / 100;

/** The server, a process of its own, so that its memory and its sockets are not taken for the client's. */
function serve(seed) {
  const random = mulberry32(seed);
  const served = Object.fromEntries(MIX.map(([what]) => [what, 0]));
  const open = new Set();
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const what = pick(random);
    served[what] += 1;
    request.resume().once('end', () => PLAY[what](response, random));
    request.once('error', () => {});
  });
  server.on('connection', (socket) => {
    open.add(socket.on('error', () => {}));
    socket.once('close', () => open.delete(socket));
  });
  process.on('message', () => process.send({ openSockets: open.size, served }));
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

const PLAY = {
  ok: (response) => response.end(BODY),
  unavailable: (response) => response.writeHead(503).end('not now'),
  reset: (response) => response.socket?.resetAndDestroy(),
  hangUp: (response) => response.socket?.end(),
  slow: (response, random) => void setTimeout(() => response.end(BODY), random() * 20),
  truncated: (response) => {
    response.writeHead(200, { 'Content-Length': BODY.length });
    response.write(BODY.slice(0, 100), () => response.socket?.end());
  },
  stall: () => {},
};

function pick(random) {
  let left = random() * 1000;
  return MIX.find(([, share]) => {
    left -= share;
    return left < 0;
  })[0];
}

/** Uniform in [0, 1), the same numbers for the same seed. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (process.send === undefined) await main(options());
else serve(Number(process.argv[2]));
