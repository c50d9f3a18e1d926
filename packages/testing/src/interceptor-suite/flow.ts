import { fail } from 'node:assert';
import type { Fetch, Params } from '@interpose/core';
import { fakeProvider } from '../fake-provider/fake-provider.ts';
import { rig } from './rig.ts';
import { delta, Source } from './source.ts';
import type { Rule, Subject } from './subject.ts';
import { turns, within } from './within.ts';

const EVENTS = 10_000;
const CALLS = 1000;

/** The rules on how replies flow: as fast as they are read, and each to its own caller. */
export const flow: readonly Rule[] = [
  ['reads a stream no faster than the caller does', noFaster],
  ['keeps a thousand concurrent calls apart', apart],
];

async function noFaster(subject: Subject): Promise<void> {
  const source = Source.of(function* () {
    for (let at = 0; at < EVENTS; at++) yield delta(`word ${at} `);
    yield delta('', 'stop');
    yield 'data: [DONE]\n\n';
  });
  // Room for a look at the first content; with text held back, for as much as that may be.
  const ahead = subject.holdsBackText ? 500 : 8;
  using one = rig(subject, source.fetch);
  const response = await within(
    one.call({ params: { stream: true } }),
    'A stream got no reply within 5 s.',
    5000,
  );
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (let read = 1; read <= 100; read++) {
    const { done } = await within(reader.read(), `Event ${read} of a stream did not come within 1 s.`);
    if (done) fail(`A stream of ${EVENTS} events ended after ${read - 1} chunks.`);
    if (read !== 1 && read !== 100) continue;
    // A paused reader: nothing may be fetched for it meanwhile.
    await turns(20);
    if (source.pulls > read + ahead) {
      fail(
        `After the caller had read ${read} of ${EVENTS} events, ${source.pulls} were taken from the provider. Do not read ` +
          'a stream yourself (text(), json(), clone(), tee()): look with reply.tap(), rewrite with reply.mapText().',
      );
    }
  }
  await reader.cancel();
}

async function apart(subject: Subject): Promise<void> {
  const provider = fakeProvider.inProcess({
    replies: ({ body }) => ({ text: `answer to ${questionOf(body)}` }),
  });
  let order = 0;
  // Answers overtake each other.
  const fetch: Fetch = async (input, init) => {
    await turns((order++ * 7) % 5);
    return provider.fetch(input, init);
  };
  using one = rig(subject, fetch);
  const answers = Array.from({ length: CALLS }, async (_, number) => {
    const question = `question ${number} of the suite`;
    const params = { messages: [{ role: 'user', content: question }], stream: number % 2 === 1 };
    const text = textOf(await (await one.call({ params })).text());
    return text === `answer to ${question}` ? undefined : `'${question}' got '${text}'`;
  });
  const all = await within(
    Promise.all(answers),
    `${CALLS} concurrent calls did not end within 15 s.`,
    15_000,
  );
  const wrong = all.filter((answer) => answer !== undefined);
  if (wrong.length === 0) return;
  fail(
    `Of ${CALLS} concurrent calls, ${wrong.length} got another call's answer: ${wrong[0]}. Keep what belongs to one call ` +
      'inside the handler (next) => (call) => { here }, not beside it.',
  );
}

function questionOf(body: unknown): string {
  return ((body as Params)['messages'] as readonly { content: string }[])[0]?.content ?? '';
}

/** The text of a chat reply, plain or streamed. */
function textOf(body: string): string {
  if (body.startsWith('{')) return JSON.parse(body).choices[0].message.content as string;
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => (JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '') as string)
    .join('');
}
