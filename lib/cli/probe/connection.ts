import type { X509Certificate } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { ProxyAddress, ResolvedClient } from '../../config/resolved.js';
import { ConnectTimeoutError } from '../../errors.js';
import { openTunnel, type ProxyTlsOptions } from '../../transport/proxy/tunnel.js';
import type { TlsSettings } from '../../transport/tls.js';
import {
  type CertificateSeen,
  type ConnectionSeen,
  type Phase,
  PhaseError,
  type Phases,
  type TlsSeen,
} from './report.js';
import { type ChosenRoute, isTunnelled, type Target } from './route.js';

/** How connections are made. */
export interface ConnectOptions {
  readonly target: Target;
  readonly route: ChosenRoute;
  readonly client: ResolvedClient;
  readonly tls: TlsSettings;
}

/** A connection to the server, ready for a request. */
export interface OpenConnection {
  readonly socket: Socket;
  readonly seen: ConnectionSeen;
}

/** With `connectTimeout: false` the probe still comes to an end. */
const LONGEST_MS = 60_000;

/**
 * Makes one connection, step by step, each with its time. A certificate that is not trusted is looked at as well: who
 * calls has to judge it before anything is sent.
 *
 * @param alpn the protocols that TLS offers.
 * @throws {PhaseError}
 */
export async function openConnection(
  options: ConnectOptions,
  alpn: readonly string[],
): Promise<OpenConnection> {
  const { hostname, port } = options.target;
  const limitMs = options.client.connectTimeoutMs || LONGEST_MS;
  const connecting = new Connecting(options);
  const late = () => connecting.failure(new ConnectTimeoutError(`${hostname}:${port}`, limitMs));
  return within(limitMs, late, (signal) => connecting.open(alpn, signal));
}

class Connecting {
  readonly #options: ConnectOptions;
  readonly #phases: Phases = {};
  #signal: AbortSignal | undefined;
  /** The step that is being taken. */
  #phase: Phase = 'dns';
  #addresses: readonly LookupAddress[] = [];
  #tls: TlsSeen | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  /** An error of the present step. */
  failure(cause: unknown): PhaseError {
    return new PhaseError(this.#phase, cause, this.#seen());
  }

  async open(alpn: readonly string[], signal: AbortSignal): Promise<OpenConnection> {
    this.#signal = signal;
    const { target, route } = this.#options;
    const raw = await this.#toServerOrProxy(target, route.address);
    const socket = target.isSecure ? await this.#secure(raw, alpn) : raw;
    return { socket, seen: this.#seen(raw) };
  }

  async #toServerOrProxy(target: Target, proxy: ProxyAddress | undefined): Promise<Socket> {
    if (proxy === undefined) return this.#dial(target.hostname, target.port);
    if (isTunnelled(target, this.#options.client)) return this.#tunnel(target, proxy);
    const raw = await this.#dial(proxy.hostname, proxy.port);
    return proxy.protocol === 'http:' ? raw : this.#handshake(raw, proxy.hostname, this.#trustInProxy());
  }

  async #dial(hostname: string, port: number): Promise<Socket> {
    if (isIP(hostname) === 0) {
      this.#addresses = await this.#step('dns', 'dnsMs', () => lookup(hostname, { all: true }));
    }
    return this.#step('tcp', 'tcpMs', async () => {
      const socket = connect({ host: hostname, port, noDelay: true, ...this.#known() });
      await this.#ready(socket, 'connect');
      return socket;
    });
  }

  /** The name is not looked up again: how long that takes is known. */
  #known(): { lookup?: LookupFunction } {
    const [first] = this.#addresses;
    if (first === undefined) return {};
    const known: LookupFunction = (_name, { all }, done) => {
      if (all) done(null, [...this.#addresses]);
      else done(null, first.address, first.family);
    };
    return { lookup: known };
  }

  #tunnel(target: Target, proxy: ProxyAddress): Promise<Socket> {
    const { userAgent } = this.#options.client;
    return this.#step('tunnel', 'tunnelMs', () =>
      openTunnel(proxy, target, { signal: this.#live(), tls: this.#trustInProxy(), userAgent }),
    );
  }

  async #secure(raw: Socket, alpn: readonly string[]): Promise<TLSSocket> {
    const { handshake, material } = this.#options.tls;
    const own = { ...material, ...handshake, ALPNProtocols: [...alpn], rejectUnauthorized: false };
    const socket = await this.#handshake(raw, this.#options.target.hostname, own);
    this.#tls = lookAtTls(socket);
    return socket;
  }

  #handshake(raw: Socket, host: string, options: ConnectionOptions): Promise<TLSSocket> {
    return this.#step('tls', 'tlsMs', async () => {
      // An address is no server name: RFC 6066, section 3.
      const name = isIP(host) === 0 ? { servername: host } : {};
      const socket = connectTls({ host, ...name, ...options, socket: raw });
      await this.#ready(socket, 'secureConnect');
      return socket;
    });
  }

  #trustInProxy(): ProxyTlsOptions {
    const { tls, allowInvalidCertificates } = this.#options.client;
    const { proxyCa } = tls.reveal();
    const trust = { rejectUnauthorized: !allowInvalidCertificates };
    return proxyCa === undefined ? trust : { ...trust, ca: [proxyCa].flat() };
  }

  async #ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    try {
      await once(socket, event, { signal: this.#live() });
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async #step<T>(phase: Phase, key: keyof Phases, action: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    this.#phase = phase;
    try {
      return await action();
    } catch (error) {
      throw this.failure(error);
    } finally {
      this.#phases[key] = performance.now() - startedMs;
    }
  }

  #live(): AbortSignal {
    return this.#signal ?? AbortSignal.abort();
  }

  #seen(socket?: Socket): ConnectionSeen {
    const { remoteAddress, remoteFamily, remotePort } = socket ?? {};
    const host = remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress;
    return {
      addresses: this.#addresses.map(({ address }) => address),
      peer: remoteAddress === undefined ? undefined : `${host}:${remotePort}`,
      phases: this.#phases,
      tls: this.#tls,
    };
  }
}

/**
 * Runs an action, which is told by its signal when to stop.
 *
 * @throws what `reason` makes, if it took longer than `ms`.
 */
export async function within<T>(
  ms: number,
  reason: () => Error,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(reason()), ms);
  // Not every wait ends with the signal: a socket that is gone already emits nothing more.
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  try {
    return await Promise.race([action(signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a handshake agreed on. */
function lookAtTls(socket: TLSSocket): TlsSeen {
  const certificate = socket.getPeerX509Certificate();
  return {
    version: socket.getProtocol() ?? 'TLS',
    alpn: socket.alpnProtocol || undefined,
    certificate: certificate && lookAtCertificate(certificate),
    // Of the types, an `Error`; in truth its code.
    problem: socket.authorized ? undefined : String(socket.authorizationError),
  };
}

function lookAtCertificate({ subject, issuer, subjectAltName, validTo }: X509Certificate): CertificateSeen {
  const validToMs = Date.parse(validTo);
  return {
    subject: commonName(subject),
    issuer: commonName(issuer),
    names: (subjectAltName ?? '').split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, '')),
    validTo: new Date(validToMs).toISOString(),
    daysLeft: Math.floor((validToMs - Date.now()) / DAY_MS),
  };
}

/** `CN=…` out of a name of several lines; the last line where there is none. */
function commonName(name: string | undefined): string {
  const lines = (name ?? '').split('\n');
  return (lines.find((line) => line.startsWith('CN=')) ?? lines.at(-1) ?? '').replace(/^\w+=/, '');
}
