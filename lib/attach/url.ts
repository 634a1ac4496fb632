import type { RequestConfig } from './axios-like.js';

const ABSOLUTE = /^(?:[a-z][a-z\d+.-]*:)?\/\//i;

/** Whether a URL has a host of its own, as axios sees it. */
export function isAbsolute(url: string): boolean {
  return ABSOLUTE.test(url);
}

/** A relative URL under its base, as axios joins them. */
export function joinUrl(baseURL: string, url: string): string {
  return url === '' ? baseURL : `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`;
}

/** The part of a request's address that names scheme and host: `url` if it is absolute, `baseURL` otherwise. */
export function addressOf(config: Pick<RequestConfig, 'url' | 'baseURL' | 'allowAbsoluteUrls'>): string {
  const url = (config.url ?? '').trim();
  const { baseURL } = config;
  if (baseURL === undefined || baseURL === '') return url;
  return isAbsolute(url) && config.allowAbsoluteUrls !== false ? url : baseURL.trim();
}

/**
 * The host of a request to an `http://` URL, as far as its own config says, or the page it is made from; `undefined` if
 * the URL is another.
 */
export function plainHttpHost(
  config: Pick<RequestConfig, 'url' | 'baseURL' | 'allowAbsoluteUrls'>,
): string | undefined {
  const address = addressOf(config);
  if (/^https:\/\//i.test(address)) return undefined;
  const url = resolve(address);
  return url?.protocol === 'http:' ? url.host : undefined;
}

/** As fetch and XMLHttpRequest do: they pass over tabs and line ends, and a page's relative URLs are relative to it. */
function resolve(address: string): URL | undefined {
  const { document, location } = globalThis as {
    document?: { readonly baseURI?: string };
    location?: { readonly href?: string };
  };
  try {
    return new URL(address, document?.baseURI ?? location?.href);
  } catch {
    return undefined;
  }
}

/** The latest of all. Most requests go where the last one went, and those that wait shall not each hold a copy. */
let latest = { address: '', origin: '' };

/** `https://host:port` of a request, for bookkeeping per origin; empty for a relative URL without a base. */
export function originOf(config: Pick<RequestConfig, 'url' | 'baseURL' | 'allowAbsoluteUrls'>): string {
  const address = addressOf(config);
  if (address === latest.address) return latest.origin;
  const [, scheme = '', authority = ''] =
    /^([a-z][a-z\d+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)/i.exec(address) ?? [];
  const origin = (scheme + authority).toLowerCase();
  latest = { address, origin: origin === latest.origin ? latest.origin : origin };
  return latest.origin;
}

/** The whole URL of a request without its params, for messages; it may hold credentials and a query. */
export function urlOf(config: Pick<RequestConfig, 'url' | 'baseURL' | 'allowAbsoluteUrls'>): string {
  const address = addressOf(config);
  const url = (config.url ?? '').trim();
  return address === url ? address : joinUrl(address, url);
}
