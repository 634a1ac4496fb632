import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const ROOT = join(__dirname, '..');
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** What a user finds in the package, without the build. */
function shippedFiles(): Set<string> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'];
  const [{ files }] = JSON.parse(execFileSync(NPM, args, { cwd: ROOT, encoding: 'utf8' }));
  return new Set(files.map(({ path }: { path: string }) => path));
}

/** The Markdown files that git keeps, or would. */
function documents(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(existing);
}

function existing(file: string): boolean {
  return file !== '' && existsSync(join(ROOT, file));
}

function textOf(file: string): string {
  // What stands in code is shown, not followed.
  return readFileSync(join(ROOT, file), 'utf8').replace(/^```[\s\S]*?^```$|`[^`\n]*`/gm, '');
}

interface Link {
  readonly file: string;
  readonly target: string;
  /** The file it leads to, from the root; of the file itself, if the link is but an anchor. */
  readonly path: string;
  readonly anchor: string;
}

function linksOf(file: string): Link[] {
  const targets = [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return {
        file,
        target,
        path: path === '' ? file : posix.normalize(posix.join(dirname(file), path)),
        anchor,
      };
    });
}

/** As GitHub and npm make them. */
function anchorsOf(file: string): Set<string> {
  const source = readFileSync(join(ROOT, file), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  const headings = [...source.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const show = ({ file, target }: Link) => `${file} -> ${target}`;

describe('every link', () => {
  const all = documents().flatMap(linksOf);

  it('of a document leads to a file of the repository', () => {
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(({ path }) => !existing(path)).map(show)).toEqual([]);
  });

  it('to a place in a document names a heading that is there', () => {
    const places = all.filter(({ path, anchor }) => anchor !== '' && path.endsWith('.md'));
    expect(places.length).toBeGreaterThan(3);
    expect(places.filter(({ path, anchor }) => !anchorsOf(path).has(anchor)).map(show)).toEqual([]);
  });

  it('of a document in the installed package leads to a file that is installed too', () => {
    const shipped = shippedFiles();
    expect(shipped).toContain('README.md');
    const broken = all.filter(({ file, path }) => shipped.has(file) && !shipped.has(path));
    expect(broken.map(show)).toEqual([]);
  });
});
