import { abortable, attempted, Reply, type Call, type Handler } from '@interpose/core';
import { eventStream, type ScriptedStream } from './event-stream.ts';

/** A plain answer of which the status or the headers matter. What is not a string is sent as JSON. */
export interface ScriptedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An answer that can be given at once. An object that is none of the others is the JSON body of a 200. */
export type ScriptedResult = ScriptedResponse | ScriptedStream | Reply | Error | object;

/** What {@link scripted} answers one call with: a result, or a function of the call that makes one. */
export type ScriptedAnswer = ScriptedResult | ((call: Call) => ScriptedResult | Promise<ScriptedResult>);

/** A handler that remembers what it was asked. */
export interface ScriptedHandler extends Handler {
  /** The calls that came, in order. */
  readonly calls: readonly Call[];
}

/**
 * Makes a handler that answers from a list, one answer for each call. It stands where the provider would:
 * beneath the interceptor under test, as `next` or as the last entry of a stack, `() => scripted([...])`. Like
 * the network, it rejects with the signal's reason when the call is aborted, and streams only what is pulled.
 *
 * - a plain object: the JSON body of a 200
 * - `{ status, headers, body }`: any other plain answer (`status` is a number)
 * - `{ events, done, error }`: a stream
 * - an `Error`: thrown
 * - a `Reply`, or a function of the call that returns any of these or a promise of it
 *
 * Calls reject when the list is used up.
 */
export function scripted(answers: readonly ScriptedAnswer[]): ScriptedHandler {
  const queue = [...answers];
  const calls: Call[] = [];
  async function handler(call: Call): Promise<Reply> {
    call.signal.throwIfAborted();
    calls.push(call);
    const { clock, events } = call.runtime;
    // It stands for the provider, and what reaches the provider is an attempt.
    events.emit(attempted, 'core', call, { attempt: call.attempt });
    const startedAt = clock.monotonic();
    const answer = queue.shift();
    if (answer === undefined) throw exhausted(answers.length, call);
    const result = typeof answer === 'function' ? await abortable(answer(call), call.signal) : answer;
    if (result instanceof Error) throw result;
    if (result instanceof Reply) return result;
    return new Reply(call, responseOf(result as object, call), { startedAt });
  }
  return Object.assign(handler, { calls });
}

function exhausted(count: number, call: Call): Error {
  return new Error(
    `scripted: the list of ${count} answers is used up, and there came call ${count + 1} ` +
      `(${call.operation.name}, id ${call.id}, attempt ${call.attempt}). Script one more answer, or find out who calls once too often.`,
  );
}

function responseOf(result: object, call: Call): Response {
  if (isStream(result)) {
    const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
    return new Response(eventStream(result, call), { status: 200, headers });
  }
  const {
    status,
    headers = {},
    body,
  } = isResponse(result) ? result : { status: 200, headers: {}, body: result };
  const empty = body === undefined || status === 204 || status === 304;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(empty ? null : text, {
    status,
    headers: { ...(!empty && { 'content-type': 'application/json' }), ...headers },
  });
}

function isStream(result: object): result is ScriptedStream {
  const { events } = result as Partial<ScriptedStream>;
  return (
    typeof events === 'object' &&
    events !== null &&
    (Symbol.iterator in events || Symbol.asyncIterator in events)
  );
}

// The bodies of the responses API have a `status` too, but theirs is a word.
function isResponse(result: object): result is ScriptedResponse {
  return typeof (result as Partial<ScriptedResponse>).status === 'number';
}
