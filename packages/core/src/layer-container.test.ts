import { container as root, inject, injectable } from 'tsyringe';
import { describe, expect, test } from 'vitest';
import { ask, chatBody, json, layerOver } from './core.test-support.ts';
import type { Call } from './call.ts';
import type { Reply } from './reply.ts';
import {
  CLOCK,
  EVENTS,
  FETCH,
  LIFETIME,
  LOGGER,
  RANDOM,
  SCRUBBER,
  controlLayer,
  injected,
  provide,
  systemClock,
  type Clock,
  type DependencyContainer,
  type Fetch,
  type Handler,
  type InjectionToken,
  type Plugin,
} from './index.ts';

const GREETING: InjectionToken<string> = Symbol('greeting');

/** A plugin that resolves tokens when it is built. */
function asking(seen: unknown[], ...tokens: InjectionToken<unknown>[]): Plugin {
  return {
    name: 'asking',
    create(container) {
      seen.push(...tokens.map((token) => container.resolve(token)));
      return (next) => next;
    },
  };
}

const answering: Fetch = async () => json(chatBody('x'));

describe('the container of a layer', () => {
  test('gives every token that the core names a default', () => {
    const seen: unknown[] = [];
    const layer = controlLayer([asking(seen, CLOCK, RANDOM, LOGGER, FETCH, SCRUBBER, EVENTS, LIFETIME)]);
    expect(seen.every((each) => each !== undefined)).toBe(true);
    expect([seen[0] === systemClock, seen[5] === layer.events]).toEqual([true, true]);
  });

  test('gives what the application’s container provides in place of the defaults', async () => {
    const parent = root.createChildContainer();
    const clock: Clock = { ...systemClock, now: () => 42 };
    parent.register(CLOCK, { useValue: clock });
    parent.register(FETCH, { useValue: answering });
    const seen: unknown[] = [];
    const layer = controlLayer([asking(seen, CLOCK)], { container: parent });
    const times: number[] = [];
    layer.events.on('*', (event) => times.push(event.at));
    await (await ask(layer)).text();
    expect([seen[0] === clock, times]).toEqual([true, [42, 42, 42, 42]]);
  });

  test('gives what a plugin provides to all of them, wherever it stands, over what the application has', () => {
    const parent = root.createChildContainer();
    parent.register(GREETING, { useValue: 'application' });
    const seen: unknown[] = [];
    controlLayer([asking(seen, GREETING), provide(GREETING, 'plugin')], { container: parent });
    expect(seen).toEqual(['plugin']);
  });

  test('is its own: neither the application’s nor another layer’s gets anything of it', () => {
    const parent = root.createChildContainer();
    controlLayer([provide(GREETING, 'mine'), provide(CLOCK, systemClock)], { container: parent });
    const seen: unknown[] = [];
    const look: Plugin = {
      name: 'look',
      create: (container) => {
        seen.push(container.isRegistered(GREETING, true));
        return (next) => next;
      },
    };
    controlLayer([look], { container: parent });
    const tokens: InjectionToken[] = [GREETING, CLOCK, RANDOM, LOGGER, FETCH, SCRUBBER, EVENTS, LIFETIME];
    const leaked = tokens.filter(
      (token) => parent.isRegistered(token, true) || root.isRegistered(token, true),
    );
    expect([seen, leaked]).toEqual([[false], []]);
  });

  test('is asked while the layer is built, and never during a call', async () => {
    let resolved = 0;
    const parent = root.createChildContainer();
    parent.register(GREETING, { useFactory: () => `${++resolved}` });
    const layer = layerOver(answering, [asking([], GREETING)], { container: parent });
    await (await ask(layer)).text();
    await (await ask(layer)).text();
    expect(resolved).toBe(1);
  });
});

describe('injected', () => {
  let built = 0;

  class Greet {
    readonly #greeting: string;

    constructor(
      greeting: string,
      readonly clock: Clock,
    ) {
      built++;
      this.#greeting = greeting;
    }

    intercept(next: Handler): Handler {
      return async (call: Call): Promise<Reply> =>
        (await next(call)).mapText(() => ({ push: (text) => `${this.#greeting} ${text}`, end: () => '' }));
    }
  }

  // What `@injectable()` and `@inject(...)` come to, for a test runner that leaves decorators as they are.
  inject(GREETING)(Greet, undefined, 0);
  inject(CLOCK as symbol)(Greet, undefined, 1);
  injectable()(Greet);

  test('makes a plugin of a decorated class, built once with what it asks for', async () => {
    built = 0;
    const layer = layerOver(answering, [provide(GREETING, 'hello'), injected(Greet)]);
    const texts = [await (await ask(layer)).text(), await (await ask(layer)).text()];
    expect([texts.every((text) => text.includes('"hello x"')), built]).toEqual([true, 1]);
  });

  test('takes the name of the class, or the settings that it is given', () => {
    const greeting = provide(GREETING, 'hello');
    const stack = [
      greeting,
      injected(Greet),
      injected(Greet, { name: 'other', stage: 'attempt', onFault: 'open' }),
    ];
    expect(String(controlLayer(stack).describe())).toContain('Greet\n');
    expect(controlLayer(stack).describe().units.slice(1)).toEqual([
      { name: 'Greet', settings: {} },
      { name: 'other', stage: 'attempt', settings: {} },
    ]);
  });

  test('fails when the layer is built if something is missing', () => {
    expect(() => controlLayer([injected(Greet)])).toThrow(/greeting/);
  });
});

describe('provide', () => {
  test('is named after its token, or as it is told', () => {
    const names = [
      provide(CLOCK, systemClock),
      provide('text', 1),
      provide(CLOCK, systemClock, 'mine'),
      provide(Date, new Date()),
    ];
    expect(names.map((plugin) => plugin.name)).toEqual([
      'provide(interpose.CLOCK)',
      'provide(text)',
      'mine',
      'provide(Date)',
    ]);
    const container: DependencyContainer = root.createChildContainer();
    names[1]?.register?.(container);
    expect(container.resolve('text')).toBe(1);
  });
});
