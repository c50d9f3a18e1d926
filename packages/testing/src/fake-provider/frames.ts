import { errorJson } from './api-error.ts';
import type { Payload, StreamEvent } from './payload.ts';
import type { ScriptedReply } from './scripted-reply.ts';

/** The bytes of one event, or of a whole plain body. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Whether it carries something the caller waits for. */
  readonly content: boolean;
  /** Output tokens that are served with it. */
  readonly tokens: number;
}

/** Turns a payload into bytes, event by event and only when asked, with the faults that concern what the bytes say. */
export function frames(payload: Payload, reply: ScriptedReply, operation: string): Iterable<Frame> {
  return payload.events ? eventFrames(payload, reply, operation) : [wholeFrame(payload, reply)];
}

function wholeFrame({ whole = '', bill }: Payload, { malformed }: ScriptedReply): Frame {
  const bytes = typeof whole === 'string' ? Buffer.from(whole) : whole;
  const sent = malformed === 'json' ? bytes.subarray(0, bytes.length >> 1) : bytes;
  return { bytes: sent, content: true, tokens: bill?.outputTokens ?? 0 };
}

function* eventFrames(payload: Payload, reply: ScriptedReply, operation: string): Generator<Frame> {
  const { lineEnding: eol = '\n', malformed, errorInStream } = reply;
  const frameOf = ({ name, data, content = false, tokens = 0 }: StreamEvent, gap: string = eol): Frame => {
    const text = `${name === undefined ? '' : `event: ${name}${eol}`}data: ${data}${eol}${gap}`;
    return { bytes: Buffer.from(text), content, tokens };
  };

  let gap: string = eol;
  let contentSeen = false;
  let count = 0;
  let previous: StreamEvent | undefined;
  let frame: Frame | undefined;
  for (const event of payload.events ?? []) {
    if (count === errorInStream?.afterEvents) break;
    count++;
    const firstContent: boolean = event.content === true && !contentSeen;
    contentSeen ||= firstContent;
    if (firstContent && malformed === 'sse') gap = '';
    if (firstContent && malformed === 'json') {
      yield frameOf({ ...event, data: event.data.slice(0, event.data.length >> 1) });
      continue;
    }
    // A repeated event is one object: encoding it once lets a huge stream run at the speed of the socket.
    if (!frame || event !== previous) frame = frameOf(event, gap);
    previous = event;
    yield frame;
  }

  if (errorInStream) yield frameOf(errorEvent(errorInStream, operation, count));
  else if (payload.done && !reply.omitDone) yield frameOf({ data: '[DONE]' });
}

function errorEvent(
  { error, named }: NonNullable<ScriptedReply['errorInStream']>,
  operation: string,
  sequence: number,
): StreamEvent {
  if (operation !== 'responses') return { data: errorJson(error), ...(named && { name: 'error' }) };
  if (named === false) return { data: errorJson(error) };
  const { message, code = null, param = null } = error;
  return {
    name: 'error',
    data: JSON.stringify({ type: 'error', code, message, param, sequence_number: sequence }),
  };
}
