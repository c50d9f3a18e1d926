import { expect, test } from 'vitest';
import { extract } from './extract.ts';

test('each letter comes to an invoice or to an error that says why not', async () => {
  const all = await extract();
  expect(all.map(({ letter, happened, got }) => [letter, ...happened, got].join('\n')))
    .toMatchInlineSnapshot(`
    [
      "A letter that is read right
    attempt 1
    shape: pass
    adds-up: pass
    A-17: 12.50 EUR",
      "An answer in a code fence, with a comma too many
    attempt 1
    shape: pass (mended)
    adds-up: pass
    A-17: 12.50 EUR",
      "An amount as a text: asked again
    attempt 1
    shape: fail (/total must be integer)
    the model is told what was wrong
    attempt 2
    shape: pass
    adds-up: pass
    A-17: 12.50 EUR",
      "A sum that is wrong: asked again
    attempt 1
    shape: pass
    adds-up: fail (must have a total that is the sum of its items)
    the model is told what was wrong
    attempt 2
    shape: pass
    adds-up: pass
    A-17: 12.50 EUR",
      "A currency that nobody knows, at the beginning of a long stream: stopped
    attempt 1
    shape: fail (/currency must be one of "EUR", "USD", "CHF")
    the provider stopped after a few tokens
    invalid_output, stopped early: The answer is not valid: /currency of the answer must be one of "EUR", "USD", "CHF"",
      "A model that does not do it: a typed error
    attempt 1
    shape: fail (the whole must be JSON)
    the model is told what was wrong
    attempt 2
    shape: fail (the whole must be JSON)
    invalid_output: 422 The answer is not valid after 2 attempts: the answer must be JSON",
    ]
  `);
});
