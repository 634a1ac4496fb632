/** Options that a platform, or an adapter that makes its own connections, does not support. */

import {
  type Option,
  type OptionTable,
  type Requirement,
  resolvedValue,
  type SocketReaders,
} from './option.js';
import { renderKind, renderValue } from './render.js';
import type { ExplicitOption } from './resolved.js';
import type { Problems, Section } from './section.js';

/** Requirements that cannot be met, with the reason. */
export interface Unsupported {
  readonly needs: readonly Requirement[];
  /** Completes "expected no value (…)". */
  readonly reason: string;
}

function isEmpty(raw: unknown): boolean {
  if (typeof raw !== 'object' || raw === null || raw instanceof URL) return false;
  return Object.keys(raw).length === 0;
}

/** Without a reader of its own, an option asks for something unless it was given an empty list or object. */
function asksFor(option: Option, raw: unknown, value: unknown, sockets: SocketReaders | undefined): boolean {
  const isUnread = sockets === undefined && typeof (option.parse ?? option.read) === 'string';
  return isUnread ? !isEmpty(raw) : (option.asks?.(value) ?? true);
}

/**
 * The options of a section by which somebody asks for something that is not to be had everywhere: what is switched off
 * need not be had.
 */
export function explicitOptions<K extends string>(
  section: Section<K>,
  table: OptionTable,
  values: object,
  sockets: SocketReaders | undefined,
): readonly ExplicitOption[] {
  const found: ExplicitOption[] = [];
  for (const key of section.presentKeys()) {
    const option = table[key];
    const raw = section.raw(key);
    if (option?.needs === undefined || !asksFor(option, raw, resolvedValue(values, key, option), sockets))
      continue;
    const received = option.secret ? renderKind(raw) : renderValue(raw);
    found.push(Object.freeze({ key, needs: option.needs, path: section.pathOf(key), received }));
  }
  return Object.freeze(found);
}

/** Notes every explicit option that is not supported as a problem. */
export function refuseUnsupported(
  problems: Problems,
  unsupported: Unsupported | undefined,
  explicit: readonly ExplicitOption[],
): void {
  for (const { needs, path, received } of explicit) {
    if (unsupported?.needs.includes(needs)) problems.add(path, `no value (${unsupported.reason})`, received);
  }
}
