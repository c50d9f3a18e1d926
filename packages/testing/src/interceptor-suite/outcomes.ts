import { fail } from 'node:assert';
import type { Fetch, Outcome, OutcomeStatus } from '@interpose/core';
import { fakeProvider } from '../fake-provider/fake-provider.ts';
import { contextLengthExceeded, overloaded } from '../fake-provider/shapes.ts';
import { rig, type RigRequest } from './rig.ts';
import { delta, Source, type Ending } from './source.ts';
import type { Rule, Subject } from './subject.ts';
import { isVerdict, within } from './within.ts';

/** A reply, what the caller does with it, and how it ends. */
interface Scene {
  readonly fetch: () => Fetch;
  readonly request: RigRequest;
  readonly act: (response: Response, controller: AbortController) => Promise<unknown>;
  readonly status: OutcomeStatus;
}

const STREAM: RigRequest = { params: { stream: true } };

const readAll = (response: Response): Promise<unknown> => response.text();

async function readOne(response: Response): Promise<ReadableStreamDefaultReader> {
  const reader = response.body?.getReader() as ReadableStreamDefaultReader;
  await reader.read();
  return reader;
}

async function abortMidway(response: Response, controller: AbortController): Promise<void> {
  const reader = await readOne(response);
  controller.abort();
  await reader.read();
}

const streamOf =
  (chunks: readonly string[], ending: Ending = 'close') =>
  (): Fetch =>
    Source.of(() => chunks, ending).fetch;

const fake = (script: Parameters<typeof fakeProvider.inProcess>[0]) => (): Fetch =>
  fakeProvider.inProcess(script).fetch;

// As many as a unit that holds text back may need before it lets some go.
const WORDS = Array.from({ length: 200 }, (_, at) => delta(`word ${at} `));
const ERROR_EVENT = `data: ${JSON.stringify({ error: { message: 'x', type: 'server_error' } })}\n\n`;
const refusing = fake({ script: [contextLengthExceeded(), contextLengthExceeded()] });
const failing = fake({ replies: overloaded() });

const SCENES: Readonly<Record<string, readonly Scene[]>> = {
  'is complete': [
    { fetch: fake({}), request: {}, act: readAll, status: 'completed' },
    { fetch: fake({}), request: STREAM, act: readAll, status: 'completed' },
  ],
  'is an error': [
    { fetch: refusing, request: {}, act: readAll, status: 'failed' },
    { fetch: failing, request: STREAM, act: readAll, status: 'failed' },
    { fetch: streamOf([...WORDS, ERROR_EVENT]), request: STREAM, act: readAll, status: 'failed' },
  ],
  'breaks off': [
    { fetch: streamOf(WORDS, new TypeError('terminated')), request: STREAM, act: readAll, status: 'failed' },
  ],
  'is cut short': [{ fetch: streamOf(WORDS), request: STREAM, act: readAll, status: 'truncated' }],
  'is aborted': [{ fetch: streamOf(WORDS, 'hang'), request: STREAM, act: abortMidway, status: 'aborted' }],
  'is cancelled by its reader': [
    {
      fetch: streamOf(WORDS, 'hang'),
      request: STREAM,
      act: async (response) => (await readOne(response)).cancel(),
      status: 'aborted',
    },
    {
      fetch: streamOf(WORDS, 'hang'),
      request: STREAM,
      act: async (response) => response.body?.cancel(),
      status: 'aborted',
    },
  ],
};

/** The rules on the outcome of a reply: on every way to end it settles, once. */
export const outcomes: readonly Rule[] = Object.entries(SCENES).map(([ending, scenes]): Rule => {
  return [
    `lets the outcome of a reply that ${ending} settle once`,
    (subject) => settles(subject, ending, scenes),
  ];
});

async function settles(subject: Subject, ending: string, scenes: readonly Scene[]): Promise<void> {
  for (const { fetch, request, act, status } of scenes) {
    const controller = new AbortController();
    using one = rig(subject, fetch(), true);
    // How errors look to the caller is the business of other rules.
    await within(
      one.call({ ...request, signal: controller.signal }),
      `A reply that ${ending} was not handed on.`,
    )
      .then((response) =>
        within(act(response, controller), `A reply that ${ending} never ended for its reader.`),
      )
      .catch(unlessOurs);
    for (const [place, watched] of [
      ['outside', one.outside],
      ['inside', one.inside],
    ] as const) {
      for (const outcome of watched) same(await within(outcome, lost(place, ending)), status, place, ending);
    }
    if (one.inside.length === 0) fail('The call did not reach the provider. Is next(call) called?');
    const settled = one.events.filter((event) => event.type === 'settle').length;
    if (settled > 1)
      fail(`One call reported its end ${settled} times. Leave the 'settle' event to the core.`);
  }
}

function same(outcome: Outcome, status: OutcomeStatus, place: string, ending: string): void {
  if (outcome.status === status) return;
  fail(
    `The outcome of a reply that ${ending} is '${outcome.status}' to a unit ${place} of the interceptor, and '${status}' without it. ` +
      'Return the reply that next(call) gave; what you throw while it passes ends it as failed.',
  );
}

function lost(place: string, ending: string): string {
  return (
    `The outcome of a reply that ${ending} never settles for a unit ${place} of the interceptor, so budgets and logs ` +
    'never close it. Return the reply that next(call) gave; one that you do not return, reply.cancel().'
  );
}

function unlessOurs(error: unknown): void {
  if (isVerdict(error)) throw error;
}
