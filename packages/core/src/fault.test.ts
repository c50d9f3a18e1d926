import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  json,
  layerOver,
  piece,
  refusal,
  settledAs,
  source,
  turn,
} from './core.test-support.ts';
import {
  ERROR_HEADER,
  FaultError,
  InterposeError,
  faulted,
  type Fetch,
  type Interceptor,
  type Plugin,
} from './index.ts';

type Rule = 'open' | 'closed' | undefined;

const bug = new RangeError('bug of the unit');

/** Runs one call through a unit with a rule for its faults; all that happened, in one line. */
async function ran(rule: Rule, interceptor: Interceptor, transport?: Fetch): Promise<string> {
  const log: string[] = [];
  const send: Fetch = async (...args) => {
    log.push('sent');
    return transport
      ? transport(...args)
      : json(chatBody(`answer ${log.filter((each) => each === 'sent').length}`));
  };
  const plugin: Plugin = { name: 'unit', ...(rule && { onFault: rule }), create: () => interceptor };
  const layer = layerOver(send, [plugin]);
  layer.events.on(faulted, ({ unit, data }) => log.push(`fault of ${unit}, open=${data.open}`));
  const result = settledAs(
    ask(layer).then(async (response) => {
      const text = await response.text();
      return /answer \d/.exec(text)?.[0] ?? response.headers.get(ERROR_HEADER) ?? text;
    }),
  );
  log.push(await result);
  return log.join(', ');
}

const beforeNext: Interceptor = () => () => Promise.reject(bug);
const afterNext: Interceptor = (next) => async (call) => {
  await next(call);
  throw bug;
};
const besideNext: Interceptor = (next) => async (call) => {
  void next(call).catch(() => {});
  throw bug;
};
const through: Interceptor = (next) => (call) => next(call);

describe('onFault', () => {
  test.each<[string, Rule, Interceptor, string]>([
    ['nothing said: a fault passes as it is', undefined, beforeNext, 'RangeError: bug of the unit'],
    [
      'open: a fault before next goes on without the unit',
      'open',
      beforeNext,
      'fault of unit, open=true, sent, answer 1',
    ],
    [
      'open: a fault after next gives what was answered',
      'open',
      afterNext,
      'sent, fault of unit, open=true, answer 1',
    ],
    [
      'open: a fault beside next waits for the answer',
      'open',
      besideNext,
      'sent, fault of unit, open=true, answer 1',
    ],
    [
      'closed: a fault before next refuses the call',
      'closed',
      beforeNext,
      'fault of unit, open=false, unit_fault',
    ],
    [
      'closed: a fault after next refuses the call',
      'closed',
      afterNext,
      'sent, fault of unit, open=false, unit_fault',
    ],
  ])('%s', async (_, rule, interceptor, log) => {
    expect(await ran(rule, interceptor)).toBe(log);
  });

  test.each<Rule>(['open', 'closed'])(
    '%s: a handler that throws before it is async is a fault as well',
    async (rule) => {
      const unit: Interceptor = () => () => {
        throw bug;
      };
      expect(await ran(rule, unit)).toContain(rule === 'open' ? 'answer 1' : 'unit_fault');
    },
  );

  test.each<Rule>(['open', 'closed'])('%s: an error from further in is no fault', async (rule) => {
    const failing: Fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await ran(rule, through, failing)).toBe('sent, TypeError: fetch failed');
    const strings: Fetch = () => Promise.reject('text');
    expect(await ran(rule, through, strings)).toBe('sent, not_an_error');
  });

  test.each<Rule>(['open', 'closed'])(
    '%s: an error from further in is no fault in a call that joined another',
    async (rule) => {
      let first: ReturnType<ReturnType<Interceptor>> | undefined;
      const join: Interceptor = (next) => (call) => (first ??= next(call));
      const failing: Fetch = () => Promise.reject(new TypeError('fetch failed'));
      const layer = layerOver(failing, [{ name: 'join', onFault: rule as 'open', create: () => join }]);
      const both = await Promise.all([settledAs(ask(layer)), settledAs(ask(layer))]);
      expect(both).toEqual(['TypeError: fetch failed', 'TypeError: fetch failed']);
    },
  );

  test('open: what was asked for something else on the way is not the answer', async () => {
    const asksFirst: Interceptor = (next) => async (call) => {
      const { operation, url, params } = call;
      await next(call.derive({ operation, url, params }));
      throw bug;
    };
    expect(await ran('open', asksFirst)).toBe('sent, fault of unit, open=true, sent, answer 2');
    const asksBoth: Interceptor = (next) => async (call) => {
      await next(call.with({ attempt: 2 }));
      return asksFirst(next)(call);
    };
    expect(await ran('open', asksBoth)).toBe('sent, sent, fault of unit, open=true, answer 1');
  });

  test.each<Rule>(['open', 'closed'])('%s: a refusal is no fault', async (rule) => {
    const refuse: Interceptor = () => () => Promise.reject(new InterposeError('no', { code: 'refused' }));
    expect(await ran(rule, refuse)).toBe('refused');
  });

  test('open: a unit that breaks over an error from further in leaves that error', async () => {
    const clumsy: Interceptor = (next) => (call) =>
      next(call).catch(() => {
        throw bug;
      });
    const failing: Fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await ran('open', clumsy, failing)).toBe(
      'sent, fault of unit, open=true, TypeError: fetch failed',
    );
  });

  test('the caller’s abort is no fault', async () => {
    const controller = new AbortController();
    const unit: Interceptor = () => async (call) => {
      controller.abort(new Error('gone'));
      throw call.signal.reason;
    };
    for (const onFault of ['open', 'closed'] as const) {
      const layer = layerOver(async () => json({}), [{ name: 'unit', onFault, create: () => unit }]);
      expect(await settledAs(ask(layer, { signal: controller.signal }))).toBe('Error: gone');
    }
  });

  test('closed: cancels what was answered, also when it is answered later', async () => {
    for (const unit of [afterNext, besideNext]) {
      const provider = source([piece('a')]);
      await ran('closed', unit, async () => provider.response);
      await turn();
      expect(provider.log).toEqual(['cancelled RangeError: bug of the unit']);
    }
  });

  test('closed: the error names the unit and keeps what broke', async () => {
    const layer = layerOver(
      async () => json({}),
      [{ name: 'redact', onFault: 'closed', create: () => beforeNext }],
    );
    const { error } = await refusal(layer);
    if (!(error instanceof FaultError)) throw error as unknown;
    expect([error.message, error.unit, error.status, error.cause]).toEqual([
      "redact broke, and it is set to refuse calls when it does (onFault: 'closed')",
      'redact',
      500,
      bug,
    ]);
  });

  test.each<[unknown, string]>([
    ['redis_unavailable', 'unit broke (redis_unavailable), and'],
    ['what was asked, word for word', 'unit broke, and'],
    [404, 'unit broke, and'],
  ])('closed: the error tells the code of what broke, if it is one: %j', async (code, message) => {
    const unit: Interceptor = () => () => Promise.reject(Object.assign(new Error('secret'), { code }));
    const layer = layerOver(async () => json({}), [{ name: 'unit', onFault: 'closed', create: () => unit }]);
    const { error } = await refusal(layer);
    expect(error?.message.startsWith(message)).toBe(true);
  });

  test('keeps what a unit knows from one call to the next', async () => {
    const counting: Interceptor = (next) => {
      let calls = 0;
      return async (call) => (
        calls++,
        (await next(call)).mapText(() => ({ push: () => `call ${calls}`, end: () => '' }))
      );
    };
    const layer = layerOver(
      async () => json(chatBody('x')),
      [{ name: 'unit', onFault: 'open', create: () => counting }],
    );
    await ask(layer);
    expect(await (await ask(layer)).text()).toContain('call 2');
  });

  test('leaves the reply the very object when the unit does nothing', async () => {
    const response = json(chatBody('x'));
    const layer = layerOver(
      async () => response,
      [{ name: 'unit', onFault: 'closed', create: () => through }],
    );
    expect(await ask(layer)).toBe(response);
  });
});
