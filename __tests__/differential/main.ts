import { parseArgs } from 'node:util';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { type Finding, search } from './search.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    axios: { type: 'string' },
    lanes: { type: 'string', default: '16' },
  },
});

function print({ seed, one, differences }: Finding): void {
  console.log(`\n--seed ${seed} --cases 1\n  request ${JSON.stringify(one.options)}`);
  for (const answer of one.answers) console.log(`  answer  ${JSON.stringify(answer)}`);
  for (const { way, place, bare, attached } of differences.slice(0, 8))
    console.log(`  ${way} ${place}\n    bare     ${shorten(bare)}\n    attached ${shorten(attached)}`);
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}

async function main(): Promise<void> {
  const count = Number(values.cases);
  for (const [index, { name, axios }] of AXIOS_COPIES.entries()) {
    if (values.axios !== undefined && values.axios !== ['newest', 'oldest'][index]) continue;
    const startedMs = performance.now();
    const options = { axios, count, seed: Number(values.seed), lanes: Number(values.lanes) };
    const findings = await search({ ...options, onFinding: print });
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(
      `${name}: ${count} cases from seed ${values.seed} in ${seconds} s, ${findings.length} differ`,
    );
    process.exitCode ||= findings.length > 0 ? 1 : 0;
  }
}

void main();
