/** Where requests go. */

/** A request's target as its agent is told, all of it as the caller wrote it. */
export interface RequestEndpoint {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly socketPath?: string | null | undefined;
  /** The name for TLS, where it is not that of `host`. */
  readonly servername?: string | undefined;
}

/** Where a connection leads. */
export interface Target {
  /** An IPv6 address with or without its brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** The same with the scheme of the URL, by which a proxy is chosen. */
export interface UrlTarget extends Target {
  readonly protocol: 'http:' | 'https:';
}

/** The origin of a request that was parsed already; the hostname without brackets, the port empty for the default one. */
export interface Origin {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: string;
  /** Of the request; a `Host` among them is the name that TLS asks for. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}
