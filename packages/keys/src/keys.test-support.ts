import {
  CLOCK,
  LOGGER,
  RANDOM,
  controlLayer,
  findInterposeError,
  provide,
  refusalOf,
  tagHeaders,
  type LayerEvent,
  type StackEntry,
  type Tags,
} from '@interpose/core';
import {
  fakeClock,
  scripted,
  seededRandom,
  type FakeClock,
  type ScriptedAnswer,
  type ScriptedHandler,
} from '@interpose/testing';
import { keys, type KeysOptions } from './index.ts';

/** A stack with a pool in it, over scripted answers. */
export interface Bench {
  readonly handler: ScriptedHandler;
  readonly clock: FakeClock;
  /** What the unit told, less which key was used. */
  readonly told: string[];
  readonly logged: string[];
  /** The keys that attempts were sent with, in their order. */
  readonly used: () => string[];
  ask(asked?: {
    readonly tags?: Tags;
    readonly signal?: AbortSignal;
    readonly headers?: Record<string, string>;
    readonly stream?: boolean;
    readonly url?: string;
  }): Promise<Answered>;
  close(): Promise<void>;
}

/** What became of a call. */
interface Answered {
  readonly error: unknown;
  readonly status: number | undefined;
  readonly headers: Headers;
}

export const limited = (headers: Record<string, string> = {}): ScriptedAnswer => ({
  status: 429,
  headers,
  body: { error: { code: 'rate_limit_exceeded' } },
});
export const spent: ScriptedAnswer = { status: 429, body: { error: { code: 'insufficient_quota' } } };
export const refused: ScriptedAnswer = { status: 401, body: { error: { code: 'invalid_api_key' } } };
export const OK: ScriptedAnswer = { choices: [] };

export function bench(
  options: KeysOptions,
  answers: readonly ScriptedAnswer[] = [],
  outside: readonly StackEntry[] = [],
): Bench {
  const clock = fakeClock();
  const handler = scripted([...answers, ...Array.from({ length: 2000 }, () => OK)]);
  const logged: string[] = [];
  const log = (fields: object, message: string): void =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const layer = controlLayer([
    provide(CLOCK, clock),
    provide(RANDOM, seededRandom(1)),
    provide(LOGGER, { debug: log, info: log, warn: log, error: log }),
    ...outside,
    keys(options),
    () => handler,
  ]);
  const told: string[] = [];
  layer.events.on('*', ({ type, unit, data }: LayerEvent) => {
    if (unit !== 'keys' || type === 'keys.used') return;
    const { error, ...rest } = data as { error?: Error };
    told.push(`${type} ${error ? error.message : JSON.stringify({ ...rest, key: undefined })}`);
  });
  return {
    handler,
    clock,
    told,
    logged,
    used: () =>
      handler.calls.map(({ headers }) =>
        (headers.get('authorization') ?? headers.get('api-key') ?? '').replace('Bearer ', ''),
      ),
    async ask({
      tags = {},
      signal,
      headers,
      stream = false,
      url = 'https://api.test/v1/chat/completions',
    } = {}) {
      const init: RequestInit = {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: 'Bearer of-the-client',
          ...tagHeaders(tags),
          ...headers,
        },
        body: JSON.stringify({ model: 'gpt-4o', messages: [], stream }),
        ...(signal && { signal }),
      };
      try {
        const response = await layer.fetch(url, init);
        await response.text();
        return { error: refusalOf(response.headers), status: response.status, headers: response.headers };
      } catch (error) {
        return { error: findInterposeError(error) ?? error, status: undefined, headers: new Headers() };
      }
    },
    close: () => layer.close(),
  };
}

/** A promise, and what settles it. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
