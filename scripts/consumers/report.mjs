// One line per check. A failed check does not end the run: the others may tell what it has to do with.
let failures = 0;
let checks = 0;

/** Runs one check; what it throws is the reason of its failure, what it returns is told beside its name. */
export async function check(name, run) {
  checks += 1;
  try {
    const told = await run();
    console.log(`ok    ${name}${told === undefined ? '' : `: ${told}`}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}: ${reasonOf(error)}`);
  }
}

function reasonOf(error) {
  const { message, stdout = '', stderr = '' } = error ?? {};
  // A child process has said on its own streams why it failed; the message only repeats its command line.
  const output = `${stdout}${stderr}`.trim();
  return (output === '' ? (message ?? String(error)) : output).replaceAll('\n', '\n      ');
}

/** Runs several checks, `[name, run]` each, a few of them at a time. */
export async function checkTogether(list, concurrency) {
  const left = [...list];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await check(...next);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** Tells the sum, and whether all was well. */
export function summarize() {
  console.log(failures === 0 ? `${checks} checks hold` : `${failures} of ${checks} checks failed`);
  return checks > 0 && failures === 0;
}
