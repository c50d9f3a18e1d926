import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completions, type CompletionsParams } from './completions.ts';
import { isRecord, type JsonRecord } from './json.ts';
import { cut, inputLaws, places, someText, streamLaws } from './laws.test-support.ts';

const bodies = fc.record(
  {
    id: fc.constant('cmpl-1'),
    object: fc.constant('text_completion'),
    created: fc.constant(1),
    model: fc.constant('davinci-002'),
    choices: fc
      .array(
        fc.record({
          text: someText,
          logprobs: fc.option(fc.record({ tokens: fc.array(someText), token_logprobs: fc.constant([-1]) }), {
            nil: null,
          }),
          finish_reason: fc.constantFrom('stop', 'length'),
        }),
        { minLength: 1, maxLength: 3 },
      )
      .map((choices) => choices.map((choice, index) => ({ index, ...choice }))),
    usage: fc.constant({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
  },
  { requiredKeys: ['id', 'object', 'created', 'model', 'choices'] },
);

function shatter(events: readonly unknown[], random: () => number): readonly unknown[] {
  return events.filter(isRecord).flatMap((event) => {
    const [choice] = event['choices'] as JsonRecord[];
    if (typeof choice?.['text'] !== 'string' || choice['text'] === '') return [event];
    return cut(choice['text'], random).map((text, at) => ({
      ...event,
      choices: [{ ...choice, text, logprobs: at === 0 ? choice['logprobs'] : null }],
    }));
  });
}

describe('completions streams and bodies', () => streamLaws(completions, bodies, shatter));

describe('the params of a completions request', () => {
  const params: CompletionsParams = { model: 'm', prompt: ['a', 'b'], suffix: 'c', stop: 'END', user: 'u' };
  inputLaws(completions, params);

  test('every text that a model reads is reached', () => {
    expect(places(completions, params)).toEqual(['prompt.0: a', 'prompt.1: b', 'suffix: c', 'user: u']);
    expect(places(completions, { model: 'm', prompt: 'a' })).toEqual(['prompt: a']);
    expect(places(completions, { model: 'm', prompt: [[1, 2]] })).toEqual([]);
  });

  test('the output limit is read and set', () => {
    expect(completions.outputLimit({ ...params, max_tokens: 5 })).toBe(5);
    expect(completions.withOutputLimit(params, 6)).toEqual({ ...params, max_tokens: 6 });
  });
});
