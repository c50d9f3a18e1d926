import type { Call } from '@interpose/core';
import { LRUCache } from 'lru-cache';

// Long prompts are seldom asked in the same words, and would take the room of many short ones.
const MAX_CHARACTERS = 4096;
const MAX_WORDINGS = 256;

/** What was found out about a call that is looked up, for the next one in the same words. */
export interface Wording {
  readonly operation: string;
  /** What besides the words makes calls different ones. */
  readonly surroundings: string;
  readonly key: string;
}

/**
 * Knows calls again by the very text of their bodies. Whoever asks again mostly does so in the same words; then nothing
 * has to be parsed, put in order and hashed to know the key. In memory alone, and at most 2 MB of it.
 */
export class Wordings {
  readonly #wordings = new LRUCache<string, Wording>({ max: MAX_WORDINGS });

  /** What is known of calls in these words. */
  of({ bodyText, operation }: Call): Wording | undefined {
    const wording = isShort(bodyText) ? this.#wordings.get(bodyText) : undefined;
    return wording?.operation === operation.name ? wording : undefined;
  }

  keep({ bodyText, operation }: Call, surroundings: string, key: string): void {
    if (isShort(bodyText)) this.#wordings.set(bodyText, { operation: operation.name, surroundings, key });
  }
}

function isShort(text: string | undefined): text is string {
  return text !== undefined && text.length <= MAX_CHARACTERS;
}
