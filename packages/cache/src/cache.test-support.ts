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
import { onTestFinished } from 'vitest';
import { cache, type CacheOptions } from './index.ts';

const BASE_URL = 'https://api.openai.com/v1';

/** A chat request that may be answered from the cache. */
export const ASKED = { model: 'gpt-4o-mini', temperature: 0, messages: [{ role: 'user', content: 'hello' }] };
const USAGE = { prompt_tokens: 8, completion_tokens: 2, total_tokens: 10 };

/** A whole chat body. */
export function answer(content = 'hello back', finish = 'stop'): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }],
    usage: USAGE,
  };
}

/** The same as the events of a stream, usage included. */
export function events(content = 'hello back', finish = 'stop'): object[] {
  const chunk = (delta: object, end: string | null = null): object => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, delta, finish_reason: end }],
  });
  const [first = '', ...rest] = content.split(/(?<= )/);
  return [
    chunk({ role: 'assistant', content: first }),
    ...rest.map((piece) => chunk({ content: piece })),
    chunk({}, finish),
    { ...chunk({}), choices: [], usage: USAGE },
  ];
}

/** A stream whose events come when they are told to. */
export function paced(all: readonly object[] = events()): {
  answer: { events: AsyncIterable<object> };
  /** Lets the next ones go. */
  release: (count?: number) => void;
  /** How many were asked for. */
  readonly pulled: number;
  readonly cancelled: boolean;
} {
  const gates = all.map(gate);
  const state = { pulled: 0, cancelled: false };
  let released = 0;
  async function* stream(): AsyncGenerator<object> {
    let finished = false;
    try {
      for (const [index, event] of all.entries()) {
        state.pulled = index + 1;
        await gates[index]?.opened;
        yield event;
      }
      finished = true;
    } finally {
      state.cancelled = !finished;
    }
  }
  return {
    answer: { events: stream() },
    release: (count = all.length) => {
      for (const gate of gates.slice(released, (released += count))) gate.open();
    },
    get pulled() {
      return state.pulled;
    },
    get cancelled() {
      return state.cancelled;
    },
  };
}

/** Something that is waited for until it is opened. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  /** Makes a call. */
  ask(params?: object, init?: AskInit): Promise<Response>;
}

interface AskInit {
  readonly path?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
}

/** A layer of the cache alone, over a scripted provider and beneath a fake clock. */
export function stackOf(
  answers: readonly ScriptedAnswer[],
  options: CacheOptions = {},
  more: { clock?: FakeClock; outside?: StackEntry[]; inside?: StackEntry[] } = {},
): Stack {
  const { clock = fakeClock(), outside = [], inside = [] } = more;
  const handler = scripted(answers);
  const layer = controlLayer([provide(CLOCK, clock), ...outside, cache(options), ...inside, () => handler], {
    order: 'as-given',
  });
  onTestFinished(() => layer.close());
  const { lines } = recordEvents(layer.events);
  const ask: Stack['ask'] = (params = {}, { path = '/chat/completions', signal, headers } = {}) =>
    layer.fetch(BASE_URL + path, {
      method: 'POST',
      headers: { authorization: 'Bearer key', ...headers },
      body: JSON.stringify({ ...ASKED, ...params }),
      ...(signal && { signal }),
    });
  return { clock, handler, layer, log: lines, ask };
}

/** What a response says, how it came about, and of whom. */
export async function told(response: Response | Promise<Response>): Promise<string> {
  const { status, headers, ...rest } = await shown(response);
  const state = [headers.get('x-interpose-cache') ?? 'none', headers.get('age')].filter(
    (part) => part !== null,
  );
  return `${status} ${state.join(' ')}: ${rest.text}`;
}

/** The text of a response, of a stream as the model wrote it. */
export async function shown(
  asked: Response | Promise<Response>,
): Promise<{ status: number; headers: Headers; text: string; raw: string; error?: InterposeError }> {
  const response = await asked;
  const raw = await response.text();
  const error = refusalOf(response.headers);
  const streamed = response.headers.get('content-type')?.includes('event-stream') ?? false;
  const text = streamed ? streamText(raw) : bodyText(raw);
  return { status: response.status, headers: response.headers, text, raw, ...(error && { error }) };
}

interface Body {
  choices?: { message?: { content?: string }; delta?: { content?: string } }[];
  error?: { code?: string };
}

function bodyText(raw: string): string {
  const body = JSON.parse(raw) as Body;
  return body.choices?.[0]?.message?.content ?? body.error?.code ?? raw;
}

function streamText(raw: string): string {
  const lines = raw.split('\n').filter((line) => line.startsWith('data: '));
  return lines
    .map((line) => line.slice('data: '.length))
    .map((data) => (data === '[DONE]' ? ' [DONE]' : textOf(JSON.parse(data) as Body)))
    .join('');
}

function textOf({ choices }: Body): string {
  return choices?.length === 0 ? ' (usage)' : (choices?.[0]?.delta?.content ?? '');
}
