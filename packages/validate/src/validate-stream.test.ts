import { describe, expect, test } from 'vitest';
import { scripted, type ScriptedReply } from '@interpose/testing';
import { abortable, usageWanted, type Interceptor } from '@interpose/core';
import { maxLength, noneOf, type ValidateOptions } from './index.ts';
import { HI, PERSON, format, messagesOf, stage, type Answer } from './validate.test-support.ts';

const ANN = '{"name":"Ann","age":3}';
const STREAM = { ...HI, stream: true, response_format: format(PERSON) };

function told({ text, finish, header, error, thrown }: Answer): string {
  const came = `${text} ${finish}${header === null ? '' : ` (${header})`}`.trim();
  if (error) return `${came} | ${error.stoppedEarly ? 'stopped' : 'ended'}: ${error.message}`;
  return thrown === undefined ? came : `${came} | ${String(thrown)}`;
}

describe('a stream that is handed on as it comes', () => {
  const ITEMS = {
    type: 'object',
    properties: {
      kind: { enum: ['fruit', 'tool'] },
      tags: { type: 'array', items: { type: 'string', maxLength: 5 }, maxItems: 2 },
    },
    required: ['kind'],
    additionalProperties: false,
  };
  test.each<[what: string, text: string, gets: string]>([
    ['is right', '{"kind":"tool","tags":["a"]}', '{"kind":"tool","tags":["a"]} stop'],
    ['is of another type', '["fruit"]', ' | stopped: The answer is not valid: the answer must be object'],
    [
      'has a value that is none of those',
      '{"kind":"friend"}',
      '{"kind":" | stopped: The answer is not valid: /kind of the answer must be one of "fruit", "tool"',
    ],
    [
      'has another key',
      '{"kind":"fruit","colour":"red"}',
      '{"kind":"fruit"," | stopped: The answer is not valid: the answer must not have other properties than those of the schema',
    ],
    [
      'has a text that is too long',
      '{"kind":"tool","tags":["wonderful"]}',
      '{"kind":"tool","tags":[" | stopped: The answer is not valid: /tags/0 of the answer must not have more than 5 characters',
    ],
    [
      'has too many items',
      '{"kind":"tool","tags":["a","b","c"]}',
      '{"kind":"tool","tags":["a","b" | stopped: The answer is not valid: /tags of the answer must not have more than 2 items',
    ],
    [
      'lacks something',
      '{"tags":[]}',
      '{"tags":[] | stopped: The answer is not valid: the answer must have the property "kind"',
    ],
    ['is no JSON', 'Kind: fruit', ' | stopped: The answer is not valid: the answer must be JSON'],
  ])('and %s', async (_, text, gets) => {
    await using scene = stage({}, [{ text }]);
    expect(told(await scene.ask({ ...STREAM, response_format: format(ITEMS) }))).toBe(gets);
  });

  test('and is not looked at before its end is judged there', async () => {
    await using scene = stage({ early: false }, [{ text: '["fruit"]' }]);
    const got = await scene.ask({ ...STREAM, response_format: format(ITEMS) });
    expect(told(got)).toBe('["fruit"] | ended: The answer is not valid: the answer must be object');
  });

  test('and is stopped: the provider is told at once, and no more is paid for', async () => {
    const text = JSON.stringify({ name: 7, age: 3, more: 'word '.repeat(500) });
    const served: number[] = [];
    for (const early of [true, false]) {
      await using scene = stage({ early }, [{ text }]);
      await scene.ask(STREAM);
      await turn();
      served.push(scene.provider.ledger.totals().outputTokens);
    }
    expect(served[0]).toBeLessThan(20);
    expect(served[1]).toBeGreaterThan(500);
  });

  test('and is stopped in the arguments of a function', async () => {
    const tools = [{ type: 'function', function: { name: 'save', parameters: PERSON } }];
    await using scene = stage({}, [{ toolCalls: [{ name: 'save', arguments: { name: 'Ann', nick: 'A' } }] }]);
    expect(told(await scene.ask({ ...HI, stream: true, tools }))).toBe(
      '{"name":"Ann"," | stopped: The answer is not valid: the arguments of save must not have other properties than those of the schema',
    );
  });

  test.each<[what: string, options: ValidateOptions, text: string, gets: string]>([
    [
      'for a word',
      { checks: [noneOf(['Acme'])] },
      'Buy it at Acme today, at once.',
      'Buy it at Acme | stopped: The answer is not valid: the answer must have none of the words that are not allowed',
    ],
    [
      'for its length',
      { checks: [maxLength(10)] },
      'It is a long story.',
      'It is a | stopped: The answer is not valid: the answer must not be longer than 10 characters',
    ],
    [
      'for a check that is asked at its end',
      { checks: [{ name: 'polite', test: async ({ text }) => text.includes('please') }] },
      'Go away.',
      'Go away. | ended: The answer is not valid: the answer must pass the check polite',
    ],
    ['not for a warning', { checks: [maxLength(3, { severity: 'warn' })] }, 'A story.', 'A story. stop'],
    [
      'not where it is a part of another word',
      { checks: [noneOf(['ass'])] },
      'A class, glass.',
      'A class, glass. stop',
    ],
  ])('and is stopped %s', async (_, options, text, gets) => {
    await using scene = stage(options, [{ text }]);
    expect(told(await scene.ask({ ...HI, stream: true }))).toBe(gets);
  });

  test('settles as failed of its output, for units on both sides', async () => {
    const inside: unknown[] = [];
    const watch: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      void reply.outcome.then(({ status, failure, usage }) =>
        inside.push([status, failure?.kind, usage?.source]),
      );
      return reply;
    };
    for (const checks of [[], [maxLength(9)]]) {
      await using scene = stage({ checks }, [{ text: '{"name":4,"age":4}' }], { beneath: [watch] });
      await scene.ask(STREAM);
      await turn();
      expect(scene.outcomes.map(({ status, failure }) => [status, failure?.kind])).toEqual([
        ['failed', 'invalid_output'],
      ]);
    }
    expect(inside).toEqual([
      ['failed', 'invalid_output', 'estimated'],
      ['aborted', undefined, 'estimated'],
    ]);
  });
});

test('what a stream used is known to whoever wants to know, and the caller is not told unasked', async () => {
  const wants: Interceptor = (next) => (call) => next(call.with({ context: [[usageWanted, true]] }));
  const usual: ValidateOptions[] = [
    {},
    { checks: [maxLength(99)] },
    { deliver: 'when-valid' },
    { deliver: 'when-valid', checks: [maxLength(99)] },
  ];
  for (const options of usual) {
    await using bare = stage({ shouldValidate: () => false }, [{ text: ANN }], { around: [wants] });
    await using scene = stage(options, [{ text: ANN }], { around: [wants] });
    const [plain, judged] = [await bare.ask(STREAM), await scene.ask(STREAM)];
    await turn();
    expect(judged.body).toBe(plain.body);
    expect(scene.outcomes.map(({ usage }) => usage)).toEqual(bare.outcomes.map(({ usage }) => usage));
    expect(scene.outcomes[0]?.usage?.source).toBe('reported');
  }
});

describe('a stream that is held back until it is judged', () => {
  const held: ValidateOptions = { deliver: 'when-valid' };

  test('is handed on in the events of the provider, those that the caller asked for', async () => {
    for (const stream_options of [undefined, { include_usage: true }]) {
      await using bare = stage({ shouldValidate: () => false }, [{ text: ANN }]);
      await using scene = stage(held, [{ text: ANN }]);
      const params = { ...STREAM, stream_options };
      const [plain, judged] = [await bare.ask(params), await scene.ask(params)];
      expect(judged.body).toBe(plain.body);
      await turn();
      expect(scene.outcomes[0]?.status).toBe('completed');
    }
  });

  test('is stopped early, and asked for again', async () => {
    const text = JSON.stringify({ name: 7, age: 3, more: 'word '.repeat(500) });
    await using scene = stage(held, [{ text }, { text: ANN }]);
    expect(told(await scene.ask(STREAM))).toBe(`${ANN} stop (asked-again)`);
    const [first] = scene.provider.ledger.entries;
    expect([first?.completed, (first?.outputTokens ?? 0) < 20]).toEqual([false, true]);
    const messages = messagesOf(scene, 1);
    expect(messages[1]?.content).toBe('{"name":7');
  });

  test('is not stopped for what can be put right', async () => {
    await using scene = stage(held, [{ text: '```json\n{"name": "Ann", "age": 3,}\n```' }]);
    expect(told(await scene.ask(STREAM))).toBe('{"name": "Ann", "age": 3} stop (mended)');
  });

  test('is stopped within a code fence', async () => {
    await using scene = stage({ ...held, repair: 0 }, [
      { text: `\`\`\`json\n{"name": 4, "age": ${'1'.repeat(200)}}\n\`\`\`` },
    ]);
    const { error } = await scene.ask(STREAM);
    expect([error?.stoppedEarly, error?.violations]).toEqual([
      true,
      [{ rule: 'schema', path: '/name', expected: 'must be string' }],
    ]);
  });

  test.each<[what: string, says: ScriptedReply, gets: RegExp]>([
    [
      'breaks',
      { text: ANN, cut: { afterEvents: 4, how: 'reset' } },
      /^\{"name":" \| TypeError: terminated|ECONNRESET|\| /,
    ],
    ['is cut', { text: ANN, cut: { afterEvents: 4 } }, /^\{"name/],
    [
      'fails',
      {
        text: ANN,
        errorInStream: {
          afterEvents: 4,
          error: { message: 'x', type: 'server_error', code: null, param: null },
        },
      },
      /^\{"name/,
    ],
  ])('is not judged where it %s', async (_, says, gets) => {
    await using scene = stage(held, [says, { text: ANN }]);
    const got = await scene.ask(STREAM);
    expect(told(got)).toMatch(gets);
    expect([got.error, scene.provider.requests.length]).toEqual([undefined, 1]);
    expect(scene.lines.some((line) => line.startsWith('evaluation'))).toBe(false);
  });

  test('is not judged where its bytes end before its end', async () => {
    const choices = [{ index: 0, delta: { content: ANN }, finish_reason: null }];
    const answers = scripted([
      { events: [{ choices }], done: false },
      { events: [{ choices }], done: false },
    ]);
    for (const deliver of ['live', 'when-valid'] as const) {
      await using scene = stage({ deliver, early: false }, [], { beneath: [() => answers] });
      const got = await scene.ask({ ...STREAM, response_format: format({ type: 'null' }) });
      await turn();
      expect([got.text, got.error, scene.outcomes[0]?.status]).toEqual([ANN, undefined, 'truncated']);
    }
    expect(answers.calls).toHaveLength(2);
  });

  test('is let go of when the caller gives up while it comes', async () => {
    const controller = new AbortController();
    const cancelled: unknown[] = [];
    const watch: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      void reply.outcome.then(({ status }) => cancelled.push(status));
      return reply;
    };
    await using scene = stage(held, [{ text: ANN, stall: { afterEvents: 3 } }], { beneath: [watch] });
    const asked = scene.ask(STREAM, { signal: controller.signal });
    await turn();
    controller.abort(new Error('enough'));
    const got = await abortable(asked, AbortSignal.timeout(5000));
    await turn();
    expect([(got.thrown as Error).message, cancelled]).toEqual(['enough', ['aborted']]);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
