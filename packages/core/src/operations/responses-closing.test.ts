import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonRecord } from './json.ts';
import { cut, someRandom, someText } from './laws.test-support.ts';
import { responses } from './responses.ts';

const text = fc.record({ type: fc.constant('output_text'), text: someText, annotations: fc.constant([]) });
const refusal = fc.record({ type: fc.constant('refusal'), refusal: someText });
const hologram = fc.constant({ type: 'output_hologram', frames: 3 });
const summary = fc.record({ type: fc.constant('summary_text'), text: someText });
const thought = fc.record({ type: fc.constant('reasoning_text'), text: someText });
const status = fc.constant('completed');

const item: fc.Arbitrary<JsonRecord> = fc.oneof(
  fc.record({
    id: fc.constant('m'),
    type: fc.constant('message'),
    status,
    content: fc.array(fc.oneof(text, refusal, hologram), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    id: fc.constant('r'),
    type: fc.constant('reasoning'),
    summary: fc.array(summary, { maxLength: 2 }),
    content: fc.array(thought, { maxLength: 2 }),
  }),
  fc.record({ id: fc.constant('f'), type: fc.constant('function_call'), arguments: someText, status }),
  fc.record({ id: fc.constant('c'), type: fc.constant('custom_tool_call'), input: someText }),
);

/** The events of a response with these items, without the last one, their texts in small pieces. */
function eventsOf(output: readonly JsonRecord[], random: () => number): JsonRecord[] {
  const played = responses.playback({ id: 'resp', status: 'completed', output, usage: null }) as JsonRecord[];
  return played
    .slice(0, -1)
    .flatMap((event) => {
      const { delta } = event;
      if (typeof delta !== 'string') return [event];
      return cut(delta, random).map((piece) => ({ ...event, delta: piece }));
    })
    .map((event, sequence_number) => ({ ...event, sequence_number }));
}

/** What a caller gets of some events, after which the stream is ended. */
function closed(events: readonly JsonRecord[]): JsonRecord[] {
  const closing = responses.closing?.({});
  const sent = events.flatMap((event) => closing?.event(event) ?? []);
  sent.push(...(closing?.end('output:0:text:0', events.at(-1)) ?? []));
  sent.push(
    ...(closing?.close({ inputTokens: 1, outputTokens: 2, totalTokens: 3, reasoningTokens: 1 }) ?? []),
  );
  return sent as JsonRecord[];
}

/** Which thing an event tells of: an item, a part of one, a text. */
const thing = (event: JsonRecord): string =>
  [event['output_index'], event['content_index'] ?? '-', event['summary_index'] ?? '-'].join('.');

describe('a stream of responses that is ended after any of its events', () => {
  test('tells the end of each item, part and text once, and the whole last', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 3 }), someRandom, (output, random) => {
        const events = eventsOf(output, random);
        const some = events.slice(0, 1 + Math.floor(random() * events.length));
        const sent = closed(some);
        expect(sent.map((event) => event['sequence_number'])).toEqual(sent.map((_, index) => index));

        const told = (type: RegExp): string[] =>
          sent.filter((event) => type.test(String(event['type']))).map(thing);
        const ITEM = 'response.output_item';
        const PART = 'response.(content_part|reasoning_summary_part)';
        const TEXT =
          'response.(output_text|refusal|reasoning_text|reasoning_summary_text|\\w+_arguments|\\w+_input)';
        for (const what of [ITEM, PART]) {
          expect(told(new RegExp(`^${what}.done$`)).toSorted()).toEqual(
            told(new RegExp(`^${what}.added$`)).toSorted(),
          );
        }
        const texts = told(new RegExp(`^${TEXT}.done$`));
        expect(new Set(texts).size).toBe(texts.length);
        for (const begun of told(new RegExp(`^${TEXT}.delta$`))) expect(texts).toContain(begun);

        // The ends tell what the deltas told, and the response what the items told.
        for (const event of sent.filter(({ type }) => String(type).endsWith('text.done'))) {
          const deltas = sent.filter(
            (other) =>
              other['type'] === String(event['type']).replace(/done$/, 'delta') &&
              thing(other) === thing(event),
          );
          expect(event['text']).toBe(deltas.map(({ delta }) => delta).join(''));
        }
        const items = sent.filter(({ type }) => type === 'response.output_item.done');
        const inOrder = items.toSorted((a, b) => Number(a['output_index']) - Number(b['output_index']));
        const last = sent.at(-1) as { type: string; response: JsonRecord };
        expect(last.type).toBe('response.completed');
        expect(last.response['output']).toEqual(inOrder.map((event) => event['item']));
        expect(inOrder.every((event) => (event['item'] as JsonRecord)['status'] !== 'in_progress')).toBe(
          true,
        );
      }),
    );
  });

  test('at its very end has told all but the end of the whole', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 3 }), someRandom, (output, random) => {
        const events = eventsOf(output, random);
        const sent = closed(events);
        expect(sent.slice(0, events.length)).toEqual(events);
        expect(sent.slice(events.length)).toEqual([
          {
            type: 'response.completed',
            sequence_number: events.length,
            response: {
              id: 'resp',
              status: 'completed',
              output,
              usage: {
                input_tokens: 1,
                input_tokens_details: { cached_tokens: 0 },
                output_tokens: 2,
                output_tokens_details: { reasoning_tokens: 1 },
                total_tokens: 3,
              },
            },
          },
        ]);
      }),
    );
  });
});

test('items that begin out of order are told in order, and what is not known is let be', () => {
  const added = (index: number, id: string): JsonRecord => ({
    type: 'response.output_item.added',
    output_index: index,
    item: { id, type: 'message', status: 'in_progress', content: [] },
  });
  const annotation = { type: 'url_citation' };
  const at = { output_index: 1, content_index: 0 };
  const sent = closed([
    { type: 'response.created', response: { id: 'resp', output_text: '' } },
    added(1, 'second'),
    added(0, 'first'),
    { type: 'response.content_part.added', ...at, part: { type: 'output_text', text: '' } },
    { type: 'response.output_text.delta', ...at, delta: 'hello' },
    { type: 'response.output_text.annotation.added', ...at, annotation },
    { type: 'response.output_text.annotation.added', ...at, annotation },
    { type: 'response.audio.transcript.delta', delta: 'of nothing here' },
    { type: 'response.output_text.delta', output_index: 7, content_index: 0, delta: 'of nothing either' },
    { type: 'response.content_part.added', ...at, content_index: 1 },
  ]);
  const { response } = sent.at(-1) as { response: JsonRecord };
  expect(response['output']).toEqual([
    { id: 'first', type: 'message', status: 'completed', content: [] },
    {
      id: 'second',
      type: 'message',
      status: 'completed',
      content: [{ type: 'output_text', text: 'hello', annotations: [annotation, annotation] }],
    },
  ]);
  expect(response['output_text']).toBe('hello');
});
