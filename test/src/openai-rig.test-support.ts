import type { Interceptor, Outcome, StackEntry } from '@interpose/core';
import { interpose, type InterposeOptions } from '@interpose/openai';
import { fakeProvider, type FakeProvider, type FakeProviderOptions } from '@interpose/testing';
import { OpenAI, type ClientOptions } from 'openai';

/** Both ways into the client. What holds for one has to hold for the other. */
export const paths = ['fast', 'plain'] as const;

type Path = (typeof paths)[number];
type Front = 'over HTTP' | 'in process';

/** Both ways into the client over both fronts of the provider. */
export const ways: readonly (readonly [path: Path, front: Front])[] = paths.flatMap((path) => [
  [path, 'over HTTP'] as const,
  [path, 'in process'] as const,
]);

/** A provider with a bare client of it. */
export async function open(
  front: Front,
  options: FakeProviderOptions = {},
  clientOptions: ClientOptions = {},
): Promise<{ provider: FakeProvider; bare: OpenAI } & AsyncDisposable> {
  const provider = front === 'over HTTP' ? await fakeProvider(options) : fakeProvider.inProcess(options);
  const bare = new OpenAI({
    apiKey: 'test',
    baseURL: provider.baseURL,
    ...(front === 'in process' && { fetch: provider.fetch }),
    ...clientOptions,
  });
  return { provider, bare, [Symbol.asyncDispose]: () => provider.close() };
}

/** Looks at everything that can be looked at, and changes nothing. */
export function looksAtAll(outcomes: Promise<Outcome>[] = []): Interceptor {
  return (next) =>
    async function look(call) {
      void [call.params, call.model, call.streamed, call.tags, call.headers.has('authorization'), call.id];
      const reply = await next(call);
      outcomes.push(reply.outcome);
      reply.tap({ event: ({ json }) => void json, body: () => {} });
      // What cannot be read is the caller's to see.
      if (reply.headers.get('content-type')?.startsWith('application/json')) {
        await reply.json().catch(() => call.signal.throwIfAborted());
      }
      return reply.mapText(() => ({ push: (text) => text, end: () => '' }));
    };
}

/** Hands calls and replies on. */
export const noop: Interceptor = (next) => (call) => next(call);

/** Interposes, for short. */
export function beneath(
  client: OpenAI,
  path: Path,
  stack: readonly StackEntry[],
  options?: InterposeOptions,
): OpenAI {
  return interpose(client, stack, { path, ...options });
}

/** What an error shows to its catcher, apart from its stack. */
export function shown(error: unknown): Record<string, unknown> {
  const { constructor, name, message, status, code, type, requestID } = error as Error &
    Record<string, unknown>;
  return { class: constructor.name, name, message, status, code, type, requestID };
}

/** What a call came to. */
export async function settle(call: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error: shown(error) };
  }
}

/** All items of a stream. */
export async function all<T>(stream: AsyncIterable<T> | PromiseLike<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await stream) items.push(item);
  return items;
}

/** Waits until something holds, without guessing how long that takes. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 2000) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((next) => setTimeout(next, 1));
  }
}
