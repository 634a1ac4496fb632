/** Host names and addresses as URLs write them: an IPv6 address in brackets (RFC 3986, section 3.2.2). */

/** A host as it stands in a URL. */
export function bracketed(hostname: string): string {
  return hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
}

/** A host as Node's sockets and TLS take it. */
export function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** `host:port`, the host in brackets where it is an IPv6 address. */
export function authorityOf(hostname: string, port: number | string): string {
  return `${bracketed(hostname)}:${port}`;
}

/** The host of a `Host` header, without its port and without brackets. */
export function hostOf(authority: string): string {
  return /^\[([^\]]*)\]/.exec(authority)?.[1] ?? authority.replace(/:.*/s, '');
}
