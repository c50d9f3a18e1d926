import {
  CLOCK,
  PRICES,
  TOKEN_COUNTER,
  controlLayer,
  faulted,
  findInterposeError,
  provide,
  refusalOf,
  tagHeaders,
  type Params,
  type Prices,
  type StackEntry,
  type Tags,
  type TokenCounter,
} from '@interpose/core';
import {
  fakeClock,
  scripted,
  type FakeClock,
  type ScriptedAnswer,
  type ScriptedHandler,
} from '@interpose/testing';
import { trim, trimmed, type TrimOptions } from './index.ts';

/** A token for each character of what is said, and ten for whatever else there is in a message. */
export const counter: TokenCounter = {
  input: ({ params }) => {
    const { messages, input } = params;
    const list = [messages ?? input ?? []].flat() as Record<string, unknown>[];
    return list.reduce((sum, message) => sum + weightOf(message), 0);
  },
  text: (text) => text.length,
};

function weightOf(message: Record<string, unknown> | string): number {
  if (typeof message === 'string') return message.length;
  const { content, output } = message;
  const text = content ?? output;
  return typeof text === 'string' ? text.length : 10;
}

const prices: Prices = {
  price: () => null,
  contextWindow: (model) => ({ small: 100, large: 20_000 })[model],
  outputCeiling: (model) => (model === 'small' ? 1000 : undefined),
};

/** A message of ten tokens that tells where it was. */
export const said = (role: string, what: string): { role: string; content: string } => ({
  role,
  content: what.padEnd(10, '.'),
});

export const calling = (...ids: string[]): Params => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
});

export const result = (tool_call_id: string, content = `result ${tool_call_id}`.padEnd(10, '.')): Params => ({
  role: 'tool',
  tool_call_id,
  content,
});

/** A stack with trim in it, and what is there to be seen. */
export interface Bench {
  readonly handler: ScriptedHandler;
  readonly clock: FakeClock;
  /** What was told on the event channel: trimmings and faults. */
  readonly told: string[];
  ask(
    params: Params,
    asked?: { readonly tags?: Tags; readonly signal?: AbortSignal; readonly path?: string },
  ): Promise<Answered>;
}

/** What became of a call. */
interface Answered {
  readonly error: unknown;
  readonly header: string | null;
  readonly text: string;
}

export function bench(
  options: TrimOptions,
  answers: readonly ScriptedAnswer[] = [],
  services: { readonly counter?: TokenCounter; readonly outside?: readonly StackEntry[] } = {},
): Bench {
  const clock = fakeClock();
  const handler = scripted([...answers, ...Array.from({ length: 50 }, () => ({ choices: [] }))]);
  const layer = controlLayer([
    provide(CLOCK, clock),
    provide(TOKEN_COUNTER, services.counter ?? counter),
    provide(PRICES, prices),
    ...(services.outside ?? []),
    trim(options),
    () => handler,
  ]);
  const told: string[] = [];
  layer.events.on(trimmed, ({ data }) => {
    const { strategy, before, after, dropped, cleared, summarised } = data;
    told.push(
      `${strategy}: ${before} to ${after}, ${dropped} dropped, ${cleared} cleared, ${summarised} summarised`,
    );
  });
  layer.events.on(faulted, ({ unit, data: { error, open } }) => {
    told.push(`fault of ${unit}, ${open ? 'open' : 'closed'}: ${(error as Error).message}`);
  });
  return {
    handler,
    clock,
    told,
    async ask(
      params,
      { tags = {}, signal, path = 'input' in params ? '/responses' : '/chat/completions' } = {},
    ) {
      const init: RequestInit = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...tagHeaders(tags) },
        body: JSON.stringify({ model: 'gpt-4o', ...params }),
        ...(signal && { signal }),
      };
      try {
        const response = await layer.fetch(`https://api.test/v1${path}`, init);
        const text = await response.text();
        return { error: refusalOf(response.headers), header: response.headers.get('x-interpose-trim'), text };
      } catch (error) {
        return { error: findInterposeError(error) ?? error, header: null, text: '' };
      }
    },
  };
}

/** The conversation of a call in a word each: what was said, up to its dots; calls and outputs by their ids. */
export function gist(params: Params | undefined): string[] {
  const list = [params?.['messages'] ?? params?.['input'] ?? []].flat() as Record<string, unknown>[];
  return list.map((message) => {
    if (typeof message === 'string') return word(message);
    const { content, tool_calls: calls, tool_call_id: id, type, call_id, output } = message;
    if (Array.isArray(calls)) return `calls ${calls.map((call: { id: string }) => call.id).join(' ')}`;
    if (id !== undefined) return `${String(id)} = ${word(String(content))}`;
    if (output !== undefined) return `${String(call_id)} = ${word(String(output))}`;
    if (type !== undefined && type !== 'message') return `${String(type)} ${String(call_id ?? '')}`.trim();
    return word(String(content));
  });
}

const word = (text: string): string => text.replace(/\.+$/, '');

/** What is sent of a conversation. */
export async function sent(options: TrimOptions, params: Params): Promise<unknown> {
  const { ask, handler } = bench(options);
  const { error } = await ask(params);
  return error ?? gist(handler.calls[0]?.params);
}
