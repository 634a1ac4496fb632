// npm run demo                 all scenes
// npm run demo -- overload     the named ones
import axios from 'axios';
import { runScenes } from './runner.js';
import { scenes } from './scenes.js';
import { screenOn } from './screen.js';

// Everything here is on this machine; a proxy of the environment would only be in the way.
for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY']) {
  delete process.env[name];
  delete process.env[name.toLowerCase()];
}

async function main(names: readonly string[]): Promise<void> {
  const screen = screenOn(process.stdout);
  const unknown = names.filter((name) => !scenes.some((scene) => scene.name === name));
  if (unknown.length > 0) {
    const known = scenes.map(({ name }) => name).join(', ');
    screen.line(`No scene is called ${unknown.join(', ')}. There are: ${known}`);
    process.exitCode = 2;
    return;
  }
  screen.line(`axios ${axios.VERSION} without and with the policy, on Node ${process.version}`);
  screen.line(
    screen.dim('Each row: the attempt, the delay before it, how it ended, the time since the call.'),
  );
  const selected = names.length === 0 ? scenes : scenes.filter(({ name }) => names.includes(name));
  process.exitCode = await runScenes(selected, screen);
}

void main(process.argv.slice(2));
