/** What travels. Sizes are exact, in bytes. */

/** The JSON of a small answer: 100 bytes. */
export const SMALL = padded({ id: 7, name: 'a small thing', note: '' }, 100);
/** What is posted: 1024 bytes as JSON. */
export const POSTED: object = JSON.parse(padded({ id: 7, tags: ['one', 'two', 'three'], note: '' }, 1024));
/** Size of a large answer. */
export const LARGE_BYTES = 2 ** 20;

function padded(value: { id: number; note: string; tags?: string[]; name?: string }, bytes: number): string {
  const missing = bytes - JSON.stringify(value).length;
  return JSON.stringify({ ...value, note: 'x'.repeat(missing) });
}

/** Throws unless a subject has really received all of an answer. */
export function check(expects: 'json' | 'bytes', payload: unknown): void {
  const isRight =
    expects === 'json'
      ? (payload as { id?: unknown } | undefined)?.id === 7
      : (payload as { byteLength?: unknown } | undefined)?.byteLength === LARGE_BYTES;
  if (!isRight) throw new Error('the answer is not the one that was sent');
}
