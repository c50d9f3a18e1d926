import { budget, BudgetExceededError } from '@interpose/budget';
import { cache } from '@interpose/cache';
import { InterposeError, findInterposeError, type Outcome } from '@interpose/core';
import { layerOf } from '@interpose/openai';
import { redact } from '@interpose/redact';
import { retry } from '@interpose/retry';
import { overloaded, recordEvents } from '@interpose/testing';
import { InvalidOutputError, maxLength, validate } from '@interpose/validate';
import { APIUserAbortError, UnprocessableEntityError } from 'openai';
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { all, beneath, looksAtAll, open, until, ways } from './openai-rig.test-support.ts';

const Person = z.object({ name: z.string(), age: z.number().int() });
const ANN = '{"name":"Ann","age":3}';
const BAD = '{"name":"Ann","age":"three"}';
const CHAT = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Who?' }],
  response_format: zodResponseFormat(Person, 'person'),
};
const RESPONSES = { model: 'gpt-4o-mini', input: 'Who?', text: { format: zodTextFormat(Person, 'person') } };

describe.each(ways)('beneath the client, %s, %s', (path, front) => {
  test('parse() gets what was asked for again', async () => {
    await using scene = await open(front, {
      script: [{ text: BAD }, { text: ANN }, { text: BAD }, { text: ANN }],
    });
    const openai = beneath(scene.bare, path, [validate()]);
    const completion = await openai.chat.completions.parse(CHAT);
    expect(completion.choices[0]?.message.parsed).toEqual({ name: 'Ann', age: 3 });
    expect((await openai.responses.parse(RESPONSES)).output_parsed).toEqual({ name: 'Ann', age: 3 });
    expect(scene.provider.requests).toHaveLength(4);
  });

  test('parse() gets what was put right', async () => {
    const text = '```json\n{"name": "Ann", "age": 3,}\n```';
    await using scene = await open(front, { replies: { text } });
    const openai = beneath(scene.bare, path, [validate()]);
    const { data, response } = await openai.chat.completions.create(CHAT).withResponse();
    expect([data.choices[0]?.message.content, response.headers.get('x-interpose-validate')]).toEqual([
      '{"name": "Ann", "age": 3}',
      'mended',
    ]);
    expect((await openai.responses.parse(RESPONSES)).output_parsed).toEqual({ name: 'Ann', age: 3 });
  });

  test('the caller catches the typed error, which is one of the client as well', async () => {
    await using scene = await open(front, { replies: { text: BAD } });
    const openai = beneath(scene.bare, path, [validate({ repair: 0 })]);
    const error = await openai.chat.completions.parse(CHAT).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidOutputError);
    expect(error).toBeInstanceOf(UnprocessableEntityError);
    expect(error).toMatchObject({ code: 'invalid_output', attempts: 1, violations: [{ path: '/age' }] });
    expect(scene.provider.requests).toHaveLength(1);
  });

  test('a refusal, and what was cut, reach parse() as they are', async () => {
    await using scene = await open(front, {
      script: [{ refusal: 'no' }, { text: '{"na', finishReason: 'length' }],
    });
    const openai = beneath(scene.bare, path, [validate()]);
    const { message } = (await openai.chat.completions.parse(CHAT)).choices[0] ?? {};
    expect([message?.refusal, message?.parsed]).toEqual(['no', null]);
    await expect(openai.chat.completions.parse(CHAT)).rejects.toThrow('length');
  });

  test('stream() gets the answer as it comes, and the error where it cannot become valid', async () => {
    const long = JSON.stringify({ name: 'Ann', age: 'three', more: 'word '.repeat(2000) });
    await using scene = await open(front, {
      script: [{ text: ANN }, { text: long, drip: 1 }, { text: ANN }, { text: long, drip: 1 }],
    });
    const openai = beneath(scene.bare, path, [validate()]);
    const chat = (): { finalText(): Promise<unknown> } => {
      const stream = openai.chat.completions.stream(CHAT);
      return { finalText: async () => (await stream.finalChatCompletion()).choices[0]?.message.parsed };
    };
    const responses = (): { finalText(): Promise<unknown> } => {
      const stream = openai.responses.stream(RESPONSES);
      return { finalText: async () => (await stream.finalResponse()).output_parsed };
    };
    for (const make of [chat, responses]) {
      expect(await make().finalText()).toEqual({ name: 'Ann', age: 3 });
      await expect(make().finalText()).rejects.toMatchObject({
        stoppedEarly: true,
        violations: [{ path: '/age' }],
      });
    }
    // The provider was told at once.
    const served = scene.provider.ledger.entries.filter(({ completed }) => !completed);
    expect(served).toHaveLength(2);
    for (const { outputTokens } of served) expect(outputTokens).toBeLessThan(2000);
  });

  test('a stream that is held back is repaired, and comes in events of the provider', async () => {
    await using scene = await open(front, {
      script: [{ text: BAD }, { text: ANN }, { text: BAD }, { text: ANN }],
    });
    const openai = beneath(scene.bare, path, [validate({ deliver: 'when-valid' })]);
    const chunks = await all(openai.chat.completions.create({ ...CHAT, stream: true }));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(ANN);
    expect(chunks.length).toBeGreaterThan(3);
    expect((await openai.responses.stream(RESPONSES).finalResponse()).output_parsed).toEqual({
      name: 'Ann',
      age: 3,
    });
  });

  test('runTools() runs with the arguments that are right', async () => {
    await using scene = await open(front, {
      script: [
        { toolCalls: [{ name: 'save', arguments: { name: 'Ann' } }] },
        { toolCalls: [{ name: 'save', arguments: { name: 'Ann', age: 3 } }] },
        { text: 'Saved.' },
      ],
    });
    const saved: unknown[] = [];
    const tool = zodFunction({
      name: 'save',
      parameters: Person,
      function: (person) => void saved.push(person),
    });
    const { model, messages } = CHAT;
    const runner = beneath(scene.bare, path, [validate()]).chat.completions.runTools({
      model,
      messages,
      tools: [tool],
    });
    expect([await runner.finalContent(), saved]).toEqual(['Saved.', [{ name: 'Ann', age: 3 }]]);
    expect(scene.provider.requests).toHaveLength(3);
  });

  test('the caller leaves while a stream is held back: the provider is told', async () => {
    await using scene = await open(front, { replies: { text: ANN, stall: { afterEvents: 3 } } });
    const outcomes: Promise<Outcome>[] = [];
    const stack = [validate({ deliver: 'when-valid' }), looksAtAll(outcomes)];
    const controller = new AbortController();
    const { signal } = controller;
    const asked = beneath(scene.bare, path, stack).chat.completions.create(
      { ...CHAT, stream: true },
      { signal },
    );
    asked.catch(() => {});
    await until(() => outcomes.length === 1);
    controller.abort();
    await expect(asked).rejects.toBeInstanceOf(APIUserAbortError);
    expect((await outcomes[0])?.status).toBe('aborted');
  });
});

describe('in a stack', () => {
  test('only valid answers are kept by a cache, and they are kept repaired', async () => {
    await using scene = await open('in process', {
      script: [{ text: BAD }, { text: BAD }, { text: BAD }, { text: '{"name":"Ann","age":3,}' }],
    });
    const openai = beneath(scene.bare, 'fast', [cache({ when: 'always' }), validate()]);
    await expect(openai.chat.completions.parse(CHAT)).rejects.toBeInstanceOf(InvalidOutputError);
    for (let turn = 0; turn < 3; turn++) {
      const { choices } = await openai.chat.completions.parse(CHAT);
      expect(choices[0]?.message.parsed).toEqual({ name: 'Ann', age: 3 });
    }
    expect(scene.provider.requests).toHaveLength(4);
  });

  test('a retry beneath makes attempts of its own, all in one row', async () => {
    await using scene = await open('in process', {
      script: [
        overloaded({ retryAfterMs: 1 }),
        { text: BAD },
        overloaded({ retryAfterMs: 1 }),
        { text: ANN },
      ],
    });
    const openai = beneath(scene.bare, 'fast', [validate(), retry({ delay: () => 0 })]);
    using events = recordEvents(layerOf(openai)!);
    await openai.chat.completions.parse(CHAT);
    expect(events.lines.filter((line) => /^attempt(-failed)? /.test(line))).toEqual([
      'attempt 1',
      'attempt-failed 1 overloaded retrying',
      'attempt 2',
      'attempt-failed 2 invalid_output retrying',
      'attempt 3',
      'attempt-failed 3 overloaded retrying',
      'attempt 4',
    ]);
  });

  test('a stream that is cut ends as it does without validation', async () => {
    const cut = { text: ANN, cut: { afterEvents: 4 } };
    const stacks = [
      [],
      [validate()],
      [validate({ checks: [maxLength(99)] })],
      [validate({ deliver: 'when-valid' })],
    ];
    const ends: unknown[] = [];
    for (const stack of stacks) {
      await using scene = await open('over HTTP', { replies: cut });
      const openai = beneath(scene.bare, 'fast', [...stack, retry({ budget: false, delay: () => 0 })]);
      const asked = all(openai.chat.completions.create({ ...CHAT, stream: true }));
      ends.push(await asked.catch((error: unknown) => findInterposeError(error)?.code ?? String(error)));
    }
    expect(ends).toEqual(stacks.map(() => 'reply_network'));
  });

  test('what is asked again is paid for, and a budget that is spent is the cause', async () => {
    await using scene = await open('in process', { replies: { text: BAD } });
    const openai = beneath(scene.bare, 'fast', [
      validate({ repair: 5 }),
      budget({ limits: [{ per: 'all', tokens: 300, every: 'day' }] }),
    ]);
    const error = await openai.chat.completions
      .create({ ...CHAT, max_completion_tokens: 20 })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidOutputError);
    const { notRepaired, cause, attempts } = findInterposeError(error) as InvalidOutputError;
    expect([notRepaired, cause instanceof BudgetExceededError, attempts < 5]).toEqual(['failed', true, true]);
  });

  test('excerpts are scrubbed by the rules of redact', async () => {
    const text = JSON.stringify({
      name: 7,
      age: 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN',
    });
    await using scene = await open('in process', { replies: { text } });
    const openai = beneath(scene.bare, 'fast', [redact(), validate({ repair: 0 })]);
    const error = await openai.chat.completions.parse(CHAT).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InterposeError);
    expect(JSON.stringify((error as InvalidOutputError).violations)).not.toContain('abcdefghijklmnop');
  });

  test('a plain text is stopped at its length', async () => {
    await using scene = await open('in process', { replies: { text: 'word '.repeat(1000) } });
    const openai = beneath(scene.bare, 'fast', [validate({ checks: [maxLength(50)] })]);
    const { model, messages } = CHAT;
    const stream = await openai.chat.completions.create({ model, messages, stream: true });
    let text = '';
    await expect(
      (async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      })(),
    ).rejects.toBeInstanceOf(InvalidOutputError);
    expect([text.length <= 50, scene.provider.ledger.totals().outputTokens < 60]).toEqual([true, true]);
  });
});
