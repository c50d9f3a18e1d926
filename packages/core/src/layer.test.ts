import { describe, expect, test } from 'vitest';
import { ask, chatBody, json, layerOver } from './core.test-support.ts';
import {
  FETCH,
  Reply,
  STAGES,
  controlLayer,
  provide,
  type Interceptor,
  type Plugin,
  type StackEntry,
} from './index.ts';

/** Writes its name around what is further in, as text of the reply. */
function wrap(name: string, settings: Partial<Plugin> = {}): Plugin {
  const interceptor: Interceptor = (next) => async (call) =>
    (await next(call)).mapText(() => ({ push: (text) => `${name}(${text})`, end: () => '' }));
  return { name, create: () => interceptor, ...settings };
}

async function written(
  plugins: readonly StackEntry[],
  order: 'checked' | 'as-given' = 'checked',
): Promise<string> {
  return contentOf(await ask(layerOver(async () => json(chatBody('send')), plugins, { order })));
}

async function contentOf(response: Response): Promise<string> {
  const body = (await response.json()) as { choices: [{ message: { content: string } }] };
  return body.choices[0].message.content;
}

describe('controlLayer', () => {
  test('composes the first in the list outermost, plugins and bare functions alike', async () => {
    const bare: Interceptor = (next) => wrap('bare').create?.(undefined as never)(next) as never;
    expect(await written([wrap('outer'), bare, wrap('inner')])).toBe('outer(bare(inner(send)))');
  });

  test('does nothing when its list is empty', async () => {
    const response = json(chatBody('a'));
    expect(await ask(layerOver(async () => response))).toBe(response);
  });

  test('lets a unit call next not at all, once, or many times', async () => {
    const log: string[] = [];
    const times =
      (count: number): Interceptor =>
      (next) =>
      async (call) => {
        let reply = new Reply(call, json(chatBody('own')), { source: 'unit' });
        for (let attempt = 1; attempt <= count; attempt++) {
          await reply.cancel();
          reply = await next(call.with({ attempt }));
        }
        log.push(`${count}: ${reply.source}`);
        return reply;
      };
    for (const count of [0, 1, 3]) {
      let sent = 0;
      const layer = layerOver(async () => json(chatBody(`${++sent}`)), [times(count)]);
      log.push(await contentOf(await ask(layer)));
    }
    expect(log).toEqual(['0: unit', 'own', '1: provider', '1', '3: provider', '3']);
  });

  test('builds each link once, whatever its onFault, and registers all before it builds any', async () => {
    const log: string[] = [];
    const unit = (name: string, settings: Partial<Plugin> = {}): Plugin => ({
      name,
      register: () => void log.push(`register ${name}`),
      create: () => {
        log.push(`create ${name}`);
        return (next) => {
          log.push(`link ${name}`);
          return next;
        };
      },
      ...settings,
    });
    const stack = [unit('a'), unit('b', { onFault: 'open' }), unit('c', { onFault: 'closed' })];
    const layer = layerOver(async () => json({}), stack);
    await ask(layer);
    await ask(layer);
    expect(log.join(', ')).toBe(
      'register a, register b, register c, create c, link c, create b, link b, create a, link a',
    );
  });

  test('passes what it does not know straight through, unseen', async () => {
    const seen: string[] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push(call.url);
      return next(call);
    };
    const got: unknown[][] = [];
    const layer = layerOver(async (...args) => (got.push(args), json({})), [look]);
    layer.events.on('*', (event) => seen.push(event.type));
    const init = { method: 'POST', body: 'secret' };
    const urls = ['data:,', 'https://auth.example/oauth/token', 'https://api.example/v1/files'];
    for (const url of urls) await layer.fetch(url, init);
    await layer.fetch('https://api.example/v1/chat/completions');
    expect(seen).toEqual([]);
    expect(got.slice(0, 3).every(([url, each], index) => url === urls[index] && each === init)).toBe(true);
  });

  test('knows an operation by its path, whatever stands around it', async () => {
    const seen: string[] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push(call.operation.name);
      return next(call);
    };
    const layer = layerOver(async () => json({}), [look]);
    const urls: (string | URL)[] = [
      'https://api.example/v1/chat/completions/?api-version=1#x',
      new URL('https://x.azure.example/openai/deployments/m/chat/completions?api-version=1'),
      'http://localhost:1/responses',
      'https://api.example/v1/embeddings',
    ];
    for (const url of urls) await layer.fetch(url, { method: 'post', body: '{}' });
    expect(seen).toEqual(['chat', 'chat', 'responses', 'embeddings']);
  });

  test('takes the client’s attempts for attempts of one call', async () => {
    const seen: number[] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push(call.attempt);
      return next(call);
    };
    const layer = layerOver(async () => json({}), [look]);
    for (const count of ['0', '2', 'x', '-1', '1.5', '']) {
      await ask(layer, { headers: { 'x-stainless-retry-count': count } });
    }
    expect(seen).toEqual([1, 3, 1, 1, 1, 1]);
  });

  test('gives each call an id of its own, unless an adapter knows it', async () => {
    const ids: string[] = [];
    const look: Interceptor = (next) => (call) => {
      ids.push(call.id);
      return next(call);
    };
    const layer = layerOver(async () => json({}), [look]);
    await ask(layer);
    await ask(layer);
    const id = layer.newCallId();
    await layer.send('https://api.example/v1/responses', { method: 'POST' }, { id });
    await layer.send('https://api.example/v1/responses', { method: 'POST' }, { id });
    expect(ids.join()).toMatch(/^(call_[0-9a-z]{18},?){4}$/);
    expect([new Set(ids).size, ids[2] === ids[3]]).toEqual([3, true]);
  });
});

describe('describe', () => {
  const stack: StackEntry[] = [
    { name: 'trace', stage: 'observe', describe: () => ({ content: false, name: 'app' }) },
    function look(next) {
      return next;
    },
    {
      name: 'retry',
      stage: 'recover',
      retries: true,
      describe: () => ({ maxAttempts: 4, delay: () => 1, on: [1] }),
    },
  ];

  test('gives the stack as data', () => {
    const layer = controlLayer(stack);
    expect(JSON.parse(JSON.stringify(layer.describe()))).toEqual({
      units: [
        { name: 'trace', stage: 'observe', settings: { content: false, name: 'app' } },
        { name: 'look', settings: {} },
        { name: 'retry', stage: 'recover', settings: { maxAttempts: 4, on: [1] } },
      ],
      order: 'checked',
      retries: true,
    });
    expect([layer.retries, controlLayer([]).retries]).toEqual([true, false]);
  });

  test('draws it', () => {
    expect(`\n${String(controlLayer(stack).describe())}\n`).toBe(`
client
  │
  │ trace  observe   content=false name=app
  │ look
  │ retry  recover   maxAttempts=4 delay=custom on=[1]
  ▼
provider
`);
    expect(String(controlLayer([]).describe())).toBe('client\n  │\n  ▼\nprovider');
  });
});

test('the stages are seven, the outermost first', () => {
  expect(STAGES.join()).toBe('observe,protect,reuse,verify,recover,spend,attempt');
  expect(String(controlLayer([provide(FETCH, fetch)]).describe())).toContain('provide(interpose.FETCH)');
});
