import { describe, expect, test } from 'vitest';
import { dataOf, drain, fronts, HELLO, until } from './front.test-support.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import { cutAfter, stallAfter } from './shapes.ts';

const STREAM = { ...HELLO, stream: true };
const CONTENT = 'You said: hello';

/** Puts the content of chat chunks together; what is not JSON shows as `?`. */
function contentOf(sse: string): string {
  const data = sse.split(/\r?\n\r?\n/).flatMap((event) => event.split('data: ')[1] ?? []);
  return data
    .map((json) => (json.startsWith('{') ? (JSON.parse(json).choices[0]?.delta.content ?? '') : ''))
    .join('');
}

describe.each(fronts)('faults %s', (_, open) => {
  async function streamed(reply: ScriptedReply, request: object = STREAM) {
    const { provider, post } = await open({ script: [reply] });
    await using _closing = provider;
    const response = await post('/chat/completions', request);
    const read = await drain(response);
    return { response, ...read, record: provider.requests[0], entry: provider.ledger.entries[0] };
  }

  test.each([
    ['close', 'UND_ERR_SOCKET', 'other side closed'],
    ['reset', 'ECONNRESET', 'read ECONNRESET'],
  ] as const)('a cut by %s fails the body like the platform does', async (how, code, message) => {
    const { text, error, record, entry } = await streamed(cutAfter(3, how));
    expect(contentOf(text)).toBe('You said');
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: 'terminated', cause: { code, message } });
    expect(record).toMatchObject({ status: 'cut', bytesSent: Buffer.byteLength(text) });
    expect(entry).toMatchObject({ outputTokens: 2, completed: false });
  });

  test.each([0, 1, 57])('a plain body is cut after %i bytes', async (atByte) => {
    const { response, text, error } = await streamed({ cut: { atByte } }, HELLO);
    expect(response.status).toBe(200);
    expect([text.length, error?.message]).toEqual([atByte, 'terminated']);
  });

  test('a stall keeps the connection open until the client leaves', async () => {
    const { provider, post } = await open({ script: [stallAfter(2)] });
    await using _closing = provider;
    const leave = new AbortController();
    const response = await post('/chat/completions', STREAM, { signal: leave.signal });
    const reader = response.body?.getReader();
    let text = '';
    while (!text.includes('"You"')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(provider.requests[0]?.status).toBe('open');
    leave.abort();
    await expect(reader?.read()).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => provider.requests[0]?.status === 'client-closed');
    expect(provider.requests[0]?.closedAt).toBeGreaterThanOrEqual(provider.requests[0]?.at ?? Infinity);
  });

  test('a stall can send comments', async () => {
    const { provider, post } = await open({ script: [stallAfter(1, 1)] });
    await using _closing = provider;
    const response = await post('/chat/completions', STREAM);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (text.split(': keep-alive\n\n').length > 3) break;
    }
    expect(text).toMatch(/^data: \{.*\}\n\n(: keep-alive\n\n){3}/);
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('waits between events carry comments, and the answer still comes whole', async () => {
    const { text } = await streamed({ drip: 3, keepAlive: 1, firstContentDelay: 2, latency: 1 });
    expect(text).toContain(': keep-alive\n\n');
    expect(contentOf(text)).toBe(CONTENT);
  });

  test('the wait for the first content comes after the first event', async () => {
    const { text } = await streamed({ firstContentDelay: 3, keepAlive: 1 });
    expect(text).toMatch(/^data: .*"role".*\n\n: keep-alive\n\n: keep-alive\n\ndata: .*"You"/);
  });

  test('a delayed plain body gets no comments', async () => {
    const { text } = await streamed({ firstContentDelay: 3, keepAlive: 1 }, HELLO);
    expect(JSON.parse(text).choices[0].message.content).toBe(CONTENT);
  });

  test.each([1, 3, 7])('pieces of %i bytes add up, whatever they cut', async (chunkBytes) => {
    const text = 'héllo wörld 🌍';
    const streamedText = (await streamed({ text, chunkBytes, lineEnding: '\r\n' })).text;
    expect(contentOf(streamedText)).toBe(text);
    expect(streamedText.endsWith('data: [DONE]\r\n\r\n')).toBe(true);
    const whole = await streamed({ text, chunkBytes }, HELLO);
    expect(JSON.parse(whole.text).choices[0].message.content).toBe(text);
    expect(whole.response.headers.get('content-length')).toBeNull();
  });

  test('malformed JSON ends in the middle', async () => {
    const whole = await streamed({ malformed: 'json' }, HELLO);
    expect(() => JSON.parse(whole.text)).toThrow(SyntaxError);
    const { text } = await streamed({ malformed: 'json' });
    const [role, broken, next] = text.split('\n\n').map((event) => event.slice('data: '.length));
    expect(() => JSON.parse(broken ?? '')).toThrow(SyntaxError);
    expect([JSON.parse(role ?? '').object, JSON.parse(next ?? '').object]).toEqual(
      Array(2).fill('chat.completion.chunk'),
    );
  });

  test('malformed SSE runs its events together', async () => {
    const { text } = await streamed({ malformed: 'sse' });
    expect(text.split('\n\n')).toHaveLength(3);
  });

  test.each([
    [
      'unnamed',
      undefined,
      'data: {"error":{"message":"boom","type":"server_error","param":null,"code":null}}\n\n',
    ],
    [
      'named',
      true,
      'event: error\ndata: {"error":{"message":"boom","type":"server_error","param":null,"code":null}}\n\n',
    ],
  ])('an error inside a 200 ends the stream, %s', async (_name, named, end) => {
    const error = { message: 'boom', type: 'server_error' };
    const errorInStream = { afterEvents: 2, error, ...(named === undefined ? {} : { named }) };
    const { text, record, entry } = await streamed({ errorInStream });
    expect(text.endsWith(end)).toBe(true);
    expect(contentOf(text.slice(0, -end.length))).toBe('You');
    expect([record?.status, entry?.completed, entry?.outputTokens]).toEqual(['finished', false, 1]);
  });

  test('a stream may lack its end', async () => {
    const { text, record } = await streamed({ omitDone: true });
    expect(text).not.toContain('[DONE]');
    expect(record?.status).toBe('finished');
  });

  test('a bare status is an error in the shape of the API, with scripted headers', async () => {
    const { response, text, entry } = await streamed({ status: 503, headers: { 'Retry-After': '2' } });
    expect([response.status, response.headers.get('retry-after'), entry]).toEqual([503, '2', undefined]);
    expect(JSON.parse(text).error).toMatchObject({ type: 'server_error', code: null });
  });

  test('a scripted body is sent whatever was asked for, and billed by its own usage', async () => {
    const { response, text, entry } = await streamed({
      body: { usage: { prompt_tokens: 7, completion_tokens: 8 } },
    });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(text).toBe('{"usage":{"prompt_tokens":7,"completion_tokens":8}}');
    expect(entry).toMatchObject({ inputTokens: 7, outputTokens: 8, completed: true });
  });

  test('scripted events are sent as they are, named by their type', async () => {
    const { text } = await streamed({ events: [{ a: 1 }, { type: 'x.y' }] });
    expect(text).toBe('data: {"a":1}\n\nevent: x.y\ndata: {"type":"x.y"}\n\ndata: [DONE]\n\n');
  });

  test('a connection is refused', async () => {
    const { provider, post } = await open({ script: [{ refuse: true }] });
    await using _closing = provider;
    await expect(post('/chat/completions', HELLO)).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: expect.stringMatching(/^(ECONNREFUSED|ECONNRESET)$/) },
    });
    expect(provider.requests[0]).toMatchObject({ status: 'cut', bytesSent: 0 });
    expect(await dataOf(await post('/chat/completions', STREAM))).toContain('[DONE]');
  });

  test('a huge stream is made as it is read', async () => {
    const event = { choices: [{ index: 0, delta: { content: 'x'.repeat(64 * 1024) } }] };
    const { provider, post } = await open({ script: [{ repeat: { event, times: 4096 } }] });
    await using _closing = provider;
    const response = await post('/chat/completions', STREAM);
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((next) => setTimeout(next, 5));
    // What fills the socket's buffers on both sides is a few megabytes of the 256.
    expect(provider.requests[0]?.bytesSent).toBeLessThan(32 * 1024 * 1024);
    await reader?.cancel();
    await until(() => provider.requests[0]?.status === 'client-closed');
  });
});
