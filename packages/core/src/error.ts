import type { Failure } from './failure.ts';
import type { Reply } from './reply.ts';

const MARKER = Symbol.for('interpose.error');

/** What explains an {@link InterposeError}, besides its message. */
export interface InterposeErrorOptions {
  /** Stable, for programs: `budget_exceeded`, `retries_exhausted`. */
  code: string;
  /** HTTP status that a client is shown. @default 400 */
  status?: number;
  /** The failure behind it, when there is one. */
  failure?: Failure;
  /** The provider's reply that it stands for: its status, headers and body are what a client is shown. */
  reply?: Reply;
  /** Whether it is about where the call was going, so that the same call may be answered elsewhere. @default false */
  elsewhere?: boolean;
  cause?: unknown;
}

/**
 * The base of everything that a unit throws to refuse a call or to end a reply.
 *
 * `instanceof` also recognises the twin that `@interpose/openai` hands to callers, which belongs to the
 * client's own error classes and carries this error under `Symbol.for('interpose.error')`.
 */
export class InterposeError extends Error {
  override readonly name: string = 'InterposeError';
  readonly code: string;
  readonly status: number;
  readonly failure?: Failure;
  /** Not enumerable: a reply has no place in a log line. */
  declare readonly reply?: Reply;
  /** Whether the same call may be answered elsewhere: it is not the call that is refused, but where it was going. */
  declare readonly elsewhere: boolean;

  constructor(message: string, options: InterposeErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.status = options.status ?? 400;
    if (options.failure) this.failure = options.failure;
    Object.defineProperty(this, 'reply', { value: options.reply });
    Object.defineProperty(this, 'elsewhere', { value: options.elsewhere === true });
    Object.defineProperty(this, MARKER, { value: this });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const ordinary = Function.prototype[Symbol.hasInstance].bind(this);
    return ordinary(value) || ordinary(original(value));
  }
}

function original(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { [MARKER]?: unknown })[MARKER] : undefined;
}

/**
 * Finds the error of this project in `value`: itself, the error that a client's error stands for, or one in
 * the chain of causes. Works across versions and copies of the package.
 */
export function findInterposeError(value: unknown): InterposeError | undefined {
  const seen = new Set<unknown>();
  for (let error = value; typeof error === 'object' && error !== null && !seen.has(error);) {
    const found = original(error);
    if (found) return found as InterposeError;
    seen.add(error);
    error = (error as Error).cause;
  }
  return undefined;
}

/**
 * Marks `twin`, an error of another class, as standing for `error`: `instanceof` and
 * {@link findInterposeError} see `error` in it, and its fields are on it.
 */
export function standFor<E extends Error>(twin: E, error: InterposeError): E {
  for (const key of Object.keys(error)) {
    Object.defineProperty(twin, key, {
      value: (error as unknown as Record<string, unknown>)[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  Object.defineProperty(twin, MARKER, { value: error });
  if (twin.cause === undefined && error.cause !== undefined) {
    Object.defineProperty(twin, 'cause', { value: error.cause, configurable: true, writable: true });
  }
  return twin;
}

/** Thrown while a layer is being built: a wrong option, a wrong order, a plugin given twice. */
export class ConfigurationError extends InterposeError {
  override readonly name = 'ConfigurationError';

  constructor(message: string, code = 'invalid_configuration') {
    super(message, { code, status: 500 });
  }

  /** The error of one wrong option: `retry: maxAttempts must be an integer >= 1, got -1`. */
  static option(unit: string, option: string, expected: string, got: unknown): ConfigurationError {
    return new ConfigurationError(
      `${unit}: ${option} must be ${expected}, got ${show(got)}`,
      'invalid_option',
    );
  }
}

/** Shortens a value for an error message. Strings that may be secrets are the caller's to keep out. */
function show(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'number' || typeof value === 'symbol' || value === undefined) return String(value);
  try {
    const text = JSON.stringify(value) ?? Object.prototype.toString.call(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
