import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { redact } from './index.ts';
import { TEST_RULES } from './redact.test-support.ts';

describe('redact that looks at requests alone', () => {
  const make = () => redact({ rules: TEST_RULES, reply: 'off' });
  for (const { name, run } of interceptorSuite(make)) test(name, run);
});

describe('redact that looks at everything', () => {
  const make = () => redact({ rules: TEST_RULES });
  for (const { name, run } of interceptorSuite(make, { holdsBackText: true })) test(name, run);
});

describe('redact that restores, with detectors', () => {
  const detect = async () => [];
  const make = () =>
    redact({ rules: TEST_RULES, restore: true, detectors: [{ id: 'names', kinds: ['NAME'], detect }] });
  for (const { name, run } of interceptorSuite(make, { holdsBackText: true })) test(name, run);
});
