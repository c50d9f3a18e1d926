import type { EventChunk } from './event-source.ts';
import { StreamEvent } from './sse.ts';

/** What is read at once, as far as the caller may see it. */
export interface Batch extends EventChunk {
  /** Whether one of the events says that the reply is whole. */
  readonly last: boolean;
  /** Whether output of the model is in it. */
  readonly content: boolean;
}

/** Events as bytes of the wire; undefined where there are none. */
export function encode(events: readonly StreamEvent[], tail: string): Uint8Array | undefined {
  const text = events.map((event) => event.raw).join('') + tail;
  return text === '' ? undefined : Buffer.from(text);
}

export function areSame(events: readonly StreamEvent[], before: readonly StreamEvent[]): boolean {
  return events.length === before.length && events.every((event, index) => event === before[index]);
}

/** An event that breaks off, and says nothing. */
export const BROKEN: StreamEvent = StreamEvent.decoded(undefined, '', 'data:\n\n');
