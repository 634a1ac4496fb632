// The road of a request: which files and functions of lib/ it enters, counted by V8 and told by source file.
//
//   npm run walk                          every kind of request
//   npm run walk -- --only 503            those whose name has this in it
//   npm run walk -- --lib ../other/lib    the same for another tree
import { type Profiler, Session } from 'node:inspector';
import { join, relative, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import axios, { type AxiosInstance } from 'axios';
import { ca } from '../__tests__/helpers/certs.js';
import { closeWhatWasStarted } from '../__tests__/helpers/cleanup.js';
import { startHttp2Origin } from '../__tests__/helpers/http2-origin.js';
import { reply, startOrigin } from '../__tests__/helpers/origin.js';
import { onceRead } from '../__tests__/helpers/wait.js';
import type { ClientConfig } from '../lib/index.js';

const { values } = parseArgs({
  options: {
    lib: { type: 'string', default: join(__dirname, '..', 'lib') },
    only: { type: 'string', default: '' },
  },
});
const LIB = resolve(values.lib);
const { attachPolicy } = require(join(LIB, 'index.ts')) as typeof import('../lib/index.js');

/** Requests before the one that is counted: the first ones also load, connect and prepare. */
const WARM_UPS = 20;

interface Walk {
  readonly name: string;
  readonly client?: ClientConfig;
  /** Starts what answers. @returns what makes one request. */
  readonly prepare: (http: AxiosInstance) => Promise<() => Promise<unknown>>;
}

const WALKS: readonly Walk[] = [
  {
    name: 'a warm GET',
    prepare: async (http) => {
      const { url } = await startOrigin();
      return () => http.get(url);
    },
  },
  {
    name: 'a 503, then a 200',
    prepare: async (http) => {
      const origin = await startOrigin();
      return () => {
        origin.enqueue(reply({ status: 503 }));
        return http.get(origin.url);
      };
    },
  },
  {
    name: 'a GET that streams',
    prepare: async (http) => {
      const { url } = await startOrigin();
      return async () => {
        const { data } = await http.get(url, { responseType: 'stream' });
        await text(data);
      };
    },
  },
  {
    name: 'a GET over HTTP/2',
    client: { http2Only: true, tls: { ca } },
    prepare: async (http) => {
      const { url } = await startHttp2Origin();
      return () => http.get(url);
    },
  },
];

/** The functions entered in each file of lib/. */
type Road = ReadonlyMap<string, readonly string[]>;

/** What V8 calls functions that have no name of their own. */
const NAMES: Record<string, string> = { '': '(anonymous)', '<instance_members_initializer>': '(fields)' };

/** V8's own count of the functions that ran since it was last asked. */
class Counter {
  readonly #session = new Session();

  start(): void {
    this.#session.connect();
    this.#session.post('Debugger.enable');
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  }

  take(): Road {
    const road = new Map<string, string[]>();
    for (const { scriptId, url, functions } of this.#entered()) {
      const path = url.startsWith('file:') ? fileURLToPath(url) : url;
      if (!path.startsWith(LIB + sep)) continue;
      const code = this.#codeOf(scriptId);
      const names = functions
        .filter(({ ranges: [whole] }) => whole !== undefined && whole.count > 0 && !isPlumbing(code, whole))
        .map(({ functionName }) => NAMES[functionName] ?? functionName);
      if (names.length > 0) road.set(relative(LIB, path).split(sep).join('/'), names);
    }
    return road;
  }

  // Within one process the answer is there when the call returns.

  #entered(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      scripts = result;
    });
    return scripts;
  }

  #codeOf(scriptId: string): string {
    let code = '';
    this.#session.post('Debugger.getScriptSource', { scriptId }, (_error, { scriptSource }) => {
      code = scriptSource;
    });
    return code;
  }
}

/** Whether a function was written by the compiler: the module itself, or what passes on a name of another module. */
function isPlumbing(code: string, { startOffset, endOffset }: Profiler.CoverageRange): boolean {
  return (
    startOffset === 0 || /^function \(\) \{ return \w+\.\w+; \}$/.test(code.slice(startOffset, endOffset))
  );
}

async function walk({ client, prepare }: Walk, counter: Counter): Promise<Road> {
  const http = axios.create();
  const retry = { backoff: { initBackoff: 1, maxBackoff: 2 }, budget: false } as const;
  const policy = attachPolicy(http, { client: { allowHttp: true, ...client }, retry });
  const ask = await prepare(http);
  for (let made = 0; made < WARM_UPS; made += 1) await calmAfter(ask());
  counter.take();
  await calmAfter(ask());
  const road = counter.take();
  await policy.close();
  await closeWhatWasStarted();
  return road;
}

/** Also waits for what a request leaves to the next turns of the event loop, such as handing back its connection. */
async function calmAfter(request: Promise<unknown>): Promise<void> {
  await request;
  await new Promise<void>((resolve) => onceRead(resolve));
}

function show(name: string, road: Road): string {
  const functions = [...road.values()].flat().length;
  const lines = [...road].sort().map(([file, names]) => `  ${file.padEnd(40)} ${countedNames(names)}`);
  return [`${name}: ${road.size} files, ${functions} functions`, ...lines, ''].join('\n');
}

function countedNames(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(', ');
}

async function main(): Promise<void> {
  const counter = new Counter();
  counter.start();
  for (const each of WALKS) {
    if (each.name.includes(values.only)) console.log(show(each.name, await walk(each, counter)));
  }
}

void main();
