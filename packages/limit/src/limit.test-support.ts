import {
  CLOCK,
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
  type FakeClock,
  type ScriptedAnswer,
  type ScriptedHandler,
} from '@interpose/testing';
import { limit, type LimitOptions } from './index.ts';

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
export function answer(totalTokens?: number): object {
  const usage = { prompt_tokens: 0, completion_tokens: totalTokens, total_tokens: totalTokens };
  return {
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello back' }, finish_reason: 'stop' }],
    ...(totalTokens !== undefined && { usage }),
  };
}

/** An event of a chat stream. */
export function delta(content: string, finish: string | null = null): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason: finish }] };
}

/** A reply that comes when it is told to. */
export function gate(reply: () => object | Error = () => answer()): {
  answer: () => Promise<object>;
  open: () => void;
} {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    open,
    answer: () => opened.then(reply),
  };
}

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  /** When each call reached the provider, in milliseconds of the clock. */
  readonly sentAt: readonly number[];
  /** Makes one chat call and reads its answer. */
  ask(params?: object, init?: RequestInit): Promise<string>;
}

/** A layer of limit alone, over a scripted provider and beneath a fake clock. */
export function stackOf(
  answers: readonly ScriptedAnswer[] | number,
  options: LimitOptions = {},
  more: { clock?: FakeClock; outside?: StackEntry[]; inside?: StackEntry[] } = {},
): Stack {
  const { clock = fakeClock(), outside = [], inside = [] } = more;
  const handler = scripted(
    typeof answers === 'number' ? Array.from({ length: answers }, () => answer()) : answers,
  );
  const sentAt: number[] = [];
  const layer = controlLayer([
    provide(CLOCK, clock),
    ...outside,
    limit(options),
    ...inside,
    {
      name: 'scripted',
      create: () => () => (call) => {
        sentAt.push(clock.monotonic());
        return handler(call);
      },
    },
  ]);
  const { lines: log } = recordEvents(layer);
  return {
    clock,
    handler,
    layer,
    log,
    sentAt,
    async ask(params = {}, init = {}) {
      const response = await layer.fetch(CHAT_URL, chatInit(params, init));
      const error = refusalOf(response.headers);
      const text = await response.text();
      return error ? told(error) : `${response.status} ${/"content":"([^"]*)"/.exec(text)?.[1] ?? ''}`.trim();
    },
  };
}

function told(error: InterposeError): string {
  const {
    limit: name,
    retryAfterMs,
    queueLength,
  } = error as Partial<{ limit: string; retryAfterMs: number; queueLength: number }> & InterposeError;
  const figures = name === undefined ? '' : ` ${name} in ${retryAfterMs} ms behind ${queueLength}`;
  return `${error.status} ${error.code}${figures}`;
}

/** The headers of tags. */
export function tagged(tags: Record<string, string>): RequestInit {
  return {
    headers: Object.fromEntries(Object.entries(tags).map(([name, value]) => [`x-interpose-${name}`, value])),
  };
}

/** The error of a promise that rejects. */
export async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Makes a count of the most that any window `[t, t + every)` holds. */
export function mostInAnyWindow(
  events: readonly (readonly [at: number, amount: number])[],
  every: number,
): number {
  let most = 0;
  let sum = 0;
  let from = 0;
  for (const [at, amount] of events) {
    sum += amount;
    while ((events[from]?.[0] ?? at) <= at - every) sum -= events[from++]?.[1] ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}
