import type { RequestConfig } from '../axios-like.js';
import type { Call } from '../call.js';
import { BufferedDownload } from './buffered-download.js';
import type { Download } from './download.js';
import { type ResumeParts, StreamedDownload } from './streamed-download.js';

/** The download a request is, if it is one that may be completed by a second response. */
export function downloadOf(call: Call, config: RequestConfig, parts: ResumeParts): Download | undefined {
  const { retry } = call.settings;
  if (retry === false || !retry.resume || retry.maxRetries === 0) return undefined;
  if (!/^get$/i.test(config.method ?? 'get')) return undefined;
  if (config.responseType === 'arraybuffer') return new BufferedDownload(config);
  return config.responseType === 'stream' ? new StreamedDownload(call, config, parts) : undefined;
}
