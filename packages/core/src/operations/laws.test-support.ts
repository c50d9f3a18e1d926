import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Channel, Closing, Operation, Params, TextTransform } from './operation.ts';

/** Transforms whose result does not depend on how the text is split, each beside the function that it amounts to. */
export const transforms: Record<string, { whole: (text: string) => string; open: () => TextTransform }> = {
  'one that leaves text alone': {
    whole: (text) => text,
    open: () => ({ push: (text) => text, end: () => '' }),
  },
  'one that changes every letter': {
    whole: (text) => text.toUpperCase(),
    open: () => ({ push: (text) => text.toUpperCase(), end: () => '' }),
  },
  'one that holds back what may become the word it replaces': {
    whole: (text) => text.replaceAll('secret', 'S'),
    open: () => {
      let held = '';
      return {
        push(text) {
          const all = (held + text).replaceAll('secret', 'S');
          let keep = Math.min(5, all.length);
          while (!'secret'.startsWith(all.slice(all.length - keep))) keep--;
          held = all.slice(all.length - keep);
          return all.slice(0, all.length - keep);
        },
        end: () => held,
      };
    },
  },
  'one that holds everything back': {
    whole: (text) => `<${text}>`,
    open: () => {
      let held = '';
      return {
        push(text) {
          held += text;
          return '';
        },
        end: () => `<${held}>`,
      };
    },
  },
  'one that lets nothing through': {
    whole: () => '',
    open: () => ({ push: () => '', end: () => '' }),
  },
};

/** Texts that are full of whole and broken `secret`s. */
export const someText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom('secret', 'sec', 'ret', 'se', 's', 'hello ', 'ß', '😀', '{"a":"', '"}', ' '), {
    maxLength: 8,
  })
  .map((words) => words.join(''));

const wireWords = `
  choices index delta message content tool_calls function custom arguments input type output item part response
  summary text status usage error logprobs data segments words action messages tools parameters properties enum
  prompt finish_reason function_call audio format schema variables model max_tokens __proto__`
  .trim()
  .split(/\s+/);

/** Values that look like the wire in their words and in nothing else. */
const oddValues: fc.Arbitrary<unknown> = fc.anything({
  maxDepth: 6,
  maxKeys: 6,
  withNullPrototype: true,
  key: fc.constantFrom(...wireWords),
  values: [
    fc.constantFrom('message', 'reasoning', 'function_call', 'output_text', 'completed', 'stop', 'a', ''),
    fc.constantFrom('response.output_text.delta', 'response.output_text.done', 'response.output_item.done'),
    fc.constantFrom('response.completed', 'response.content_part.done', 'transcript.text.delta', 'error'),
    fc.constantFrom<unknown>(null, undefined, 0, -1, NaN, true, 1n),
  ],
});

/** Cuts a text into stretches that are not empty. */
export function cut(text: string, random: () => number): string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== '';) {
    const length = 1 + Math.floor(random() * Math.min(rest.length, 5));
    parts.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return parts;
}

/** A source of numbers in [0, 1) that fast-check can repeat. */
export const someRandom: fc.Arbitrary<() => number> = fc.integer().map((seed) => {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
});

/** All text of a stream, by channel. */
export function streamedText<P extends Params>(
  operation: Operation<P>,
  events: readonly unknown[],
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const event of events) {
    for (const { id, text } of operation.inspectEvent(event).pieces) texts[id] = (texts[id] ?? '') + text;
  }
  return texts;
}

/** All text of a body, by channel. */
function wholeText<P extends Params>(operation: Operation<P>, body: unknown): Record<string, string> {
  return Object.fromEntries(operation.inspectBody(body).pieces.map(({ id, text }) => [id, text]));
}

/** Passes a stream through a rewriter. */
export function rewrite<P extends Params>(
  operation: Operation<P>,
  events: readonly unknown[],
  open: (channel: Channel) => TextTransform,
): unknown[] {
  const rewriter = operation.rewriter(open);
  return [...events.flatMap((event) => rewriter.event(event)), ...rewriter.end()];
}

/** Takes log probabilities out: a stream drops those of changed events, a body those of changed texts. */
function withoutLogprobs(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, field: unknown) => (key === 'logprobs' ? undefined : field)));
}

const notEmpty = (texts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));

/** What must hold for every operation that streams: `shatter` breaks the events of a body into small ones. */
export function streamLaws<P extends Params>(
  operation: Operation<P>,
  bodies: fc.Arbitrary<unknown>,
  shatter: (events: readonly unknown[], random: () => number) => readonly unknown[],
): void {
  test('a body that is played back adds up to the same body', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(operation.assemble(operation.playback(body))).toEqual(body);
      }),
    );
  });

  test('a body that is streamed in small pieces adds up to the same body', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        expect(operation.assemble(shatter(operation.playback(body), random))).toEqual(body);
      }),
    );
  });

  test('a stream holds the same text, usage and finish reasons as its body', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        const events = shatter(operation.playback(body), random);
        const inspections = events.map((event) => operation.inspectEvent(event));
        const whole = operation.inspectBody(body);
        expect(streamedText(operation, events)).toEqual(wholeText(operation, body));
        expect(inspections.findLast(({ usage }) => usage !== undefined)?.usage).toEqual(whole.usage);
        expect(inspections.flatMap(({ finishReasons }) => finishReasons ?? []).toSorted()).toEqual(
          (whole.finishReasons ?? []).toSorted(),
        );
      }),
    );
  });

  test('a stream is whole at its end, and never before anything in it has finished', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        const completion = operation.completion();
        let finished = false;
        for (const event of shatter(operation.playback(body), random)) {
          const { finishReasons, terminal } = operation.inspectEvent(event);
          finished ||= terminal || finishReasons !== undefined;
          completion.event(event);
          if (!finished) expect(completion.whole).toBe(false);
        }
        expect(completion.whole).toBe(true);
      }),
    );
  });

  for (const [name, { whole, open }] of Object.entries(transforms)) {
    test(`rewriting a stream equals rewriting its body, with ${name}`, () => {
      fc.assert(
        fc.property(bodies, someRandom, (body, random) => {
          const events = shatter(operation.playback(body), random);
          const rewritten = rewrite(operation, events, open);
          const texts = Object.entries(wholeText(operation, body)).map(([id, text]) => [id, whole(text)]);
          const bodyRewritten = operation.rewriter(open).body(body);

          expect(streamedText(operation, rewritten)).toEqual(notEmpty(Object.fromEntries(texts)));
          expect(wholeText(operation, bodyRewritten)).toEqual(notEmpty(Object.fromEntries(texts)));
          expect(withoutLogprobs(operation.assemble(rewritten))).toEqual(withoutLogprobs(bodyRewritten));
        }),
      );
    });
  }

  test('an event or body that a transform leaves alone is the very same object', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        const events = shatter(operation.playback(body), random);
        const open = (): TextTransform => ({ push: (text) => text, end: () => '' });
        const rewritten = rewrite(operation, events, open);
        expect(rewritten.length).toBe(events.length);
        expect(rewritten.every((event, index) => event === events[index])).toBe(true);
        expect(operation.rewriter(open).body(body)).toBe(body);
      }),
    );
  });

  test('a channel is opened once and ended once', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        const count: Record<string, [opened: number, ended: number]> = {};
        rewrite(operation, shatter(operation.playback(body), random), ({ id }) => {
          const counts = (count[id] ??= [0, 0]);
          counts[0]++;
          return {
            push: (text) => text,
            end() {
              counts[1]++;
              return '';
            },
          };
        });
        const once = Object.keys(wholeText(operation, body)).map((id) => [id, [1, 1]]);
        expect(count).toEqual(Object.fromEntries(once));
      }),
    );
  });

  test('a cut stream still gives what was held back', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        const events = shatter(operation.playback(body), random);
        const some = events.slice(0, Math.floor(random() * events.length));
        const open = transforms['one that holds everything back']!.open;
        const texts = Object.entries(streamedText(operation, some)).map(([id, text]) => [id, `<${text}>`]);
        expect(streamedText(operation, rewrite(operation, some, open))).toEqual(Object.fromEntries(texts));
      }),
    );
  });

  if (operation.closing) {
    test('a stream that is ended after any of its events is whole, and holds the text that came', () => {
      fc.assert(
        fc.property(bodies, someRandom, (body, random) => {
          const events = shatter(operation.playback(body), random);
          const some = events.slice(0, 1 + Math.floor(random() * events.length));
          const { choices = [] } = body as { choices?: readonly { readonly index: number }[] };
          const closing = operation.closing?.({ n: choices.length } as unknown as P) as Closing;
          const sent = some.flatMap((event) => closing.event(event));
          // Of which nothing was ended: the very same objects.
          expect(sent.length === some.length && sent.every((event, index) => event === some[index])).toBe(
            true,
          );
          const channels =
            choices.length > 0 ? choices.map(({ index }) => `choice:${index}:content`) : ['output:0'];
          for (const channel of channels) sent.push(...closing.end(channel, some.at(-1)));
          expect(closing.over).toBe(true);
          sent.push(...closing.close({ inputTokens: 1, outputTokens: 2, totalTokens: 3 }));

          const completion = operation.completion();
          for (const event of sent) completion.event(event);
          expect(completion.whole).toBe(true);
          expect(streamedText(operation, sent)).toEqual(streamedText(operation, some));
          expect(wholeText(operation, operation.assemble(sent))).toEqual(streamedText(operation, some));
        }),
      );
    });
  }

  test('input is never mutated', () => {
    fc.assert(
      fc.property(bodies, someRandom, (body, random) => {
        const events = shatter(operation.playback(body), random);
        const before = JSON.stringify([body, events]);
        rewrite(operation, events, transforms['one that changes every letter']!.open);
        operation.rewriter(transforms['one that changes every letter']!.open).body(body);
        operation.assemble(events);
        expect(JSON.stringify([body, events])).toBe(before);
      }),
    );
  });

  test('odd values pass through and never throw', () => {
    fc.assert(
      fc.property(oddValues, (odd) => {
        const rewriter = operation.rewriter(transforms['one that changes every letter']!.open);
        operation.inspectEvent(odd);
        operation.inspectBody(odd);
        operation.completion().event(odd);
        const closing = operation.closing?.({ n: odd, prompt: odd, stream_options: odd } as unknown as P);
        closing?.event(odd);
        closing?.end('choice:0:content', odd);
        closing?.close({ inputTokens: 1, outputTokens: 2, totalTokens: 3 });
        rewriter.event(odd);
        rewriter.body(odd);
        rewriter.end();
        operation.assemble([odd]);
        operation.playback(odd);
      }),
      { numRuns: 1000 },
    );
  });
}

/** What must hold for the params of every operation. */
export function inputLaws<P extends Params>(operation: Operation<P>, sample: P): void {
  test('params that the map leaves alone are the very same object', () => {
    expect(operation.mapInput(sample, (text) => text)).toBe(sample);
  });

  test('odd params pass through and never throw', () => {
    const keys = fc.constantFrom(...Object.keys(sample));
    fc.assert(
      fc.property(fc.oneof(oddValues, fc.dictionary(keys, oddValues)), (params) => {
        const given = params as P;
        operation.model(given);
        operation.outputLimit(given);
        expect(operation.mapInput(given, (text) => text)).toBe(given);
        operation.mapInput(given, (text) => `${text}!`);
      }),
      { numRuns: 1000 },
    );
  });
}

/** Maps every text of a request and lists where each of them stood, and as what. */
export function places<P extends Params>(operation: Operation<P>, params: P): string[] {
  const seen: string[] = [];
  operation.mapInput(params, (text, { path, role, format }) => {
    seen.push(`${path}${role === undefined ? '' : ` (${role})`}${format === 'json' ? ' json' : ''}: ${text}`);
    return text;
  });
  return seen;
}
