import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runScenes } from '../examples/demo/runner.js';
import type { Scene } from '../examples/demo/scene.js';
import { scenes } from '../examples/demo/scenes.js';
import { createScreen } from '../examples/demo/screen.js';
import type { Stage } from '../examples/demo/stage.js';

interface Run {
  exitCode: number;
  output: string;
}

/** Runs what `npm run demo` runs, into a pipe. */
async function demo(...args: string[]): Promise<Run> {
  const command = ['--require', './__tests__/helpers/ts-register.cjs', 'examples/demo/main.ts', ...args];
  try {
    const options = { cwd: join(__dirname, '..'), timeout: 90_000 };
    const { stdout } = await promisify(execFile)(process.execPath, command, options);
    return { exitCode: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, output: stdout + stderr };
  }
}

/** Scenes without long waits; the others are played too where the whole demo is a check of its own, in `.ci/run`. */
const QUICK = ['overload', 'lost-connection', 'keep-alive', 'proxy'];
const played = scenes.filter(({ name }) => QUICK.includes(name));

const titles = (output: string): string[] => output.match(/^\d+\. .*$/gm) ?? [];

describe('npm run demo', () => {
  let run: Run;
  beforeAll(async () => {
    run = await demo(...QUICK);
  }, 100_000);

  it('ends every scene as the scene says', () => {
    expect(run.output).not.toContain('FAILED');
    expect(run.exitCode).toBe(0);
    expect(titles(run.output)).toEqual(played.map(({ title }, index) => `${index + 1}. ${title}`));
    const verdicts = run.output.match(/^ {3}(?:ok|skipped: .*)$/gm);
    expect(verdicts).toHaveLength(QUICK.length);
  });

  it('sums up the scenes it played', () => {
    const [, summary = ''] = run.output.split(/^\d+ scenes in .*\n/m);
    const [, ...rows] = summary.trimEnd().split('\n');
    const words = rows.map((row) => row.trim().split(/ +/).slice(0, 2));
    expect(words).toEqual(played.map(({ name }) => ['ok', name]));
  });

  it('writes plain text into a pipe', () => {
    expect(run.output).not.toContain('\x1b');
  });

  it('shows the attempts of a request with the policy, each after its delay', () => {
    const [, scene = ''] = run.output.split(/^\d+\. /m);
    const [, attempts = ''] = scene.split('with policy:');
    expect(
      attempts
        .replace(/ +/g, ' ')
        .replace(/\d+ ms/g, 'N ms')
        .split('\n')
        .slice(1, 5),
    ).toEqual([
      ' attempt 1 503 Service Unavailable N ms',
      ' attempt 2 after N ms 503 Service Unavailable N ms',
      ' attempt 3 after N ms 200 OK N ms',
      ' => 200 after 3 attempts',
    ]);
  });
});

describe('npm run demo -- <name>', () => {
  it('plays only the scene of that name', async () => {
    const { exitCode, output } = await demo('overload');
    expect(titles(output)).toEqual([expect.stringContaining('overloaded')]);
    expect(exitCode).toBe(0);
  }, 30_000);

  it('names the scenes there are when it knows none of that name', async () => {
    const { exitCode, output } = await demo('overlaod');
    expect(output).toContain('No scene is called overlaod. There are: overload, ');
    expect(exitCode).toBe(2);
  }, 30_000);
});

describe('a scene of the demo', () => {
  const scene = (play: (stage: Stage) => Promise<void> | void): Scene => ({
    name: 'fake',
    title: 'A fake',
    play: async (stage) => play(stage),
  });

  async function play(fakes: Scene[], limitMs?: number): Promise<Run> {
    let output = '';
    const screen = createScreen((text) => {
      output += text;
    }, false);
    const exitCode = await runScenes(fakes, screen, limitMs);
    return { exitCode, output };
  }

  const well = scene((stage) => stage.check('sum', 2, 1 + 1));

  it('is ok when it ends as it says', async () => {
    const { exitCode, output } = await play([well]);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^ {3}ok$/m);
  });

  it('fails when a count is another one, whatever the other scenes do', async () => {
    const wrong = scene((stage) => stage.check('sum', 3, 1 + 1));
    const { exitCode, output } = await play([well, wrong, well]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^ {3}FAILED: sum: expected 3, got 2$/m);
    expect(output.match(/^ {3}ok$/gm)).toHaveLength(2);
  });

  it('fails when a request without the policy ends otherwise', async () => {
    const wrong = scene(async (stage) => {
      const { url } = await stage.origin();
      await stage.bare('axios.get(url)', '404 after 1 attempt', (http) => http.get(url));
    });
    const { exitCode, output } = await play([wrong]);
    expect(exitCode).toBe(1);
    expect(output).toContain(
      "FAILED: without policy, axios.get(url): expected '404 after 1 attempt', got '200 after 1 attempt'",
    );
  });

  it('fails when a request with the policy ends otherwise', async () => {
    const wrong = scene(async (stage) => {
      const { url } = await stage.origin();
      await stage.policy('axios.get(url)', '200 after 2 attempts', {}, (http) => http.get(url));
    });
    const { exitCode, output } = await play([wrong]);
    expect(exitCode).toBe(1);
    expect(output).toContain(
      "FAILED: with policy, axios.get(url): expected '200 after 2 attempts', got '200 after 1 attempt'",
    );
  });

  it('fails when it throws', async () => {
    const broken = scene(() => {
      throw new Error('no stage');
    });
    const { exitCode, output } = await play([broken]);
    expect(exitCode).toBe(1);
    expect(output).toContain('FAILED: expected an end, got Error: no stage');
  });

  it('fails when it does not end', async () => {
    const { exitCode, output } = await play([scene(() => new Promise(() => {}))], 20);
    expect(exitCode).toBe(1);
    expect(output).toContain('FAILED: expected an end within 20 ms, got none');
  });

  it('fails when it compares nothing', async () => {
    const { exitCode } = await play([scene(() => {})]);
    expect(exitCode).toBe(1);
  });

  it('may be skipped, with a reason, on a system that cannot play it', async () => {
    const { exitCode, output } = await play([scene((stage) => stage.skip('no such port here'))]);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^ {3}skipped: no such port here$/m);
  });

  it('has what it opened closed, the last first, also when it fails', async () => {
    const closed: string[] = [];
    const failing = scene((stage) => {
      stage.defer(() => closed.push('first'));
      stage.defer(() => closed.push('second'));
      throw new Error('on purpose');
    });
    await play([failing]);
    expect(closed).toEqual(['second', 'first']);
  });
});

describe('the colours of the demo', () => {
  it('are escape codes on a screen that has them', () => {
    let output = '';
    const screen = createScreen((text) => {
      output += text;
    }, true);
    screen.line(screen.red('FAILED'));
    expect(output).toBe('\x1b[31mFAILED\x1b[39m\n');
  });
});
