import {
  CLOCK,
  RANDOM,
  controlLayer,
  provide,
  refusalOf,
  tagHeaders,
  type Layer,
  type StackEntry,
  type Tags,
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
import { route, type RouteOptions } from './index.ts';

export const CHAT_URL = 'https://api.openai.com/v1/chat/completions';

/** A whole chat body. */
export function answer(content = 'hello back'): object {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] };
}

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  readonly log: readonly string[];
  /** Makes one chat call; what it came to, with who answered it. */
  ask(params?: object, tags?: Tags, init?: RequestInit): Promise<string>;
  /** The models that were asked, in order. */
  models(): readonly (string | undefined)[];
}

/** A layer of route alone, over a scripted provider and beneath a fake clock. */
export function stackOf(
  options: RouteOptions,
  answers: readonly ScriptedAnswer[] | number = 1,
  more: { outside?: StackEntry[]; inside?: StackEntry[]; random?: () => number } = {},
): Stack {
  const { outside = [], inside = [], random } = more;
  const clock = fakeClock();
  const handler = scripted(
    typeof answers === 'number' ? Array.from({ length: answers }, () => answer()) : answers,
  );
  const layer = controlLayer([
    provide(CLOCK, clock),
    provide(RANDOM, random ? { next: random } : seededRandom(1)),
    ...outside,
    route(options),
    ...inside,
    { name: 'scripted', create: () => () => handler },
  ]);
  const { lines: log } = recordEvents(layer);
  return {
    clock,
    handler,
    layer,
    log,
    models: () => handler.calls.map(({ model }) => model),
    async ask(params = {}, tags = {}, init = {}) {
      const messages = [{ role: 'user', content: 'hello' }];
      const response = await layer.fetch(CHAT_URL, {
        method: 'POST',
        headers: tagHeaders(tags),
        body: JSON.stringify({ model: 'gpt-5', messages, ...params }),
        ...init,
      });
      const text = await response.text();
      const error = refusalOf(response.headers);
      if (error) return `${response.status} ${error.code}`;
      return response.headers.get('x-interpose-answered-by') ?? (response.ok ? 'as asked' : text);
    },
  };
}
