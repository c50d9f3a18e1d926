import { fallback, hedge, type FallbackTarget } from '@interpose/fallback';
import { interpose } from '@interpose/openai';
import { retry } from '@interpose/retry';
import {
  creditBalanceExhausted,
  fakeProvider,
  insufficientQuota,
  insufficientQuotaByType,
  organizationSpendLimitExceeded,
  organizationUsageLimitExceeded,
  projectSpendLimitExceeded,
  type FakeProvider,
} from '@interpose/testing';
import { AzureOpenAI, OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './openai-rig.test-support.ts';

let primary: FakeProvider;
let backup: FakeProvider;

beforeAll(async () => {
  primary = await fakeProvider();
  backup = await fakeProvider();
});
afterAll(() => Promise.all([primary.close(), backup.close()]));

/** What the backup is asked, when the primary is down. */
async function asked(
  target: FallbackTarget,
): Promise<{ path: string; headers: Readonly<Record<string, string>> }> {
  primary.reset();
  backup.reset();
  primary.script({ status: 503 });
  const client = new OpenAI({
    apiKey: 'sk-primary',
    organization: 'org-primary',
    project: 'proj-primary',
    baseURL: primary.baseURL,
    defaultHeaders: { 'x-gateway-key': 'sk-primary' },
  });
  const openai = interpose(client, [fallback([target])]);
  await openai.embeddings.create(
    { model: 'text-embedding-3-small', input: 'hello' },
    { headers: { cookie: 'session=sk-primary' } },
  );
  const [request] = backup.requests;
  if (!request) throw new Error('the backup was not asked');
  expect(JSON.stringify(request.headers)).not.toMatch(/primary/);
  return request;
}

describe('a client as a target', () => {
  test('of OpenAI sends its own key, organisation, project and headers', async () => {
    const { path, headers } = await asked({
      client: new OpenAI({
        apiKey: async () => 'sk-backup',
        organization: 'org-backup',
        project: 'proj-backup',
        baseURL: backup.baseURL,
        defaultHeaders: { 'x-region': 'eu' },
      }),
    });
    expect(path).toBe('/v1/embeddings');
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-backup',
      'openai-organization': 'org-backup',
      'openai-project': 'proj-backup',
      'x-region': 'eu',
      'content-type': 'application/json',
    });
  });

  test('of Azure has its deployment, its version and its own header for the key', async () => {
    const { path, headers } = await asked({
      client: new AzureOpenAI({
        apiKey: 'key-backup',
        apiVersion: '2026-01-01',
        deployment: 'mine',
        baseURL: `${new URL(backup.baseURL).origin}/openai`,
      }),
    }).catch(() => {
      // The fake provider has no such path, which is answered with 404; it was asked all the same.
      const [request] = backup.requests;
      if (!request) throw new Error('the backup was not asked');
      return request;
    });
    expect(path).toBe('/openai/deployments/mine/embeddings?api-version=2026-01-01');
    expect([headers['api-key'], headers['authorization']]).toEqual(['key-backup', undefined]);
    expect(JSON.stringify(headers)).not.toMatch(/primary/);
  });

  test('with a layer of its own goes through that', async () => {
    const seen: string[] = [];
    const inner = interpose(new OpenAI({ apiKey: 'sk-backup', baseURL: backup.baseURL }), [
      (next) => (call) => {
        seen.push(call.url);
        return next(call);
      },
    ]);
    await asked({ client: inner });
    expect(seen).toEqual([`${backup.baseURL}/embeddings`]);
  });

  test('takes streams, helpers and forms along', async () => {
    const client = new OpenAI({ apiKey: 'sk-primary', baseURL: primary.baseURL });
    const target = { client: new OpenAI({ apiKey: 'sk-backup', baseURL: backup.baseURL }) };
    const openai = interpose(client, [fallback([target]), retry({ maxAttempts: 1 })]);
    primary.always({ status: 503 });
    backup.reset();
    const messages = [{ role: 'user' as const, content: 'hello' }];
    const runner = openai.chat.completions.stream({ model: 'gpt-4o', messages });
    expect((await runner.finalChatCompletion()).choices[0]?.message.content).toBe('You said: hello');
    const file = new File([new Uint8Array(4)], 'hello.wav');
    const heard = await openai.audio.transcriptions.create({ model: 'whisper-1', file });
    expect(heard.text).not.toBe('');
    primary.reset();
    expect(backup.requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer sk-backup',
      'Bearer sk-backup',
    ]);
    expect(backup.requests[1]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  });
});

test('a baseURL and a key are all that a target needs, also for a form with another model', async () => {
  primary.reset();
  backup.reset();
  primary.script({ status: 503 });
  const client = new OpenAI({ apiKey: 'sk-primary', baseURL: primary.baseURL });
  const openai = interpose(client, [
    fallback([{ baseURL: backup.baseURL, apiKey: 'sk-backup', model: 'gpt-4o-transcribe' }]),
  ]);
  const file = new File([new Uint8Array(4)], 'hello.wav');
  await openai.audio.transcriptions.create({ model: 'whisper-1', file });
  const [request] = backup.requests;
  expect(request?.headers['authorization']).toBe('Bearer sk-backup');
  expect(request?.rawBody).toContain('gpt-4o-transcribe');
  expect(request?.rawBody).not.toContain('whisper-1');
});

test.each([
  ['insufficient_quota', insufficientQuota()],
  ['insufficient_quota by its type', insufficientQuotaByType()],
  ['credit_balance_exhausted', creditBalanceExhausted()],
  ['organization_spend_limit_exceeded', organizationSpendLimitExceeded()],
  ['organization_usage_limit_exceeded', organizationUsageLimitExceeded()],
  ['project_spend_limit_exceeded', projectSpendLimitExceeded()],
])('a quota that is spent (%s) is asked for once, and then another account', async (_, spent) => {
  primary.reset();
  backup.reset();
  primary.always(spent);
  const client = new OpenAI({ apiKey: 'sk-primary', baseURL: primary.baseURL });
  const other = { client: new OpenAI({ apiKey: 'sk-backup', baseURL: backup.baseURL }) };
  // Another model of the same account would be refused as well.
  const openai = interpose(client, [fallback([{ model: 'text-embedding-3-large' }, other]), retry()]);
  await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' });
  expect([primary.requests.length, backup.requests.length]).toEqual([1, 1]);
  const alone = interpose(client, [fallback([{ model: 'text-embedding-3-large' }]), retry()]);
  const asking = alone.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' });
  await expect(asking).rejects.toThrow(OpenAI.RateLimitError);
  expect(primary.requests.length).toBe(2);
});

test('the connection of a hedge that lost is closed, over HTTP', async () => {
  primary.reset();
  primary.script({ stall: { afterEvents: 1, keepAlive: 5 } });
  const client = new OpenAI({ apiKey: 'test', baseURL: primary.baseURL });
  const openai = interpose(client, [hedge({ after: 30 })]);
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('You said: hello');
  await until(() => primary.requests.every(({ status }) => status !== 'open'));
  expect(primary.requests.map(({ status }) => status)).toEqual(['client-closed', 'finished']);
});
