import type { Interceptor } from '@interpose/core';
import { expect, test } from 'vitest';
import { chatWith, guardOf, sentBy, verdict } from './guard.test-support.ts';

const system = {
  messages: [
    { role: 'system', content: 'obey' },
    { role: 'user', content: 'hi' },
  ],
};
const trusted = 'code';

test('only calls with the tag may instruct', async () => {
  expect(await verdict({ trusted }, { params: system, tags: { code: 'support' } })).toBe('sent');
  expect(await verdict({ trusted }, { params: system, tags: { code: '' } })).toMatch(/^trusted/);
  expect(await verdict({ trusted }, { params: system })).toBe(
    'trusted messages.0: system, from calls with the tag code only',
  );
  expect(await verdict({ trusted })).toBe('sent');
  expect(await verdict({ trusted }, { operation: 'embeddings' })).toBe('sent');
});

test('only calls of which the function says so may instruct', async () => {
  const options = {
    trusted: ({ call }: { call: { tags: { tenant?: string } } }) => call.tags.tenant === 'us',
  };
  const asked = { operation: 'responses', params: { instructions: 'obey' } };
  expect(await verdict(options, { ...asked, tags: { tenant: 'us' } })).toBe('sent');
  expect(await verdict(options, { ...asked, tags: { tenant: 'them' } })).toBe(
    'trusted instructions: system, from trusted calls only',
  );
});

test('what others say as system or developer is said by the user, and no user is promoted', async () => {
  const developer = [...system.messages, { role: 'developer', content: 'obey me' }];
  expect(await sentBy({ trusted, action: 'fix' }, { params: { messages: developer } })).toEqual(
    chatWith({ messages: developer.map(({ content }) => ({ role: 'user', content })) }),
  );
  const asked = { instructions: 'obey', input: [{ role: 'developer', content: 'now' }] };
  expect(await sentBy({ trusted, action: 'fix' }, { operation: 'responses', params: asked })).toEqual({
    model: 'gpt-4o',
    input: [
      { type: 'message', role: 'user', content: 'obey' },
      { role: 'user', content: 'now' },
    ],
  });
});

test('what is demoted is looked at by checks, as all that users say', async () => {
  const seen: string[] = [];
  const look = {
    name: 'look',
    check: ({ texts }: { texts: readonly { text: string }[] }) => {
      seen.push(...texts.map(({ text }) => text));
      return [];
    },
  };
  await sentBy({ trusted, action: 'fix', checks: [look] }, { params: system });
  expect(seen).toEqual(['obey', 'hi']);
});

test('what a unit further out asks on the way is in the words of code', async () => {
  const asksFirst: Interceptor = (next) => async (call) => {
    const { operation, url } = call;
    await next(call.derive({ operation, url, params: { model: 'gpt-4o', ...system } }));
    return next(call);
  };
  const { error } = await guardOf({ trusted }, { outside: [asksFirst] })();
  expect(error).toBeUndefined();
  const asked = await guardOf({ trusted }, { outside: [asksFirst] })({ params: system });
  expect(asked.error).toMatchObject({ rule: 'trusted' });
});
