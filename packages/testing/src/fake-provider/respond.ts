import { ApiError, type ErrorBody, errorJson, invalidRequest, notFound } from './api-error.ts';
import { type Arrival, formOf, paramsOf, seedOf } from './arrival.ts';
import { frames } from './frames.ts';
import { asString } from './json.ts';
import type { OpenEntry } from './ledger.ts';
import { pause } from './pause.ts';
import type { Payload } from './payload.ts';
import type { ProviderState } from './provider-state.ts';
import type { OpenRequest } from './recorded-request.ts';
import { replyHeaders } from './reply-headers.ts';
import { type Route, routeOf } from './routes.ts';
import { scriptedPayload } from './scripted-payload.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import { type OnSent, type Wire, wire } from './wire.ts';

/** An answer, ready for a front end to send. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly wire: Wire;
}

/**
 * Answers one request, for both front ends.
 *
 * @param signal ends every wait
 * @returns `undefined` when the script refuses the connection
 * @throws an AbortError when the signal aborts before there is an answer
 */
export async function respond(
  state: ProviderState,
  arrival: Arrival,
  record: OpenRequest,
  signal: AbortSignal,
): Promise<Answered | undefined> {
  const seed = seedOf(arrival);
  const { pathname, searchParams: query } = new URL(arrival.path, 'http://fake');
  const route = routeOf(arrival.method, pathname);
  const operation = route?.operation ?? 'unknown';
  let reply: ScriptedReply = {};
  let status = 200;
  let payload: Payload;
  try {
    reply = state.next(record);
    if (reply.refuse) return undefined;
    if (reply.latency) await pause(reply.latency, signal);
    status = reply.status ?? 200;
    payload = scriptedPayload(reply, operation, record) ?? (await operate());
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof ApiError)) reply = { headers: { 'x-should-retry': 'false' } };
    const { status: failed, error: body } = error instanceof ApiError ? error : brokenScript(error);
    status = failed;
    payload = { whole: errorJson(body) };
  }

  const onSent = status < 400 ? booking(state, record, operation, payload, reply) : () => {};
  const made = frames(payload, reply, operation);
  const headers = replyHeaders(payload, made, reply, seed);
  return { status, headers, wire: wire(made, payload.events ? reply : silent(reply), onSent, signal) };

  async function operate(): Promise<Payload> {
    const { answer, defaultModel, deployment, ids } = admitted(route, arrival, pathname);
    const params = paramsOf(record);
    if (!params) throw invalidRequest(BAD_JSON);
    const model = asString(params['model']) ?? deployment ?? defaultModel ?? '';
    if (model === '' && defaultModel === '') {
      throw invalidRequest('you must provide a model parameter', 'model');
    }
    const { store, tokensPerChunk } = state;
    return answer({
      params,
      reply,
      seed,
      model,
      tokensPerChunk,
      store,
      query,
      ids,
      form: () => formOf(arrival),
    });
  }
}

const BAD_JSON = 'We could not parse the JSON body of your request. The API expects a JSON object.';

function admitted(route: Route | undefined, { method, headers }: Arrival, pathname: string): Route {
  if (!route) throw notFound(`Invalid URL (${method} ${pathname})`, null, 'unknown_url');
  const key = headers['api-key'] ?? headers['authorization']?.replace(/^bearer\b/i, '') ?? '';
  if (key.trim() !== '') return route;
  const message =
    "You didn't provide an API key. Provide it in an Authorization header: Authorization: Bearer YOUR_KEY.";
  throw new ApiError(401, { message, type: 'invalid_request_error' });
}

/** A function given to `always` threw. No client should retry that: it is a fault of the test. */
function brokenScript(error: unknown): { status: number; error: ErrorBody } {
  const message = `fakeProvider: the script threw: ${error instanceof Error ? error.message : String(error)}`;
  return { status: 500, error: { message, type: 'fake_provider_error', code: 'script_threw' } };
}

function booking(
  state: ProviderState,
  { id: requestId }: OpenRequest,
  operation: string,
  { bill }: Payload,
  { errorInStream, usage }: ScriptedReply,
): OnSent {
  if (!bill) return () => {};
  const { model, inputTokens } = bill;
  const entry: OpenEntry = { requestId, model, operation, inputTokens, outputTokens: 0, completed: false };
  state.entries.push(entry);
  return ({ tokens }, last) => {
    entry.outputTokens += tokens;
    if (!last || errorInStream) return;
    entry.completed = true;
    entry.outputTokens = usage?.outputTokens ?? entry.outputTokens;
  };
}

// A comment is part of SSE only; in a plain body it would be garbage.
function silent({ stall, ...reply }: ScriptedReply): ScriptedReply {
  const keepAlive = Infinity;
  return { ...reply, keepAlive, ...(stall && { stall: { ...stall, keepAlive } }) };
}
