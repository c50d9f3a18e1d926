import type { Call } from '@interpose/core';

/** An answer that is kept. */
export interface Entry {
  /** The operation that it is an answer to. */
  readonly operation: string;
  /** When it was whole, in milliseconds since the epoch. */
  readonly storedAt: number;
  /** How long it is fresh. */
  readonly ttlMs: number;
  /** Those of the provider's headers that are shown again: see {@link KEPT_HEADERS}. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether `text` is a body or the events of a stream. */
  readonly form: 'body' | 'events';
  readonly text: string;
  /** Of a stream: how long after the one before each event came, in milliseconds. Only where it is to be replayed so. */
  readonly delaysMs?: readonly number[];
}

/** The headers that tell of an answer, and not of the state of an account at the time. */
const KEPT_HEADERS: readonly string[] = ['x-request-id', 'apim-request-id', 'openai-model', 'openai-version'];

/** Picks {@link KEPT_HEADERS} out of a reply's. */
export function keptHeaders(headers: Headers): Entry['headers'] {
  return KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
}

/** What is to be kept of an answer that is whole now. */
export function entryOf(
  { operation, runtime }: Call,
  ttlMs: number,
  answer: Pick<Entry, 'headers' | 'form' | 'text'>,
): Entry {
  return { operation: operation.name, storedAt: runtime.clock.now(), ttlMs, ...answer };
}
