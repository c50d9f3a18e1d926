import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXAMPLES, TEST_RULES } from '../redact.test-support.ts';
import { Redactor } from '../redactor.ts';
import { RuleSet } from '../scan/rule-set.ts';
import { Vault } from '../vault.ts';
import { JsonEditor } from './json-editor.ts';
import { Restorer } from './restorer.ts';

const redactor = new Redactor({
  rules: new RuleSet(TEST_RULES),
  direction: 'reply',
  actionOf: () => 'mask',
  secret: 'a secret of sixteen',
});
const around = { place: 'here', vault: new Vault('', ''), found: () => {} };

function whole(text: string): string {
  const editor = new JsonEditor(redactor.whole(around));
  return editor.push(text) + editor.end();
}

function streamed(parts: readonly string[]): string {
  const editor = new JsonEditor(redactor.stream(around));
  return parts.map((part) => editor.push(part)).join('') + editor.end();
}

/** The same text, with some of its units as escapes. */
const escaped = (text: string, every: number): string =>
  text
    .split('')
    .map((unit, at) =>
      at % every === 0 ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : plain(unit),
    )
    .join('');
const plain = (unit: string): string => JSON.stringify(unit).slice(1, -1);

test('what strings say is redacted, in whatever way it is spelt', () => {
  for (const [rule, example] of EXAMPLES) {
    for (const every of [1, 2, 3, 1000]) {
      const json = `{"a":["${escaped(example, every)}"], "n": 4242424242424242 }`;
      const result = whole(json);
      expect(result).toContain(`[${rule.kind}]`);
      expect(JSON.parse(result)).toMatchObject({ n: 4_242_424_242_424_242 });
    }
  }
});

test('what is not edited keeps its spelling', () => {
  const json = String.raw` { "k\u0065y" : [ "a\/b \u00e9 \n \ud83c\udf88", 1.50e3, true, null, {} , "" ] }  `;
  expect(whole(json)).toBe(json);
  expect(streamed(json.split(''))).toBe(json);
});

test('a value is known by its key', () => {
  expect(whole('{"user":"ann", "password" : "tr0ub4dor&3x"}')).toBe(
    '{"user":"ann", "password" : "[SECRET]"}',
  );
  expect(whole('[{"password":"tr0ub4dor&3x"}]')).toBe('[{"password":"[SECRET]"}]');
  // Not by the one before, nor by what is no string.
  expect(whole('{"password":1,"x":"tr0ub4dor&3x"}')).toBe('{"password":1,"x":"tr0ub4dor&3x"}');
});

test('keys are redacted as well', () => {
  expect(whole('{"jane.doe@mail.example.org":1}')).toBe('{"[EMAIL]":1}');
});

test('a rule breaks no JSON: neither its literals, nor what it finds in a key and its value at once', () => {
  const redacted = (pattern: RegExp, json: string): string => {
    const rule = { id: 'greedy', kind: 'X', pattern, maxLength: 20, examples: { match: [], noMatch: [] } };
    const rules = new RuleSet([rule]);
    const greedy = new Redactor({ rules, direction: 'reply', actionOf: () => 'mask', secret: '' });
    const editor = new JsonEditor(greedy.whole(around));
    return editor.push(json) + editor.end();
  };
  const literals = '{"a":[true,false,null,-1.5e+3,42],"b":true}';
  expect(redacted(/true|false|null|[-.0-9e+]{1,9}/, literals)).toBe(literals);
  expect(redacted(/alpha" ?: ?"beta/, '{"alpha":"beta"}')).toBe('{"[X]":"[X]"}');
});

test('what is no JSON is redacted as text', () => {
  expect(whole('write to jane.doe@mail.example.org, please')).toBe('write to [EMAIL], please');
  expect(whole("{'to': 'jane.doe@mail.example.org'}")).toBe("{'to': '[EMAIL]'}");
});

test('arguments that are cut off are redacted up to there', () => {
  expect(streamed(['{"to":"jane.doe@mail.exam', 'ple.org'])).toBe('{"to":"[EMAIL]');
  expect(streamed(['{"to":"jane.doe@mail.example.or\\u00'])).toBe(String.raw`{"to":"[EMAIL]\u00`);
});

const strings = fc
  .array(
    fc.oneof(
      fc.constantFrom(...EXAMPLES.map(([, text]) => text), ' ', '"', '\\', '[EMAIL', 'é🎈'),
      fc.string({ maxLength: 5 }),
    ),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { weight: 5, arbitrary: strings },
    fc.constantFrom(1, -2.5e-7, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(strings, fc.constantFrom('password', 'token')), tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('arguments that come bit by bit are what the whole is, and JSON', () => {
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (value, every, lengths) => {
        // Some strings are spelt in escapes.
        const json = JSON.stringify(value, undefined, every % 2).replaceAll(/[a-z@-]/g, (unit, at: number) =>
          at % every === 0 &&
          !/^(?:true|false|null)$/.test(unit) &&
          inString(JSON.stringify(value, undefined, every % 2), at)
            ? escaped(unit, 1)
            : unit,
        );
        const parts: string[] = [];
        let at = 0;
        for (const length of lengths) parts.push(json.slice(at, (at += length)));
        parts.push(json.slice(at));
        const expected = whole(json);
        expect(streamed(parts)).toBe(expected);
        expect(streamed(json.split(''))).toBe(expected);
        expect(() => JSON.parse(expected) as unknown).not.toThrow();
        expect(whole(expected)).toBe(expected);
      },
    ),
    { numRuns: 1000 },
  );
});

/** Whether a place in a JSON text is inside of a string, and not in an escape. */
function inString(json: string, at: number): boolean {
  let inside = false;
  for (let index = 0; index < at; index++) {
    if (json[index] === '\\') {
      const length = json[index + 1] === 'u' ? 6 : 2;
      if (at < index + length) return false;
      index += length - 1;
    } else if (json[index] === '"') inside = !inside;
  }
  return inside;
}

test('what is put back is written as JSON writes it, wherever the placeholder is cut', () => {
  const vault = new Vault('a secret of sixteen', 'acme');
  const original = 'a "quoted"\nline \\ é';
  const placeholder = vault.pseudonym('EMAIL', original);
  const json = `{"to":["${placeholder}","[EMAIL_000000]"]}`;
  for (let cut = 0; cut <= json.length; cut++) {
    const editor = new JsonEditor(new Restorer(redactor.stream(around), vault, redactor.rules.placeholders));
    const result = editor.push(json.slice(0, cut)) + editor.push(json.slice(cut)) + editor.end();
    expect(JSON.parse(result)).toEqual({ to: [original, '[EMAIL_000000]'] });
  }
});
