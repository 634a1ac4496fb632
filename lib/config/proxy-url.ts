/** Proxy addresses. Nothing here repeats a text that may hold credentials, not even a wrong one. */
import type { Parsed } from './parsers.js';
import { booleanOf, ok, wrong } from './parsers.js';
import { renderKind, renderValue, Secret } from './render.js';

/** A parsed proxy address; the credentials are kept where no rendering finds them. */
export interface ProxyAddress {
  readonly protocol: 'http:' | 'https:';
  /** Without the brackets of an IPv6 literal. */
  readonly hostname: string;
  readonly port: number;
  /** `http://host:port`, for messages. */
  readonly origin: string;
  /** The value of a `Proxy-Authorization` header, if the URL had credentials. */
  readonly authorization: Secret<string> | undefined;
}

const EXPECTED = "a proxy URL such as 'http://user:password@host:3128'";
const SCHEME = /^([a-z][a-z0-9+.-]{0,30}):\/\//i;

/** Node's parser names the whole text in its error; this one says only that it failed. */
function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function percentDecode(text: string): string {
  // Byte by byte, because credentials need not be UTF-8 and a stray `%` stands for itself.
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** https://www.rfc-editor.org/rfc/rfc7617 */
function basicAuthorization({ username, password }: URL): Secret<string> | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = btoa(`${percentDecode(username)}:${percentDecode(password)}`);
  return new Secret(`Basic ${credentials}`);
}

function refusal(url: URL, scheme: string): string | undefined {
  // `user:…` reads as a scheme, too; those of proxies are short.
  if (scheme !== 'http' && scheme !== 'https')
    return /^[a-z]{2,5}\d?[a-z]?$/.test(scheme) ? `a ${scheme}:// URL` : 'a URL with another scheme';
  // A `/`, `?` or `#` of a password that is not encoded ends the host early; the rest would become a path.
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return 'a URL with a path, query or fragment';
  if (url.port === '0') return 'a URL with port 0';
  return undefined;
}

/**
 * Parses a proxy's address. A missing scheme means `http://`; credentials are percent-decoded.
 * @returns the address, frozen, or what is wrong with the text, without repeating it.
 */
export function parseProxyUrl(text: string): Parsed<ProxyAddress> {
  const address = text.trim();
  const scheme = SCHEME.exec(address)?.[1]?.toLowerCase();
  const url = tryUrl(scheme === undefined ? `http://${address}` : address);
  if (url === undefined) return wrong(EXPECTED, `${renderKind(text)} that is not a URL`);
  const refused = refusal(url, scheme ?? 'http');
  if (refused !== undefined) return wrong(`${EXPECTED}, http or https, special characters encoded`, refused);
  const protocol = url.protocol === 'https:' ? 'https:' : 'http:';
  const port = url.port === '' ? { 'http:': 80, 'https:': 443 }[protocol] : Number(url.port);
  return ok(
    Object.freeze({
      protocol,
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      origin: `${protocol}//${url.hostname}:${port}`,
      authorization: basicAuthorization(url),
    }),
  );
}

/** Reads `proxyUrl`: a text, a `URL`, or `false` for no proxy at all. */
export function readProxyUrl(value: unknown): Parsed<ProxyAddress | false> {
  if (value === false) return ok(false);
  if (value instanceof URL) return parseProxyUrl(value.href);
  // From an environment or a template, `'false'` is no proxy of that name.
  if (booleanOf(value) !== undefined) return wrong(`${EXPECTED}, or false for no proxy`, renderValue(value));
  if (typeof value === 'string' && value.trim() !== '') return parseProxyUrl(value);
  return wrong(`${EXPECTED}, or false for no proxy`, renderKind(value));
}
