import { describe, expect, test } from 'vitest';
import {
  ConfigurationError,
  Failure,
  InterposeError,
  ReplyError,
  findInterposeError,
  standFor,
} from './index.ts';

class SpentError extends InterposeError {
  override readonly name = 'SpentError';
  constructor(
    readonly limit: number,
    readonly spent: number,
  ) {
    super('Spent', {
      code: 'spent',
      status: 429,
      failure: new Failure('refused'),
      cause: new Error('below'),
    });
  }
}
class OtherError extends InterposeError {}
class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly status: number = 400;
}

const spent = new SpentError(5, 7);

describe('InterposeError', () => {
  test('has a stable code, a status, and what explains it; the reply stays out of sight', () => {
    expect(JSON.parse(JSON.stringify(spent))).toMatchObject({
      code: 'spent',
      status: 429,
      limit: 5,
      spent: 7,
    });
    const reply = { secret: 'prompt' } as never;
    const error = new InterposeError('x', { code: 'c', reply });
    expect([Object.keys(error).join(), error.reply === reply, error.status]).toEqual([
      'name,code,status,failure',
      true,
      400,
    ]);
    expect(`${spent} / ${String(spent.cause)}`).toBe('SpentError: Spent / Error: below');
  });

  test('is an instance of its own class and of the base, and of no other', () => {
    const of = [SpentError, InterposeError, Error, OtherError, ReplyError].map(
      (Class) => spent instanceof Class,
    );
    expect(of).toEqual([true, true, true, false, false]);
    expect([new Error('x') instanceof InterposeError, ({} as object) instanceof InterposeError]).toEqual([
      false,
      false,
    ]);
    expect([null, undefined, 'x', 7].some((each) => (each as unknown) instanceof InterposeError)).toBe(false);
  });
});

describe('standFor', () => {
  const twin = standFor(new ClientError('of the client'), spent);

  test('lets a client’s error be both: of its own class, and of ours', () => {
    const of = [ClientError, SpentError, InterposeError, OtherError].map((Class) => twin instanceof Class);
    expect(of).toEqual([true, true, true, false]);
    expect(findInterposeError(twin)).toBe(spent);
  });

  test('puts our fields on it, and leaves its message', () => {
    const { message, name, status, code, limit, cause } = twin as unknown as SpentError;
    expect([message, name, status, code, limit, cause]).toEqual([
      'of the client',
      'SpentError',
      429,
      'spent',
      5,
      spent.cause,
    ]);
    expect(Object.keys(twin).toSorted()).toEqual(['code', 'failure', 'limit', 'name', 'spent', 'status']);
  });

  test('leaves a cause that the client gave', () => {
    const cause = new Error('the client’s');
    expect(standFor(new ClientError('x', { cause }), spent).cause).toBe(cause);
  });
});

describe('findInterposeError', () => {
  test('finds it itself, in a twin, and through causes', () => {
    const twin = standFor(new ClientError('x'), spent);
    const wrap = (cause: unknown): Error => new Error('outer', { cause: new TypeError('inner', { cause }) });
    expect([spent, twin, wrap(spent), wrap(twin)].map(findInterposeError)).toEqual([
      spent,
      spent,
      spent,
      spent,
    ]);
  });

  test('finds one of another copy of this package by its mark', () => {
    const foreign = new Error('elsewhere');
    Object.defineProperty(foreign, Symbol.for('interpose.error'), { value: foreign });
    expect(findInterposeError(new Error('outer', { cause: foreign }))).toBe(foreign);
  });

  test('finds nothing where there is nothing, and comes to an end', () => {
    const circle = new Error('a') as Error & { cause: unknown };
    circle.cause = new Error('b', { cause: circle });
    expect([circle, new Error('x'), null, undefined, 'x', {}].map(findInterposeError)).toEqual(
      Array(6).fill(undefined),
    );
  });
});

describe('ReplyError', () => {
  test('says what broke and how much had come, and is no abort', () => {
    const errors = [
      new ReplyError(new Failure('truncated'), 12),
      new ReplyError(new Failure('network', { code: 'ECONNRESET', cause: new Error('my prompt') }), 3),
    ];
    expect(errors.map((error) => `${error} ${error.code} ${error.status}`)).toEqual([
      'ReplyError: The stream ended before the reply was whole, after 12 characters reply_truncated 502',
      'ReplyError: The reply broke off (network (ECONNRESET)) after 3 characters reply_network 502',
    ]);
  });
});

describe('ConfigurationError', () => {
  test.each<[unknown, string]>([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', '"text"'],
    [{ a: [1] }, '{"a":[1]}'],
    [() => 1, 'function (anonymous)'],
    [Symbol('s'), 'Symbol(s)'],
    [7n, '[object BigInt]'],
    ['x'.repeat(200), `"${'x'.repeat(76)}...`],
  ])('shows what it got: %o', (value, shown) => {
    const { message, code } = ConfigurationError.option('unit', 'option', 'something else', value);
    expect([message, code]).toEqual([`unit: option must be something else, got ${shown}`, 'invalid_option']);
  });
});
