/** A function of a test, by the marks of Jest, Vitest, `node:test` and sinon. */
export function isMockFunction(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  const { _isMockFunction, isSinonProxy, mock } = value as unknown as Record<string, unknown>;
  return _isMockFunction === true || isSinonProxy === true || (typeof mock === 'object' && mock !== null);
}

const METHODS = ['request', 'get', 'post', 'put', 'patch', 'delete', 'head', 'create'] as const;

/** What is looked at of whatever was given for an instance. */
interface Candidate extends Partial<Record<(typeof METHODS)[number], unknown>> {
  readonly Axios?: unknown;
  readonly interceptors?: { readonly request?: Interceptors; readonly response?: Interceptors };
}

interface Interceptors {
  readonly use?: unknown;
  readonly forEach?: unknown;
}

/**
 * Whether something stands in for axios in a test and would never ask its interceptors: an automatic mock, or one made
 * by hand. An instance on which a test merely spies is none.
 */
export function isMockedAxios(instance: unknown): boolean {
  if (instance === null || (typeof instance !== 'object' && typeof instance !== 'function')) return false;
  const candidate: Candidate = instance;
  if (!isMockFunction(instance) && !METHODS.some((name) => isMockFunction(candidate[name]))) return false;
  const { interceptors, create, Axios } = candidate;
  const hasNoSibling = isMockFunction(create) && typeof Axios !== 'function';
  return hasNoSibling || !isReal(interceptors?.request) || !isReal(interceptors?.response);
}

/** Whoever spies on `use` leaves the rest as it is. */
function isReal({ use, forEach }: Interceptors = {}): boolean {
  if (!isMockFunction(use)) return typeof use === 'function';
  return typeof forEach === 'function' && !isMockFunction(forEach);
}
