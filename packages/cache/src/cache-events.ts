import { eventType, type EventType } from '@interpose/core';
import type { CacheState } from './replay.ts';
import type { SkipReason } from './worth-keeping.ts';

/** The cache was asked: what came of it, and how old an answer it had. */
export const looked: EventType<{ state: CacheState; ageMs?: number }> = eventType('cache.lookup');
/** An answer was kept. */
export const stored: EventType<{ bytes: number }> = eventType('cache.store');
/** An answer was not kept. */
export const skipped: EventType<{ reason: SkipReason }> = eventType('cache.skip');
/** An entry could not be read, and was forgotten. */
export const unreadable: EventType<{ error: Error }> = eventType('cache.unreadable');
