import {
  CLOCK,
  controlLayer,
  provide,
  type Call,
  type Handler,
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
import { semanticCache, type SemanticCacheOptions } from './index.ts';

const BASE_URL = 'https://api.openai.com/v1';

/** What stands before each question. */
export const SYSTEM = { role: 'system', content: 'You are the support of a shop.' };

/**
 * What questions mean, as an angle in degrees. Those about the same are 10 degrees apart at most, which is a similarity of
 * 0.985; a question and its reversal are as near as that, as they are with real models.
 */
const MEANINGS: Readonly<Record<string, number>> = {
  'How do I cancel my order?': 0,
  'How can I cancel an order?': 4,
  'cancel order how': 8,
  'I want to cancel': 12,
  'Is Berlin larger than Paris?': 40,
  'Is Paris larger than Berlin?': 44,
  'Is Berlin bigger than Paris?': 46,
  'What is the weather?': 90,
};

/** The embedding of a question. */
export function vectorOf(text: string): number[] {
  const angle = MEANINGS[text];
  if (angle === undefined) throw new Error(`the test does not say what this means: ${text}`);
  // Of no special length: it is for the cache to see to that.
  return [3 * Math.cos((angle / 180) * Math.PI), 3 * Math.sin((angle / 180) * Math.PI)];
}

/** The body of an embeddings reply. */
export function embedding(vector: readonly number[] | string): object {
  return {
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: vector }],
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 5, total_tokens: 5 },
  };
}

/** Answers embeddings by what the questions mean, and the rest from a list. */
function provider(
  answers: readonly ScriptedAnswer[],
  embeddings: (call: Call) => ScriptedAnswer = ({ params }) => embedding(vectorOf(String(params['input']))),
): { handler: Handler; asked: ScriptedHandler; embedded: readonly Call[] } {
  const asked = scripted(answers);
  const embedded: Call[] = [];
  return {
    asked,
    embedded,
    handler: (call) => {
      if (call.operation.name !== 'embeddings') return asked(call);
      embedded.push(call);
      return scripted([embeddings(call)])(call);
    },
  };
}

export interface SemanticStack {
  readonly clock: FakeClock;
  readonly layer: Layer;
  /** What reached the provider, besides embeddings. */
  readonly calls: readonly Call[];
  readonly embedded: readonly Call[];
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  /** Asks a question. */
  ask(text: string, params?: object, init?: AskInit): Promise<Response>;
}

export interface AskInit {
  readonly path?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
}

/** A layer of the semantic cache alone, over a scripted provider and beneath a fake clock. */
export function semanticStack(
  answers: readonly ScriptedAnswer[],
  options: Partial<SemanticCacheOptions> = {},
  more: {
    clock?: FakeClock;
    outside?: StackEntry[];
    inside?: StackEntry[];
    embeddings?: (call: Call) => ScriptedAnswer;
  } = {},
): SemanticStack {
  const { clock = fakeClock(), outside = [], inside = [], embeddings } = more;
  const { handler, asked, embedded } = provider(answers, embeddings);
  const cache = semanticCache({ threshold: 0.98, ...options });
  const layer = controlLayer([provide(CLOCK, clock), ...outside, cache, ...inside, () => handler]);
  onTestFinished(() => layer.close());
  const { lines } = recordEvents(layer.events);
  return {
    clock,
    layer,
    calls: asked.calls,
    embedded,
    log: lines,
    ask: (text, params = {}, { path = '/chat/completions', signal, headers } = {}) =>
      layer.fetch(BASE_URL + path, {
        method: 'POST',
        headers: { authorization: 'Bearer key', ...headers },
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          temperature: 0,
          messages: [SYSTEM, { role: 'user', content: text }],
          ...params,
        }),
        ...(signal && { signal }),
      }),
  };
}
