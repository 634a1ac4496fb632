import { POSTED } from '../payloads.js';
import type { Subject } from './subject.js';

/** node's own; it takes no proxy and no HTTP/2 without undici. */
const fetchSubject: Subject = {
  name: 'fetch',
  wires: ['http', 'https'],
  open({ url, method, expects }) {
    const init =
      method === 'POST'
        ? { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(POSTED) }
        : undefined;
    return async () => {
      const response = await fetch(url, init);
      if (!response.ok) throw new Error(response.statusText);
      return expects === 'bytes' ? response.arrayBuffer() : response.json();
    };
  },
};

const kySubject: Subject = {
  name: 'ky',
  wires: ['http', 'https'],
  async open({ url, method, expects }) {
    const { default: ky } = await import('ky');
    if (method === 'POST') return () => ky.post(url, { json: POSTED }).json();
    return expects === 'bytes' ? () => ky.get(url).arrayBuffer() : () => ky.get(url).json();
  },
};

export const fetchSubjects: readonly Subject[] = [kySubject, fetchSubject];
