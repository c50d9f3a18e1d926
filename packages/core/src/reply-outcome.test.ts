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
  told,
  turn,
  usage,
} from './core.test-support.ts';
import type { FailureKind } from './failure.ts';
import type { Reply } from './reply.ts';

/** Reads a reply as a client does; how that ended, and the outcome, which must have settled by then. */
async function ended(reply: Reply): Promise<string> {
  const log: string[] = [];
  void reply.outcome.then((outcome) => log.push(told(outcome)));
  const text = await settledAs(reply.deliver().text());
  await turn();
  log.push(text.includes('Error: ') ? text : 'whole text');
  return log.join(' | ');
}

const broken = (): Error => Object.assign(new TypeError('terminated'), { code: 'UND_ERR_SOCKET' });

describe('outcome', () => {
  test('of a stream tells what the stream said', async () => {
    const wire = [role, piece('hello'), finish(), usage, done];
    expect(await ended(replyOf(source(wire).response))).toBe(
      'completed [stop] 3+2 reported, 5 characters | whole text',
    );
  });

  test('of a whole body tells what the body said', async () => {
    expect(await ended(replyOf(json(chatBody('hello'))))).toBe(
      'completed [stop] 3+2 reported, 5 characters | whole text',
    );
  });

  test('holds id, model, service tier and times', async () => {
    const reply = replyOf(json(chatBody('hello', { service_tier: 'flex' })));
    void reply.outcome;
    await reply.deliver().text();
    const { responseId, model, serviceTier, firstContentMs = -1, totalMs } = await reply.outcome;
    expect([responseId, model, serviceTier]).toEqual(['c1', 'm-1', 'flex']);
    expect(firstContentMs >= 0 && totalMs >= firstContentMs).toBe(true);
  });

  test('estimates usage where the provider reports none', async () => {
    const reply = replyOf(source([piece('a'.repeat(9)), finish(), done]).response);
    expect(await ended(reply)).toBe('completed [stop] 15+3 estimated, 9 characters | whole text');
  });

  test('has one finish reason for each choice', async () => {
    const wire = [piece('a'), piece('b', 1), finish('length', 1), finish('stop'), done];
    expect(await ended(replyOf(source(wire).response))).toContain('completed [length,stop]');
  });

  test.each([
    [
      '[DONE] missing, but every choice finished',
      [piece('a'), finish()],
      'completed [stop] 15+1 estimated, 1 characters',
    ],
    ['no terminal event', [piece('a')], 'truncated [] 15+1 estimated, 1 characters, truncated'],
    [
      'one choice of two not finished',
      [piece('a'), piece('b', 1), finish()],
      'truncated [stop] 15+1 estimated, 2 characters, truncated',
    ],
    [
      'cut within an event',
      [piece('a'), piece('b').slice(0, 40)],
      'truncated [] 15+1 estimated, 1 characters, truncated',
    ],
    [
      'cut after the last line',
      [piece('a'), finish().trimEnd()],
      'completed [stop] 15+1 estimated, 1 characters',
    ],
    [
      '[DONE] without its blank line',
      [piece('a'), done.trimEnd()],
      'completed [] 15+1 estimated, 1 characters',
    ],
    ['nothing at all', [], 'truncated [] 15+0 estimated, 0 characters, truncated'],
    [
      'an error event',
      [piece('a'), data({ error: { code: 'server_error' } })],
      'failed [] 15+1 estimated, 1 characters, server (server_error)',
    ],
    [
      'an error event before content',
      [data({ error: { type: 'insufficient_quota' } })],
      'failed [] no usage, 0 characters, quota_exhausted (insufficient_quota)',
    ],
    [
      'an event that is no JSON',
      [piece('a'), 'data: {\n\n', done],
      'failed [] 15+1 estimated, 1 characters, server (malformed_event)',
    ],
  ])('of a stream with %s', async (_, wire, outcome) => {
    expect(await ended(replyOf(source(wire).response))).toBe(`${outcome} | whole text`);
  });

  test.each([
    ['stream', 'text/event-stream', 'failed [] 15+1 estimated, 1 characters, network (UND_ERR_SOCKET)'],
    ['body', 'application/json', 'failed [] 15+0 estimated, 0 characters, network (UND_ERR_SOCKET)'],
    ['file', 'audio/mpeg', 'failed [] 15+0 estimated, 0 characters, network (UND_ERR_SOCKET)'],
  ])('of a %s whose connection breaks, which the client sees as it was', async (_, type, outcome) => {
    const reply = replyOf(source([piece('a'), broken()], { headers: { 'content-type': type } }).response);
    expect(await ended(reply)).toBe(`${outcome} | TypeError: terminated`);
  });

  test.each(['text/event-stream', 'application/json', 'audio/mpeg'])(
    'of %s that a unit wants told of ends with a typed error that is no abort',
    async (type) => {
      const failOn: FailureKind[] = ['network'];
      const reply = replyOf(source([piece('a'), broken()], { headers: { 'content-type': type } }).response, {
        failOn,
      });
      expect(await ended(reply)).toMatch(
        /ReplyError: The reply broke off \(network \(UND_ERR_SOCKET\)\) after \d char/,
      );
    },
  );

  test('of a cut stream that a unit wants told of ends with a typed error, after all that came', async () => {
    const reply = replyOf(source([piece('ab')]).response, { failOn: ['truncated'] });
    void reply.outcome;
    const reader = reply.deliver().body?.getReader();
    const log = [new TextDecoder().decode((await reader?.read())?.value)];
    log.push(await settledAs(reader?.read() as Promise<unknown>), told(await reply.outcome));
    expect(log).toEqual([
      piece('ab'),
      'ReplyError: The stream ended before the reply was whole, after 2 characters',
      'truncated [] 15+1 estimated, 2 characters, truncated',
    ]);
  });

  test('of an error status has the failure and no usage', async () => {
    const reply = replyOf(json({ error: { code: 'x' } }, { status: 500 }));
    expect(await ended(reply)).toBe('failed [] no usage, 0 characters, 500 server (x) | whole text');
  });

  test('of an error inside a plain 200', async () => {
    const reply = replyOf(json({ error: { code: 'rate_limit_exceeded' } }));
    expect(await ended(reply)).toBe(
      'failed [] no usage, 0 characters, rate_limited (rate_limit_exceeded) | whole text',
    );
  });

  test('of a body that is no JSON', async () => {
    expect(await ended(replyOf(json('{"a":')))).toBe(
      'failed [] 15+2 estimated, 5 characters, 200 server (malformed_body) | whole text',
    );
  });

  test('of bytes, and of a reply without a body', async () => {
    expect(await ended(replyOf(new Response('sound')))).toBe(
      'completed [] 15+0 estimated, 0 characters | whole text',
    );
    expect(await ended(replyOf(new Response(null, { status: 204 })))).toContain('completed [] ');
  });

  test('settles at the terminal event, though the connection stays open', async () => {
    const reply = replyOf(source([piece('a'), finish(), done, undefined]).response);
    const outcome = reply.outcome.then(told);
    const reader = reply.deliver().body?.getReader();
    for (let chunk = 0; chunk < 3; chunk++) await reader?.read();
    expect(await outcome).toBe('completed [stop] 15+1 estimated, 1 characters');
  });

  test('settles at an error event, so that a client that leaves then does not make an abort of it', async () => {
    const reply = replyOf(source([data({ error: { code: 'server_error' } }), undefined]).response);
    const outcome = reply.outcome.then(told);
    const reader = reply.deliver().body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await outcome).toBe('failed [] no usage, 0 characters, server (server_error)');
  });

  test('is the same however often it is asked for, also after the end', async () => {
    const reply = replyOf(json(chatBody('a')));
    const first = reply.outcome;
    await reply.deliver().text();
    expect(await reply.outcome).toBe(await first);
  });

  test('settles once for each reply, whatever happens to it first', async () => {
    const controller = new AbortController();
    const reply = replyOf(source([piece('a'), done]).response, { signal: controller.signal });
    const log: string[] = [];
    void reply.outcome.then((outcome) => log.push(outcome.status));
    await reply.deliver().text();
    controller.abort();
    await reply.cancel();
    await turn();
    expect([log.join(), (await reply.outcome).status]).toEqual(['completed', 'completed']);
  });
});
