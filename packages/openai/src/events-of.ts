import { LightResponse, SseDecoder, openBody, type ParsedBody } from '@interpose/core';

/** A body as decoded events. */
export type Events = Extract<ParsedBody, { kind: 'events' }>;

/** The response's events: those that the layer has decoded, or its bytes through a decoder. */
export function eventsOf(response: Response): Events | undefined {
  const parsed = response instanceof LightResponse ? response.takeParsed('events') : undefined;
  if (parsed?.kind === 'events') return parsed;
  const reader = openBody(response);
  if (!reader) return undefined;
  const decoder = new SseDecoder();
  let done = false;
  return {
    kind: 'events',
    async next() {
      if (done) return undefined;
      const chunk = await reader.read();
      done = chunk.done;
      if (!done) return chunk.value ? decoder.push(bytesOf(chunk.value)) : [];
      reader.releaseLock();
      return decoder.end();
    },
    async cancel(reason) {
      if (done) return;
      done = true;
      const cancelled = reader.cancel(reason);
      // Not after it: the provider may take its time.
      reader.releaseLock();
      await cancelled;
    },
  };
}

/** Doubles of responses stream text; the official client takes it. */
function bytesOf(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
