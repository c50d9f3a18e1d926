import { eventType, type EventType } from '@interpose/core';
import type { SkipReason } from '../worth-keeping.ts';

/** The semantic cache was asked. `similarity` is that of what answered, or else of the nearest that might have. */
export const semanticLooked: EventType<{
  state: 'hit' | 'miss';
  similarity?: number;
  ageMs?: number;
}> = eventType('semantic-cache.lookup');
/** What was near enough was not taken: `verify` said no. */
export const semanticRejected: EventType<{ similarity: number }> = eventType('semantic-cache.reject');
/** An answer was kept. */
export const semanticStored: EventType<{ bytes: number }> = eventType('semantic-cache.store');
/** An answer was not kept. */
export const semanticSkipped: EventType<{ reason: SkipReason }> = eventType('semantic-cache.skip');
