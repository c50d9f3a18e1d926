import { StreamEvent, abortable, type Call } from '@interpose/core';

/** A streamed answer. */
export interface ScriptedStream {
  /**
   * The events, as JSON; a string is sent as it is, as text of the wire (a comment, something malformed). May
   * be a generator: the next one is only asked for when somebody reads on.
   */
  readonly events: Iterable<unknown> | AsyncIterable<unknown>;
  /** Whether `[DONE]` follows. @default whether it does on the wire of the operation */
  readonly done?: boolean;
  /** Breaks the stream with this error after the events, in place of its end. */
  readonly error?: Error;
}

/** Makes the body of a streamed answer, one chunk for each event, pulled lazily. */
export function eventStream({ events, done, error }: ScriptedStream, call: Call): ReadableStream<Uint8Array> {
  const { operation, signal } = call;
  const chunks = texts(events, done ?? operation.doneMarker, error);
  // Not waited for: a generator that is busy with its next event ends only when that came.
  const end = (): void => void chunks.return(undefined).catch(() => {});
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await abortable(chunks.next(), signal);
          if (next.done) controller.close();
          else controller.enqueue(Buffer.from(next.value));
        } catch (error) {
          end();
          throw error;
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

async function* texts(
  events: ScriptedStream['events'],
  done: boolean,
  error: Error | undefined,
): AsyncGenerator<string, undefined> {
  for await (const event of events) yield textOf(event);
  if (error) throw error;
  if (done) yield 'data: [DONE]\n\n';
}

function textOf(event: unknown): string {
  if (typeof event === 'string') return event;
  if (event instanceof StreamEvent) return event.raw;
  const type = (event as { type?: unknown } | null)?.type;
  return StreamEvent.of(event, typeof type === 'string' ? type : undefined).raw;
}
