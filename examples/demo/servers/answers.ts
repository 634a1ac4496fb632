import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A request that has arrived completely, and what can be done about it. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Resets the TCP connection. */
  reset(): void;
}

/** What a server does about a request. */
export type Answer = (exchange: Exchange) => void;

/** A short response with this status. */
export const status =
  (code: number, headers: OutgoingHttpHeaders = {}): Answer =>
  ({ response }) =>
    void response.writeHead(code, { 'Content-Type': 'text/plain', ...headers }).end('That is all.\n');

/** A connection that is reset instead of an answer: whether the request was carried out, nobody knows. */
export const reset: Answer = (exchange) => exchange.reset();

/** 200 and a body of which there is always a little more. */
export const drip =
  (everyMs: number): Answer =>
  ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    const timer = setInterval(() => response.write('drip '), everyMs);
    response.once('close', () => clearInterval(timer));
  };
