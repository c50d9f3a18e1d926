import { ConfigurationError } from '@interpose/core';
import { expect, test } from 'vitest';
import { scrub, scrubber } from './index.ts';
import { TEST_RULES, noise } from './redact.test-support.ts';

const EMAIL = 'jane.doe@mail.example.org';
const KEY = `sk-${noise(48, 4)}`;
const scrubAll = scrubber({ rules: TEST_RULES, allow: ['ok@ok.example'] });

test('scrubs texts, and copies of whatever holds texts', () => {
  const date = new Date(0);
  const given = {
    text: `to ${EMAIL}`,
    list: [EMAIL, 1, null, undefined, true],
    map: new Map<unknown, unknown>([[EMAIL, { key: KEY }]]),
    set: new Set([EMAIL]),
    url: new URL(`https://example.com/?by=${EMAIL}`),
    headers: new Headers({ from: EMAIL }),
    bytes: new Uint8Array([1]),
    date,
    [EMAIL]: 'a',
    'x@y.io': 'b',
    allowed: 'ok@ok.example',
    get computed() {
      return EMAIL;
    },
    get broken(): string {
      throw new Error(EMAIL);
    },
  };
  const before = structuredClone({ text: given.text, list: given.list });
  expect(scrubAll(given)).toEqual({
    text: 'to [EMAIL]',
    list: ['[EMAIL]', 1, null, undefined, true],
    map: new Map([['[EMAIL]', { key: '[OPENAI_KEY]' }]]),
    set: new Set(['[EMAIL]']),
    url: 'https://example.com/?by=[EMAIL]',
    headers: { from: '[EMAIL]' },
    bytes: new Uint8Array([1]),
    date,
    '[EMAIL]': 'a',
    '[EMAIL] 2': 'b',
    allowed: 'ok@ok.example',
    computed: '[EMAIL]',
    broken: '[unreadable]',
  });
  expect({ text: given.text, list: given.list }).toEqual(before);
});

test('scrubs errors, with their stacks, causes and fields, and leaves their class', () => {
  class Refused extends TypeError {
    override readonly name = 'Refused';
    readonly by = EMAIL;
  }
  const error = new Refused(`no ${EMAIL}`, { cause: new AggregateError([new Error(KEY)], EMAIL) });
  const copy = scrubAll(error);
  expect(copy).toBeInstanceOf(Refused);
  expect([copy.name, copy.message, copy.by]).toEqual(['Refused', 'no [EMAIL]', '[EMAIL]']);
  expect(copy.stack).toContain('no [EMAIL]');
  expect(copy.stack).toContain('scrub.test.ts');
  const cause = copy.cause as AggregateError;
  expect([cause.message, (cause.errors[0] as Error).message]).toEqual(['[EMAIL]', '[OPENAI_KEY]']);
  expect(error.message).toBe(`no ${EMAIL}`);
});

test('keeps cycles, and what is there twice, as they are', () => {
  const one: { self?: unknown; text: string } = { text: EMAIL };
  one.self = one;
  const [copy, again] = scrubAll([one, one]);
  expect(copy?.self).toBe(copy);
  expect(again).toBe(copy);
  expect(copy?.text).toBe('[EMAIL]');
});

test('knows the default rules by itself, and refuses what is no rule', () => {
  expect(scrub(`to ${EMAIL}`)).toBe('to [EMAIL]');
  expect(() => scrubber({ rules: 1 as never })).toThrow(ConfigurationError);
});
