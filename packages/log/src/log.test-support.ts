import {
  CLOCK,
  LOGGER,
  controlLayer,
  provide,
  tagHeaders,
  type Layer,
  type Logger,
  type Params,
  type StackEntry,
  type Tags,
} from '@interpose/core';
import { fakeClock, scripted, type FakeClock, type ScriptedAnswer } from '@interpose/testing';
import { log } from './log.ts';
import type { LogOptions } from './log.ts';

/** A layer with a log, whose provider is scripted. */
export interface Bench {
  readonly layer: Layer;
  readonly clock: FakeClock;
  /** What was logged: `level message {fields}`. */
  readonly lines: string[];
  /** Makes a chat call. */
  readonly call: (params?: Params, tags?: Tags, signal?: AbortSignal) => Promise<Response>;
}

/** A logger that writes down what it gets. */
export function recorder(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return {
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    lines,
  };
}

/** Builds one; `answers` may move the clock. */
export function bench(
  answers: (clock: FakeClock) => readonly ScriptedAnswer[],
  options: LogOptions = {},
  more: readonly StackEntry[] = [],
): Bench {
  const clock = fakeClock({ now: new Date(2026, 0, 31, 12, 0, 1, 123).getTime() });
  const { logger, lines } = recorder();
  const layer = controlLayer([
    log(options),
    provide(CLOCK, clock),
    provide(LOGGER, logger),
    ...more,
    () => scripted(answers(clock)),
  ]);
  return {
    layer,
    clock,
    lines,
    call(params, tags = {}, signal) {
      const body = JSON.stringify({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'hi' }],
        ...params,
      });
      return layer.fetch('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...tagHeaders(tags) },
        body,
        ...(signal && { signal }),
      });
    },
  };
}

/** A plain answer of a chat. */
export const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 12,
    completion_tokens: 48,
    total_tokens: 60,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 16 },
  },
};

/** One event of a streamed answer. */
export function chunk(content: string, finish: string | null = null): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  };
}

/** The fields of a line, as an object. */
export function fieldsOf(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line?.slice(line.indexOf('{')) ?? '{}') as Record<string, unknown>;
}
