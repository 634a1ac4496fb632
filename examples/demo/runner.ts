import type { Scene } from './scene.js';
import type { Screen } from './screen.js';
import { type Side, Stage } from './stage.js';
import { count, formatMs } from './timeline.js';

const SCENE_LIMIT_MS = 15_000;

interface Verdict {
  readonly name: string;
  readonly word: 'ok' | 'skipped' | 'FAILED';
  readonly reasons: readonly string[];
  readonly endings: ReadonlyMap<Side, string>;
}

/**
 * Plays scenes one after the other, with a verdict below each and a summary at the end.
 *
 * @param limitMs how long each may take.
 * @returns the exit code: 0, or 1 if one of them ended otherwise than it says.
 */
export async function runScenes(
  scenes: readonly Scene[],
  screen: Screen,
  limitMs = SCENE_LIMIT_MS,
): Promise<number> {
  const startedMs = performance.now();
  const verdicts: Verdict[] = [];
  for (const scene of scenes) {
    screen.line();
    screen.line(screen.bold(`${verdicts.length + 1}. ${scene.title}`));
    const verdict = await judge(scene, screen, limitMs);
    const { word, reasons } = verdict;
    for (const line of reasons.length === 0 ? [word] : reasons.map((reason) => `${word}: ${reason}`)) {
      screen.line(`   ${paint(word, screen)(line)}`);
    }
    verdicts.push(verdict);
  }
  summarise(verdicts, performance.now() - startedMs, screen);
  return verdicts.some(({ word }) => word === 'FAILED') ? 1 : 0;
}

function summarise(verdicts: readonly Verdict[], elapsedMs: number, screen: Screen): void {
  const row = (word: string, name: string, bare: string, policed: string) =>
    `   ${word}  ${name.padEnd(16)}${bare.padEnd(37)}${policed}`;
  screen.line();
  screen.line(screen.bold(`${count(verdicts.length, 'scene')} in ${formatMs(elapsedMs)}`));
  screen.line(screen.dim(row(' '.repeat(7), '', 'without policy', 'with policy')));
  for (const { name, word, endings } of verdicts) {
    const colour = paint(word, screen);
    const [bare = '-', policed = '-'] = [endings.get('without policy'), endings.get('with policy')];
    screen.line(row(colour(word.padEnd(7)), name, bare, policed));
  }
}

async function judge(scene: Scene, screen: Screen, limitMs: number): Promise<Verdict> {
  const stage = new Stage(screen);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      stage.fail(`expected an end within ${formatMs(limitMs)}, got none`);
      resolve();
    }, limitMs);
  });
  try {
    await Promise.race([scene.play(stage), limit]);
  } catch (error) {
    stage.fail(`expected an end, got ${String(error)}`);
  } finally {
    clearTimeout(timer);
    await stage.close();
  }
  return { name: scene.name, endings: stage.endings, ...wordFor(stage) };
}

function wordFor({ failures, skipped, checks }: Stage): Pick<Verdict, 'word' | 'reasons'> {
  if (failures.length > 0) return { word: 'FAILED', reasons: failures };
  if (skipped !== undefined) return { word: 'skipped', reasons: [skipped] };
  if (checks > 0) return { word: 'ok', reasons: [] };
  // It would be ok whatever happens.
  return { word: 'FAILED', reasons: ['expected something, got a scene that compares nothing'] };
}

function paint(word: Verdict['word'], screen: Screen): (text: string) => string {
  return { ok: screen.green, skipped: screen.dim, FAILED: screen.red }[word];
}
