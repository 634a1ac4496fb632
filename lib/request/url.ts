import type { RequestConfig } from './axios.js';

/** The options by which axios builds a URL. By its types strings; callers in JavaScript pass anything. */
type Address = Pick<RequestConfig, 'url' | 'baseURL' | 'allowAbsoluteUrls'>;

/** One copy of axios, as it builds URLs. */
export interface UrlBuilder {
  getUri(config: Address): string;
}

const HTTP = /^https?:\/\//i;
const ABSOLUTE = /^(?:[a-z][a-z\d+.-]*:)?\/\//i;
// Neither a scheme nor white space in front, which parsers of URLs pass over; nor a host, nor what they leave out.
const RELATIVE = /^(?![\0-\x20]|\/\/|[a-z][a-z\d+.-]*:)[^\t\n\r]*$/i;

/**
 * The URL that every version of axios builds of a request, without its `params`.
 *
 * @returns `undefined` for what versions read differently or refuse (a `url` that is no string, a scheme without `//`, a
 * falsy `allowAbsoluteUrls`), or what is no `http://` or `https://` URL: that is for axios itself.
 */
export function simpleUrl({ url, baseURL, allowAbsoluteUrls }: Address): string | undefined {
  if (url === undefined || url === null || url === '') return isHttp(baseURL) ? baseURL : undefined;
  if (isHttp(url)) return allowAbsoluteUrls === undefined || allowAbsoluteUrls === true ? url : undefined;
  if (typeof url !== 'string' || !RELATIVE.test(url) || !isHttp(baseURL)) return undefined;
  // Of more slashes than these, old versions leave some.
  return baseURL.endsWith('///') ? undefined : joinUrl(baseURL, url);
}

function isHttp(url: unknown): url is string {
  return typeof url === 'string' && HTTP.test(url);
}

/** A relative URL under its base, as axios joins them. */
export function joinUrl(baseURL: string, url: string): string {
  if (url === '') return baseURL;
  let end = baseURL.length;
  while (end > 0 && baseURL[end - 1] === '/') end -= 1;
  return `${baseURL.slice(0, end)}/${url.replace(/^\/+/, '')}`;
}

/** The part of a request's address that names scheme and host: `url` if it is absolute, `baseURL` otherwise. */
function addressOf(config: Address): string {
  const url = text(config.url);
  const baseURL = text(config.baseURL);
  if (baseURL === '') return url;
  return ABSOLUTE.test(url) && config.allowAbsoluteUrls !== false ? url : baseURL;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  try {
    return value ? String(value).trim() : '';
  } catch {
    // An object without toString, or with one that throws: axios will say so.
    return '';
  }
}

/**
 * Where a request to an `http://` URL goes, as far as its own config says, or the page it is made from; `undefined` if the
 * URL is another.
 *
 * @param axios knows what becomes of a config that not every version reads in the same way.
 */
export function plainHttpUrl(
  config: Address & Pick<RequestConfig, 'socketPath'>,
  axios: UrlBuilder,
): URL | undefined {
  const address = simpleUrl(config) ?? builtBy(axios, config);
  if (/^https:\/\//i.test(address)) return undefined;
  // Through a unix socket axios takes a path alone for one of localhost.
  const url = resolve(address, config.socketPath ? 'http://localhost' : undefined);
  return url?.protocol === 'http:' ? url : undefined;
}

function builtBy(axios: UrlBuilder, config: Address): string {
  const { url, baseURL, allowAbsoluteUrls } = config;
  try {
    return String(axios.getUri({ url, baseURL, allowAbsoluteUrls } as Address));
  } catch {
    // axios refuses it; an adapter of the caller's might not.
    return addressOf(config);
  }
}

/** As fetch and XMLHttpRequest do: they pass over tabs and line ends, and a page's relative URLs are relative to it. */
function resolve(address: string, ownBase: string | undefined): URL | undefined {
  const { document, location } = globalThis as {
    document?: { readonly baseURI?: string };
    location?: { readonly href?: string };
  };
  return parse(address, ownBase ?? document?.baseURI ?? location?.href);
}

/** @returns `undefined` for what is no URL. */
export function parse(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

/** The latest of all. Most requests go where the last one went, and those that wait shall not each hold a copy. */
let latest = { address: '', origin: '' };

/** `https://host:port` of a request, for bookkeeping per origin; empty for a relative URL without a base. */
export function originOf(config: Address): string {
  const address = addressOf(config);
  if (address === latest.address) return latest.origin;
  const origin = readOrigin(address);
  latest = { address, origin: origin === latest.origin ? latest.origin : origin };
  return latest.origin;
}

function readOrigin(address: string): string {
  const [, scheme = '', authority = ''] =
    /^([a-z][a-z\d+.-]*:\/\/)(?:[^/\\?#]*@)?([^/\\?#]*)/i.exec(address) ?? [];
  if (scheme !== '') return (scheme + authority).toLowerCase();
  const { protocol, host } = parse(address) ?? {};
  // `https:/host` is what parsers make `https://host` of.
  return host ? `${protocol}//${host}` : '';
}

/** The whole URL of a request without its params, for messages; it may hold credentials and a query. */
export function urlOf(config: Address): string {
  const address = addressOf(config);
  const url = text(config.url);
  return address === url ? address : joinUrl(address, url);
}
