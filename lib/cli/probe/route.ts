import type { ProxyAddress, ResolvedClient } from '../../config/resolved.js';
import { ProxySelector } from '../../transport/proxy/selection.js';
import type { Route } from './report.js';

/** The server that is asked. */
export interface Target {
  readonly url: URL;
  readonly isSecure: boolean;
  /** An IPv6 literal without its brackets. */
  readonly hostname: string;
  readonly port: number;
}

export function targetOf(url: URL): Target {
  const isSecure = url.protocol === 'https:';
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { url, isSecure, hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Whether a proxy only connects the two ends; plain HTTP/1.1 it forwards. */
export function isTunnelled({ isSecure }: Target, { http2Only }: ResolvedClient): boolean {
  return isSecure || http2Only;
}

/** The way to a server, as the policy would take it. */
export interface ChosenRoute extends Route {
  readonly address: ProxyAddress | undefined;
}

/** @throws {PolicyConfigError} if the environment names a proxy that is none. */
export function routeTo(target: Target, client: ResolvedClient): ChosenRoute {
  const { isSecure, hostname, port } = target;
  const protocol = isSecure ? 'https:' : 'http:';
  const selector = new ProxySelector(client.proxyUrl, client.proxyExcludes);
  const address = selector.proxyFor({ protocol, hostname, port });
  return { address, proxy: address?.origin, reason: reasonOf(target, client, address) };
}

function reasonOf(target: Target, { proxyUrl }: ResolvedClient, address: ProxyAddress | undefined): string {
  if (proxyUrl === false) return 'client.proxyUrl is false';
  if (proxyUrl !== undefined) {
    return address === undefined ? 'client.proxyExcludes names the host' : 'client.proxyUrl';
  }
  const scheme = target.isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const variable = setVariable(scheme, 'ALL_PROXY');
  if (address !== undefined) return `the environment variable ${variable}`;
  return variable === undefined
    ? `neither ${scheme} nor ALL_PROXY is set`
    : `${setVariable('NO_PROXY') ?? variable} names the host`;
}

/** The spelling in which one of these variables is set, lower case first. */
function setVariable(...names: readonly string[]): string | undefined {
  return names.flatMap((name) => [name.toLowerCase(), name]).find((name) => process.env[name]?.trim());
}
