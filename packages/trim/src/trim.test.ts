import { ConfigurationError } from '@interpose/core';
import { interceptorSuite } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { bench, calling, counter, gist, result, said, sent } from './trim.test-support.ts';
import { CLEARED_OUTPUT, TrimError, trim, type TrimOptions } from './index.ts';

/** Instructions, four exchanges and the last question: 100 tokens. */
const TALK = [
  said('system', 'rules'),
  ...['one', 'two', 'three', 'four'].flatMap((what) => [said('user', what), said('assistant', `re ${what}`)]),
  said('user', 'last'),
];

describe('oldest-first', () => {
  test.each([
    [100, ['rules', 'one', 're one', 'two', 're two', 'three', 're three', 'four', 're four', 'last']],
    [99, ['rules', 'two', 're two', 'three', 're three', 'four', 're four', 'last']],
    [80, ['rules', 'two', 're two', 'three', 're three', 'four', 're four', 'last']],
    [79, ['rules', 'three', 're three', 'four', 're four', 'last']],
    [20, ['rules', 'last']],
  ])('within %d tokens', async (maxInputTokens, expected) => {
    expect(await sent({ maxInputTokens }, { messages: TALK })).toEqual(expected);
  });

  test('takes an exchange out with all the tools that were called in it', async () => {
    const messages = [
      said('user', 'one'),
      calling('a', 'b'),
      result('b'),
      result('a'),
      said('assistant', 're one'),
      said('user', 'last'),
    ];
    expect(await sent({ maxInputTokens: 59 }, { messages })).toEqual(['last']);
  });

  test('takes all that a user said at once, and what it was answered, wherever that came', async () => {
    const messages = [
      said('user', 'one'),
      said('user', 'more'),
      said('assistant', 're one'),
      said('user', 'two'),
      said('user', 'last'),
    ];
    expect(await sent({ maxInputTokens: 40 }, { messages: messages.toSpliced(3, 1) })).toEqual([
      'one',
      'more',
      're one',
      'last',
    ]);
    expect(await sent({ maxInputTokens: 39 }, { messages: messages.toSpliced(3, 1) })).toEqual(['last']);
    const input = [
      said('user', 'one'),
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      said('user', 'two'),
      { type: 'function_call_output', call_id: 'a', output: 'late......' },
      said('assistant', 're two'),
      said('user', 'last'),
    ];
    expect(await sent({ maxInputTokens: 59 }, { input })).toEqual(['two', 're two', 'last']);
  });

  test('takes out steps of the last turn, the oldest first, and never the last one', async () => {
    const messages = [
      said('user', 'last'),
      calling('a', 'b'),
      result('a'),
      result('b'),
      calling('c'),
      result('c'),
      calling('d'),
      result('d'),
    ];
    const within = (maxInputTokens: number) => sent({ maxInputTokens }, { messages });
    expect(await within(79)).toEqual(['last', 'calls c', 'c = result c', 'calls d', 'd = result d']);
    expect(await within(49)).toEqual(['last', 'calls d', 'd = result d']);
    expect(await within(29)).toBeInstanceOf(TrimError);
  });

  test('keeps developers, the whole last turn of the user, and what it does not understand', async () => {
    const messages = [
      said('user', 'one'),
      said('critic', 'odd'),
      result('gone', 'stray.....'),
      said('developer', 'note'),
      said('assistant', 're one'),
      said('user', 'last a'),
      said('user', 'last b'),
    ];
    expect(await sent({ maxInputTokens: 50 }, { messages })).toEqual([
      'odd',
      'gone = stray',
      'note',
      'last a',
      'last b',
    ]);
  });
});

describe('middle-out', () => {
  test.each([
    [99, ['rules', 'one', 're one', 'three', 're three', 'four', 're four', 'last']],
    [79, ['rules', 'one', 're one', 'four', 're four', 'last']],
    [59, ['rules', 'four', 're four', 'last']],
    [39, ['rules', 'last']],
  ])('within %d tokens', async (maxInputTokens, expected) => {
    expect(await sent({ maxInputTokens, strategy: 'middle-out' }, { messages: TALK })).toEqual(expected);
  });
});

describe('tool-outputs-first', () => {
  const long = 'x'.repeat(500);
  const messages = [
    said('user', 'one'),
    calling('a', 'b'),
    result('a', long),
    result('b', long),
    said('assistant', 're one'),
    said('user', 'last'),
    calling('c'),
    result('c', long),
    calling('d'),
    result('d'),
  ];
  const strategy = 'tool-outputs-first';

  test('puts a short text in the place of outputs, the oldest first', async () => {
    const within = async (maxInputTokens: number): Promise<string[]> => {
      const { ask, handler } = bench({ maxInputTokens, strategy });
      await ask({ messages });
      return gist(handler.calls[0]?.params).map((word) =>
        word.replace(CLEARED_OUTPUT, 'cleared').replace(long, 'long'),
      );
    };
    const rest = (a: string, b: string, c: string) => [
      'one',
      'calls a b',
      `a = ${a}`,
      `b = ${b}`,
      're one',
      'last',
      'calls c',
      `c = ${c}`,
      'calls d',
      'd = result d',
    ];
    expect(await within(1569)).toEqual(rest('cleared', 'long', 'long'));
    expect(await within(1100)).toEqual(rest('cleared', 'cleared', 'long'));
    expect(await within(400)).toEqual(rest('cleared', 'cleared', 'cleared'));
    // What is not enough is followed by the oldest first.
    expect(await within(150)).toEqual(['last', 'calls c', 'c = cleared', 'calls d', 'd = result d']);
  });

  test('leaves short outputs alone, and those of the last step', async () => {
    const { ask, handler, told } = bench({ maxInputTokens: 100, strategy });
    await ask({
      messages: [
        said('user', 'one'),
        calling('a'),
        result('a'),
        said('user', 'last'),
        calling('b'),
        result('b', 'y'.repeat(70)),
      ],
    });
    expect(gist(handler.calls[0]?.params).slice(0, 1)).toEqual(['last']);
    expect(told).toEqual(['oldest-first: 120 to 90, 3 dropped, 0 cleared, 0 summarised']);
  });

  test('knows the outputs of responses', async () => {
    const call = (call_id: string) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' });
    const input = [
      said('user', 'one'),
      { type: 'reasoning', id: 'r', summary: [] },
      call('a'),
      { type: 'function_call_output', call_id: 'a', output: long },
      said('user', 'last'),
    ];
    expect(await sent({ maxInputTokens: 200, strategy }, { input })).toEqual([
      'one',
      'reasoning',
      'function_call a',
      `a = ${CLEARED_OUTPUT}`.replace(/\.\]$/, '.]'),
      'last',
    ]);
    expect(await sent({ maxInputTokens: 100 }, { input })).toEqual(['last']);
  });
});

test('several strategies have their turns one after the other', async () => {
  const output = [calling('a'), result('a', 'x'.repeat(200)), said('assistant', 'so'), said('user', 'last')];
  const maxInputTokens = 150;
  const { ask, told } = bench({ maxInputTokens, strategy: ['tool-outputs-first', 'middle-out'] });
  await ask({ messages: [...TALK.slice(0, -1), ...output] });
  const after = 320 - 200 + CLEARED_OUTPUT.length - 40;
  expect(after).toBeLessThanOrEqual(maxInputTokens);
  expect(told).toEqual([
    `tool-outputs-first.middle-out: 320 to ${after}, 4 dropped, 1 cleared, 0 summarised`,
  ]);
});

test('what is pinned stays, with all that belongs to it', async () => {
  const messages = [
    said('user', 'one'),
    calling('a'),
    result('a'),
    said('assistant', 're one'),
    said('user', 'two'),
    said('user', 'last'),
  ];
  const seen: unknown[] = [];
  const keep: TrimOptions['keep'] = ({ call, speaker, index, message }) => {
    seen.push([call.operation.name, speaker, index]);
    return (message as { tool_call_id?: string }).tool_call_id === 'a';
  };
  expect(await sent({ maxInputTokens: 40, keep }, { messages })).toEqual([
    'calls a',
    'a = result a',
    'two',
    'last',
  ]);
  expect(seen.slice(0, 3)).toEqual([
    ['chat', 'user', 0],
    ['chat', 'assistant', 1],
    ['chat', 'tool', 2],
  ]);
});

describe('a call of which what has to stay does not fit', () => {
  const messages = [said('system', 'rules'), said('user', 'one'), said('user', 'last')];

  test('is refused with the figures', async () => {
    const { ask, handler } = bench({ maxInputTokens: 19 });
    const { error } = await ask({ messages: [said('user', 'old'), said('assistant', 'x'), ...messages] });
    expect(error).toBeInstanceOf(TrimError);
    expect(error).toMatchObject({
      code: 'context_too_long',
      status: 400,
      maxInputTokens: 19,
      inputTokens: 50,
      keptTokens: 30,
      failure: { kind: 'context_length', transient: false },
    });
    expect((error as Error).message).toMatch(
      /holds 50 tokens and may hold 19, but what has to stay of it comes to 30:/,
    );
    expect(handler.calls.length).toBe(0);
  });

  test('is sent as it came, where such calls are to pass', async () => {
    const { ask, handler, told } = bench({ maxInputTokens: 19, onOverflow: 'pass' });
    const all = { messages: [said('user', 'old'), said('assistant', 'x'), ...messages] };
    const { error, header } = await ask(all);
    expect([error, header, told]).toEqual([undefined, null, []]);
    expect(handler.calls[0]?.params).toEqual({ model: 'gpt-4o', ...all });
  });
});

describe('the limit', () => {
  const sentTo = async (options: TrimOptions, params: object): Promise<number> => {
    const { ask, handler } = bench(options);
    const { error } = await ask({ messages: TALK, ...params });
    return error ? -1 : gist(handler.calls[0]?.params).length;
  };

  test('is the context window of the model less what may be answered', async () => {
    expect(await sentTo({}, { model: 'small', max_tokens: 1 })).toBe(8);
    expect(await sentTo({}, { model: 'small', max_tokens: 50 })).toBe(4);
    // Of an answer without a limit, a quarter of it.
    expect(await sentTo({}, { model: 'small' })).toBe(6);
    expect(await sentTo({}, { model: 'small', max_tokens: 100 })).toBe(-1);
    expect(await sentTo({}, { model: 'unheard-of' })).toBe(10);
  });

  test('leaves a few thousand tokens for the answer of a model of which no more is known than its window', async () => {
    const talkOf = (tokens: number) => [
      { role: 'user', content: 'x'.repeat(tokens - 20) },
      said('assistant', 'a'),
      said('user', 'last'),
    ];
    expect(await sentTo({}, { model: 'large', messages: talkOf(20_000 - 4096) })).toBe(3);
    expect(await sentTo({}, { model: 'large', messages: talkOf(20_000 - 4095) })).toBe(1);
  });

  test('may be said call by call', async () => {
    const maxInputTokens: TrimOptions['maxInputTokens'] = ({ call }) =>
      call.model === 'gpt-4o' ? 60 : undefined;
    expect(await sentTo({ maxInputTokens }, {})).toBe(6);
    expect(await sentTo({ maxInputTokens }, { model: 'other' })).toBe(10);
  });

  test('is for conversations: other calls are not counted', async () => {
    const never = { ...counter, input: () => expect.fail('counted') as never };
    const { ask, handler } = bench({ maxInputTokens: 1 }, [], { counter: never });
    await ask({ input: 'a long text' }, { path: '/embeddings' });
    expect(handler.calls.length).toBe(1);
  });

  test('that a call is far below is not counted for', async () => {
    const quick = { ...counter, input: () => expect.fail('counted') as never, atMost: () => 100 };
    const { ask, handler } = bench({ maxInputTokens: 100 }, [], { counter: quick });
    await ask({ messages: TALK });
    expect(handler.calls.length).toBe(1);
  });

  test('is kept by the count of the whole, also where that is more than the parts tell', async () => {
    const around = { ...counter, input: (call: never) => ((counter.input(call) as number) || -15) + 15 };
    const { ask, handler } = bench({ maxInputTokens: 80 }, [], { counter: around });
    await ask({ messages: TALK });
    expect(gist(handler.calls[0]?.params)).toEqual(['rules', 'three', 're three', 'four', 're four', 'last']);
  });

  test('lets a call pass that comes to less once its parts are known', async () => {
    let counts = 0;
    const learning = {
      ...counter,
      input: (call: never) => (counter.input(call) as number) + (counts++ === 0 ? 50 : 0),
    };
    const { ask, handler, told } = bench({ maxInputTokens: 100 }, [], { counter: learning });
    await ask({ messages: TALK });
    expect([gist(handler.calls[0]?.params).length, told]).toEqual([10, []]);
  });

  test('may take its time to be counted', async () => {
    const later = { ...counter, input: async (call: never) => counter.input(call) };
    const { ask, handler } = bench({ maxInputTokens: 60 }, [], { counter: later });
    await ask({ messages: TALK });
    expect(gist(handler.calls[0]?.params)).toEqual(['rules', 'three', 're three', 'four', 're four', 'last']);
  });
});

describe('what was done', () => {
  test('is told on the event channel and in a header', async () => {
    const { ask, told } = bench({ maxInputTokens: 70 });
    const { header } = await ask({ messages: TALK });
    expect(header).toBe('dropped=4, cleared=0, summarised=0, before=100, after=60');
    expect(told).toEqual(['oldest-first: 100 to 60, 4 dropped, 0 cleared, 0 summarised']);
  });

  test('is nothing for a call that fits, which goes on byte for byte', async () => {
    const { ask, handler, told } = bench({ maxInputTokens: 100 });
    const { header } = await ask({ messages: TALK });
    expect([header, told]).toEqual([null, []]);
    expect(handler.calls[0]?.request()[1].body).toBe(JSON.stringify({ model: 'gpt-4o', messages: TALK }));
  });
});

describe('a counter that breaks', () => {
  const broken = { ...counter, input: () => Promise.reject(new Error('no encoding')) };

  test('lets the call go as it came, or refuses it', async () => {
    const open = bench({ maxInputTokens: 10 }, [], { counter: broken });
    await open.ask({ messages: TALK });
    expect([gist(open.handler.calls[0]?.params).length, open.told]).toEqual([
      10,
      ['fault of trim, open: no encoding'],
    ]);
    const closed = bench({ maxInputTokens: 10, onFault: 'closed' }, [], { counter: broken });
    expect((await closed.ask({ messages: TALK })).error).toMatchObject({ name: 'FaultError' });
  });

  test('does not hold up a caller who leaves', async () => {
    const controller = new AbortController();
    const never = { ...counter, input: () => new Promise<number>(() => {}) };
    const { ask, handler } = bench({ maxInputTokens: 10 }, [], { counter: never });
    const call = ask({ messages: TALK }, { signal: controller.signal });
    controller.abort(new Error('gone'));
    expect([(await call).error, handler.calls.length]).toMatchObject([{ message: 'gone' }, 0]);
  });
});

const WRONG: readonly (readonly [options: object, message: string])[] = [
  [{ maxInputTokens: 0 }, 'trim: maxInputTokens must be an integer >= 1, or a function, got 0'],
  [{ strategy: 'newest' }, "trim: strategy must be one of 'oldest-first', 'middle-out'"],
  [{ strategy: [] }, 'trim: strategy must be one of'],
  [{ strategy: 'summarise' }, "trim: the strategy 'summarise' needs summarise: { model }"],
  [{ keep: 1 }, 'trim: keep must be a function, got 1'],
  [{ summarise: { model: '' } }, 'trim: summarise: model must be a non-empty string, got ""'],
  [{ summarise: {} }, 'trim: summarise: model must be a non-empty string, got undefined'],
  [{ summarise: { model: 'm', timeout: 'soon' } }, 'trim: summarise: timeout must be a duration'],
  [{ summarise: { model: 'm', maxTokens: 5 } }, 'trim: summarise: unknown option maxTokens'],
  [{ onOverflow: 'drop' }, "trim: onOverflow must be one of 'refuse', 'pass', got \"drop\""],
  [{ max: 5 }, 'trim: unknown option max'],
];

test.each(WRONG)('%j is refused when it is made', (options, message) => {
  expect(() => trim(options as TrimOptions)).toThrow(ConfigurationError);
  expect(() => trim(options as TrimOptions)).toThrow(message);
});

test('describes itself', () => {
  expect(trim().describe?.()).toEqual({
    maxInputTokens: 'context window',
    strategies: ['oldest-first'],
    onOverflow: 'refuse',
    onFault: 'open',
  });
  const options: TrimOptions = {
    maxInputTokens: () => 1,
    strategy: ['summarise', 'middle-out'],
    summarise: { model: 'mini', instructions: 'secret' },
    keep: () => true,
  };
  expect(trim(options).describe?.()).toEqual({
    maxInputTokens: 'custom',
    strategies: ['summarise', 'middle-out', 'oldest-first'],
    keep: 'custom',
    summarise: { model: 'mini', maxOutputTokens: 500 },
    onOverflow: 'refuse',
    onFault: 'open',
  });
});

describe('trim keeps the rules of interceptors', () => {
  describe('with nothing to do', () => {
    for (const { name, run } of interceptorSuite(() => trim({ maxInputTokens: 100_000 }))) test(name, run);
  });

  describe('by the context window', () => {
    for (const { name, run } of interceptorSuite(() => trim())) test(name, run);
  });

  describe('that lets pass what does not fit', () => {
    const make = () =>
      trim({ maxInputTokens: 1, onOverflow: 'pass', strategy: 'summarise', summarise: { model: 'mini' } });
    for (const { name, run } of interceptorSuite(make)) test(name, run);
  });
});
