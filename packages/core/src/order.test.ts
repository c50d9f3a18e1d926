import { describe, expect, test } from 'vitest';
import {
  ConfigurationError,
  STAGES,
  controlLayer,
  type Plugin,
  type Stage,
  type StackEntry,
} from './index.ts';
import fc from 'fast-check';

const unit = (name: string, stage?: Stage): Plugin => ({ name, ...(stage && { stage }) });

/** What the check says of a stack. */
function checked(...stack: StackEntry[]): string {
  try {
    controlLayer(stack);
    return 'fits';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

describe('the order of stages', () => {
  test('fits when it runs inwards, with units of no stage anywhere', () => {
    const stack = [
      unit('x'),
      unit('trace', 'observe'),
      unit('log', 'observe'),
      unit('y'),
      unit('budget', 'spend'),
    ];
    expect(checked(...stack)).toBe('fits');
    expect(checked()).toBe('fits');
  });

  test('is refused when it runs backwards: which two, what goes wrong, and what works', () => {
    const stack = [
      unit('trace', 'observe'),
      unit('budget', 'spend'),
      unit('x'),
      unit('redact', 'protect'),
      unit('y'),
    ];
    expect(checked(...stack)).toBe(
      "invalid_order controlLayer: redact (stage 'protect') must stand before budget (stage 'spend'). As it is, " +
        'the units outside it would go without its protection: what they keep, count, compare or wait for. ' +
        "This order works: [trace, redact, y, budget, x]. To keep yours, pass { order: 'as-given' }.",
    );
  });

  test.each([
    ['observe', 'protect', 'it would not see what the units outside it do: their hits, refusals and retries'],
    [
      'protect',
      'reuse',
      'the units outside it would go without its protection: what they keep, count, compare or wait for',
    ],
    [
      'reuse',
      'recover',
      'a hit would be counted, limited or retried by the units outside it, though it costs nothing',
    ],
    ['verify', 'recover', 'the units outside it would act on answers that are not verified yet'],
    ['recover', 'spend', 'the units outside it would account for all of its tries as one'],
    ['spend', 'attempt', 'the units outside it would act on single tries before they are charged'],
  ] as const)('says what is wrong with %s inside %s', (inner, outer, consequence) => {
    expect(checked(unit('a', outer), unit('b', inner))).toContain(`As it is, ${consequence}. `);
  });

  test('is as given when that is asked for', () => {
    const stack = [unit('budget', 'spend'), unit('trace', 'observe')];
    const layer = controlLayer(stack, { order: 'as-given' });
    expect([
      layer.describe().order,
      layer
        .describe()
        .units.map((each) => each.name)
        .join(),
    ]).toEqual(['as-given', 'budget,trace']);
  });

  test('that a message proposes always fits', () => {
    const stage = fc.option(fc.constantFrom(...STAGES), { nil: undefined });
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 8 }), (stages) => {
        const stack = stages.map((each, index) => unit(`u${index}`, each));
        const proposed = /This order works: \[(.*?)\]/.exec(checked(...stack))?.[1]?.split(', ') ?? [];
        const sorted = proposed.map((name) => stack.find((each) => each.name === name) as Plugin);
        expect(checked(...sorted)).toBe('fits');
        expect(proposed.length === 0 || proposed.length === stack.length).toBe(true);
      }),
    );
  });
});

describe('what does not belong in a stack', () => {
  class Unit {}
  const same: StackEntry = function same(next) {
    return next;
  };
  const wrong = (value: unknown): StackEntry => value as StackEntry;

  test.each<[string, StackEntry[], string]>([
    [
      'a plugin twice',
      [unit('retry'), unit('retry')],
      "duplicate_plugin controlLayer: retry is in the stack twice. If both are meant, give one another name: { ...retry(), name: '...' }",
    ],
    [
      'a function twice',
      [same, same],
      "duplicate_plugin controlLayer: same is in the stack twice. If both are meant, give one another name: { name: '...', create: () => same }",
    ],
    [
      'null',
      [wrong(null)],
      'invalid_option controlLayer: plugins[0] must be a plugin or an interceptor function, got null',
    ],
    [
      'a string',
      [unit('a'), wrong('retry')],
      'invalid_option controlLayer: plugins[1] must be a plugin or an interceptor function, got "retry"',
    ],
    [
      'a list',
      [wrong([unit('a')])],
      'invalid_option controlLayer: plugins[0] must be a plugin or an interceptor function, got [{"name":"a"}]',
    ],
    [
      'an object without a name',
      [wrong({ create: same })],
      'invalid_option controlLayer: plugins[0] must be a plugin or an interceptor function, got {}',
    ],
    [
      'a class',
      [wrong(Unit)],
      'invalid_option controlLayer: plugins[0] must be injected(Unit), got function Unit',
    ],
    [
      'a stage that is none',
      [wrong({ name: 'a', stage: 'outside' })],
      'invalid_option a: stage must be one of observe, protect, reuse, verify, recover, spend, attempt, got "outside"',
    ],
    [
      'a rule for faults that is none',
      [wrong({ name: 'a', onFault: 'close' })],
      "invalid_option a: onFault must be 'open' or 'closed', got \"close\"",
    ],
    [
      'a create that is no function',
      [wrong({ name: 'a', create: 7 })],
      'invalid_option a: create must be a function, got 7',
    ],
    [
      'a create that returns nothing',
      [wrong({ name: 'a', create: () => {} })],
      'invalid_option a: create() must be a function that returns an interceptor, got undefined',
    ],
    [
      'an interceptor that returns nothing',
      [wrong(function forgetful() {})],
      'invalid_option forgetful: its interceptor must be (next) => (call) => Promise<Reply>, got undefined',
    ],
    [
      'the same with a rule for faults',
      [wrong({ name: 'a', onFault: 'open', create: () => () => {} })],
      'invalid_option a: its interceptor must be (next) => (call) => Promise<Reply>, got undefined',
    ],
  ])('%s is refused by name', (_, stack, message) => {
    expect(checked(...stack)).toBe(message);
  });

  test('is refused also in place of the list or of the options', () => {
    expect(() => controlLayer(unit('a') as never)).toThrow(
      'controlLayer: plugins must be an array, got {"name":"a"}',
    );
    expect(() => controlLayer([], { oder: 'checked' } as never)).toThrow(
      'controlLayer: unknown option oder; known are container, order',
    );
    expect(() => controlLayer([], { order: 'any' as never })).toThrow(
      `controlLayer: order must be one of 'checked', 'as-given', got "any"`,
    );
  });

  test('but two functions of one name, and functions without one, do', () => {
    const make = (): StackEntry => (next) => next;
    expect(checked(make(), make(), (next) => next)).toBe('fits');
  });
});
