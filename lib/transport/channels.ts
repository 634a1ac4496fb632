/**
 * What the transport tells on `node:diagnostics_channel`: how connections are made, and how they are used again. As
 * long as nobody subscribes, no message is made.
 */
import { channel } from 'node:diagnostics_channel';

const connects = channel('axios-policy:connect');
const addresses = channel('axios-policy:address');
/** To be asked for its subscribers before {@link publishPool} is called, where every request comes by. */
export const poolChannel = channel('axios-policy:pool');

/** Which connection a message is about. */
export interface ConnectionLabel {
  /**
   * `https://host:port`, or `unix:/path`. Of a connection that carries plain requests to a proxy it is the proxy's own,
   * because the requests may be for any origin.
   */
  readonly origin: string;
  /** `http://host:port` of the proxy it leads to or through. */
  readonly proxy?: string | undefined;
}

/** The policy that connections belong to; an update may rename it. */
export interface Owner {
  readonly name: string | undefined;
}

/** A connection, and whose it is. */
export interface OwnedConnection extends ConnectionLabel {
  readonly owner?: Owner | undefined;
}

/** The policy in a message. */
interface Named {
  /** Of the policy: as it was given, else the host of `baseURL`. */
  readonly name?: string | undefined;
}

/** A message of the channel `axios-policy:connect`: two for every new connection, `start` and how that ended. */
export interface ConnectMessage extends ConnectionLabel, Named {
  readonly stage: 'start' | 'ready' | 'failed';
  /** Time since `start`, in ms: DNS, TCP, proxy CONNECT, TLS and the HTTP/2 preface together. */
  readonly durationMs: number;
  /** Why it failed; absent if it was given up because the request was. */
  readonly error?: unknown;
}

/** A message of the channel `axios-policy:pool`. */
export interface PoolMessage extends ConnectionLabel, Named {
  /**
   * - `kept`: the connection has become idle, and is kept for other requests;
   * - `reused`: a request was given the idle connection;
   * - `closed`: the connection is closed, whoever did it.
   */
  readonly event: 'kept' | 'reused' | 'closed';
}

/** A message of the channel `axios-policy:address`: an address of a name that has several gets no requests, or again. */
export interface AddressMessage extends Named {
  /** `host:port`. */
  readonly host: string;
  readonly address: string;
  readonly state: 'ejected' | 'used';
  /** For how long it gets no requests, in ms. */
  readonly ejectedForMs?: number | undefined;
}

/** Tells how the making of a connection ended. */
export interface ConnectAnnouncement {
  ready(): void;
  failed(error: unknown): void;
}

/** Tells that a connection is being made. `undefined` if nobody listens. */
export function publishConnect(connection: OwnedConnection): ConnectAnnouncement | undefined {
  if (!connects.hasSubscribers) return undefined;
  const startedAt = performance.now();
  const publish = (stage: ConnectMessage['stage'], durationMs: number, error?: unknown) => {
    const cause = error === undefined || error === null ? {} : { error };
    connects.publish({ stage, ...labelWithName(connection), durationMs, ...cause } satisfies ConnectMessage);
  };
  publish('start', 0);
  return {
    ready: () => publish('ready', performance.now() - startedAt),
    failed: (error) => publish('failed', performance.now() - startedAt, error),
  };
}

function labelWithName({ owner, ...label }: OwnedConnection): ConnectionLabel & Named {
  return owner?.name === undefined ? label : { name: owner.name, ...label };
}

/** Tells what became of a connection that was ready. */
export function publishPool(event: PoolMessage['event'], connection: OwnedConnection | undefined): void {
  if (!poolChannel.hasSubscribers || connection === undefined) return;
  poolChannel.publish({ event, ...labelWithName(connection) } satisfies PoolMessage);
}

/** Tells that an address gets no requests, or gets them again: without `ejectedForMs`. */
export function publishAddress(
  { name }: Owner,
  {
    name: host,
    address,
    ejectedForMs,
  }: { readonly name: string; readonly address: string; readonly ejectedForMs: number | undefined },
): void {
  if (!addresses.hasSubscribers) return;
  const message: AddressMessage = {
    ...(name === undefined ? {} : { name }),
    host,
    address,
    state: ejectedForMs === undefined ? 'used' : 'ejected',
    ...(ejectedForMs === undefined ? {} : { ejectedForMs }),
  };
  addresses.publish(message);
}
