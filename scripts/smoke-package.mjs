// Packs the package, installs the tarball into an empty folder as a new user would, and uses it from CommonJS, ES
// modules and TypeScript, against the newest axios and the oldest that is supported.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const work = mkdtempSync(join(tmpdir(), 'axios-policy-smoke-'));
const npm = (cwd, ...args) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
const node = (cwd, ...args) =>
  execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const SCRIPT = `
const origin = createServer((req, res) => {
  res.statusCode = hits++ < 2 ? 503 : 200;
  res.end('ok');
});
let hits = 0;
origin.listen(0, '127.0.0.1', async () => {
  const http = axios.create({ baseURL: 'http://127.0.0.1:' + origin.address().port });
  const policy = attachPolicy(http, { client: { allowHttp: true }, retry: { backoff: { initBackoff: '5ms' } } });
  const response = await http.get('/');
  const { attempts } = getPolicyMetadata(response);
  if (response.data !== 'ok' || attempts !== 3) throw new Error('expected ok after 3 attempts, got ' + attempts);
  const bad = await new Promise((resolve) => { try { attachPolicy(axios.create(), { client: { timout: 1 } }); } catch (e) { resolve(e); } });
  if (!(bad instanceof PolicyConfigError) || !bad.message.includes('timeout')) throw new Error('no suggestion: ' + bad);
  await policy.close();
  origin.close();
  console.log('attempts', attempts);
});
`;
const NAMES = '{ attachPolicy, getPolicyMetadata, PolicyConfigError }';
const FILES = {
  'main.cjs': `const axios = require('axios');\nconst ${NAMES} = require('axios-policy');\nconst { createServer } = require('node:http');\n${SCRIPT}`,
  'main.mjs': `import axios from 'axios';\nimport ${NAMES} from 'axios-policy';\nimport { createServer } from 'node:http';\n${SCRIPT}`,
  'mixed.mjs': `import { createRequire } from 'node:module';\nimport ${NAMES} from 'axios-policy';\nimport { createServer } from 'node:http';\nconst axios = createRequire(import.meta.url)('axios');\n${SCRIPT}`,
  'types.mts': `import axios from 'axios';\nimport { attachPolicy, type Policy } from 'axios-policy';\nconst policy: Policy = attachPolicy(axios.create(), { client: { timeout: '5s' } });\nvoid axios.get('/', { policy: { retry: false } });\nvoid policy.close();\n`,
  'types.cts': `import axios = require('axios');\nimport { attachPolicy } from 'axios-policy';\nvoid attachPolicy(axios.create(), { retry: { maxRetries: 3 } }).close();\n`,
};

try {
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--silent', '--pack-destination', work));
  for (const axios of ['axios@latest', 'axios@1.7.9']) {
    const consumer = join(work, axios.replace('@', '-'));
    mkdirSync(consumer);
    writeFileSync(join(consumer, 'package.json'), '{"private":true}');
    npm(consumer, 'install', '--silent', '--no-audit', '--no-fund', join(work, filename), axios);
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(consumer, name), text);
    for (const name of ['main.cjs', 'main.mjs', 'mixed.mjs'])
      console.log(axios, name, node(consumer, name).trim());
    const tsc = createRequire(join(root, 'package.json')).resolve('typescript/bin/tsc');
    cpSync(join(root, 'node_modules/@types/node'), join(consumer, 'node_modules/@types/node'), {
      recursive: true,
    });
    cpSync(join(root, 'node_modules/undici-types'), join(consumer, 'node_modules/undici-types'), {
      recursive: true,
    });
    node(
      consumer,
      tsc,
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--types',
      'node',
      'types.mts',
      'types.cts',
    );
    console.log(axios, 'types', 'ok');
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  console.log(`axios-policy ${version}: the tarball works`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
