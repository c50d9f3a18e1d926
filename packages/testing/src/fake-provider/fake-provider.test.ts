import { getEventListeners } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { fakeProvider } from './fake-provider.ts';
import { drain, fronts, HELLO, until } from './front.test-support.ts';
import { quotaExhausted, rateLimited, stallAfter } from './shapes.ts';

const STREAM = { ...HELLO, stream: true };

describe.each(fronts)('a provider %s', (_, open) => {
  test('records what it was asked and how far its answer came', async () => {
    const { provider, post } = await open();
    await using _closing = provider;
    const response = await post('/chat/completions?api-version=1', HELLO);
    const text = await response.text();
    await until(() => provider.requests[0]?.status === 'finished');
    expect(provider.requests).toEqual([
      {
        id: 'r1',
        method: 'POST',
        path: '/v1/chat/completions?api-version=1',
        headers: expect.objectContaining({
          authorization: 'Bearer test',
          'content-type': 'application/json',
        }),
        body: HELLO,
        rawBody: JSON.stringify(HELLO),
        at: expect.any(Number),
        bytesSent: text.length,
        status: 'finished',
        closedAt: expect.any(Number),
      },
    ]);
    expect(response.headers.get('content-length')).toBe(String(text.length));
    expect(response.url).toBe(`${provider.baseURL}/chat/completions?api-version=1`);
  });

  test('gives the same answer to the same request, headers included', async () => {
    const { provider, post } = await open();
    await using _closing = provider;
    const seen = new Set<string>();
    for (let run = 0; run < 3; run++) {
      const response = await post('/chat/completions', STREAM);
      const headers = [...response.headers].filter(
        ([name]) => !/^(connection|keep-alive|transfer-encoding)$/.test(name),
      );
      seen.add(JSON.stringify(headers) + (await response.text()));
    }
    expect(seen.size).toBe(1);
  });

  test('plays its script, then the standing reply, then the default', async () => {
    const { provider, post } = await open({ script: [rateLimited({ retryAfterMs: 5 })] });
    await using _closing = provider;
    provider.script({ status: 500 });
    const statuses = async (times: number) => {
      const all: number[] = [];
      for (let at = 0; at < times; at++) {
        const response = await post('/chat/completions', HELLO);
        await response.text();
        all.push(response.status);
      }
      return all;
    };
    expect(await statuses(3)).toEqual([429, 500, 200]);
    provider.always(({ id }) => (id === 'r4' ? { status: 503 } : undefined));
    expect(await statuses(2)).toEqual([503, 200]);
    provider.always({ status: 409 });
    expect(await statuses(2)).toEqual([409, 409]);
    provider.reset();
    expect(provider.requests).toEqual([]);
    expect(await statuses(1)).toEqual([200]);
  });

  test('says so when the function of the test throws', async () => {
    const { provider, post } = await open();
    await using _closing = provider;
    provider.always(() => {
      throw new Error('oops');
    });
    const response = await post('/chat/completions', HELLO);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([500, 'false']);
    expect(await response.text()).toContain('the script threw: oops');
  });

  test('keeps a ledger of what it served', async () => {
    const { provider, post } = await open({ script: [{}, { status: 500 }, { usage: { outputTokens: 90 } }] });
    await using _closing = provider;
    for (let at = 0; at < 3; at++) await (await post('/chat/completions', STREAM)).text();
    expect(provider.ledger.entries).toEqual([
      {
        requestId: 'r1',
        model: 'gpt-5',
        operation: 'chat',
        inputTokens: 1,
        outputTokens: 4,
        completed: true,
      },
      {
        requestId: 'r3',
        model: 'gpt-5',
        operation: 'chat',
        inputTokens: 1,
        outputTokens: 90,
        completed: true,
      },
    ]);
    expect(provider.ledger.totals()).toEqual({ requests: 2, completed: 2, inputTokens: 2, outputTokens: 94 });
  });

  test('an abort ends a wait for headers with the reason of the caller', async () => {
    const { provider, post } = await open({ script: [{ latency: 60_000 }] });
    await using _closing = provider;
    const leave = new AbortController();
    const asked = post('/chat/completions', HELLO, { signal: leave.signal });
    await until(() => provider.requests.length === 1);
    leave.abort(new Error('changed my mind'));
    await expect(asked).rejects.toThrow('changed my mind');
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('a call that is aborted before it starts is no request', async () => {
    const { provider, post } = await open();
    await using _closing = provider;
    const asked = post('/chat/completions', HELLO, { signal: AbortSignal.abort() });
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect(provider.requests).toEqual([]);
  });

  test('a body that is cancelled is left by the client', async () => {
    const { provider, post } = await open({ script: [{ drip: 1, text: 'word '.repeat(1000) }] });
    await using _closing = provider;
    const response = await post('/chat/completions', STREAM);
    await response.body?.cancel();
    await until(() => provider.requests[0]?.status === 'client-closed');
    expect(provider.ledger.entries[0]?.completed).toBe(false);
  });

  test('closes at once, whatever is open', async () => {
    const { provider, post } = await open({ script: [stallAfter(1), { latency: 60_000 }] });
    const response = await post('/chat/completions', STREAM);
    const waiting = post('/chat/completions', HELLO).catch((error: unknown) => error);
    await until(() => provider.requests.length === 2);
    await provider.close();
    await provider.close();
    expect((await drain(response)).error).toMatchObject({ message: 'terminated' });
    expect(await waiting).toBeInstanceOf(TypeError);
    expect(provider.requests.map(({ status }) => status)).toEqual(['cut', 'cut']);
    await expect(post('/chat/completions', HELLO)).rejects.toMatchObject({ message: 'fetch failed' });
  });

  test('tells six kinds of empty purse, in which code or type say so', async () => {
    const { provider, post } = await open({ script: Object.values(quotaExhausted).map((shape) => shape()) });
    await using _closing = provider;
    const told: unknown[] = [];
    for (const name of Object.keys(quotaExhausted)) {
      const response = await post('/chat/completions', HELLO);
      const { type, code } = JSON.parse(await response.text()).error;
      told.push(`${name}: ${response.status} ${type} ${code}`);
    }
    expect(told).toEqual([
      'insufficientQuota: 429 billing_error insufficient_quota',
      'insufficientQuotaByType: 429 insufficient_quota null',
      'creditBalanceExhausted: 429 billing_error credit_balance_exhausted',
      'organizationSpendLimitExceeded: 429 billing_error organization_spend_limit_exceeded',
      'projectSpendLimitExceeded: 429 billing_error project_spend_limit_exceeded',
      'organizationUsageLimitExceeded: 429 billing_error organization_usage_limit_exceeded',
    ]);
  });

  test('serves Azure paths, where the deployment stands for the model', async () => {
    const { provider, post } = await open();
    await using _closing = provider;
    const path = '/../openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21';
    const answer = JSON.parse(await (await post(path, { messages: HELLO['messages'] })).text());
    expect(answer.model).toBe('my gpt');
  });
});

describe('in process', () => {
  test('nothing stays on the signal of the caller', async () => {
    const provider = fakeProvider.inProcess({
      script: [{}, { cut: { afterEvents: 1 } }, {}, { refuse: true }],
    });
    const { signal } = new AbortController();
    const init = { method: 'POST', headers: { 'api-key': 'k' }, body: JSON.stringify(STREAM), signal };
    const ask = () => provider.fetch(`${provider.baseURL}/chat/completions`, init);
    await (await ask()).text();
    await drain(await ask());
    await (await ask()).body?.cancel();
    await ask().catch(() => {});
    expect(provider.requests.map(({ status }) => status)).toEqual([
      'finished',
      'cut',
      'client-closed',
      'cut',
    ]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('a body is pulled event by event', async () => {
    const provider = fakeProvider.inProcess();
    const init = { method: 'POST', headers: { 'api-key': 'k' }, body: JSON.stringify(STREAM) };
    const response = await provider.fetch(`${provider.baseURL}/chat/completions`, init);
    expect(provider.requests[0]?.bytesSent).toBe(0);
    const reader = response.body?.getReader();
    const sizes: number[] = [];
    for (let at = 0; at < 3; at++) sizes.push((await reader?.read())?.value?.length ?? 0);
    expect(provider.requests[0]?.bytesSent).toBe(sizes.reduce((sum, size) => sum + size));
  });

  test('it takes what the platform takes', async () => {
    const provider = fakeProvider.inProcess();
    const url = new URL(`${provider.baseURL}/chat/completions`);
    const headers = { 'api-key': 'k', 'content-type': 'application/json' };
    const body = JSON.stringify(HELLO);
    const stream = new Blob([body]).stream();
    await provider.fetch(new Request(url, { method: 'POST', headers, body }));
    await provider.fetch(url, { method: 'post', headers, body: Buffer.from(body) });
    await provider.fetch(url, {
      method: 'POST',
      headers: new Headers(headers),
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(provider.requests.map(({ method, rawBody }) => [method, rawBody])).toEqual(
      Array.from({ length: 3 }, () => ['POST', body]),
    );
  });

  test('a probe for the Response class is no request', async () => {
    const provider = fakeProvider.inProcess();
    expect((await provider.fetch('data:,')).constructor).toBe(Response);
    expect(provider.requests).toEqual([]);
  });

  test('a status without a body has none', async () => {
    const provider = fakeProvider.inProcess({ script: [{ status: 204 }] });
    const response = await provider.fetch(`${provider.baseURL}/models`, { headers: { 'api-key': 'k' } });
    expect([response.status, response.body, provider.requests[0]?.status]).toEqual([204, null, 'finished']);
  });
});

test('a client that leaves while it is still sending is no request', async () => {
  await using provider = await fakeProvider();
  const socket = connect(Number(new URL(provider.baseURL).port), '127.0.0.1');
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
  await new Promise((next) => setTimeout(next, 5));
  socket.destroy();
  await (await fetch(`${provider.baseURL}/models`, { headers: { 'api-key': 'k' } })).text();
  expect(provider.requests.map(({ method }) => method)).toEqual(['GET']);
});

test('options that make no sense are refused with the value received', async () => {
  expect(() => fakeProvider.inProcess({ tokensPerChunk: 0 })).toThrow(
    'fakeProvider: tokensPerChunk must be an integer >= 1, got 0',
  );
  expect(() => fakeProvider.inProcess({ script: [{ chunkBytes: 0 }] })).toThrow(
    'chunkBytes must be an integer >= 1, got 0',
  );
  expect(() => fakeProvider.inProcess().script({ drip: Number.NaN })).toThrow(
    'drip must be >= 0 ms, got NaN',
  );
  expect(() => fakeProvider.inProcess().always({ status: 99 })).toThrow(
    'status must be from 200 to 599, got 99',
  );
  await using provider = await fakeProvider();
  const port = Number(new URL(provider.baseURL).port);
  await expect(fakeProvider({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
