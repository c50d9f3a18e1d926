import { fail } from 'node:assert';
import { inspect } from 'node:util';
import { classify } from '@interpose/core';
import { rig, type RigRequest } from './rig.ts';
import { delta, Source } from './source.ts';
import type { Rule, Subject } from './subject.ts';
import { isVerdict, soon, turns, within } from './within.ts';

const PASS_IT_ON =
  'Hand the call itself, or call.with({ ... }), to next(); where a signal of your own is needed, make it AbortSignal.any([call.signal, yours]).';

/** The rules on what happens when the caller gives up. */
export const abort: readonly Rule[] = [
  ['passes on an abort that comes before the headers', beforeHeaders],
  ['passes on an abort that comes while a stream is read', whileStreaming],
  ['passes on that a body is not read to its end', earlyCancel],
  ['sends nothing for a call that was aborted before it', alreadyAborted],
];

async function beforeHeaders(subject: Subject): Promise<void> {
  for (const stream of [false, true]) {
    const source = Source.silent();
    const controller = new AbortController();
    using one = rig(subject, source.fetch);
    const call = one.call({ params: { stream }, signal: controller.signal });
    call.catch(() => {});
    if (!(await soon(() => source.requests > 0))) {
      fail('The call did not reach the provider within 1 s. Is next(call) called?');
    }
    controller.abort();
    await turns();
    if (!source.signal?.aborted) {
      fail(`The caller aborted, and the request goes on: its signal did not abort. ${PASS_IT_ON}`);
    }
    await rejectsAsAborted(call, 'fetch');
  }
}

async function whileStreaming(subject: Subject): Promise<void> {
  using stream = await streaming(subject);
  const { source, reader, controller, read } = stream;
  const reading = reader.read();
  reading.catch(() => {});
  controller.abort();
  await turns();
  if (!source.stopped) {
    fail(`The caller aborted while it read a stream, and the provider was not told. ${PASS_IT_ON}`);
  }
  await rejectsAsAborted(reading, 'the read of the body', read);
}

async function earlyCancel(subject: Subject): Promise<void> {
  using stream = await streaming(subject);
  const { source, reader } = stream;
  await within(reader.cancel(), 'Cancelling the body of a reply takes longer than 1 s.');
  await turns();
  if (source.stopped) return;
  fail(
    'The caller cancelled the body, and the provider goes on. Return the reply that next(call) gave; a body that is wrapped must pass cancel on.',
  );
}

async function alreadyAborted(subject: Subject): Promise<void> {
  const source = Source.of(() => [delta('', 'stop')]);
  using one = rig(subject, source.fetch);
  const call = one.call({ signal: AbortSignal.abort() });
  await call.catch(() => {});
  if (source.requests > 0)
    fail(`A call that was aborted before it was made was sent all the same. ${PASS_IT_ON}`);
  await rejectsAsAborted(call, 'fetch');
}

interface Streaming extends Disposable {
  readonly source: Source;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly controller: AbortController;
  /** Reads what there is left, for a stream whose events came late. */
  readonly read: () => Promise<unknown>;
}

/** A stream that stands still after some events, of which the first was read. */
async function streaming(subject: Subject): Promise<Streaming> {
  const source = Source.of(function* () {
    for (let at = 0; at < 200; at++) yield delta(`word ${at} `);
  }, 'hang');
  const controller = new AbortController();
  const one = rig(subject, source.fetch);
  const request: RigRequest = { params: { stream: true }, signal: controller.signal };
  const response = await within(
    one.call(request),
    'A stream that stands still after 200 events is not handed on. Do not read it to its end: use reply.tap() or reply.mapText().',
  );
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  await within(reader.read(), 'The first event of a stream did not come within 1 s.');
  return { source, reader, controller, read: () => reader.read(), [Symbol.dispose]: one[Symbol.dispose] };
}

/** @param again makes the next try, where what was under way may still have been answered */
async function rejectsAsAborted(
  work: Promise<unknown>,
  what: string,
  again?: () => Promise<unknown>,
): Promise<void> {
  let error: unknown;
  try {
    const value = await within(
      work,
      `The caller aborted, and ${what} did not reject within 1 s. ${PASS_IT_ON}`,
    );
    if (again && !(value as { done: boolean }).done) return await rejectsAsAborted(again(), what);
    error = undefined;
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) {
    fail(`The caller aborted, and ${what} ended as if nothing had happened. Let the error of an abort pass.`);
  }
  if (isVerdict(error)) throw error;
  const { kind } = classify(error);
  if (kind !== 'aborted') {
    fail(
      `The caller aborted, and ${what} rejected with ${inspect(error, { depth: 0 })}, which reads as '${kind}'. ` +
        'Let the error of an abort pass as it is; ask call.signal.aborted before you judge an error.',
    );
  }
}
