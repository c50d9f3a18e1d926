import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { stop } from './index.ts';

// Of what may be rewritten, nobody promises the length.
const HOLDS = { holdsBackText: true };

describe('stop that has nothing to do', () => {
  for (const { name, run } of interceptorSuite(() => stop({ when: () => false }), HOLDS)) test(name, run);
});

describe('stop that waits for what does not come', () => {
  const when = ['\u0000never', { maxCharacters: 1e9 }, { json: 'whole' }] as const;
  const make = () => stop({ when, channels: ['content', 'reasoning', 'arguments'] });
  for (const { name, run } of interceptorSuite(make, HOLDS)) test(name, run);
});
