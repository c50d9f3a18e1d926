import { eventType, type EventType } from '@interpose/core';

/** A key was given to an attempt. `key` is the last four characters of a hash, here and below. */
export const keyUsed: EventType<{ readonly key: string }> = eventType('keys.used');
/** A key rests: after a 429, with a spent quota, or retired after a 401. */
export const keyRests: EventType<{ readonly key: string; readonly reason: string; readonly ms: number }> =
  eventType('keys.rest');
/** The source gave other keys than before. */
export const keysChanged: EventType<{
  readonly added: number;
  readonly removed: number;
  readonly size: number;
}> = eventType('keys.changed');
