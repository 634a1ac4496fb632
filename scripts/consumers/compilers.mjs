// The versions of TypeScript that have to understand the published types, and the settings each of them knows.
import { join } from 'node:path';
import { manifestOf } from './processes.mjs';

/** By the alias each is installed under. */
const VERSIONS = {
  'typescript-oldest': '5.0.4',
  'typescript-5': '5.9',
  'typescript-6': '6.0.3',
  'typescript-latest': 'latest',
};

/** What to install. */
export const COMPILER_PACKAGES = Object.entries(VERSIONS).map(
  ([alias, version]) => `${alias}@npm:typescript@${version}`,
);

/** Every compiler that is installed, the oldest first. */
export function compilersIn(folder) {
  return Object.keys(VERSIONS).map((alias) => {
    const { version } = manifestOf(folder, alias);
    const [major, minor] = version.split('.').map(Number);
    return {
      version,
      major,
      hasUsing: major > 5 || minor >= 2,
      tsc: join(folder, 'node_modules', alias, 'bin/tsc'),
    };
  });
}

/** The ways a compiler can be set up to find and read a package, and the extensions programs have under each. */
export function settingsOf({ major }) {
  const settings = [
    {
      name: 'node16',
      options: ['--module', 'node16', '--moduleResolution', 'node16'],
      extensions: ['cts', 'mts'],
    },
    {
      name: 'nodenext',
      options: ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
      extensions: ['cts', 'mts'],
    },
    {
      name: 'esnext/bundler',
      options: ['--module', 'esnext', '--moduleResolution', 'bundler'],
      extensions: ['ts'],
    },
  ];
  // Deprecated in 6 and gone in 7; in its stead they can bundle CommonJS.
  const node10 = ['--module', 'commonjs', '--moduleResolution', 'node10'];
  if (major < 7) {
    const silence = major === 6 ? ['--ignoreDeprecations', '6.0'] : [];
    settings.push({ name: 'commonjs/node10', options: [...node10, ...silence], extensions: ['ts'] });
  }
  if (major > 5) {
    const options = ['--module', 'commonjs', '--moduleResolution', 'bundler'];
    settings.push({ name: 'commonjs/bundler', options, extensions: ['ts'] });
  }
  return settings;
}
