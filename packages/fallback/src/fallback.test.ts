import {
  Failure,
  InterposeError,
  deadline,
  detour,
  type FailureKind,
  type Interceptor,
} from '@interpose/core';
import { describe, expect, test } from 'vitest';
import {
  answer,
  delta,
  errorOf,
  failing,
  stackOf,
  told,
  twoProviders,
  type Stack,
  asked,
} from './fallback.test-support.ts';
import { FallbackError, fallback, type FallbackArgs } from './index.ts';

const BACKUP = { model: 'gpt-4.1', name: 'backup' };

test('a call that failed is answered by the next target, and says so', async () => {
  const { ask, log, handler } = stackOf([fallback([BACKUP])], [failing(503), answer()]);
  expect(told(await ask())).toBe('200 hello back from backup');
  expect(log.join('\n')).toBe(
    ['start', 'attempt 1', 'detour fallback backup overloaded', 'attempt 1', 'settle completed'].join('\n'),
  );
  expect(handler.calls.map((call) => [call.model, call.get(detour)?.target])).toEqual([
    ['gpt-4o', undefined],
    ['gpt-4.1', 'backup'],
  ]);
});

test('a call that succeeds is passed on as it is', async () => {
  const { ask, handler } = stackOf([fallback([BACKUP])], [answer()]);
  const { response } = await ask();
  expect([response.headers.get('x-interpose-answered-by'), handler.calls.length]).toEqual([null, 1]);
});

test('targets are asked in order, until one answers', async () => {
  const targets = [BACKUP, { model: 'o4-mini' }, { model: 'last' }];
  const { ask, log } = stackOf([fallback(targets)], [failing(503), failing(429), answer()]);
  expect(told(await ask())).toBe('200 hello back from o4-mini');
  expect(log.filter((line) => line.startsWith('detour'))).toEqual([
    'detour fallback backup overloaded',
    'detour fallback o4-mini rate_limited',
  ]);
});

describe('when all targets fail', () => {
  test('the error has what each failed of, and shows the last reply', async () => {
    const { ask } = stackOf(
      [fallback([BACKUP, { model: 'last' }])],
      [failing(503), new TypeError('fetch failed'), failing(429, 'rate_limit_exceeded')],
    );
    const { response, error, text } = await ask();
    expect(error).toBeInstanceOf(FallbackError);
    const { code, failures, failure, message } = error as FallbackError;
    expect([response.status, code, failure.kind]).toEqual([429, 'all_targets_failed', 'rate_limited']);
    expect(failures.map((one) => `${one.target}: ${one.failure.kind}`)).toEqual([
      'primary: overloaded',
      'backup: network',
      'last: rate_limited',
    ]);
    expect(message).toBe(
      'No target answered: primary (503 overloaded), backup (network), last (429 rate_limited (rate_limit_exceeded))',
    );
    expect(text).toContain('secret words of the provider');
    expect(response.headers.get('x-should-retry')).toBe('false');
  });

  test('and the last one broke without a reply, it has a status of its own', async () => {
    const { ask } = stackOf([fallback([BACKUP])], [failing(503), new TypeError('fetch failed')]);
    const { response, text } = await ask();
    expect([response.status, JSON.parse(text).error.code]).toEqual([502, 'all_targets_failed']);
  });
});

/** A unit that refuses calls to the primary. */
const refusing =
  (elsewhere: boolean): Interceptor =>
  (next) =>
  (call) => {
    if (call.get(detour)) return next(call);
    throw new InterposeError('no', { code: 'of_the_unit', elsewhere });
  };

describe('by default', () => {
  const moved = async (kind: FailureKind, target: object = BACKUP): Promise<string> => {
    const { ask } = stackOf([fallback([target])], [new Failure(kind), answer()]);
    return told(await ask()).includes('from') ? 'moves' : 'stays';
  };

  test.each<[FailureKind, string]>([
    ['network', 'moves'],
    ['timeout', 'moves'],
    ['stalled', 'moves'],
    ['truncated', 'moves'],
    ['rate_limited', 'moves'],
    ['overloaded', 'moves'],
    ['server', 'moves'],
    ['conflict', 'moves'],
    ['permission', 'moves'],
    ['not_found', 'moves'],
    ['invalid_request', 'stays'],
    ['invalid_output', 'stays'],
    ['content_filter', 'stays'],
    ['context_length', 'stays'],
    ['refused', 'stays'],
    ['aborted', 'stays'],
    // The same account answers alike for every model.
    ['quota_exhausted', 'stays'],
    ['authentication', 'stays'],
  ])('a failure of the kind %s %s', async (kind, verdict) => {
    expect(await moved(kind)).toBe(verdict);
  });

  test.each<FailureKind>(['quota_exhausted', 'authentication'])(
    'a failure of the kind %s moves to another account',
    async (kind) => {
      expect(await moved(kind, { apiKey: 'other' })).toBe('moves');
    },
  );

  test('what is too long goes to the targets with a longer context, and only there, whatever happens then', async () => {
    const targets = [
      BACKUP,
      { model: 'long', longerContext: true },
      { model: 'x' },
      { model: 'longest', longerContext: true },
    ];
    const { ask, log } = stackOf(
      [fallback(targets)],
      [failing(400, 'context_length_exceeded'), failing(503), answer()],
    );
    expect(told(await ask())).toBe('200 hello back from longest');
    expect(log.filter((line) => line.startsWith('detour'))).toEqual([
      'detour fallback long context_length',
      'detour fallback longest overloaded',
    ]);
  });

  test.each([
    [false, '400 InterposeError of_the_unit'],
    [true, '200 hello back from backup'],
  ])('a refusal of a unit that is about where the call was going (%s) is %s', async (elsewhere, outcome) => {
    const { ask } = stackOf([fallback([BACKUP]), refusing(elsewhere)], [answer()]);
    expect(told(await ask())).toBe(outcome);
  });

  test('a call that refers to what its account keeps goes to no other account', async () => {
    const content = [{ type: 'file', file: { file_id: 'file-1' } }];
    const messages = [{ role: 'user', content }];
    const { ask, handler } = stackOf([fallback([{ apiKey: 'k' }, BACKUP])], [failing(503), answer()]);
    expect(told(await ask({ messages }))).toBe('200 hello back from backup');
    expect(handler.calls.length).toBe(2);
  });
});

describe('a predicate', () => {
  test('decides with the default at hand, for each target', async () => {
    const seen: string[] = [];
    const when = ({ failure, target, byDefault, failures }: FallbackArgs): boolean => {
      seen.push(`${target} ${failure.kind} ${byDefault} ${failures.length}`);
      return byDefault || (failure.kind === 'content_filter' && target === 'mild');
    };
    const { ask } = stackOf(
      [fallback([BACKUP, { model: 'mild' }], { when })],
      [failing(400, 'content_filter'), answer()],
    );
    expect(told(await ask())).toBe('200 hello back from mild');
    expect(seen).toEqual(['backup content_filter false 1', 'mild content_filter false 1']);
  });

  test('is not asked about a caller who left', async () => {
    const { layer, handler } = stackOf(
      [fallback([BACKUP], { when: () => true })],
      [new Failure('aborted'), answer()],
    );
    await errorOf(asked(layer));
    expect(handler.calls.length).toBe(1);
  });

  test('that throws ends the call', async () => {
    const boom = (): never => {
      throw new RangeError('boom');
    };
    for (const options of [{ when: boom }, { onFallback: boom }]) {
      const { ask } = stackOf([fallback([BACKUP], options)], [failing(503)]);
      const { response, error } = await ask();
      expect([response.status, error?.cause]).toEqual([502, new RangeError('boom')]);
    }
  });
});

test('who asks to be told hears of each move, from where to where', async () => {
  const moves: string[] = [];
  const { ask } = stackOf(
    [
      fallback([BACKUP, { model: 'last' }], {
        onFallback: ({ from, target, failure }) => void moves.push(`${from} > ${target}: ${failure.kind}`),
      }),
    ],
    [failing(503), failing(500), answer()],
  );
  await ask();
  expect(moves).toEqual(['primary > backup: overloaded', 'backup > last: server']);
});

test('a target whose key cannot be had is one that failed', async () => {
  const apiKey = (): never => {
    throw new TypeError('no token');
  };
  const { ask } = stackOf([fallback([{ apiKey, name: 'vault' }, BACKUP])], [failing(503), answer()]);
  expect(told(await ask())).toBe('200 hello back from backup');
});

test('no target is asked for a call whose time is over', async () => {
  const bounded: Interceptor = (next) => (call) => next(call.with({ context: [[deadline, 1000]] }));
  const late = (): Promise<object> => stack.clock.sleep(1000).then(() => failing(503));
  const stack: Stack = stackOf([bounded, fallback([BACKUP])], [late, answer()]);
  const work = stack.ask();
  await stack.clock.advance('1s');
  expect([told(await work).slice(0, 3), stack.handler.calls.length]).toEqual(['503', 1]);
});

test('a body that is a stream is sent once', async () => {
  const { ask, handler } = stackOf([fallback([BACKUP])], [failing(503)]);
  const body = new ReadableStream();
  const { response } = await ask({}, { body, duplex: 'half' } as RequestInit);
  expect([response.status, handler.calls.length]).toEqual([503, 1]);
});

describe('a caller who leaves', () => {
  test('while the primary is asked is asked about nothing more', async () => {
    const leaving = new AbortController();
    const { ask, handler } = stackOf(
      [fallback([BACKUP])],
      [
        () => {
          leaving.abort();
          return new Promise<never>(() => {});
        },
      ],
    );
    expect(await errorOf(ask({}, { signal: leaving.signal }))).toBe(leaving.signal.reason);
    expect(handler.calls.length).toBe(1);
  });

  test('while a target is asked gets the reason, and no error of ours', async () => {
    const leaving = new AbortController();
    const { ask, handler } = stackOf(
      [fallback([BACKUP, { model: 'last' }])],
      [
        failing(503),
        () => {
          leaving.abort();
          return new Promise<never>(() => {});
        },
      ],
    );
    expect(await errorOf(ask({}, { signal: leaving.signal }))).toBe(leaving.signal.reason);
    expect(handler.calls.length).toBe(2);
  });
});

describe('a stream', () => {
  const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };

  test('that dies after its preamble is answered by the next target, and nothing of the first is seen', async () => {
    const { ask } = stackOf(
      [fallback([BACKUP])],
      [
        { events: [role], error: new TypeError('terminated') },
        { events: [delta('whole'), delta('', 'stop')], done: true },
      ],
    );
    const { text, response } = await ask({ stream: true });
    expect([text.match(/data: /g)?.length, text.includes('"role"'), response.status]).toEqual([
      3,
      false,
      200,
    ]);
    expect(response.headers.get('x-interpose-answered-by')).toBe('backup');
  });

  test('that breaks after its first content is an error, and nobody else is asked', async () => {
    const { layer, handler } = stackOf(
      [fallback([BACKUP])],
      [{ events: [delta('half')], error: new TypeError('terminated') }],
    );
    const error = await errorOf(asked(layer, { stream: true }));
    expect([(error as InterposeError).code, handler.calls.length]).toEqual(['reply_network', 1]);
  });

  test('that tells of an error and goes on is stopped before the next target is asked', async () => {
    let stopped = false;
    async function* goesOn(): AsyncGenerator<object> {
      try {
        yield { error: { type: 'server_error', message: 'x' } };
        await new Promise(() => {});
      } finally {
        stopped = true;
      }
    }
    const { ask } = stackOf([fallback([BACKUP])], [{ events: goesOn() }, answer()]);
    expect(told(await ask({ stream: true }))).toBe('200 hello back from backup');
    expect(stopped).toBe(true);
  });

  test('of which no target has a word is an error of its own', async () => {
    const dead = (): object => ({ events: [role], error: new TypeError('terminated') });
    const { ask } = stackOf([fallback([BACKUP])], [dead(), dead()]);
    expect(told(await ask({ stream: true }))).toBe('502 FallbackError all_targets_failed');
  });
});

test('another host gets its own key, and never sees that of the primary', async () => {
  const { primary, backup, layer } = twoProviders(
    (target) => [fallback([{ ...target, model: 'gpt-4.1' }])],
    [{ status: 503 }],
  );
  expect(told(await asked(layer))).toContain('from backup');
  expect(primary.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer sk-primary']);
  expect(
    backup.requests.map(({ headers, body }) => [headers['authorization'], (body as { model: string }).model]),
  ).toEqual([['Bearer sk-backup', 'gpt-4.1']]);
  expect(JSON.stringify(backup.requests)).not.toContain('sk-primary');
});

test('it describes itself without keys', () => {
  const plugin = fallback([
    { baseURL: 'https://eu.test/v1', apiKey: 'sk-secret' },
    { model: 'long', longerContext: true },
  ]);
  expect(plugin.describe?.()).toEqual({ targets: ['eu.test', 'long (longer context)'], when: 'default' });
});

test.each<[unknown, unknown, string]>([
  [[], {}, 'fallback: targets must be a list of at least one target, got []'],
  [{}, {}, 'fallback: targets must be a list of at least one target, got {}'],
  [[BACKUP, BACKUP], {}, 'fallback: two targets are called backup; give one of them another name'],
  [
    [{ model: 'm', name: 'primary' }],
    {},
    'fallback: two targets are called primary; give one of them another name',
  ],
  [[{ model: 'm', longerContext: 1 }], {}, 'fallback targets[0]: longerContext must be true or false, got 1'],
  [[{ modell: 'm' }], {}, 'fallback targets[0]: unknown option modell'],
  [[BACKUP], { when: 1 }, 'fallback: when must be a function, got 1'],
])('wrong targets or options are refused: %o %o', (targets, options, message) => {
  expect(() => fallback(targets as never, options as never)).toThrow(message);
});
