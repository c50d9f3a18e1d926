import { describe, expect, test } from 'vitest';
import { checkOptions, milliseconds, option, type Duration } from './index.ts';

const rules = {
  count: option.integer(1),
  share: option.number(0, 1),
  on: option.boolean,
  fn: option.function,
  name: option.string,
  bag: option.object,
  mode: option.oneOf('a', 'b'),
  whatever: option.any,
};

const check = (options: unknown) => (): void => checkOptions('unit', options, rules);

describe('checkOptions', () => {
  test('accepts what fits, and what is left out or undefined', () => {
    const options = {
      count: 1,
      share: 0.5,
      on: false,
      fn: check,
      name: 'x',
      bag: {},
      mode: 'b',
      whatever: null,
    };
    expect(check(options)).not.toThrow();
    expect(check({})).not.toThrow();
    expect(check({ count: undefined, fn: undefined })).not.toThrow();
  });

  test.each<[unknown, string]>([
    [{ count: 0 }, 'unit: count must be an integer >= 1, got 0'],
    [{ count: 1.5 }, 'unit: count must be an integer >= 1, got 1.5'],
    [{ count: '3' }, 'unit: count must be an integer >= 1, got "3"'],
    [{ count: Infinity }, 'unit: count must be an integer >= 1, got Infinity'],
    [{ count: null }, 'unit: count must be an integer >= 1, got null'],
    [{ share: 1.01 }, 'unit: share must be a number from 0 to 1, got 1.01'],
    [{ share: Number.NaN }, 'unit: share must be a number from 0 to 1, got NaN'],
    [{ on: 'yes' }, 'unit: on must be true or false, got "yes"'],
    [{ fn: {} }, 'unit: fn must be a function, got {}'],
    [{ name: '' }, 'unit: name must be a non-empty string, got ""'],
    [{ bag: [] }, 'unit: bag must be an object, got []'],
    [{ mode: 'c' }, `unit: mode must be one of 'a', 'b', got "c"`],
    [{ cuont: 1 }, 'unit: unknown option cuont; known are count, share, on, fn, name, bag, mode, whatever'],
    [
      { toString: 1 },
      'unit: unknown option toString; known are count, share, on, fn, name, bag, mode, whatever',
    ],
    [null, 'unit: options must be an object, got null'],
    [[], 'unit: options must be an object, got []'],
    [() => 1, 'unit: options must be an object, got function (anonymous)'],
  ])('refuses %o', (options, message) => {
    expect(check(options)).toThrow(expect.objectContaining({ message, code: 'invalid_option' }));
  });
});

describe('milliseconds', () => {
  test.each<[Duration, number]>([
    [0, 0],
    [1.5, 1.5],
    ['250ms', 250],
    ['0s', 0],
    ['2s', 2000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('reads %s', (duration, expected) => {
    expect(milliseconds(duration, 'retry', 'maxDelay')).toBe(expected);
  });

  test.each<[unknown, string]>([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['2', '"2"'],
    ['2 s', '"2 s"'],
    ['-2s', '"-2s"'],
    ['2w', '"2w"'],
    ['1e3ms', '"1e3ms"'],
    ['', '""'],
    [undefined, 'undefined'],
    [`${'9'.repeat(310)}s`, `"${'9'.repeat(76)}...`],
  ])('refuses %o', (duration, shown) => {
    expect(() => milliseconds(duration as Duration, 'retry', 'maxDelay')).toThrow(
      `retry: maxDelay must be a duration such as 250, '250ms', '2s' or '1h', got ${shown}`,
    );
  });
});
