import {
  Call,
  consoleLogger,
  Events,
  operations,
  systemClock,
  type Clock,
  type FailureKind,
  type Operation,
  type Params,
  type Tags,
} from '@interpose/core';

/** What {@link callOf} may be told. */
export interface CallOverrides<P extends Params = Params> {
  /** An operation, or its name: `chat`, `responses`, `embeddings`, ... @default 'chat' */
  readonly operation?: string | Operation<P>;
  /** Merged over the operation's default params. A default is taken out by `undefined`. */
  readonly params?: Params;
  /** Merged over `content-type: application/json`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default {} */
  readonly tags?: Tags;
  /** @default one that never aborts */
  readonly signal?: AbortSignal;
  /** @default 'call_1' */
  readonly id?: string;
  /** Which attempt of the logical call it is, from 1. @default 1 */
  readonly attempt?: number;
  /** @default the clock of the machine */
  readonly clock?: Clock;
  /** @default an event channel of its own */
  readonly events?: Events;
  /** Kinds of failure that end a reply's body with a typed error. @default [] */
  readonly failOn?: Iterable<FailureKind>;
}

/**
 * Makes a call as an interceptor gets it: by default a plain chat call to `gpt-4o-mini` with the one user
 * message `hello`.
 *
 * @throws {RangeError} for the name of an operation that there is not.
 */
export function callOf<P extends Params = Params>(overrides: CallOverrides<P> = {}): Call<P> {
  const { params, headers, tags = {}, id = 'call_1', attempt = 1, signal, failOn = [] } = overrides;
  const { clock = systemClock, events = new Events(() => clock.now(), consoleLogger) } = overrides;
  const { operation: asked = 'chat' } = overrides;
  const operation = typeof asked === 'string' ? operationNamed(asked) : (asked as unknown as Operation);
  const url = `https://api.openai.com/v1${PATHS[operation.name] ?? '/unknown'}`;
  const body = JSON.stringify({ ...PARAMS[operation.name], ...params });
  const registry = new FinalizationRegistry<{ abandon(): void }>((reply) => reply.abandon());
  return Call.from({
    runtime: {
      clock,
      events,
      failOn: new Set(failOn),
      guard: (delivered, reply) => {
        registry.register(delivered, reply, reply);
        return () => void registry.unregister(reply);
      },
    },
    id,
    operation,
    input: url,
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      ...(signal && { signal }),
    },
    url,
    method: 'POST',
    tags,
    attempt,
  }) as Call<P>;
}

const MESSAGES = [{ role: 'user', content: 'hello' }];

const PARAMS: Readonly<Record<string, Params>> = {
  chat: { model: 'gpt-4o-mini', messages: MESSAGES },
  responses: { model: 'gpt-4o-mini', input: 'hello' },
  embeddings: { model: 'text-embedding-3-small', input: 'hello' },
  completions: { model: 'gpt-3.5-turbo-instruct', prompt: 'hello' },
  moderations: { model: 'omni-moderation-latest', input: 'hello' },
  images: { model: 'gpt-image-1', prompt: 'hello' },
  audio: { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'hello' },
};

const PATHS: Readonly<Record<string, string>> = {
  chat: '/chat/completions',
  responses: '/responses',
  embeddings: '/embeddings',
  completions: '/completions',
  moderations: '/moderations',
  images: '/images/generations',
  audio: '/audio/speech',
};

function operationNamed(name: string): Operation {
  const found = operations.find((operation) => operation.name === name);
  if (found) return found;
  const known = operations.map((operation) => operation.name).join(', ');
  throw new RangeError(`callOf: operation must be one of ${known}, got '${name}'`);
}
