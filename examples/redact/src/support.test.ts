import { expect, test } from 'vitest';
import { support } from './support.ts';

test('the model is told placeholders, the customer reads what was meant, the log has neither', async () => {
  let written = '';
  const { asked, answered, logged, refusal } = await support((text) => (written += text));
  expect(asked).toEqual([
    expect.stringMatching(/^I am \[CUSTOMER_\w{6}\]\. Where is my parcel\? \[EMAIL_\w{6}\]$/),
  ]);
  expect(answered).toEqual([
    'Dear C-204417, the parcel is on its way. We write to ann@example.org when it arrives.',
  ]);
  expect(written).toBe(answered.join(''));
  expect(logged).toHaveLength(2);
  expect(logged.join('')).not.toMatch(/C-204417|ann@|shop_live/);
  expect(refusal).toContain('The rule shop-key blocks what stands in messages.0.content of the request');
});
