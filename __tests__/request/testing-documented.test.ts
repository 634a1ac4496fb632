import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import * as library from '../../lib/index.js';

const TEXT = readFileSync(join(__dirname, '..', '..', 'docs', 'testing.md'), 'utf8');
const BLOCKS = [...TEXT.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

/** Runs a block as if it were a test of a program's own. */
async function run(block: string): Promise<void> {
  const { outputText } = ts.transpileModule(block, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  const load = (name: string): unknown => (name === 'axios-policy' ? library : require(name));
  const scope = { require: load, exports: {}, jest, expect };
  const program = new Function(...Object.keys(scope), `return (async () => {${outputText}})()`);
  await program(...Object.values(scope));
}

describe('docs/testing.md', () => {
  const forJest = BLOCKS.filter((code) => code.includes('jest.'));
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('has blocks for Jest', () => {
    expect(forJest).toHaveLength(2);
  });

  it.each(forJest)('of which this runs as it stands: %s', async (block) => {
    jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await run(block);
    expect.assertions(block.match(/^expect\(/gm)?.length ?? 0);
  });
});
