import { memoryLedger, budget } from '@interpose/budget';
import { cache } from '@interpose/cache';
import { CLOCK, FETCH, TOKEN_COUNTER, controlLayer, provide, type StackEntry } from '@interpose/core';
import { fallback, hedge } from '@interpose/fallback';
import { prices } from '@interpose/prices';
import { route } from '@interpose/route';
import {
  fakeClock,
  fakeProvider,
  recordEvents,
  type FakeProvider,
  type ScriptedReply,
} from '@interpose/testing';
import { trace } from '@interpose/trace';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';

const headers = { authorization: 'Bearer test' };

/** Sends one chat call through a stack over a provider, and reads its answer. */
async function ask(stack: readonly StackEntry[], provider: FakeProvider): Promise<void> {
  await using layer = controlLayer([provide(FETCH, provider.fetch), ...stack]);
  const messages = [{ role: 'user', content: 'hello' }];
  const body = JSON.stringify({ model: 'gpt-5', messages });
  const url = `${provider.baseURL}/chat/completions`;
  await (await layer.fetch(url, { method: 'POST', headers, body })).text();
}

function modelsOf(provider: FakeProvider): string[] {
  return provider.requests.map(({ body }) => (body as { model: string }).model);
}

test('a cache never has the answer of a fallback for one of the model that was asked', async () => {
  const provider = fakeProvider.inProcess({ script: [{ status: 503 }] });
  const stack = [cache(), fallback([{ model: 'gpt-4.1-nano' }])];
  const layer = controlLayer([provide(FETCH, provider.fetch), ...stack]);
  const send = async (stream: boolean): Promise<string> => {
    const messages = [{ role: 'user', content: 'hello' }];
    const response = await layer.fetch(`${provider.baseURL}/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'gpt-4o', temperature: 0, messages, stream }),
    });
    await response.text();
    return response.headers.get('x-interpose-answered-by') ?? 'primary';
  };
  expect([await send(false), await send(false), await send(false)]).toEqual([
    'gpt-4.1-nano',
    'primary',
    'primary',
  ]);
  expect(modelsOf(provider)).toEqual(['gpt-4o', 'gpt-4.1-nano', 'gpt-4o']);
  await layer.close();
});

test('a budget books the model that really was asked, by each unit that sends calls elsewhere', async () => {
  const targets = { small: { model: 'gpt-4.1-nano' } };
  const units: readonly [string, StackEntry, readonly ScriptedReply[]][] = [
    ['route', route({ targets, rules: [{ to: 'small' }] }), []],
    ['fallback', fallback([{ model: 'gpt-4.1-nano' }]), [{ status: 503 }]],
  ];
  for (const [name, unit, script] of units) {
    const ledger = memoryLedger();
    const provider = fakeProvider.inProcess({ script });
    const spending = budget({ limits: [{ per: 'all', usd: 10, every: 'day' }], ledger });
    await ask([unit, spending], provider);
    const lines = await ledger.spend({ by: ['model'] });
    const billed = provider.ledger.totals();
    const tokens = lines.reduce((sum, line) => sum + line.inputTokens + line.outputTokens, 0);
    const models = lines.filter((line) => line.outputTokens > 0).map(({ model }) => model);
    expect([name, models, tokens]).toEqual([
      name,
      ['gpt-4.1-nano'],
      billed.inputTokens + billed.outputTokens,
    ]);
  }
});

test('the cheapest of a route is that of the real prices', async () => {
  const provider = fakeProvider.inProcess();
  const targets = { large: { model: 'gpt-5' }, small: { model: 'gpt-4.1-nano' } };
  const cheapest = route({ targets, rules: [{ to: ['large', 'small'] }], strategy: 'cheapest' });
  await ask([prices(), cheapest], provider);
  expect(modelsOf(provider)).toEqual(['gpt-4.1-nano']);
});

test('a trace has the decision with its reason, and each attempt with where it went', async () => {
  const exporter = new InMemorySpanExporter();
  const tracing = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const provider = fakeProvider.inProcess({ script: [{ status: 503 }] });
  const targets = { small: { model: 'gpt-4.1-nano' } };
  await ask(
    [
      trace({ tracer: tracing.getTracer('test') }),
      route({ targets, rules: [{ name: 'little', maxInputTokens: 100, to: 'small' }] }),
      fallback([{ model: 'gpt-4.1-mini', name: 'spare' }]),
    ],
    provider,
  );
  await tracing.forceFlush();
  const spans = exporter.getFinishedSpans();
  const call = spans.find(({ parentSpanContext }) => !parentSpanContext);
  const decisions = call?.events.filter(({ name }) => name === 'interpose.detour');
  expect(decisions?.map(({ attributes = {} }) => Object.values(attributes))).toEqual([
    ['route', 'route', 'small', 'rule:little'],
    ['fallback', 'fallback', 'spare', 'overloaded'],
  ]);
  const attempts = spans.filter(({ name }) => name.startsWith('attempt'));
  expect(
    attempts.map(({ attributes }) => [attributes['interpose.detour.kind'], attributes['interpose.model']]),
  ).toEqual([
    ['route', 'gpt-4.1-nano'],
    ['fallback', 'gpt-4.1-mini'],
  ]);
});

test('a hedge is reserved for on both arms, and each is settled by what became of it', async () => {
  const clock = fakeClock();
  const ledger = memoryLedger(clock);
  const provider = fakeProvider.inProcess({ script: [{ stall: { afterEvents: 1 } }] });
  const layer = controlLayer([
    provide(FETCH, provider.fetch),
    provide(CLOCK, clock),
    // As the fake provider counts. The real one loads its tables first, by a clock of its own.
    provide(TOKEN_COUNTER, { input: () => 1, text: () => 1 }),
    hedge({ after: '1s' }),
    budget({ limits: [{ per: 'all', usd: 10, every: 'day' }], ledger }),
  ]);
  const body = JSON.stringify({
    model: 'gpt-5',
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
  });
  const work = layer.fetch(`${provider.baseURL}/chat/completions`, { method: 'POST', headers, body });
  await clock.advance('1s');
  await (await work).text();
  await layer.close();
  const [line] = await ledger.spend({});
  expect([line?.calls, provider.requests.map(({ status }) => status)]).toEqual([
    2,
    ['client-closed', 'finished'],
  ]);
  const billed = provider.ledger.totals();
  // The loser had not said a word: its input is on the bill, and nothing is held any more.
  expect([line?.inputTokens, line?.outputTokens]).toEqual([billed.inputTokens, billed.outputTokens]);
});

test('a hedge that the budget cannot pay for leaves the first try alone', async () => {
  const clock = fakeClock();
  const provider = fakeProvider.inProcess();
  let open = (): void => {};
  const slow = new Promise<void>((resolve) => {
    open = resolve;
  });
  const layer = controlLayer([
    provide(FETCH, (...args) => slow.then(() => provider.fetch(...args))),
    provide(CLOCK, clock),
    provide(TOKEN_COUNTER, { input: () => 1, text: () => 1 }),
    hedge({ after: 1 }),
    budget({ limits: [{ per: 'all', calls: 1, every: 'day' }], ledger: memoryLedger(clock) }),
  ]);
  const { lines } = recordEvents(layer);
  const body = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'hello' }] });
  const work = layer.fetch(`${provider.baseURL}/chat/completions`, { method: 'POST', headers, body });
  await clock.advance(1);
  open();
  const response = await work;
  await response.text();
  expect([response.status, provider.requests.length]).toEqual([200, 1]);
  expect(lines).toContain('detour hedge gpt-5 slow');
  await layer.close();
});
