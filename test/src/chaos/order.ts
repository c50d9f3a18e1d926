import type { Usage } from '@interpose/core';

/** Where the books are, that all workers share. */
export type Store =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string };

/** What a worker is told. */
export interface Order {
  readonly baseURL: string;
  readonly store: Store;
  /** In nano-USD. */
  readonly cap: number;
  readonly inFlight: number;
  /** Of what its calls do. */
  readonly seed: number;
  /** Whether streams are left and aborted. */
  readonly unruly: boolean;
  /** How long a step of the books may take, in milliseconds. */
  readonly patienceMs: number;
}

/** What a worker tells when it is through. */
export interface Told {
  /** Calls that were not sent because the books could not be asked. */
  readonly faults: number;
  /** The call that took longest, refusals included. */
  readonly slowestMs: number;
  readonly errors: readonly string[];
}

export const LIMIT = 'the cap';
export const LEASE_MS = 2000;
/** What a call is held for. Its input is shorter, and it may write no more. */
export const MAX_INPUT = 12;
const MAX_OUTPUT = 8;

/** In nano-USD. */
export function cost({ inputTokens, outputTokens }: Pick<Usage, 'inputTokens' | 'outputTokens'>): number {
  return inputTokens * 1000 + outputTokens * 2000;
}

/** The same in nano-USD. */
export const ONE: number = cost({ inputTokens: MAX_INPUT, outputTokens: MAX_OUTPUT });

/** What each call asks. */
export const ASKED = {
  model: 'gpt-4o-mini',
  max_completion_tokens: MAX_OUTPUT,
  messages: [{ role: 'user' as const, content: 'one two three four' }],
};
