import { expect, test } from 'vitest';
import { TEST_RULES } from '../redact.test-support.ts';
import { RuleSet } from '../scan/rule-set.ts';
import { Vault } from '../vault.ts';
import { edited, type Editor } from './edit.ts';
import { Restorer } from './restorer.ts';

const { placeholders } = new RuleSet(TEST_RULES);
const vault = new Vault('a secret of sixteen', 'acme');
const email = vault.pseudonym('EMAIL', 'jane.doe@mail.example.org');

function restored(...parts: readonly string[]): string {
  const untouched: Editor = { push: (text) => [{ text }], end: () => [] };
  const restorer = new Restorer(untouched, vault, placeholders);
  return parts.map((part) => edited(restorer.push(part))).join('') + edited(restorer.end());
}

test('placeholders are known wherever they are cut, also where nothing else is edited', () => {
  const text = `[so] ${email}${email} and [EMAIL_000000], [EMAIL]`;
  const expected = '[so] jane.doe@mail.example.orgjane.doe@mail.example.org and [EMAIL_000000], [EMAIL]';
  for (let cut = 0; cut <= text.length; cut++) {
    expect(restored(text.slice(0, cut), text.slice(cut))).toBe(expected);
  }
  expect(restored(...text.split(''))).toBe(expected);
});

test('what only began like a placeholder is not lost at the end', () => {
  for (let length = 0; length < email.length; length++) {
    const text = `to ${email.slice(0, length)}`;
    expect(restored(...text.split(''))).toBe(text);
  }
});
