import { describe, expect, test } from 'vitest';
import { broken } from './broken.test-support.ts';
import { careful } from './careful.test-support.ts';
import { interceptorSuite } from './interceptor-suite.ts';
import type { InterceptorSuiteOptions, SubjectFactory } from './subject.ts';

const GOOD: Record<string, readonly [SubjectFactory, InterceptorSuiteOptions?]> = {
  'does nothing': [() => (next) => next],
  'only describes itself': [() => ({ name: 'quiet' })],
  watches: [careful.watcher],
  'waits for content': [careful.committed],
  'times out': [careful.timeout],
  caches: [careful.cache, { answersItself: true }],
  redacts: [careful.redactor, { holdsBackText: true }],
};

describe.each(Object.entries(GOOD))('an interceptor that %s', (_, [factory, options]) => {
  for (const { name, run } of interceptorSuite(factory, options)) test(name, run);
});

/** Who breaks which rules, and the heart of what the first of them tells. */
const CULPRITS: Record<string, readonly [told: RegExp, ...rules: string[]]> = {
  'reads the whole body first': [
    /use reply\.tap\(\)/,
    'passes on that a body is not read to its end',
    'passes on an abort that comes while a stream is read',
    'reads a stream no faster than the caller does',
  ],
  'reads ahead': [
    /After the caller had read 1 of 10000 events, 1000\d were taken/,
    'reads a stream no faster than the caller does',
  ],
  'wraps the body and forgets cancel': [
    /must pass cancel on/,
    'passes on that a body is not read to its end',
    'lets the outcome of a reply that is cancelled by its reader settle once',
  ],
  'gives the provider a signal of its own': [
    /AbortSignal\.any/,
    'passes on an abort that comes while a stream is read',
    'passes on an abort that comes before the headers',
    'sends nothing for a call that was aborted before it',
    'lets the outcome of a reply that is aborted settle once',
  ],
  'answers an abort itself': [
    /as if nothing had happened/,
    'passes on an abort that comes before the headers',
  ],
  'hides what an abort is': [/reads as 'network'/, 'sends nothing for a call that was aborted before it'],
  'asks twice and drops the first reply': [
    /one that you do not return, reply\.cancel\(\)/,
    'lets the outcome of a reply that is complete settle once',
    'lets the outcome of a reply that is an error settle once',
    'lets the outcome of a reply that breaks off settle once',
    'lets the outcome of a reply that is cut short settle once',
    'sends each request as the caller gave it',
  ],
  'answers itself and does not say so': [
    /\{ answersItself: true \}/,
    'sends each request as the caller gave it',
  ],
  'changes the request': [/hand the very call to next\(\)/, 'sends each request as the caller gave it'],
  'takes headers away': [/'k-1'/, 'sends each request as the caller gave it'],
  'writes the JSON anew': [/a plain call to \/chat\/completions/, 'passes plain replies on as they are'],
  'makes errors of its own': [/is not what it is without/, 'passes error replies on as they are'],
  'rewrites the text': [
    /a streamed call to \/chat\/completions/,
    'passes streams on as they are',
    'passes plain replies on as they are',
  ],
  'throws at the end of a stream': [
    /^With the interceptor a call fails that works without it: Error: too late$/,
    'passes streams on as they are',
    'lets the outcome of a reply that is complete settle once',
  ],
  'reports the end as well': [
    /reported its end 2 times/,
    'lets the outcome of a reply that is cut short settle once',
  ],
  'keeps the call beside the handler': [
    /Of 1000 .* 999 got another call's answer: 'question 0/,
    'keeps a thousand concurrent calls apart',
  ],
  'leaves a listener': [/240 'abort' listeners/, 'leaves no listener on a signal that many calls share'],
  'leaves a timer for each call': [/240 timers still run/, 'leaves no timer'],
  'leaves a sleep for each call': [/240 timers still run/, 'leaves no timer'],
  'leaves a timer for the layer': [/After layer\.close\(\) a timer .*LIFETIME/, 'leaves no timer'],
  'cannot be closed': [/does not end within 1 s/, 'ends with its layer, also when that is closed twice'],
  'fails to close': [/layer\.close\(\) failed/, 'ends with its layer, also when that is closed twice'],
  'puts the prompt into a message': [
    /holds the prompt, in it\.stack/,
    'puts no text of the call into errors',
  ],
  'puts the key on the error': [
    /holds the authorization header, in it\.request\.headers\.authorization/,
    'puts no text of the call into errors',
  ],
  "puts the provider's words into a cause": [
    /in it\.cause\.error\.message/,
    'puts no text of the call into errors',
  ],
  'parses and lets the parser tell': [/holds what the model wrote/, 'puts no text of the call into errors'],
  'logs the prompt': [
    /a log line or an event holds the prompt/,
    'puts no text of the call into logs and events',
  ],
  'describes itself with a function': [/shouldCache is a function/, 'describes itself as data'],
  'describes itself without end': [/maxEntries is Infinity/, 'describes itself as data'],
};

const messageOf = (error: Error): string => error.message;

test.each(Object.entries(CULPRITS))('one that %s is caught', async (name, [words, ...rules]) => {
  const suite = interceptorSuite(broken[name]!);
  const told = await Promise.all(
    rules.map(async (rule) =>
      suite
        .find((one) => one.name === rule)
        ?.run()
        .then(() => undefined, messageOf),
    ),
  );
  expect(rules.filter((_, at) => told[at] === undefined)).toEqual([]);
  expect(told[0]).toMatch(words);
});

test('each rule catches somebody, and everybody is caught', () => {
  const rules = interceptorSuite(() => (next) => next).map(({ name }) => name);
  const proven = new Set(Object.values(CULPRITS).flatMap(([, ...names]) => names));
  expect([...proven].toSorted()).toEqual(rules.toSorted());
  expect(Object.keys(CULPRITS).toSorted()).toEqual(Object.keys(broken).toSorted());
});

test('the suite itself is checked when it is made', () => {
  expect(() => interceptorSuite({} as SubjectFactory)).toThrow(
    'interceptorSuite: factory must be a function that returns a plugin, got {}',
  );
  expect(() => interceptorSuite(() => [], { skip: [] } as InterceptorSuiteOptions)).toThrow(
    'unknown option skip',
  );
});
