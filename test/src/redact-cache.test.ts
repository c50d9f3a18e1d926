import { cache } from '@interpose/cache';
import { interpose, tags } from '@interpose/openai';
import { redact } from '@interpose/redact';
import { fakeProvider, type RecordedRequest } from '@interpose/testing';
import OpenAI from 'openai';
import { expect, test } from 'vitest';

const CANARY = 'ana.canary@example.com';

/** Answers with the placeholders that it was sent, in its text. */
const echo = ({ rawBody }: RecordedRequest): { text: string } => ({
  text: `I wrote to ${[...rawBody.matchAll(/\[[A-Z]+_[0-9a-f]+\]/g)].map(([placeholder]) => placeholder).join(', ')}.`,
});

test('what is put back into a cached answer is what the call itself had', async () => {
  await using provider = await fakeProvider({ replies: echo });
  const openai = interpose(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }), [
    redact({ restore: true }),
    cache({ when: 'always' }),
  ]);
  const ask = async (tenant: string, content: string, stream: boolean): Promise<string> => {
    const params = {
      model: 'gpt-4o-mini',
      messages: [{ role: 'user' as const, content: `Write to ${content}.` }],
    };
    const given = tags({ tenant });
    let said = '';
    if (stream) {
      for await (const { choices } of await openai.chat.completions.create({ ...params, stream }, given))
        said += choices[0]?.delta.content ?? '';
    } else said = (await openai.chat.completions.create(params, given)).choices[0]?.message.content ?? '';
    return `${said} ${provider.requests.length}`;
  };
  // Each answer with the number of requests that the provider has had.
  const answers: string[] = [];
  for (const [tenant, content, stream] of [
    ['acme', CANARY, false],
    ['acme', CANARY, false],
    ['acme', CANARY, true],
    ['acme', 'bo.canary@example.com', false],
    ['acme', 'bo.canary@example.com', true],
    ['globex', CANARY, true],
    ['globex', CANARY, false],
  ] as const)
    answers.push(await ask(tenant, content, stream));
  expect(answers).toEqual([
    `I wrote to ${CANARY}. 1`,
    `I wrote to ${CANARY}. 1`,
    `I wrote to ${CANARY}. 1`,
    'I wrote to bo.canary@example.com. 2',
    'I wrote to bo.canary@example.com. 2',
    `I wrote to ${CANARY}. 3`,
    `I wrote to ${CANARY}. 3`,
  ]);
  // Not one placeholder is known by two texts, or to two tenants.
  const sent = provider.requests.map(({ rawBody }) => /\[EMAIL_[0-9a-f]+\]/.exec(rawBody)?.[0]);
  expect(new Set(sent).size).toBe(3);
});

test('a placeholder that another call had is not known, though the answer is shared', async () => {
  await using provider = await fakeProvider({ replies: echo });
  const openai = interpose(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }), [
    redact({ restore: true, secret: 'a secret of sixteen' }),
    // A key of the user's own that takes all questions for one.
    cache({ when: 'always', key: () => 'one' }),
  ]);
  const ask = async (content: string): Promise<string> => {
    const answer = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content }],
    });
    return answer.choices[0]?.message.content ?? '';
  };
  expect(await ask(`Write to ${CANARY}`)).toBe(`I wrote to ${CANARY}.`);
  expect(await ask('Write to bo.canary@example.com')).toMatch(/^I wrote to \[EMAIL_[0-9a-f]{6}\]\.$/);
  expect(provider.requests).toHaveLength(1);
});

test('what is only told is told once for each answer, kept or not', async () => {
  await using provider = await fakeProvider({ replies: { text: `Ask ${CANARY}.` } });
  const told: [place: string, count: number][] = [];
  const openai = interpose(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }), [
    redact({ reply: 'report', onMatch: ({ place, count }) => void told.push([place, count]) }),
    cache({ when: 'always' }),
  ]);
  const ask = async (content: string, stream: boolean): Promise<void> => {
    const params = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }] };
    if (stream) await openai.chat.completions.stream(params).finalChatCompletion();
    else await openai.chat.completions.create(params);
  };
  const times: number[] = [];
  for (const [content, stream] of [
    ['missed', true],
    ['missed', true],
    ['missed', false],
    ['missed in one', false],
    ['missed in one', true],
  ] as const) {
    await ask(content, stream);
    times.push(told.splice(0).reduce((sum, [, count]) => sum + count, 0));
  }
  expect(times).toEqual([1, 1, 1, 1, 1]);
  expect(provider.requests).toHaveLength(2);
});
