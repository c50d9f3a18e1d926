import { expect, test } from 'vitest';
import { guardedChat } from './guarded-chat.ts';

test('the chat is trimmed, guarded and stopped, and what breaks a rule is not sent', async () => {
  let written = '';
  const chat = await guardedChat((text) => (written += text));
  expect(chat.asked).toMatch(
    /^gpt-4o, 26 messages of \d+ characters, temperature 1.8, no limit, tools track and delete_order$/,
  );
  expect(chat.sent).toEqual([
    expect.stringMatching(/^gpt-4o-mini, 2 messages of \d+ characters, at most 60 tokens$/),
    expect.stringMatching(
      /^gpt-4o, \d+ messages of \d+ characters, temperature 1, at most 400 tokens, tools track$/,
    ),
  ]);
  expect(chat.trimmed).toMatch(/^dropped=0, cleared=\d+, summarised=\d+, before=\d+, after=\d+$/);
  expect(chat.answer.trim()).toBe('Your order 1006 is in Ghent and arrives on Friday.');
  expect(written).toBe(chat.answer);
  expect([chat.finish, chat.provider]).toEqual(['stop', 'stopped before its end']);
  expect(chat.refusals.map((text) => /The rule [\w.-]+|may hold \d+/.exec(text)?.[0])).toEqual([
    'The rule models',
    'The rule trusted',
    'The rule prompt-injection',
    'may hold 450',
  ]);
});
