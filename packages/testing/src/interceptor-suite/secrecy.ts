import { fail } from 'node:assert';
import type { Fetch } from '@interpose/core';
import { leaks } from './leaks.ts';
import { rig, type RigRequest } from './rig.ts';
import { delta, Source } from './source.ts';
import type { Rule, Subject } from './subject.ts';
import { isVerdict, within } from './within.ts';

/** Texts that must not turn up, by what they are. The last is short: a parser quotes only so much. */
const CANARIES: Readonly<Record<string, string>> = {
  'the prompt': 'canary-of-the-prompt-4b1d',
  'the authorization header': 'sk-canary-of-the-key-9c2e',
  "the provider's message": 'canary-of-the-provider-7f3a',
  'what the model wrote': 'Kan4r1e',
};
const [PROMPT, KEY, PROVIDER, OUTPUT] = Object.values(CANARIES) as [string, string, string, string];

/** The rules on what must not be seen in errors, logs and reports. */
export const secrecy: readonly Rule[] = [
  ['puts no text of the call into errors', (subject) => keeps(subject, 'errors')],
  ['puts no text of the call into logs and events', (subject) => keeps(subject, 'reports')],
];

const MESSAGE = { message: `bad: ${PROVIDER}, you said ${PROMPT} with ${KEY}`, type: 'server_error' };

const error = (status: number) => async (): Promise<Response> =>
  Response.json({ error: MESSAGE }, { status });

const stream = (ending: 'close' | Error, last?: string) => (): Fetch => {
  const words = [delta('so '), delta(OUTPUT), ...(last === undefined ? [] : [last])];
  return Source.of(() => words, ending).fetch;
};

function networkError(): Promise<Response> {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  return Promise.reject(new TypeError('fetch failed', { cause }));
}

const HEADERS = { 'content-type': 'application/json' };

const FAULTS: Readonly<Record<string, () => Fetch>> = {
  'a 400': () => error(400),
  'a 429': () => error(429),
  'a 500': () => error(500),
  'a network error': () => networkError,
  'a body that is not JSON': () => async () => new Response(`${OUTPUT} {`, { headers: HEADERS }),
  'a stream that breaks': stream(new TypeError('terminated')),
  'a stream that is cut': stream('close'),
  'an error event': stream('close', `data: ${JSON.stringify({ error: MESSAGE })}\n\n`),
  'an event that is not JSON': stream('close', `data: {"choices": ${OUTPUT}\n\n`),
  'an answer': stream('close', delta('', 'stop')),
};

async function keeps(subject: Subject, where: 'errors' | 'reports'): Promise<void> {
  for (const [fault, fetch] of Object.entries(FAULTS)) {
    for (const streamed of [false, true]) {
      using one = rig(subject, fetch(), where === 'reports');
      const errors = [await errorOf(one.call(requestOf(streamed))), ...one.thrown];
      await Promise.all(
        [...one.outside, ...one.inside].map((outcome) =>
          within(outcome, 'The outcome of a reply never settles: see the rules on outcomes.'),
        ),
      );
      // The call and what belongs to it are on every event; what counts is what the event says.
      const reports = [...one.logged, ...one.events.map(({ type, unit, data }) => ({ type, unit, data }))];
      for (const value of where === 'errors' ? errors : reports) {
        for (const [what, canary] of Object.entries(CANARIES)) {
          const place = leaks(value, canary);
          if (place === undefined) continue;
          fail(
            `After ${fault}, ${where === 'errors' ? 'an error' : 'a log line or an event'} holds ${what}, in ${place}. Put codes, ` +
              'statuses and counts there, such as those of classify(error); never texts of the call, of the reply, or of the headers.',
          );
        }
      }
    }
  }
}

function requestOf(stream: boolean): RigRequest {
  const messages = [{ role: 'user', content: `please ${PROMPT}` }];
  return { params: { messages, stream }, headers: { authorization: `Bearer ${KEY}` } };
}

/** What a caller gets to see as an error, from the call or from reading its reply. */
async function errorOf(call: Promise<Response>): Promise<unknown> {
  try {
    const response = await within(call, 'A call got no reply within 1 s.');
    // The text itself is what the provider said; the caller may see that.
    await within(response.text(), 'The body of a reply did not end within 1 s.');
    return undefined;
  } catch (thrown) {
    if (isVerdict(thrown)) throw thrown;
    return thrown;
  }
}
