import { describe, expect, test } from 'vitest';
import {
  ask,
  callOf,
  chatBody,
  done,
  json,
  layerOver,
  piece,
  settledAs,
  source,
  turn,
} from './core.test-support.ts';
import {
  Events,
  InterposeError,
  LOGGER,
  eventType,
  hit,
  provide,
  refused,
  type Interceptor,
  type LayerEvent,
} from './index.ts';

const told = ({ unit, type, data }: LayerEvent): string => {
  const { outcome, ...rest } = data as { outcome?: { status: string } };
  return `${unit}:${type} ${JSON.stringify(rest)}${outcome ? ` ${outcome.status}` : ''}`;
};

describe('the events of a call', () => {
  test('come in the order in which things happen, the end last', async () => {
    const twice: Interceptor = (next) => async (call) => {
      call.runtime.events.emit(hit, 'twice', call, { source: 'none' });
      await (await next(call)).cancel();
      return next(call.with({ attempt: 2 }));
    };
    const layer = layerOver(async () => source([piece('a'), done]).response, [twice]);
    const log: string[] = [];
    layer.events.on('*', (event) => log.push(told(event)));
    const response = await ask(layer);
    log.push('answered');
    await response.text();
    await turn();
    expect(log).toEqual([
      'core:start {}',
      'twice:hit {"source":"none"}',
      'core:attempt {"attempt":1}',
      'core:attempt-end {"attempt":1,"status":200} aborted',
      'core:attempt {"attempt":2}',
      'answered',
      'core:attempt-end {"attempt":2,"status":200} completed',
      'core:settle {"source":"provider"} completed',
    ]);
  });

  test('end with the refusal when there is one', async () => {
    const refuse: Interceptor = () => () => Promise.reject(new InterposeError('no', { code: 'no_way' }));
    const layer = layerOver(async () => json({}), [refuse]);
    const log: string[] = [];
    layer.events.on('*', (event) => log.push(told(event)));
    layer.events.on(refused, (event) => log.push(`typed ${event.data.code}`));
    await ask(layer);
    expect(log).toEqual(['core:start {}', 'typed no_way', 'core:refusal {"code":"no_way"}']);
  });

  test('are not made when nobody listens, and the response stays the very object', async () => {
    const layer = layerOver(
      async () => response,
      [
        (next) => (call) => {
          if (call.runtime.events.active) throw new Error('data was built for nobody');
          return next(call);
        },
      ],
    );
    const response = json(chatBody('a'));
    const end = layer.events.on('*', () => {});
    end();
    expect(await ask(layer)).toBe(response);
  });
});

describe('Events', () => {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const type = eventType<number>('mine.counted');
  const call = callOf();

  test('reach those who listen to their type and those who listen to all, until they stop', () => {
    const events = new Events(() => 7, quiet);
    const log: string[] = [];
    const listener = ({ at, data }: LayerEvent<number>): void => void log.push(`typed ${data} at ${at}`);
    const ends = [
      events.on(type, listener),
      events.on(type, listener),
      events.on('*', (event) => log.push(`all ${String(event.data)}`)),
      events.on(eventType('other'), () => log.push('other')),
    ];
    events.emit(type, 'u', call, 1);
    ends[0]?.();
    ends[0]?.();
    events.emit(type, 'u', call, 2);
    ends[1]?.();
    events.emit(type, 'u', call, 3);
    const active = [events.active];
    for (const end of ends) end();
    events.emit(type, 'u', call, 4);
    expect(log).toEqual(['typed 1 at 7', 'typed 1 at 7', 'all 1', 'typed 2 at 7', 'all 2', 'all 3']);
    expect([...active, events.active]).toEqual([true, false]);
  });

  test('a listener that ends itself and comes back is heard', () => {
    const events = new Events(() => 0, quiet);
    const log: number[] = [];
    const end = events.on(type, () => end());
    events.emit(type, 'u', call, 1);
    events.on(type, ({ data }) => log.push(data));
    end();
    events.emit(type, 'u', call, 2);
    expect([log, events.active]).toEqual([[2], true]);
  });

  test('a listener that throws is logged, and harms neither the call nor the others', async () => {
    const log: string[] = [];
    const logger = {
      ...quiet,
      error: (fields: object, text: string) => log.push(`${text}: ${JSON.stringify(fields)}`),
    };
    const layer = layerOver(async () => json(chatBody('a')), [provide(LOGGER, logger)]);
    layer.events.on('*', () => {
      throw new Error('listener');
    });
    layer.events.on('*', ({ type: name }) => log.push(name));
    expect(await settledAs(ask(layer).then((response) => response.status))).toBe('200');
    expect(log).toEqual([
      'interpose: an event listener threw: {"error":{},"event":"start"}',
      'start',
      'interpose: an event listener threw: {"error":{},"event":"attempt"}',
      'attempt',
    ]);
  });
});
