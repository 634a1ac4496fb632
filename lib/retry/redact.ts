import { REDACTED } from '../config/render.js';

/** URLs and messages as they may be shown. Logs are kept longer, and read by more people, than credentials should be. */

// `//user:pass@` up to the last `@` of the authority, as URL parsers read it; `\` is `/` to them.
const USERINFO = /([/\\]{2})[^/\\?#\s]*@/g;
const CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
// A header in a dump of a request, as mocks print it: `"authorization": "…"`, `Cookie: …`.
const SECRET_HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\r\n]*)/gi;
const URL_IN_TEXT = /\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s"'<>]+/gi;

/**
 * A URL as far as it may be shown: scheme, host and path. Credentials, query and fragment are left out, of a `data:` URL
 * everything.
 *
 * @param sensitive nothing of it may be shown.
 */
export function redactUrl(url: string, sensitive: boolean): string {
  if (sensitive) return REDACTED;
  if (/^\s*data:/i.test(url)) return 'data:';
  const address = url.replace(/\s/g, '').replace(/[?#].*$/, '');
  // `https:/user:pass@host` and `https:user:pass@host` are what parsers make `https://user:pass@host` of.
  const special = /^(https?:)[/\\]*(?:[^/\\]*@)?(.*)$/i.exec(address);
  return special ? `${special[1]}//${special[2]}` : address.replace(USERINFO, '$1');
}

/**
 * A message as far as it may be shown, in one line: without the credentials and queries of URLs in it, without
 * authorization and cookies.
 *
 * @param sensitive URLs in it are left out altogether.
 */
export function redactText(text: string, sensitive: boolean): string {
  return text
    .replace(URL_IN_TEXT, (url) => redactUrl(url, sensitive))
    .replace(USERINFO, '$1')
    .replace(SECRET_HEADER, `$1$2${REDACTED}`)
    .replace(CREDENTIALS, `$1 ${REDACTED}`)
    .replace(/\s+/g, ' ')
    .trim();
}
