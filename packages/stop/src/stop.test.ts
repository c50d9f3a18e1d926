import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stop, type StopOptions, type StopRule } from './index.ts';
import { answer, delta, errorOf, stackOf } from './stop.test-support.ts';

/** What a client gets of these stretches, and how many of them the provider was asked for. */
async function streamed(
  when: StopOptions['when'],
  stretches: readonly string[],
  more: Partial<StopOptions> = {},
): Promise<string> {
  const events = [...stretches.map((text) => delta(text)), delta('', 'length')];
  const { ask, asked } = stackOf({ when, ...more }, [events]);
  return `${await ask()}, ${asked()}`;
}

describe('a marker', () => {
  test('ends the stream, which is whole, and asks the provider for no more', async () => {
    const stack = stackOf({ when: '</answer>' }, [
      ['one ', 'two</ans', 'wer>three', ' four'].map((text) => delta(text)),
    ]);
    expect([await stack.ask(), stack.asked(), stack.log.at(-2)]).toEqual([
      'one two [stop]',
      3,
      expect.stringMatching(/^stop/),
    ]);
    const [outcome] = stack.outcomes;
    expect(outcome).toMatchObject({
      status: 'completed',
      stoppedBy: 'stop',
      finishReasons: ['stop'],
      outputCharacters: 21,
      usage: { source: 'estimated', outputTokens: 6 },
    });
  });

  test.each([
    [['a', 'b', 'cENDd'], 'abc [stop], 3'],
    [['aE', 'N', 'D', 'b'], 'a [stop], 3'],
    [['aEN', 'xEND', 'b'], 'aENx [stop], 2'],
    [['EEND', 'b'], 'E [stop], 1'],
    [['EN', 'END', 'b'], 'EN [stop], 2'],
    [['END', 'b'], ' [stop], 1'],
    // Never the whole of it: what was held back leaves at the end.
    [['aE', 'N'], 'aEN [length], 3'],
  ])('in %j', async (stretches, told) => {
    expect(await streamed('END', stretches)).toBe(told);
    expect(await streamed({ marker: 'END' }, stretches)).toBe(told);
  });

  test('holds back no more than what may be its beginning', async () => {
    const { layer } = stackOf({ when: 'END' }, [[delta('hello E'), delta('aster'), delta('EN')]]);
    const init = { method: 'POST', body: '{"messages":[],"stream":true}' };
    const response = await layer.fetch('https://api.openai.com/v1/chat/completions', init);
    const chunks: string[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(/"content":"(.*?)"/.exec(Buffer.from(chunk).toString())?.[1] ?? '');
    }
    expect(chunks).toEqual(['hello ', 'Easter', 'EN']);
  });

  test('is kept where that is wanted, and then nothing is held back for it', async () => {
    expect(await streamed('END', ['aE', 'NDb', 'c'], { keepMarker: true })).toBe('aEND [stop], 2');
    const { layer } = stackOf({ when: 'END', keepMarker: true }, [[delta('aE'), delta('x')]]);
    const init = { method: 'POST', body: '{"messages":[],"stream":true}' };
    const reader = (await layer.fetch('https://api.openai.com/v1/chat/completions', init)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"aE"');
    await reader?.cancel();
  });

  test('wherever the text is cut: what stands before it, in a stream as in a plain reply', async () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'ab', 'aab', '😀'), { minLength: 1, maxLength: 12 });
    const marks = fc.constantFrom('ab', 'aab', 'abab', 'b', '😀a');
    await fc.assert(
      fc.asyncProperty(letters, marks, async (stretches, mark) => {
        const text = stretches.join('');
        const at = text.indexOf(mark);
        const expected = at === -1 ? `${text} [length]` : `${text.slice(0, at)} [stop]`;
        const events = [...stretches.map((stretch) => delta(stretch)), delta('', 'length')];
        const stack = stackOf({ when: mark }, [events, answer(text)]);
        expect(await stack.ask()).toBe(expected);
        expect(await stack.ask({ stream: false })).toBe(expected.replace('length', 'stop'));
        let read = '';
        const needed = stretches.findIndex((stretch) => (read += stretch).includes(mark));
        if (at !== -1) expect(stack.asked()).toBe(needed + 1);
      }),
    );
  });
});

describe('a length', () => {
  test.each([
    [5, ['hello', ' you'], 'hello [stop], 1'],
    [7, ['hello', ' you'], 'hello y [stop], 2'],
    [99, ['hello', ' you'], 'hello you [length], 3'],
    // Not in the middle of a character.
    [2, ['a😀b'], 'a [stop], 1'],
    [3, ['a😀b'], 'a😀 [stop], 1'],
    [3, ['ab', '😀c'], 'ab [stop], 2'],
  ])('of %d ends %j', async (maxCharacters, stretches, told) => {
    expect(await streamed({ maxCharacters }, stretches)).toBe(told);
  });
});

describe('a predicate', () => {
  test('sees all of the text so far, and ends it after the stretch with which it is true', async () => {
    const seen: string[] = [];
    const when: StopRule = ({ text, channel, call }) => {
      seen.push(`${call.operation.name} ${channel.id} ${text}`);
      return text.includes('two');
    };
    expect(await streamed(when, ['one ', 'two three', ' four'])).toBe('one two three [stop], 2');
    expect(seen).toEqual(['chat choice:0:content one ', 'chat choice:0:content one two three']);
  });

  test('that throws ends the reply with its error', async () => {
    const { ask, outcomes } = stackOf(
      {
        when: () => {
          throw new Error('oops');
        },
      },
      [[delta('one')]],
    );
    expect(await errorOf(ask())).toMatchObject({ message: 'oops' });
    expect(outcomes[0]?.status).toBe('failed');
  });
});

describe('JSON', () => {
  test.each([
    [['{"a":', '1}', ' and so on'], '{"a":1} [stop], 2'],
    [['{"a":"}"', ',"b":[{}]} trailing'], '{"a":"}","b":[{}]} [stop], 2'],
    [[' \n[1,', '2]', ' '], ' \n[1,2] [stop], 2'],
    [['```json\n', '{"a":1}\n```', ' there'], '```json\n{"a":1} [stop], 2'],
    [['{"ä":"😀\\u007d"}', '!'], '{"ä":"😀\\u007d"} [stop], 1'],
    [['It is {"a":1}', ' you see'], 'It is {"a":1} you see [length], 3'],
    [['{"a":1', ' oops}', ' more'], '{"a":1 oops} more [length], 4'],
    [['{"a":', '1'], '{"a":1 [length], 3'],
  ])('that is whole ends a text: %j', async (stretches, told) => {
    expect(await streamed({ json: 'whole' }, stretches)).toBe(told);
  });

  test('that is enough ends a text behind the value that makes it so', async () => {
    const seen: string[] = [];
    const when: StopRule = {
      json: ({ value }) => {
        seen.push(JSON.stringify(value));
        return (value as { items?: unknown[] }).items?.length === 2;
      },
    };
    const stretches = ['{"title":"a lo', 'ng one","items":[{"n":1', '2},{"n":3},{"n":4', '}]}'];
    expect(await streamed(when, stretches)).toBe('{"title":"a long one","items":[{"n":12},{"n":3} [stop], 3');
    // Complete values only: neither half of the title nor of the number.
    expect(seen).toEqual([
      '{"title":"a long one"}',
      '{"title":"a long one","items":[{"n":12}]}',
      '{"title":"a long one","items":[{"n":12}]}',
      '{"title":"a long one","items":[{"n":12},{"n":3}]}',
    ]);
  });

  test('is found as it was written, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.object(), fc.array(fc.jsonValue())),
        fc.integer({ min: 1, max: 5 }),
        async (value, size) => {
          const text = JSON.stringify(value);
          const stretches = `${text}, it says`.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];
          expect((await streamed({ json: 'whole' }, stretches)).split(' [stop]')[0]).toBe(text);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('several rules', () => {
  test('end a text at the first that applies, also within one stretch', async () => {
    const when = ['END', { maxCharacters: 8 }, ({ text }: { text: string }) => text.endsWith('!')];
    expect(await streamed(when, ['oneEND two'])).toBe('one [stop], 1');
    expect(await streamed(when, ['one two END'])).toBe('one two  [stop], 1');
    expect(await streamed(when, ['oh!', ' no'])).toBe('oh! [stop], 1');
    // The predicate has enough with what may be half of the marker.
    expect(await streamed([when[0]!, ({ text }) => text.endsWith('E')], ['oneE', 'ND'])).toBe(
      'oneE [stop], 1',
    );
  });
});

describe('channels', () => {
  const call = (args: string, finish: string | null = null): object => ({
    choices: [
      {
        index: 0,
        delta: { tool_calls: [{ index: 0, function: { arguments: args } }] },
        finish_reason: finish,
      },
    ],
  });

  test('that are not followed may say what they like', async () => {
    const events = [call('{"END":'), call('1}'), delta('', 'tool_calls')];
    expect(await stackOf({ when: 'END' }, [events]).ask()).toBe('{"END":1} [tool_calls]');
  });

  test('of arguments are followed where that is asked for', async () => {
    const events = [delta('{}'), call('{"a":'), call('1}'), call(' {"b":2}'), delta('', 'tool_calls')];
    const stack = stackOf({ when: { json: 'whole' }, channels: ['arguments'] }, [events]);
    expect([await stack.ask(), stack.asked()]).toEqual(['{}{"a":1} [stop]', 3]);
  });

  test('of choices end one by one, and the stream with the last', async () => {
    const events = [
      delta('one END', null, 0),
      delta('uno ', null, 1),
      delta(' more', null, 0),
      delta('dos END', null, 1),
      delta(' more', null, 1),
    ];
    const stack = stackOf({ when: 'END' }, [events]);
    expect([await stack.ask({ n: 2 }), stack.asked()]).toEqual(['one  [stop] | uno dos  [stop]', 4]);
  });
});

describe('a call', () => {
  test('that is not to be followed is left alone, and so are errors and other operations', async () => {
    const shouldFollow: StopOptions['shouldFollow'] = ({ call }) => call.params['user'] !== 'all';
    const stack = stackOf({ when: 'END', shouldFollow }, [
      [delta('one END two', 'stop')],
      { status: 400, body: { error: { message: 'END' } } },
      { data: [{ embedding: 'END' }] },
    ]);
    expect(await stack.ask({ user: 'all' })).toBe('one END two [stop]');
    const post = async (path: string): Promise<string> =>
      (await stack.layer.fetch(`https://api.openai.com/v1/${path}`, { method: 'POST', body: '{}' })).text();
    expect([await post('chat/completions'), await post('embeddings')]).toEqual([
      '{"error":{"message":"END"}}',
      '{"data":[{"embedding":"END"}]}',
    ]);
  });
});

test('checks its options, and describes itself', () => {
  const wrong = /^stop: when must be a marker, { marker }, /;
  for (const when of [
    undefined,
    '',
    [],
    {},
    { maxCharacters: 0 },
    { json: 'some' },
    { marker: 'a', json: 'whole' },
    7,
    [['a']],
  ]) {
    expect(() => stop({ when: when as never })).toThrow(wrong);
  }
  expect(() => stop({ when: 'a', channels: ['words' as never] })).toThrow(
    /^stop: channels must be a list of content, /,
  );
  expect(() => stop({ when: 'a', until: 'b' } as never)).toThrow('stop: unknown option until');
  expect(stop({ when: ['a', { maxCharacters: 3 }, { json: 'whole' }, () => true] }).describe?.()).toEqual({
    when: ['marker', 'maxCharacters', 'json', 'predicate'],
    keepMarker: false,
    channels: ['content'],
    shouldFollow: 'all',
  });
});
