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
  type FakeClock,
  type ScriptedAnswer,
  type ScriptedHandler,
} from '@interpose/testing';
import { breaker, type BreakerOptions, type BreakerPlugin } from './index.ts';

export const CHAT_URL = 'https://api.openai.com/v1/chat/completions';

/** The arguments of `fetch` for a chat call. */
export function chatInit(params: object = {}, init: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }], ...params }),
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

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly plugin: BreakerPlugin;
  readonly layer: Layer;
  readonly log: readonly string[];
  /** Makes one call and reads its answer: what it came to, in a few words. */
  ask(params?: object, init?: RequestInit): Promise<string>;
}

/** A layer of breaker alone, over a scripted provider and beneath a fake clock; without jitter. */
export function stackOf(
  answers: readonly ScriptedAnswer[],
  options: BreakerOptions = {},
  more: { outside?: StackEntry[]; inside?: StackEntry[]; random?: () => number; clock?: FakeClock } = {},
): Stack {
  const { outside = [], inside = [], random = () => 0, clock = fakeClock() } = more;
  const handler = scripted(answers);
  const plugin = breaker(options);
  const layer = controlLayer([
    provide(CLOCK, clock),
    provide(RANDOM, { next: random }),
    ...outside,
    plugin,
    ...inside,
    { name: 'scripted', create: () => () => handler },
  ]);
  const { lines: log } = recordEvents(layer);
  const ask = async (params?: object, init?: RequestInit): Promise<string> => {
    try {
      const response = await layer.fetch(CHAT_URL, chatInit(params, init));
      const error: InterposeError | undefined = refusalOf(response.headers);
      await response.text();
      return error ? `${response.status} ${error.code}` : String(response.status);
    } catch (error) {
      return String(error);
    }
  };
  return { clock, handler, plugin, layer, log, ask };
}

/** So many answers of one sort. */
export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
