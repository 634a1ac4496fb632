import { parseArgs } from 'node:util';
import { KINDS } from './kinds.js';
import { fuzz } from './search.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    kind: { type: 'string', default: '' },
  },
});

async function main(): Promise<void> {
  for (const [name, kind] of Object.entries(KINDS)) {
    if (!name.includes(values.kind)) continue;
    const findings = await fuzz(kind, Number(values.cases), Number(values.seed));
    console.log(`${name}: ${values.cases} cases from seed ${values.seed}, ${findings.length} went wrong`);
    for (const { seed, what } of findings) console.log(`  --seed ${seed} --cases 1: ${what}`);
    process.exitCode ||= findings.length > 0 ? 1 : 0;
  }
}

void main();
