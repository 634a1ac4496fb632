import type { RequestConfig } from './axios-like.js';

/** Whether the caller takes a status for a success. */
export function accepts({ validateStatus }: RequestConfig, status: number): boolean {
  return !validateStatus || validateStatus(status);
}
