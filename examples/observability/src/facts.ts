import { SpanStatusCode, type Attributes, type HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** Something that happened within a span. */
export interface Mark {
  /** When, by the clock. */
  readonly time?: HrTime;
  /** When, since the span began. */
  readonly afterMs?: number;
  readonly text: string;
}

/** What is worth knowing of a span, in a few words. */
export function factsOf({ attributes, status, name }: ReadableSpan): string {
  const facts: string[] = [];
  const input = attributes['gen_ai.usage.input_tokens'];
  const output = attributes['gen_ai.usage.output_tokens'];
  const model = attributes['gen_ai.response.model'];
  const reasons = attributes['gen_ai.response.finish_reasons'];
  const outcome = attributes['interpose.outcome'];
  const error = attributes['error.type'];
  const http = attributes['http.response.status_code'];
  const attempts = attributes['interpose.attempts'];
  const failed = status.code === SpanStatusCode.ERROR;
  if (failed) facts.push(`✗ ${text(error) ?? status.message ?? 'failed'}`);
  if (typeof http === 'number' && http !== 200) facts.push(`${http}`);
  const stopped = outcome === 'aborted' || outcome === 'abandoned';
  if (stopped) facts.push(outcome);
  // Mostly the one that was asked for, which is in the name.
  if (typeof model === 'string' && !name.includes(model)) facts.push(model);
  if (typeof input === 'number') {
    facts.push(`${input}${typeof output === 'number' ? ` → ${output}` : ''} tokens`);
  }
  // Of an answer without an end it says `error`, which is told already.
  if (Array.isArray(reasons) && !failed && !stopped) facts.push(reasons.join(' '));
  if (typeof attempts === 'number' && attempts > 1) facts.push(`${attempts} attempts`);
  return facts.join(', ');
}

/** What happened within a span: its events, and the first chunk of its stream. */
export function marksOf({ attributes, events }: ReadableSpan): Mark[] {
  const marks: Mark[] = events.map(({ name, time, attributes = {} }) => ({
    time,
    text: eventText(name, attributes),
  }));
  const firstChunk = attributes['gen_ai.response.time_to_first_chunk'];
  if (typeof firstChunk === 'number') marks.push({ afterMs: firstChunk * 1000, text: 'first chunk' });
  return marks;
}

function eventText(name: string, attributes: Attributes): string {
  const at = (field: string): string => String(attributes[`${name}.${field}`]);
  switch (name) {
    case 'interpose.attempt_failed': {
      const what = attributes[`${name}.retrying`] === true ? `attempt ${at('attempt')}` : 'gives up';
      return `${what}: ${at('failure.kind')}`;
    }
    case 'interpose.wait':
      return `waits ${Number(at('ms')).toFixed(0)} ms (${at('reason')})`;
    case 'interpose.refusal':
      return `refused: ${at('code')}`;
    default:
      return name.replace(/^interpose\./, '').replaceAll('_', ' ');
  }
}

/** The first texts that went in and came out, where they were recorded. */
export function textsOf({ attributes }: ReadableSpan): string[] {
  return [
    ...firstText('in ', attributes['gen_ai.input.messages']),
    ...firstText('out', attributes['gen_ai.output.messages']),
  ];
}

interface Part {
  readonly content?: unknown;
  readonly name?: unknown;
  readonly arguments?: unknown;
}

function firstText(direction: string, messages: unknown): string[] {
  if (!Array.isArray(messages)) return [];
  const [message] = messages as { role?: unknown; parts?: readonly Part[] }[];
  const [part] = message?.parts ?? [];
  if (!part) return [];
  const said = part.name === undefined ? part.content : `${text(part.name)}(${text(part.arguments)})`;
  return [`${direction} ${text(message?.role)}: ${text(said)?.replaceAll(/\s+/g, ' ')}`];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}
