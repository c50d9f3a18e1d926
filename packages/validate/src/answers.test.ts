import { chat } from '@interpose/core';
import { expect, test } from 'vitest';
import { Answers, isCut } from './answers.ts';

const chunk = (index: number, delta: object, finish: string | null = null): object => ({
  id: 'c1',
  choices: [{ index, delta, finish_reason: finish }],
});

function read(events: readonly object[]): Answers {
  const answers = new Answers();
  for (const event of events) answers.take(chat.inspectEvent(event));
  return answers;
}

test('tells the choices of a reply apart, and how each ended', () => {
  const answers = read([
    chunk(0, { content: 'a' }),
    chunk(1, { content: 'b' }),
    chunk(0, { content: 'c' }),
    chunk(0, {}, 'length'),
    chunk(1, {}, 'stop'),
    chunk(2, { refusal: 'no' }, 'stop'),
  ]);
  const told = [...answers.choices.values()].map((choice) => [
    choice.number,
    choice.texts.map(({ text }) => text),
    choice.refused,
    isCut(choice),
  ]);
  expect([answers.responseId, told]).toEqual([
    'c1',
    [
      [0, ['ac'], false, true],
      [1, ['b'], false, false],
      [2, [], true, false],
    ],
  ]);
});

test('takes a call whose name is told with each stretch for one', () => {
  const stretch = (text: string): object =>
    chunk(0, { tool_calls: [{ index: 0, id: 't1', function: { name: 'f', arguments: text } }] });
  const { choices } = read([stretch('{"a"'), stretch(':1}'), chunk(0, {}, 'tool_calls')]);
  expect(choices.get(0)?.calls.map(({ call, text }) => [call?.name, call?.callId, text])).toEqual([
    ['f', 't1', '{"a":1}'],
  ]);
});

test('keeps nothing of what the model thinks', () => {
  const { choices, content } = read([chunk(0, { reasoning_content: 'hm' }), chunk(0, {}, 'stop')]);
  expect([content, choices.get(0)?.texts]).toEqual([true, []]);
});
