import { describe, expect, test } from 'vitest';
import {
  chatBody,
  data,
  done,
  finish,
  json,
  piece,
  replyOf,
  role,
  settledAs,
  source,
} from './core.test-support.ts';
import { Failure } from './failure.ts';
import type { Reply } from './reply.ts';

/** What `commit` says, and what the client then gets of the reply. */
async function committed(reply: Reply): Promise<string> {
  const result = await settledAs(reply.commit());
  const text = await settledAs(reply.deliver().text());
  return `${result} | ${text}`;
}

describe('commit', () => {
  test('reads a stream up to its first content, no further, and plays it all afterwards', async () => {
    const provider = source([': hi\n\n', role, piece('a'), piece('b'), finish(), done]);
    const reply = replyOf(provider.response);
    await reply.commit();
    await reply.commit();
    expect(provider.pulls).toBe(3);
    expect(await reply.deliver().text()).toBe(`: hi\n\n${role}${piece('a')}${piece('b')}${finish()}${done}`);
  });

  test('lets those who come after it see what it held', async () => {
    const reply = replyOf(source([role, piece('a'), piece('b'), done]).response);
    const seen: string[] = [];
    reply.tap({ event: (event) => seen.push(`before ${event.data.includes('"b"')}`) });
    await reply.commit();
    expect(seen).toEqual([]);
    reply.tap({ event: (event) => seen.push(`after ${event.data.includes('"b"')}`) });
    await reply.deliver().text();
    expect(seen.join()).toBe('before false,after false,before false,after false,before true,after true');
  });

  test('takes in a whole body, and leaves it to be read', async () => {
    const text = JSON.stringify(chatBody('a'));
    expect(await committed(replyOf(json(text)))).toBe(`undefined | ${text}`);
  });

  test('takes the first bytes of a binary reply, and no more', async () => {
    const provider = source(['ab', 'cd', 'ef'], { headers: { 'content-type': 'audio/mpeg' } });
    const reply = replyOf(provider.response);
    await reply.commit();
    await reply.commit();
    expect(provider.pulls).toBe(1);
    expect(await reply.deliver().text()).toBe('abcdef');
  });

  test('rejects with the failure of an error status, and leaves its body to be read', async () => {
    const error = json({ error: { message: 'my prompt', code: 'insufficient_quota' } }, { status: 429 });
    expect(await committed(replyOf(error))).toBe(
      'Failure: 429 quota_exhausted (insufficient_quota) | {"error":{"message":"my prompt","code":"insufficient_quota"}}',
    );
  });

  test('rejects with the failure of an error event before content; its bytes stay', async () => {
    const error = data({ error: { message: 'my prompt', code: 'rate_limit_exceeded' } });
    const before = replyOf(source([role, error]).response);
    const after = replyOf(source([role, piece('a'), error]).response);
    expect(await committed(before)).toBe(`Failure: rate_limited (rate_limit_exceeded) | ${role}${error}`);
    expect(await settledAs(before.commit())).toBe('Failure: rate_limited (rate_limit_exceeded)');
    expect(await committed(after)).toBe(`undefined | ${role}${piece('a')}${error}`);
  });

  test('rejects at an event that only its name makes an error', async () => {
    const error = 'event: error\ndata: {"code":"rate_limit_exceeded","message":"my prompt"}\n\n';
    expect(await committed(replyOf(source([error]).response))).toBe(
      `Failure: rate_limited (rate_limit_exceeded) | ${error}`,
    );
  });

  test('rejects when a stream is cut before content, and what reads on is told of it too', async () => {
    expect(await committed(replyOf(source([role]).response))).toBe(`Failure: truncated | ${role}`);
    expect(await committed(replyOf(source([role]).response, { failOn: ['truncated'] }))).toBe(
      'Failure: truncated | ReplyError: The stream ended before the reply was whole, after 0 characters',
    );
  });

  test('rejects when the connection breaks before content, and what reads on is told of it too', async () => {
    const broken = (): Error => Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' });
    for (const type of ['text/event-stream', 'application/json', 'audio/mpeg']) {
      const headers = { 'content-type': type };
      const log = await committed(
        replyOf(source([role, broken()].slice(type === 'audio/mpeg' ? 1 : 0), { headers }).response),
      );
      expect(log).toBe('Failure: network (ECONNRESET) | TypeError: terminated');
    }
  });

  test('takes an empty stream that ends as it is meant to for whole', async () => {
    expect(await committed(replyOf(source([role, finish('length')]).response))).toBe(
      `undefined | ${role}${finish('length')}`,
    );
    expect(await committed(replyOf(source([done]).response))).toBe(`undefined | ${done}`);
  });

  test('rejects when the body is not what it says it is', async () => {
    expect(await committed(replyOf(json('{"a":')))).toBe('Failure: 200 server (malformed_body) | {"a":');
    expect(await committed(replyOf(source(['data: {"a":\n\n']).response))).toBe(
      'Failure: server (malformed_event) | data: {"a":\n\n',
    );
  });

  test('rejects when the reply is cancelled while it waits', async () => {
    for (const type of ['text/event-stream', 'audio/mpeg']) {
      const provider = source([undefined], { headers: { 'content-type': type } });
      const reply = replyOf(provider.response);
      const result = settledAs(reply.commit());
      await reply.cancel('lost the race');
      expect([await result, ...provider.log]).toEqual(['Failure: aborted', 'cancelled lost the race']);
      expect(await settledAs(reply.commit())).toBe('Failure: aborted');
    }
  });
});

describe('failure', () => {
  test('tells what an error status means, and is undefined for a success', async () => {
    const reply = replyOf(json('no json', { status: 503, headers: { 'retry-after': '2' } }));
    const failure = await reply.failure();
    expect(`${failure?.message} ${failure?.retryAfterMs} ${failure?.transient}`).toBe(
      '503 overloaded 2000 true',
    );
    expect(await reply.deliver().text()).toBe('no json');
    expect(await replyOf(json('{}')).failure()).toBe(undefined);
  });

  test('is what a unit judged it to be, for all who ask after it; the outcome is what the provider said', async () => {
    const reply = replyOf(json('{"error":{"code":"insufficient_quota"}}', { status: 429 }));
    const { outcome } = reply;
    const said = await reply.failure();
    const judged = new Failure('quota_exhausted', { transient: true, retryAfterMs: 0 });
    expect(reply.judge(judged)).toBe(reply);
    expect([await reply.failure(), await reply.commit().catch((error: unknown) => error)]).toEqual([
      judged,
      judged,
    ]);
    expect(await reply.deliver().text()).toBe('{"error":{"code":"insufficient_quota"}}');
    expect((await outcome).failure).toBe(said);
    const fine = replyOf(json('{}')).judge(judged);
    expect([await fine.failure(), await fine.commit()]).toEqual([undefined, undefined]);
  });
});
