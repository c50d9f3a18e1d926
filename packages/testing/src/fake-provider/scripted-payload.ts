import { errorJson, errorOfStatus } from './api-error.ts';
import { asNumber, asObject, asString, isObject } from './json.ts';
import type { Payload, StreamEvent } from './payload.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { ScriptedReply } from './scripted-reply.ts';

/** Makes the payload of a reply whose bytes are scripted, or gives `undefined` when the operation is to answer. */
export function scriptedPayload(
  reply: ScriptedReply,
  operation: string,
  { body: request }: RecordedRequest,
): Payload | undefined {
  const { body, events, repeat, status = 200, usage } = reply;
  const model = asString(asObject(request)['model']) ?? '';
  if (body !== undefined) {
    const told = asObject(asObject(body)['usage']);
    const inputTokens = usage?.inputTokens ?? asNumber(told['input_tokens'] ?? told['prompt_tokens']) ?? 0;
    const outputTokens =
      usage?.outputTokens ?? asNumber(told['output_tokens'] ?? told['completion_tokens']) ?? 0;
    const whole = typeof body === 'string' ? body : JSON.stringify(body);
    return { whole, bill: { model, inputTokens, outputTokens } };
  }
  if (events ?? repeat) {
    const bill = { model, inputTokens: usage?.inputTokens ?? 0, outputTokens: usage?.outputTokens ?? 0 };
    return { events: rawEvents(reply), done: operation !== 'responses', bill };
  }
  return status >= 400 ? { whole: errorJson(errorOfStatus(status)) } : undefined;
}

function* rawEvents({ events = [], repeat }: ScriptedReply): Generator<StreamEvent> {
  for (const event of events) yield rawEvent(event);
  if (!repeat) return;
  const event = rawEvent(repeat.event);
  for (let sent = 0; sent < repeat.times; sent++) yield event;
}

function rawEvent(event: unknown): StreamEvent {
  const data = JSON.stringify(event);
  // Only the events of responses say their type, and they are sent under it.
  const type = isObject(event) ? asString(event['type']) : undefined;
  return type === undefined ? { data, content: true } : { data, content: true, name: type };
}
