import {
  controlLayer,
  type InterposeError,
  type Layer,
  type Outcome,
  type StackEntry,
} from '@interpose/core';
import { recordEvents, scripted, type ScriptedAnswer, type ScriptedHandler } from '@interpose/testing';
import { stop, type StopOptions } from './index.ts';

/** An event of a chat stream. */
export function delta(content: string, finish: string | null = null, index = 0): object {
  return { choices: [{ index, delta: { content }, finish_reason: finish }] };
}

/** A whole chat body. */
export function answer(content: string, finish = 'stop'): object {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }] };
}

export interface Stack {
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  readonly log: readonly string[];
  readonly outcomes: readonly Outcome[];
  /** How many events the provider was asked for. */
  readonly asked: () => number;
  /** Makes one chat call, and reads what a client gets. */
  ask(params?: object): Promise<string>;
}

/** A layer of stop alone over a provider that answers with these events, or with what else there is. */
export function stackOf(
  options: StopOptions,
  answers: readonly (readonly object[] | ScriptedAnswer)[],
  around: readonly StackEntry[] = [],
): Stack {
  let asked = 0;
  function* counted(events: readonly object[]): Generator<object> {
    for (const event of events) {
      asked++;
      yield event;
    }
  }
  const handler = scripted(
    answers.map((events) =>
      Array.isArray(events) ? { events: counted(events as object[]) } : (events as ScriptedAnswer),
    ),
  );
  const outcomes: Outcome[] = [];
  const layer = controlLayer([
    (next) => async (call) => {
      const reply = await next(call);
      void reply.outcome.then((outcome) => outcomes.push(outcome));
      return reply;
    },
    ...around,
    stop(options),
    { name: 'scripted', create: () => () => handler },
  ]);
  const { lines: log } = recordEvents(layer);
  return {
    handler,
    layer,
    log,
    outcomes,
    asked: () => asked,
    async ask(params = {}) {
      const body = JSON.stringify({ model: 'm', messages: [], stream: true, ...params });
      const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        body,
      });
      const text = await response.text();
      return textOf(text);
    },
  };
}

/** The text of a stream, choice by choice, with how each finished: `hello [stop]`. */
function textOf(wire: string): string {
  const choices = new Map<number, string>();
  for (const [, json] of wire.matchAll(/^(?:data: )?(\{.*\})$/gm)) {
    const parsed = JSON.parse(json ?? '') as {
      choices?: {
        index: number;
        delta?: Delta;
        message?: Delta;
        finish_reason: string | null;
      }[];
    };
    for (const { index, delta: part, message, finish_reason: finish } of parsed.choices ?? []) {
      const { content, tool_calls: calls } = part ?? message ?? {};
      const args = calls?.map((call) => call.function.arguments).join('');
      choices.set(
        index,
        (choices.get(index) ?? '') + (content ?? '') + (args ?? '') + (finish ? ` [${finish}]` : ''),
      );
    }
  }
  return [...choices.values()].join(' | ');
}

interface Delta {
  readonly content?: string | null;
  readonly tool_calls?: { readonly function: { readonly arguments: string } }[];
}

/** The error of a promise that rejects. */
export async function errorOf(work: Promise<unknown>): Promise<Partial<InterposeError> | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as InterposeError,
  );
}
