import { isToken } from '../../config/parsers.js';
import { type Command, wrongUsage } from '../command.js';
import { CONFIG_USAGE, readConfig } from '../config-file.js';
import { adviceOn } from './advice.js';
import { probe } from './probe.js';
import { renderProbe } from './render.js';

const NAME = 'probe';

/** `axios-policy probe`: what a server is like, and which options follow from it. */
export const probeCommand: Command = {
  name: NAME,
  usage: `Usage: axios-policy probe [options] URL [config.json]

Sends the same GET twice, as a policy with this configuration would, and says what it saw: the proxy
and why it is taken, addresses, the time of each step, TLS and the certificate, HTTP/2, keep-alive,
and the fields that ask to wait. Then: which options follow from it. It sends nothing to a server
whose certificate it does not trust, and follows no redirect.

  URL           https:// or http://; credentials, query and headers are sent, and shown nowhere
${CONFIG_USAGE}
                without either, the defaults are used

Options:
  -H, --header 'Name: value'   sent with both requests; may be repeated
  --json                       the report as JSON
  -h, --help                   this text

Exit code: 0 the server answered, 1 it did not, or the configuration is wrong, 2 the command line is
wrong.
`,
  options: { header: { type: 'string', short: 'H', multiple: true }, json: { type: 'boolean' } },
  positionals: 2,
  async run(values, [address, source], io) {
    const url = readUrl(address);
    const headers = { ...credentialsOf(url), ...readHeaders([values.header ?? []].flat()) };
    const { report, policy } = await probe(url, await readConfig(source, io), headers);
    const advice = adviceOn(report, policy);
    io.out(values.json ? `${JSON.stringify({ ...report, advice }, null, 2)}\n` : renderProbe(report, advice));
    return report.failure === undefined ? 0 : 1;
  },
};

/** Nothing of a wrong URL is repeated: it may hold a password. */
function readUrl(address: string | undefined): URL {
  if (address === undefined) throw wrongUsage('no URL', probeCommand);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw wrongUsage('expected a URL such as https://example.com/path', probeCommand);
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A `%` that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readHeaders(headers: readonly (string | boolean)[]): Record<string, string> {
  return Object.fromEntries(
    headers.map((header) => {
      const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*)$/s.exec(String(header)) ?? [];
      const isSendable = isToken(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
      // Nothing of it is repeated: it may be a token without its name.
      if (!isSendable) throw wrongUsage("a header is not of the form 'Name: value'", probeCommand);
      return [name.toLowerCase(), value.trim()];
    }),
  );
}
