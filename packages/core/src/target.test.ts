import { describe, expect, test } from 'vitest';
import { callOf as callTo } from './core.test-support.ts';
import {
  type Call,
  chat,
  destination,
  detour,
  responses,
  type Params,
  type Target,
  type TargetClient,
} from './index.ts';

const PATHS: Readonly<Record<string, string>> = {
  chat: '/chat/completions',
  responses: '/responses',
  embeddings: '/embeddings',
};
const PARAMS: Readonly<Record<string, Params>> = {
  chat: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] },
  responses: { model: 'gpt-4o-mini', input: 'hello' },
  embeddings: { model: 'text-embedding-3-small', input: 'hello' },
};

function callOf({
  operation = 'chat',
  params = {},
  headers = {},
}: {
  operation?: string;
  params?: Params;
  headers?: Readonly<Record<string, string>>;
}): Call {
  return callTo(
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...PARAMS[operation], ...params }),
    },
    `https://api.openai.com/v1${PATHS[operation]}`,
  );
}

const SECRETS = {
  authorization: 'Bearer sk-primary',
  'api-key': 'sk-primary',
  cookie: 'session=sk-primary',
  'openai-organization': 'org-primary',
  'openai-project': 'proj-primary',
  'cf-aig-authorization': 'sk-primary',
  'x-portkey-api-key': 'sk-primary',
  'x-anything': 'sk-primary',
};

/** What is sent to a target of a call with all sorts of secrets in its headers. */
async function sent(
  target: Target,
  overrides: { params?: Params; operation?: string; url?: string; headers?: Record<string, string> } = {},
): Promise<{ call: Call; url: string; headers: Record<string, string>; body: Params; init: RequestInit }> {
  const { params, operation = 'chat', url, headers = {} } = overrides;
  const made = callOf({
    operation,
    headers: {
      ...SECRETS,
      'user-agent': 'OpenAI/JS',
      'x-stainless-lang': 'js',
      accept: 'application/json',
      ...headers,
    },
    ...(params && { params }),
  });
  const given = url === undefined ? made : made.with({ url });
  const call = await destination('fallback', 'targets[0]', target).aim(given, 'fallback');
  const [to, init] = call.request();
  const all = Object.fromEntries(new Headers(init.headers));
  return { call, url: String(to), headers: all, body: JSON.parse(String(init.body)) as Params, init };
}

describe('what goes to another host', () => {
  test('has no secret of the call in it, under whatever name', async () => {
    const { url, headers } = await sent({
      baseURL: 'https://eu.example.com/v1/',
      apiKey: 'sk-other',
      model: 'm',
    });
    expect(url).toBe('https://eu.example.com/v1/chat/completions');
    expect(headers).toEqual({
      authorization: 'Bearer sk-other',
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'OpenAI/JS',
      'x-stainless-lang': 'js',
    });
  });

  test('has no key at all where the target has none', async () => {
    const { headers } = await sent({ baseURL: 'http://localhost:11434/v1', model: 'llama3.2' });
    expect(JSON.stringify(headers)).not.toContain('primary');
    expect(headers['authorization']).toBeUndefined();
  });

  test('is another host also where only the port or the scheme differs', async () => {
    for (const baseURL of ['https://api.openai.com:8443/v1', 'http://api.openai.com/v1']) {
      const { headers } = await sent({ baseURL });
      expect(JSON.stringify(headers)).not.toContain('primary');
    }
  });

  test('carries the headers that the target asks for, and not those that it takes out', async () => {
    const { headers } = await sent({
      baseURL: 'https://eu.example.com/v1',
      headers: { 'x-region': 'eu', 'user-agent': null },
    });
    expect([headers['x-region'], headers['user-agent']]).toEqual(['eu', undefined]);
  });
});

test('another key at the same host takes organisation and project along with it', async () => {
  const { headers, url, call } = await sent({ apiKey: async () => 'sk-second' });
  expect(url).toBe('https://api.openai.com/v1/chat/completions');
  expect(JSON.stringify(headers)).not.toContain('primary');
  expect(headers['authorization']).toBe('Bearer sk-second');
  expect(call.get(detour)).toEqual({ kind: 'fallback', target: 'another-account', ownCredentials: true });
});

test('another model at the same account keeps its headers, and gets an idempotency key of its own', async () => {
  const { headers, call, body } = await sent(
    { model: 'gpt-4.1-mini' },
    { headers: { 'idempotency-key': 'order-7' } },
  );
  expect(headers).toMatchObject({ ...SECRETS, 'idempotency-key': 'order-7-gpt-4.1-mini' });
  expect(body['model']).toBe('gpt-4.1-mini');
  expect(call.get(detour)).toEqual({ kind: 'fallback', target: 'gpt-4.1-mini' });
});

describe('the address', () => {
  test.each([
    ['https://x.example.com/v1', 'chat', 'https://x.example.com/v1/chat/completions'],
    ['https://x.example.com/api/openai/', 'embeddings', 'https://x.example.com/api/openai/embeddings'],
    ['https://x.example.com', 'responses', 'https://x.example.com/responses'],
    ['https://user:secret@x.example.com/v1#top', 'chat', 'https://x.example.com/v1/chat/completions'],
    [
      'https://r.openai.azure.com/openai?api-version=2026-01-01',
      'chat',
      'https://r.openai.azure.com/openai/deployments/gpt-4o-mini/chat/completions?api-version=2026-01-01',
    ],
    [
      'https://r.openai.azure.com/openai?api-version=2026-01-01',
      'responses',
      'https://r.openai.azure.com/openai/responses?api-version=2026-01-01',
    ],
    [
      'https://r.openai.azure.com/openai/deployments/mine?api-version=1',
      'chat',
      'https://r.openai.azure.com/openai/deployments/mine/chat/completions?api-version=1',
    ],
    ['https://r.openai.azure.com/openai/v1', 'chat', 'https://r.openai.azure.com/openai/v1/chat/completions'],
  ])('%s for %s is %s', async (baseURL, operation, url) => {
    expect((await sent({ baseURL, apiKey: 'k' }, { operation })).url).toBe(url);
  });

  test('of a call to Azure loses its deployment and version on the way to another provider', async () => {
    const { url } = await sent(
      { baseURL: 'https://x.example.com/v1', apiKey: 'k' },
      { url: 'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=1' },
    );
    expect(url).toBe('https://x.example.com/v1/chat/completions');
  });
});

test('a key for Azure goes in its own header, and is not carried on where a server points elsewhere', async () => {
  const { headers, init } = await sent({ baseURL: 'https://r.openai.azure.com/openai/v1', apiKey: 'k' });
  expect([headers['api-key'], headers['authorization'], init.redirect]).toEqual(['k', undefined, 'manual']);
});

describe('a client as a target', () => {
  const client: TargetClient = {
    baseURL: 'https://other.example.com/v1',
    buildRequest: async ({ path, body }) => ({
      url: `https://other.example.com/v1${path}?for=${String((body as { model?: string }).model)}`,
      req: {
        headers: new Headers({
          authorization: 'Bearer sk-client',
          'content-type': 'application/json',
          'content-length': '17',
          'openai-organization': 'org-client',
        }),
      },
    }),
  };

  test('builds the address and the credentials itself', async () => {
    const { url, headers } = await sent({ client, model: 'big' });
    expect(url).toBe('https://other.example.com/v1/chat/completions?for=big');
    expect(JSON.stringify(headers)).not.toContain('primary');
    expect(headers).toMatchObject({ authorization: 'Bearer sk-client', 'openai-organization': 'org-client' });
    expect(headers['content-length']).toBeUndefined();
  });

  test('sends with its own fetch where it was given one', async () => {
    const own = async (): Promise<Response> => new Response();
    const { call } = await sent({ client: Object.assign({ fetch: own }, client) });
    expect(call.transport).toBe(own);
    const { call: other } = await sent({ client: Object.assign({ fetch: globalThis.fetch }, client) });
    expect(other.transport).toBeUndefined();
  });
});

describe('params', () => {
  const chatParams = {
    model: 'gpt-4o',
    messages: [{ role: 'developer', content: 'Be brief.' }],
    temperature: 0.2,
    top_p: 0.9,
    max_tokens: 100,
    store: true,
  };

  test('lose what a reasoning model refuses', async () => {
    const { body } = await sent({ model: 'o4-mini' }, { params: chatParams });
    expect(body).toEqual({
      model: 'o4-mini',
      messages: chatParams.messages,
      max_completion_tokens: 100,
      store: true,
    });
  });

  test('keep everything for a model of the same kind', async () => {
    const { body } = await sent({ model: 'gpt-4.1' }, { params: chatParams });
    expect(body).toEqual({ ...chatParams, model: 'gpt-4.1' });
    const thinking = { model: 'gpt-5', reasoning_effort: 'low', max_completion_tokens: 9, temperature: 1 };
    const { body: other } = await sent({ model: 'o3' }, { params: thinking });
    expect(other).toMatchObject({ ...thinking, model: 'o3' });
  });

  test('lose the effort for a model that does not reason', async () => {
    const params = { model: 'gpt-5', reasoning_effort: 'low', verbosity: 'low', max_completion_tokens: 9 };
    const { body } = await sent({ model: 'gpt-4o' }, { params });
    expect(body).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'hello' }],
      max_completion_tokens: 9,
    });
  });

  test('speak the older words to another provider', async () => {
    const { body } = await sent(
      { baseURL: 'https://api.mistral.ai/v1', apiKey: 'k', model: 'mistral-large' },
      { params: { ...chatParams, max_tokens: undefined, max_completion_tokens: 100 } },
    );
    expect(body).toEqual({
      model: 'mistral-large',
      messages: [{ role: 'system', content: 'Be brief.' }],
      temperature: 0.2,
      top_p: 0.9,
      max_tokens: 100,
    });
  });

  test('of responses lose thoughts, ids and settings that are of another model or account', async () => {
    const params = {
      model: 'gpt-5',
      reasoning: { effort: 'low' },
      include: ['reasoning.encrypted_content'],
      text: { verbosity: 'low', format: { type: 'text' } },
      input: [
        { type: 'reasoning', id: 'rs_1', encrypted_content: 'x' },
        { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
      ],
    };
    const same = await sent({ model: 'gpt-4o' }, { operation: 'responses', params });
    expect(same.body).toEqual({
      model: 'gpt-4o',
      include: [],
      text: { format: { type: 'text' } },
      input: [params.input[1]],
    });
    const other = await sent({ apiKey: 'k' }, { operation: 'responses', params });
    expect(other.body['input']).toEqual([{ type: 'message', role: 'assistant', content: [] }]);
  });

  test('of a target override, add and remove', async () => {
    const params = { temperature: undefined, seed: 7 };
    const { body } = await sent({ model: 'gpt-4.1', params }, { params: chatParams });
    const { temperature: _, ...rest } = chatParams;
    expect(body).toEqual({ ...rest, model: 'gpt-4.1', seed: 7 });
    const made = await sent(
      { params: ({ params: { model, messages } }) => ({ model, messages }) },
      { params: chatParams },
    );
    expect(made.body).toEqual({ model: 'gpt-4o', messages: chatParams.messages });
  });
});

describe('a call that refers to what its own account keeps', () => {
  const other = destination('fallback', 'targets[0]', { apiKey: 'k' });
  const same = destination('fallback', 'targets[0]', { model: 'gpt-4.1' });
  test.each<[string | undefined, string, Params]>([
    [undefined, 'responses', { input: 'hi' }],
    ['previous_response_id', 'responses', { previous_response_id: 'resp_1' }],
    ['conversation', 'responses', { conversation: 'conv_1' }],
    ['prompt', 'responses', { prompt: { id: 'pmpt_1' } }],
    ['item_reference', 'responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['file_id', 'responses', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }],
    ['vector_store_ids', 'responses', { tools: [{ type: 'file_search', vector_store_ids: ['v'] }] }],
    [
      'file_id',
      'chat',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
    ],
    ['audio', 'chat', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }],
    [
      undefined,
      'chat',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
    ],
    [undefined, 'embeddings', {}],
  ])('is bound by %s of %s', (field, operation, params) => {
    const call = callOf({ operation, params });
    expect([other.boundBy(call), same.boundBy(call)]).toEqual([field, undefined]);
  });
});

test.each<[string | undefined, Params]>([
  [undefined, { input: 'hi', store: true }],
  [undefined, { tools: [{ type: 'function' }, { type: 'web_search_preview_2025_03_11' }] }],
  ['background', { background: true }],
  ['conversation', { conversation: 'conv_1' }],
  ['mcp', { tools: [{ type: 'function' }, { type: 'mcp' }] }],
  ['of_tomorrow', { tools: [{ type: 'of_tomorrow' }] }],
])('besides being answered, a responses request has the effect %s', (effect, params) => {
  expect([responses.sideEffect?.(params), chat.sideEffect]).toEqual([effect, undefined]);
});

test.each<[Target, string]>([
  [{ model: 'gpt-4.1' }, 'gpt-4.1'],
  [{ baseURL: 'https://eu.example.com/v1' }, 'eu.example.com'],
  [{ baseURL: 'http://127.0.0.1:9/v1', model: 'org/llama 3' }, 'org/llama_3@127.0.0.1:9'],
  [{ apiKey: 'k', name: 'second' }, 'second'],
])('a target is called %o', (target, name) => {
  expect(destination('fallback', 'targets[0]', target).name).toBe(name);
});

test.each<[unknown, string]>([
  [
    {},
    'fallback targets[0]: it is where the call goes anyway; give model, client, baseURL, apiKey or params',
  ],
  [{ model: '' }, 'fallback targets[0]: model must be a non-empty string, got ""'],
  [{ baseURL: 'localhost:1' }, 'fallback targets[0]: baseURL must be a URL, got "localhost:1"'],
  [{ client: {} }, 'fallback targets[0]: client must be a client of the openai package, got {}'],
  [{ apiKey: 5 }, 'fallback targets[0]: apiKey must be a non-empty string or a function'],
  [
    { model: 'm', name: 'a b' },
    'fallback targets[0]: name must be up to 100 letters, digits and .:@/_-, got "a b"',
  ],
  [
    { client: { baseURL: 'https://a.b/v1', buildRequest() {} }, apiKey: 'sk-secret' },
    'fallback targets[0]: give client, or baseURL and apiKey',
  ],
])('a wrong target is refused: %o', (target, message) => {
  expect(() => destination('fallback', 'targets[0]', target as Target)).toThrow(message);
});
