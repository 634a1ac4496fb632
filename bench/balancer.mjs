// Steady traffic through a real balancer to five back ends, of which one is broken, stopped and brought back. haproxy
// gives each connection to the next back end, as a Kubernetes Service does; nginx each request. Neither checks health.
//
//   npm run bench:balancer -- --rate 200 --seconds 60 --balancer haproxy
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as yieldToIo } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FILE = fileURLToPath(import.meta.url);
const BACK_ENDS = 5;
/** The back end that is broken, and what happens to it, each for a quarter of the time. */
const BROKEN = 2;
const ANSWER_MS = 50;
const PHASES = ['all well', 'one answers 503', 'it is stopped', 'it is back'];

const CONFIGURATIONS = {
  haproxy: {
    command: (file) => ['haproxy', '-db', '-f', file],
    text: (port, backEnds) => `
global
  maxconn 4000
defaults
  mode tcp
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  retries 0
frontend in
  bind 127.0.0.1:${port}
  default_backend pods
backend pods
  balance roundrobin
${backEnds.map((backEnd, i) => `  server pod${i} 127.0.0.1:${backEnd}`).join('\n')}
`,
  },
  nginx: {
    command: (file, folder) => ['nginx', '-c', file, '-p', folder, '-e', 'stderr'],
    text: (port, backEnds) => `
daemon off;
pid nginx.pid;
error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000;
  upstream pods {
${backEnds.map((backEnd) => `    server 127.0.0.1:${backEnd} max_fails=0;`).join('\n')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://pods;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream off;
    }
  }
}
`,
  },
};

function options() {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '60' },
      balancer: { type: 'string', default: 'haproxy' },
      elsewhere: { type: 'string', default: 'true' },
    },
  });
  const { balancer, elsewhere } = values;
  assert(balancer in CONFIGURATIONS, `--balancer is one of ${Object.keys(CONFIGURATIONS).join(', ')}`);
  return { rate: Number(values.rate), seconds: Number(values.seconds), balancer, elsewhere };
}

async function freePort() {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startBalancer(name, backEnds) {
  const folder = mkdtempSync(join(tmpdir(), 'axios-policy-balancer-'));
  const port = await freePort();
  const file = join(folder, 'balancer.conf');
  writeFileSync(file, CONFIGURATIONS[name].text(port, backEnds));
  const [program, ...args] = CONFIGURATIONS[name].command(file, folder);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.once('error', (error) => {
    throw new Error(`${program} cannot be started: apt install ${name}`, { cause: error });
  });
  for (let isUp = false; !isUp; await delay(20)) {
    const probe = connect(port, '127.0.0.1');
    isUp = await Promise.race([
      once(probe, 'connect').then(() => true),
      once(probe, 'error').then(() => false),
    ]).catch(() => false);
    probe.destroy();
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  };
  return { port, stop };
}

async function main({ rate, seconds, balancer, elsewhere }) {
  const { default: axios } = await import('axios');
  const { attachPolicy } = createRequire(import.meta.url)('../dist/cjs/index.js');
  const backEnds = fork(FILE, ['back-ends'], { execArgv: [] });
  const [{ ports }] = await once(backEnds, 'message');
  const { port, stop } = await startBalancer(balancer, ports);

  const http = axios.create({ baseURL: `http://127.0.0.1:${port}` });
  const retry = elsewhere === 'true' ? {} : { elsewhere: false };
  const policy = attachPolicy(http, { client: { allowHttp: true }, retry });
  // What is compiled only once is none of the balancer's doing.
  await Promise.all(Array.from({ length: 50 }, () => http.get('/')));
  const phaseMs = (seconds * 1000) / PHASES.length;
  const phases = PHASES.map(() => ({ requests: 0, failed: 0, latencies: [] }));
  const startMs = performance.now();
  const underWay = [];
  const one = async (phase) => {
    const sentMs = performance.now();
    phase.requests += 1;
    await http.get('/').catch(() => {
      phase.failed += 1;
    });
    phase.latencies.push(performance.now() - sentMs);
  };
  for (let sent = 0, last = -1; sent < rate * seconds; sent += 1) {
    const dueMs = startMs + (sent * 1000) / rate;
    const aheadMs = dueMs - performance.now();
    // Also when late, or nothing would be sent.
    await (aheadMs > 0 ? delay(aheadMs) : yieldToIo());
    const phase = Math.min(PHASES.length - 1, Math.floor((sent * 1000) / rate / phaseMs));
    if (phase !== last) backEnds.send({ phase });
    last = phase;
    underWay.push(one(phases[phase]));
  }
  await Promise.all(underWay);
  const { attempts, retries } = policy.stats();
  await policy.close();
  backEnds.send({ report: true });
  const [{ seen }] = await once(backEnds, 'message');
  await stop();
  backEnds.kill();
  report({ balancer, rate, seconds, phases, seen, attempts, retries });
}

function report({ balancer, rate, seconds, phases, seen, attempts, retries }) {
  console.log(
    `${balancer}, ${rate} requests/s for ${seconds} s: ${attempts} attempts, ${retries} of them retries`,
  );
  console.table(
    phases.map(({ requests, failed, latencies }, i) => {
      latencies.sort((a, b) => a - b);
      const ofPhase = seen[i];
      return {
        phase: PHASES[i],
        requests,
        failed,
        'back ends': ofPhase.requests.join(' '),
        'p50 ms': round(latencies[Math.floor(latencies.length * 0.5)]),
        'p99 ms': round(latencies[Math.floor(latencies.length * 0.99)]),
        'connections/s': round(ofPhase.connections / (seconds / PHASES.length)),
      };
    }),
  );
  const failed = phases.reduce((sum, phase) => sum + phase.failed, 0);
  if (failed > 0) process.exitCode = 1;
}

const round = (number = 0) => Math.round(number * 10) / 10;

/** The back ends, in a process of their own. */
async function serve() {
  let phase = 0;
  const seen = PHASES.map(() => ({ requests: Array(BACK_ENDS).fill(0), connections: 0 }));
  const servers = Array.from({ length: BACK_ENDS }, (_, i) => {
    const server = createServer((_request, response) => {
      seen[phase].requests[i] += 1;
      const isBroken = i === BROKEN && phase === 1;
      // So slow that connections to all of them are in use at a time.
      setTimeout(
        () => response.writeHead(isBroken ? 503 : 200, { 'Content-Length': 2 }).end('ok'),
        ANSWER_MS,
      );
    });
    server.keepAliveTimeout = 0;
    server.on('connection', () => {
      seen[phase].connections += 1;
    });
    return server;
  });
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return server.address().port;
    }),
  );
  process.on('message', (message) => {
    if (message.report) process.send({ seen });
    if (message.phase === undefined) return;
    phase = message.phase;
    const broken = servers[BROKEN];
    if (phase === 2) broken.close().closeAllConnections();
    if (phase === 3) broken.listen(ports[BROKEN], '127.0.0.1');
  });
  process.send({ ports });
}

if (process.argv[2] === 'back-ends') await serve();
else await main(options());
