import {
  CLOCK,
  TOKEN_COUNTER,
  controlLayer,
  findInterposeError,
  provide,
  refusalOf,
  tagHeaders,
  type Params,
  type StackEntry,
  type Tags,
  type TokenCounter,
} from '@interpose/core';
import { fakeClock, scripted, type FakeClock } from '@interpose/testing';
import { guard, type GuardOptions } from './index.ts';
import { violated } from './guarding.ts';

const PATHS: Readonly<Record<string, string>> = {
  chat: '/chat/completions',
  responses: '/responses',
  completions: '/completions',
  embeddings: '/embeddings',
  images: '/images/generations',
  audio: '/audio/speech',
};

/** A token for each character of the body. */
export const counter: TokenCounter = {
  input: (call) => JSON.stringify(call.params).length,
  text: (text) => text.length,
};

/** A call that a test makes. */
export interface Asked {
  /** @default 'chat' */
  readonly operation?: string;
  /** Merged over a model and a conversation. */
  readonly params?: Params;
  readonly tags?: Tags;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What became of it. */
export interface Result {
  /** What was sent; undefined where nothing was. */
  readonly sent: Params | undefined;
  readonly body: string | undefined;
  readonly error: unknown;
  /** `action rule place: asked, allowed` for each breach. */
  readonly told: readonly string[];
}

const HELLO = [{ role: 'user', content: 'hello' }];

/** Params of a chat call, with others. */
export const chatWith = (params: Params = {}): Params => ({ model: 'gpt-4o', messages: HELLO, ...params });

const BASE: Readonly<Record<string, Params>> = {
  chat: chatWith(),
  responses: { model: 'gpt-4o', input: 'hello' },
  completions: { model: 'gpt-3.5-turbo-instruct', prompt: 'hello' },
  embeddings: { model: 'text-embedding-3-small', input: 'hello' },
  images: { model: 'gpt-image-1', prompt: 'hello' },
  audio: { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'hello' },
};

export function guardOf(
  options: GuardOptions,
  services: {
    readonly counter?: TokenCounter;
    readonly clock?: FakeClock;
    readonly outside?: readonly StackEntry[];
  } = {},
): (asked?: Asked) => Promise<Result> {
  const handler = scripted(Array.from({ length: 200 }, () => ({ ok: true })));
  const layer = controlLayer([
    provide(CLOCK, services.clock ?? fakeClock()),
    provide(TOKEN_COUNTER, services.counter ?? counter),
    ...(services.outside ?? []),
    guard(options),
    () => handler,
  ]);
  const told: string[] = [];
  layer.events.on(violated, ({ data: { action, rule, policy, place, asked, allowed } }) => {
    told.push(`${action} ${policy === undefined ? '' : `${policy}: `}${rule} ${place}: ${asked}, ${allowed}`);
  });
  return async ({ operation = 'chat', params, tags = {}, headers, signal } = {}) => {
    const before = handler.calls.length;
    told.length = 0;
    const init: RequestInit = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...tagHeaders(tags), ...headers },
      body: JSON.stringify({ ...BASE[operation], ...params }),
      ...(signal && { signal }),
    };
    let error: unknown;
    try {
      const response = await layer.fetch(`https://api.test/v1${PATHS[operation]}`, init);
      await response.text();
      error = refusalOf(response.headers);
    } catch (thrown) {
      error = findInterposeError(thrown) ?? thrown;
    }
    const call = handler.calls[before];
    return {
      sent: call?.params,
      body: call?.request()[1].body as string | undefined,
      error,
      told: [...told],
    };
  };
}

/** What a call is refused with, in a line; `sent` where it is not. */
export async function verdict(options: GuardOptions, asked: Asked = {}): Promise<string> {
  const { error } = await guardOf(options)(asked);
  if (error === undefined) return 'sent';
  const { rule, place, asked: was, allowed } = error as Record<string, unknown>;
  return rule === undefined
    ? String(error)
    : `${String(rule)} ${String(place)}: ${String(was)}, ${String(allowed)}`;
}

/** What is sent of a call, or the error. */
export async function sentBy(options: GuardOptions, asked: Asked = {}): Promise<unknown> {
  const { sent, error } = await guardOf(options)(asked);
  return error ?? sent;
}
