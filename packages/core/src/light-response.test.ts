import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { settledAs } from './core.test-support.ts';
import {
  LightResponse,
  openBody,
  type ByteReader,
  type LightResponseInit,
  type ParsedBody,
} from './index.ts';

interface Made {
  readonly response: Response & LightResponse;
  readonly log: string[];
}

/** A light response over chunks, which logs what is asked of its source. */
function made(
  chunks: readonly string[] | null = ['{"a"', ':1}'],
  init: Partial<LightResponseInit> = {},
): Made {
  const log: string[] = [];
  let next = 0;
  const open = () => ({
    async read() {
      log.push('read');
      const chunk = chunks?.[next++];
      return chunk === undefined ? { done: true } : { done: false, value: new TextEncoder().encode(chunk) };
    },
    async cancel(reason?: unknown) {
      log.push(`cancel ${String(reason)}`);
    },
    releaseLock: () => void log.push('release'),
  });
  const headers = new Headers({ 'content-type': 'application/json' });
  const body = chunks && { open };
  const response: unknown = new LightResponse({ status: 200, headers, body, ...init });
  return { response: response as Made['response'], log };
}

const whole = (): LightResponseInit['body'] => ({
  text: async () => 'whole',
  open: () => {
    throw new Error('opened');
  },
});

describe('LightResponse', () => {
  test('is a Response to those who ask', () => {
    const { response } = made();
    expect([response instanceof Response, Object.prototype.toString.call(response), response.ok]).toEqual([
      true,
      '[object Response]',
      true,
    ]);
    expect(inspect(response)).toContain('200');
  });

  test('has every member of the platform’s, none of which wants one of its own', async () => {
    const members = Object.getOwnPropertyNames(Response.prototype).filter((name) => name !== 'constructor');
    for (const name of members) {
      const { response } = made();
      const member = response[name as keyof Response] as unknown;
      if (typeof member === 'function')
        await settledAs((async () => (member as () => unknown).call(response))());
      expect([name, Object.hasOwn(LightResponse.prototype, name) || Object.hasOwn(response, name)]).toEqual([
        name,
        true,
      ]);
    }
  });

  test('reads its body in each way, and counts it as used', async () => {
    const ways: [string, unknown][] = [
      ['text', '{"a":1}'],
      ['json', { a: 1 }],
      ['bytes', new TextEncoder().encode('{"a":1}')],
      ['arrayBuffer', new TextEncoder().encode('{"a":1}').buffer],
    ];
    for (const [way, expected] of ways) {
      const { response } = made();
      expect(response.bodyUsed).toBe(false);
      const value = await (response[way as 'json'] as () => Promise<unknown>)();
      expect([way, value, response.bodyUsed]).toEqual([way, expected, true]);
    }
    const blob = await made().response.blob();
    expect([await blob.text(), blob.type]).toEqual(['{"a":1}', 'application/json']);
  });

  test('gives bytes that nobody else can see', async () => {
    const bytes = await made(['ab', 'c']).response.bytes();
    expect([bytes.constructor, bytes.buffer.byteLength]).toEqual([Uint8Array, 3]);
  });

  test('reads as a form what is one', async () => {
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
    const { response } = made(['a=1&b', '=2'], { headers });
    expect([...(await response.formData())]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(await settledAs(response.formData())).toMatch(/^TypeError: /);
  });

  test('puts characters together that the chunks cut', async () => {
    const bytes = new TextEncoder().encode('\uFEFFé😀');
    let next = 0;
    const open = () => ({
      read: async () =>
        next < bytes.length ? { done: false, value: bytes.slice(next, ++next) } : { done: true },
      cancel: async () => {},
      releaseLock: () => {},
    });
    expect(await made([], { body: { open } }).response.text()).toBe('é😀');
  });

  test('is read once: each further way is refused', async () => {
    const ways = ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const;
    for (const body of [undefined, whole()]) {
      const { response } = made(['{}'], body ? { body } : {});
      await response.text();
      for (const way of ways) expect(await settledAs(response[way]())).toMatch(/^TypeError: /);
      expect(() => response.take()).toThrow(TypeError);
      expect(() => response.clone()).toThrow(TypeError);
      expect(response.takeParsed()).toBe(undefined);
    }
  });

  test('is used up as well by whoever read a part of its stream', async () => {
    const { response } = made();
    const reader = response.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    expect([response.bodyUsed, await settledAs(response.text())]).toEqual([
      true,
      'TypeError: Body is unusable: Body has already been read',
    ]);
  });

  test('streams one chunk for each that is asked for', async () => {
    const { response, log } = made(['a', 'b']);
    const reader = response.body?.getReader();
    const steps: string[] = [];
    for (let count = 0; count < 3; count++) {
      steps.push(log.join());
      await reader?.read();
    }
    expect([...steps, log.join()]).toEqual(['', 'read', 'read,read', 'read,read,read,release']);
  });

  test('hands a cancel to its source, and an early return leaves the body unlocked', async () => {
    const { response, log } = made();
    for await (const _ of response.body ?? []) break;
    expect([log, response.body?.locked]).toEqual([['read', 'cancel undefined'], false]);
    const other = made();
    await other.response.body?.cancel('enough');
    expect(other.log).toEqual(['cancel enough']);
  });

  test('hands an error of its source to whoever reads', async () => {
    const failing = (): LightResponseInit['body'] => ({
      open: () => ({
        read: () => Promise.reject(new Error('broken')),
        cancel: async () => {},
        releaseLock: () => {},
      }),
    });
    const read = made([], { body: failing() }).response.body?.getReader().read() as Promise<unknown>;
    expect([await settledAs(read), await settledAs(made([], { body: failing() }).response.text())]).toEqual([
      'Error: broken',
      'Error: broken',
    ]);
  });

  test('has no body where there is none', async () => {
    const { response } = made(null, { status: 204 });
    expect([response.body, await response.text(), await response.clone().text(), response.take()]).toEqual([
      null,
      '',
      '',
      undefined,
    ]);
    expect([response.platform().status, response.platform().body]).toEqual([204, null]);
  });

  test('takes the whole text where that is at hand, without a stream', async () => {
    expect(await made([], { body: whole() }).response.text()).toBe('whole');
  });

  test('clones into two that read the same, with headers of their own', async () => {
    const { response } = made();
    const copy = response.clone();
    copy.headers.set('x-a', 'b');
    expect([await copy.text(), await response.text(), response.headers.has('x-a'), copy.status]).toEqual([
      '{"a":1}',
      '{"a":1}',
      false,
      200,
    ]);
  });
});

describe('LightResponse as one of the platform', () => {
  test('is the same response, always the same object, and takes the body with it', async () => {
    const url = 'https://api.example/x';
    const { response } = made(undefined, {
      status: 201,
      statusText: 'Made',
      url,
      redirected: true,
      type: 'basic',
    });
    const platform = response.platform();
    const { status, statusText, redirected, type } = platform;
    expect({ status, statusText, url: platform.url, redirected, type, text: await platform.text() }).toEqual({
      status: 201,
      statusText: 'Made',
      url,
      redirected: true,
      type: 'basic',
      text: '{"a":1}',
    });
    expect([
      response.platform() === platform,
      platform.headers === response.headers,
      response.bodyUsed,
    ]).toEqual([true, true, true]);
  });

  test('is used up when it was read before', async () => {
    const { response } = made();
    await response.text();
    expect([response.platform().bodyUsed, await settledAs(response.platform().text())]).toEqual([
      true,
      expect.stringMatching(/^TypeError: /),
    ]);
  });
});

describe('openBody', () => {
  test('opens light responses and others alike, and tells when there is no body', async () => {
    const read = async (response: Response): Promise<string | undefined> => {
      const chunk = await openBody(response)?.read();
      return chunk?.value && new TextDecoder().decode(chunk.value);
    };
    const responses = [made(['a']).response, new Response('b'), made(null).response, new Response(null)];
    expect(await Promise.all(responses.map(read))).toEqual(['a', 'b', undefined, undefined]);
  });
});

describe('lets go of its body, and what that reaches, once it is read:', () => {
  const ways: Record<string, (response: LightResponse) => unknown> = {
    'as text': (response) => response.text(),
    'in chunks': (response) => response.take()?.read(),
    decoded: (response) => response.takeParsed('events'),
  };
  test.each(Object.keys(ways))('%s', async (way) => {
    const response = open();
    await ways[way]?.(response.response);
    for (let round = 0; round < 10 && response.body.deref(); round++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
    }
    expect([response.response.status, response.body.deref()]).toEqual([200, undefined]);
  });

  function open(): { response: LightResponse; body: WeakRef<object> } {
    const big = { text: 'x' };
    const source = { text: async () => big.text, open: () => reader(big) };
    const parsed: ParsedBody = {
      kind: 'events',
      next: async () => undefined,
      cancel: async () => void big.text,
    };
    const response = new LightResponse({ status: 200, headers: new Headers(), body: source, parsed });
    return { response, body: new WeakRef(big) };
  }

  function reader(big: { text: string }): ByteReader {
    return {
      read: async () => ({ done: false, value: Buffer.from(big.text) }),
      cancel: async () => {},
      releaseLock: () => {},
    };
  }
});
