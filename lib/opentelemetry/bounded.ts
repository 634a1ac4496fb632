import type { Attributes } from '@opentelemetry/api';

/** The value of all that came too late to be told apart. */
export const OTHER = '_other';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The first few values of an attribute; every series that a metric has is kept for as long as the process runs. */
export class BoundedValues {
  readonly #limit: number;
  readonly #known = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a value is one of them, or there is room for it. */
  admits(value: string): boolean {
    if (this.#known.has(value)) return true;
    if (this.#known.size >= this.#limit) return false;
    this.#known.add(value);
    return true;
  }
}

/** The attributes of metrics that say of which policy and which server they are, of bounded number. */
export class SeriesAttributes {
  readonly #names: BoundedValues;
  readonly #origins: BoundedValues;

  /** @param limit of names, and of origins. */
  constructor(limit: number) {
    this.#names = new BoundedValues(limit);
    this.#origins = new BoundedValues(limit);
  }

  /** @param url of the server, with whatever path. */
  of(name: string | undefined, url: string | undefined): Attributes {
    return { ...this.#nameOf(name), ...(url === undefined ? {} : this.#serverOf(url)) };
  }

  #nameOf(name: string | undefined): Attributes {
    if (name === undefined) return {};
    return { 'axios_policy.name': this.#names.admits(name) ? name : OTHER };
  }

  #serverOf(url: string): Attributes {
    const server = serverAttributes(url);
    const { 'server.address': address, 'server.port': port } = server;
    if (address === undefined || this.#origins.admits(`${address} ${port}`)) return server;
    return { 'server.address': OTHER };
  }
}

/** The server of a URL, as the conventions name it; nothing of one that is relative or withheld. */
export function serverAttributes(url: string): Attributes {
  if (url.startsWith('unix:')) return { 'server.address': url.slice('unix:'.length) };
  if (!URL.canParse(url)) return {};
  const { protocol, hostname, port } = new URL(url);
  const serverPort = Number(port) || DEFAULT_PORTS[protocol];
  if (serverPort === undefined) return {};
  return { 'server.address': hostname.replace(/^\[(.*)\]$/, '$1'), 'server.port': serverPort };
}
