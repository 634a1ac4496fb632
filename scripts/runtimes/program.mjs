// Runs in the runtime that is tried: tries every behaviour, and prints how each ended.
import { behavioursIn } from './behaviours.mjs';

const LIMIT_MS = 8_000;

function limited(promise) {
  let timer;
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('does not end')), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const results = {};
for (const [name, behaviour] of Object.entries(behavioursIn(JSON.parse(process.env.WORLD)))) {
  results[name] = await limited(behaviour()).then(
    () => 'yes',
    (error) => (error?.cause?.message ?? error?.message ?? String(error)).split('\n')[0],
  );
}
console.log(JSON.stringify(results));
