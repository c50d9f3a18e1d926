import type { StackName } from './subjects.ts';

/** One row of the results: a subject against the bare client. */
export interface Case {
  readonly id: string;
  readonly where: 'in process' | 'HTTP latency' | 'HTTP at 64' | 'HTTP at 512';
  /** Those for JSON get 10 kB of it, by a schema. */
  readonly call: 'plain' | 'stream' | 'JSON' | 'JSON stream';
  readonly characters: number;
  readonly stack: StackName;
  /** Over HTTP: through `transport()` instead of the platform's fetch. */
  readonly fast?: boolean;
  /** What the row has to stay within, where a target says so. */
  readonly target?: { readonly atMost: number; readonly name: string };
}

const KB = 1000;
const stacks: readonly StackName[] = [
  '1 no-op',
  '3 no-ops',
  '7 no-ops',
  'log + retry',
  'redact',
  'trace, no SDK',
  'trace, recording',
  'trace, collector down',
  'cache, hit',
  'cache, miss',
  'budget in memory',
  'resilience',
  'validate',
  'the whole stack',
  '7 no-ops, plain path',
  'log + retry, plain path',
];

const PLAIN_TARGETS: Partial<Record<StackName, Case['target']>> = {
  '7 no-ops': { atMost: 1, name: 'P1' },
  'cache, hit': { atMost: 0.5, name: 'P5' },
  'the whole stack': { atMost: 1.5, name: 'P3' },
};

const STREAM_TARGETS: Partial<Record<StackName, Case['target']>> = {
  '7 no-ops': { atMost: 0.6, name: 'P2' },
  'the whole stack': { atMost: 1, name: 'P3' },
};

/** Every case, in the order of the table. */
export const CASES: readonly Case[] = [
  ...stacks.map((stack) => inProcess('plain', KB, stack, PLAIN_TARGETS[stack])),
  ...(['7 no-ops', 'log + retry'] as const).map((stack) => inProcess('plain', 100 * KB, stack)),
  inProcess('plain', 1000 * KB, '7 no-ops', { atMost: 1.05, name: 'P4' }),
  inProcess('plain', 1000 * KB, 'log + retry'),
  ...stacks.map((stack) => inProcess('stream', KB, stack, STREAM_TARGETS[stack])),
  inProcess('JSON', KB, '1 no-op'),
  inProcess('JSON', KB, 'validate'),
  inProcess('JSON stream', KB, '1 no-op'),
  inProcess('JSON stream', KB, 'validate'),
  inProcess('JSON stream', KB, 'validate, held back'),
  ...(['7 no-ops', 'log + retry'] as const).flatMap((stack) => [
    overHttp('HTTP latency', 'stream', stack, false),
    overHttp('HTTP latency', 'stream', stack, true),
  ]),
  ...(['HTTP latency', 'HTTP at 64', 'HTTP at 512'] as const).flatMap((where) => [
    overHttp(where, 'plain', '7 no-ops', false),
    overHttp(where, 'plain', '7 no-ops', true),
    overHttp(where, 'plain', 'log + retry', false),
    overHttp(where, 'plain', 'log + retry', true),
    overHttp(where, 'plain', 'the whole stack', true, {
      atMost: where === 'HTTP latency' ? 0.65 : 0.4,
      name: 'P6',
    }),
  ]),
];

function inProcess(call: Case['call'], characters: number, stack: StackName, target?: Case['target']): Case {
  const id = `in process, ${call}, ${characters / KB} kB, ${stack}`;
  return { id, where: 'in process', call, characters, stack, ...(target && { target }) };
}

function overHttp(
  where: Case['where'],
  call: Case['call'],
  stack: StackName,
  fast: boolean,
  target?: Case['target'],
): Case {
  const id = `${where}, ${call}, 1 kB, ${stack}${fast ? ' + transport()' : ''}`;
  return { id, where, call, characters: KB, stack, fast, ...(target && { target }) };
}
