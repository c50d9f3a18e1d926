import { fakeProvider, type FakeProvider, type FakeProviderOptions } from './fake-provider.ts';

/** A provider, and the way to it that a test is about. */
export interface Front {
  readonly provider: FakeProvider;
  /** Posts JSON with a key, as a client would. */
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
}

type Open = (options?: FakeProviderOptions) => Promise<Front>;

/** Both front ends: what holds for one has to hold for the other. */
export const fronts: readonly (readonly [name: string, open: Open])[] = [
  ['over HTTP', async (options) => frontOf(await fakeProvider(options), globalThis.fetch)],
  [
    'in process',
    async (options) => {
      const provider = fakeProvider.inProcess(options);
      return frontOf(provider, provider.fetch);
    },
  ],
];

function frontOf(provider: FakeProvider, fetch: typeof globalThis.fetch): Front {
  const headers = { authorization: 'Bearer test' };
  return {
    provider,
    get: (path, init) => fetch(`${provider.baseURL}${path}`, { headers, ...init }),
    post: (path, body, init) => {
      const form = body instanceof FormData;
      const sent = form || typeof body === 'string' ? body : JSON.stringify(body);
      const all = form ? headers : { ...headers, 'content-type': 'application/json' };
      return fetch(`${provider.baseURL}${path}`, { method: 'POST', headers: all, body: sent, ...init });
    },
  };
}

/** A chat request that says something. */
export const HELLO: Readonly<Record<string, unknown>> = {
  model: 'gpt-5',
  messages: [{ role: 'user', content: 'hello' }],
};

/** Reads the `data:` lines of a stream. */
export async function dataOf(response: Response): Promise<string[]> {
  const lines = (await response.text()).split(/\r?\n/);
  return lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length));
}

/** Reads a body until it ends or fails, and tells both what came and how it ended. */
export async function drain(
  response: Response,
): Promise<{ text: string; error?: Error & { cause?: unknown } }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? [])
      text += decoder.decode(chunk as Uint8Array, { stream: true });
    return { text };
  } catch (error) {
    return { text, error: error as Error };
  }
}

/** Waits until something holds, without guessing how long that takes. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 2000) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((next) => setTimeout(next, 1));
  }
}
