import {
  CLOCK,
  RANDOM,
  controlLayer,
  provide,
  refusalOf,
  type InterposeError,
  type Layer,
  type StackEntry,
} from '@interpose/core';
import {
  fakeClock,
  recordEvents,
  scripted,
  seededRandom,
  type FakeClock,
  type ScriptedAnswer,
  type ScriptedHandler,
} from '@interpose/testing';
import { retry, type RetryOptions } from './index.ts';

export const CHAT_URL = 'https://api.openai.com/v1/chat/completions';

/** The arguments of `fetch` for a chat call. */
export function chatInit(params: object = {}, init: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }], ...params }),
    ...init,
  };
}

/** A whole chat body. */
export function answer(content = 'hello back'): object {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] };
}

/** An event of a chat stream. */
export function delta(content: string, finish: string | null = null): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason: finish }] };
}

/** An error answer, as OpenAI writes it. */
export function failing(
  status: number,
  code: string | null = null,
  headers: Record<string, string> = {},
): { status: number; headers: Record<string, string>; body: object } {
  return { status, headers, body: { error: { message: 'secret words of the provider', type: 'x', code } } };
}

/** An error of the platform's network. */
export function networkError(code = 'ECONNRESET'): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

/** What came of a call. */
export interface Asked {
  readonly response: Response;
  readonly text: string;
  /** What the response stands for, where it was made of an error of the layer's. */
  readonly error: InterposeError | undefined;
}

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  /** Makes one chat call and moves time on until it has ended. */
  ask(params?: object, init?: RequestInit): Promise<Asked>;
}

/** A layer of retry alone, over a scripted provider and beneath a fake clock. Without jitter, unless told. */
export function stackOf(
  answers: readonly ScriptedAnswer[],
  options: RetryOptions = {},
  more: { random?: () => number; outside?: StackEntry[]; inside?: StackEntry[]; clock?: FakeClock } = {},
): Stack {
  const { random, outside = [], inside = [], clock = fakeClock() } = more;
  const handler = scripted(answers);
  const layer = controlLayer([
    provide(CLOCK, clock),
    provide(RANDOM, random ? { next: random } : seededRandom(1)),
    ...outside,
    retry(options),
    ...inside,
    { name: 'scripted', create: () => () => handler },
  ]);
  const { lines: log } = recordEvents(layer);
  const make = async (params: object, init: RequestInit): Promise<Asked> => {
    const response = await layer.fetch(CHAT_URL, chatInit(params, init));
    const error = refusalOf(response.headers);
    return { response, text: await response.text(), error };
  };
  return {
    clock,
    handler,
    layer,
    log,
    ask: (params = {}, init = {}) => ended(make(params, init), clock),
  };
}

/** Moves time on until `work` has ended. */
export async function ended<T>(work: Promise<T>, clock: FakeClock): Promise<T> {
  const state = { open: true };
  const close = (): void => void (state.open = false);
  work.then(close, close);
  // First without time passing, so that a call that does not wait ends at the moment it began.
  for (let round = 0; state.open && round < 1000; round++) await clock.advance(round < 50 ? 0 : '1h');
  return work;
}

/** What a call came to, in one line. */
export function told({ response, text, error }: Asked): string {
  if (error) return `${response.status} ${error.name} ${error.code}`;
  return `${response.status} ${/"content":"([^"]*)"/.exec(text)?.[1] ?? text}`;
}

/** The error of a promise that rejects. */
export async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
