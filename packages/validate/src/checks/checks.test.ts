import { FaultError, faulted, withTags } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import {
  citesOnly,
  grounded,
  language,
  matches,
  maxLength,
  moderated,
  noneOf,
  type Check,
} from '../index.ts';
import { HI, format, messagesOf, stage } from '../validate.test-support.ts';

/** What a check says to a text: nothing, or what it expects. */
async function says(check: Check, text: string, params: object = {}): Promise<string | undefined> {
  await using scene = stage({ checks: [check], repair: 0 }, [{ text }]);
  const { error } = await scene.ask({ ...HI, ...params });
  return error?.violations[0]?.expected ?? error?.message;
}

const ANY = { response_format: format({}) };
const GERMAN = 'Das Wetter ist heute schön, und wir gehen am Nachmittag in den Park spazieren.';
const ENGLISH = 'The weather is fine today, and we are going for a walk in the park this afternoon.';

describe('ready checks', () => {
  test.each<[what: string, check: Check, text: string, found: string | undefined, params?: object]>([
    ['a text that is short enough', maxLength(5), 'short', undefined],
    ['a text that is too long', maxLength(5), 'longer', 'must not be longer than 5 characters'],
    ['a text that matches', matches(/\d{4}/g), 'In 1984.', undefined],
    ['a text that does not match', matches(/^Dear/), 'Hello', 'must match /^Dear/'],
    [
      'a word',
      noneOf(['acme corp']),
      'Acme Corp is best.',
      'must have none of the words that are not allowed',
    ],
    ['a part of a word', noneOf(['ass', 'über']), 'A class of its own, darüber.', undefined],
    [
      'words with signs',
      noneOf(['c++', '(r)']),
      'I like C++.',
      'must have none of the words that are not allowed',
    ],
    ['an expression', noneOf([/\bfoo\d/g]), 'a foo1', 'must have none of the words that are not allowed'],
    [
      'a word in JSON, however it is written',
      noneOf(['é']),
      '{"a":["\\u00e9"]}',
      'must have none of the words that are not allowed',
      ANY,
    ],
    ['the language', language('de'), GERMAN, undefined],
    ['another language', language(['de', 'fr']), ENGLISH, 'must be in de or fr'],
    [
      'the language of the strings in JSON',
      language('de'),
      JSON.stringify({ summary: ENGLISH }),
      'must be in de',
      ANY,
    ],
    ['too little to tell', language('de'), 'OK, thanks.', undefined],
    [
      'a detector of ones own',
      language('de', { detect: () => 'xx', minCharacters: 1 }),
      'Hm',
      'must be in de',
    ],
    [
      'citations of what was given',
      citesOnly(['1', 'doc-2', 'https://a.example/x']),
      'So [1]: [^doc-2] and https://a.example/x.',
      undefined,
    ],
    ['several in one bracket', citesOnly(['1', '2']), 'So it is [1, 2].', undefined],
    [
      'other citations',
      citesOnly(['1']),
      'So [1], and [7], https://b.example.',
      'must cite nothing but the given sources, and cites 2 other',
    ],
    [
      'links and tasks in Markdown',
      citesOnly(['https://a.example']),
      '- [x] see [here](https://a.example)',
      undefined,
    ],
    ['no citation', citesOnly(['1'], { min: 1 }), 'So it is.', 'must cite at least 1 of the given sources'],
    [
      'citations of ones own sort',
      citesOnly(() => ['a'], { cited: ({ answer }) => (answer as { by: string[] }).by }),
      '{"by":["b"]}',
      'must cite nothing but the given sources, and cites 1 other',
      ANY,
    ],
    ['a judge', grounded(({ text }) => (text === 'so' ? 0.9 : 0.2)), 'so', undefined],
    [
      'a judge that has doubts',
      grounded(async () => 0.4),
      'so',
      'must follow from the sources that were given',
    ],
    [
      'a judge with words',
      grounded(() => ({ pass: false, expected: 'must be of this world' })),
      'so',
      'must be of this world',
    ],
  ])('%s', async (_, check, text, found, params) => expect(await says(check, text, params)).toBe(found));

  test.each<[what: string, make: () => Check, message: string]>([
    ['maxLength', () => maxLength(0), 'maxLength: its argument must be an integer >= 1, got 0'],
    ['matches', () => matches('a' as never), 'matches: its argument must be a regular expression, got "a"'],
    ['noneOf', () => noneOf([]), 'noneOf: its argument must be a list of words and expressions, got []'],
    ['language', () => language('German'), 'language: its argument must be codes like \'en\', got "German"'],
    [
      'citesOnly',
      () => citesOnly('a' as never),
      'citesOnly: its argument must be a list or a function, got "a"',
    ],
    ['grounded', () => grounded(1 as never), 'grounded: its argument must be a function, got 1'],
  ])('%s says what it has to be given', (_, make, message) => expect(make).toThrow(message));

  test('have names and weights of ones own', () => {
    const { name, severity } = maxLength(5, { name: 'brief', severity: 'warn' });
    expect([name, severity, maxLength(5).severity]).toEqual(['brief', 'warn', 'error']);
  });
});

describe('a word that is not allowed is found at the same place of a stream', () => {
  test.each(['Buy Acme.', 'x acme', 'acme', 'pacme acmes Acme!', 'a class of lassies, ass!', 'ACME  ACME'])(
    '%s',
    (text) => {
      const check = noneOf(['acme', 'ass']);
      for (let size = 1; size <= text.length; size++) {
        const watch = check.watch?.();
        let found = false;
        for (let at = 0; at < text.length; at += size)
          found ||= watch?.(text.slice(at, at + size)) !== undefined;
        const whole = (check.test({ text, answer: text } as never) as { pass: boolean }).pass;
        // What stands at the very end may go on: that is told of the whole.
        const open = /(?<!\w)(acme|ass)$/i.test(text);
        if (found || !open) expect(found).toBe(!whole);
      }
    },
  );
});

describe('the moderation of the provider', () => {
  test('is asked through the layer, with the credentials of the call, and counts as a call of its own', async () => {
    await using scene = stage({ checks: [moderated()], repair: 0 }, [{ text: 'All is well.' }]);
    expect((await scene.ask(HI)).text).toBe('All is well.');
    expect(scene.provider.requests.map(({ path, headers }) => [path, headers['authorization']])).toEqual([
      ['/v1/chat/completions', 'Bearer test'],
      ['/v1/moderations', 'Bearer test'],
    ]);
    expect(scene.provider.requests[1]?.body).toEqual({
      model: 'omni-moderation-latest',
      input: 'All is well.',
    });
    expect(scene.lines.filter((line) => line.startsWith('attempt '))).toEqual(['attempt 1', 'attempt 1']);
  });

  const results = (flagged: readonly string[], scores: object = {}): object => ({
    body: {
      id: 'modr',
      model: 'm',
      results: [
        {
          flagged: flagged.length > 0,
          categories: { violence: flagged.includes('violence'), hate: flagged.includes('hate') },
          category_scores: { violence: 0.1, hate: 0.1, ...scores },
        },
      ],
    },
  });
  test.each([
    ['flags', moderated(), results(['violence']), 'must not be flagged (violence)'],
    ['flags something else', moderated({ categories: ['hate'] }), results(['violence']), undefined],
    ['scores high', moderated({ threshold: 0.4 }), results([], { hate: 0.5 }), 'must not be flagged (hate)'],
    ['scores low', moderated({ threshold: 0.6 }), results([], { hate: 0.5 }), undefined],
  ])('%s', async (_, check, verdict, found) => {
    await using scene = stage({ checks: [check], repair: 0 }, [{ text: 'a fight' }, verdict]);
    expect((await scene.ask(HI)).error?.violations[0]?.expected).toBe(found);
  });

  test('that cannot be had is a fault, and the answer is not believed; unless that is asked for', async () => {
    for (const [options, gets] of [
      [{}, 'unit_fault'],
      [{ onFault: 'open' as const }, 'a fight'],
    ] as const) {
      await using scene = stage({ checks: [moderated()], ...options }, [
        { text: 'a fight' },
        { status: 500 },
      ]);
      const { text, error } = await scene.ask(HI);
      expect(error?.code ?? text).toBe(gets);
      expect(scene.lines.filter((line) => /^(fault|evaluation)/.test(line))).toEqual(
        error
          ? ['fault validate closed']
          : ['fault validate open', 'evaluation moderated unjudged (the check broke)'],
      );
    }
  });
});

describe('checks of ones own', () => {
  test('may be late: then they broke', async () => {
    let aborted = false;
    const late: Check = {
      name: 'late',
      test: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason as Error);
          });
        }),
    };
    await using scene = stage({ checks: [late], checkTimeout: '2s' }, [{ text: 'hi' }]);
    const faults: unknown[] = [];
    scene.layer.events.on(faulted, ({ data }) => faults.push((data.error as Error).message));
    const asked = scene.ask(HI);
    while (scene.clock.waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await scene.clock.advance('2s');
    expect((await asked).error).toBeInstanceOf(FaultError);
    expect([faults, aborted]).toEqual([['validate: the check late did not end within 2000 ms'], true]);
  });

  test('are left when the caller gives up', async () => {
    const controller = new AbortController();
    const never: Check = {
      name: 'never',
      test: () => {
        setImmediate(() => controller.abort(new Error('enough')));
        return new Promise(() => {});
      },
    };
    await using scene = stage({ checks: [never] }, [{ text: 'hi' }]);
    const { thrown } = await scene.ask(HI, { signal: controller.signal });
    expect((thrown as Error).message).toBe('enough');
  });

  test('that throw have broken, and those that warn are told of only', async () => {
    const broken: Check = {
      name: 'broken',
      severity: 'warn',
      test: () => {
        throw new Error('no');
      },
    };
    const strict = maxLength(1, { severity: 'warn', name: 'brief' });
    await using scene = stage({ checks: [broken, strict] }, [{ text: 'hi' }]);
    expect((await scene.ask(HI)).text).toBe('hi');
    expect(scene.lines.filter((line) => /^(fault|evaluation)/.test(line))).toEqual([
      'fault validate open',
      'evaluation broken unjudged (warning) (the check broke)',
      'evaluation brief fail (warning) (must not be longer than 1 characters)',
    ]);
  });

  test('see the parsed answer, and ask for it again with their own words', async () => {
    const even: Check = {
      name: 'even',
      test: ({ answer }) => ({
        pass: (answer as { n: number }).n % 2 === 0,
        expected: 'must have an even n',
      }),
    };
    await using scene = stage({ checks: [even] }, [{ text: '{"n":1}' }, { text: '{"n":2}' }]);
    expect((await scene.ask({ ...HI, ...ANY })).text).toBe('{"n":2}');
    const messages = messagesOf(scene, 1);
    expect(messages[2]?.content).toBe(
      'This answer does not keep what was asked for:\n- the answer must have an even n\nAnswer again, so that it does.',
    );
  });

  test('are asked of what was cut only where that makes sense', async () => {
    const cut = { text: 'It is a', finishReason: 'length' };
    expect(
      await (async () => {
        await using scene = stage({ checks: [matches(/end$/)] }, [cut]);
        return (await scene.ask(HI)).text;
      })(),
    ).toBe('It is a');
    await using scene = stage({ checks: [noneOf(['it'])], repair: 0 }, [cut]);
    expect((await scene.ask(HI)).error?.violations[0]?.rule).toBe('noneOf');
  });

  test('are those of the endpoint', async () => {
    for (const [endpoint, gets] of [
      ['brief', 'invalid_output'],
      ['other', 'hello'],
    ] as const) {
      await using scene = stage({ checks: { brief: [maxLength(1)] }, repair: 0 }, [{ text: 'hello' }]);
      const { error, text } = await withTags({ endpoint }, () => scene.ask(HI));
      expect(error?.code ?? text).toBe(gets);
    }
  });
});
