import { Injectable } from '@nestjs/common';
import type { Policy } from '../index.js';
import { configError, headingOf } from './errors.js';

/** The policies of an app, by the names of their clients. */
@Injectable()
export class NamedPolicies {
  readonly #policies = new Map<string, Policy>();

  /** @throws {PolicyConfigError} if another client has the name: `@InjectHttp` could not tell them apart. */
  add(name: string, policy: Policy): void {
    this.assertFree(name);
    this.#policies.set(name, policy);
  }

  assertFree(name: string): void {
    if (!this.#policies.has(name)) return;
    const expected = 'a name of its own (import the module of the first registration instead)';
    throw configError('name', expected, 'the name of another registration', headingOf(name));
  }

  [Symbol.iterator](): Iterator<[name: string, policy: Policy]> {
    return this.#policies.entries();
  }
}
