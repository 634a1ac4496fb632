import { BufferedDownload } from '../resume/buffered-download.js';
import type { Download } from '../resume/download.js';
import type { ResumeParts } from '../resume/streamed-download.js';
import { StreamedDownload } from '../resume/streamed-download.js';
import type { RequestConfig } from './axios.js';
import type { Call } from './call.js';

/** The download a request is, if it is one that may be completed by a second response. */
export function downloadOf(call: Call, config: RequestConfig, parts: ResumeParts): Download | undefined {
  const { retry } = call.settings;
  if (retry === false || !retry.resume || retry.maxRetries === 0) return undefined;
  if (!/^get$/i.test(config.method ?? 'get')) return undefined;
  if (config.responseType === 'arraybuffer') return new BufferedDownload(config);
  return config.responseType === 'stream' ? new StreamedDownload(call, config, parts) : undefined;
}
