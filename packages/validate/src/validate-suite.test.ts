import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import * as z from 'zod';
import { matches, maxLength, validate, type ValidateOptions } from './index.ts';

const WAYS: Readonly<Record<string, ValidateOptions>> = {
  'with nothing to look at': {},
  'that looks at streams in passing': { schema: { other: z.object({}) } },
  'that looks at every text as it comes': { checks: [maxLength(1e9)] },
  'that asks at the end of each': { checks: [matches(/^/), { name: 'slow', test: async () => true }] },
};

describe.each(Object.entries(WAYS))('validate %s', (_, options) => {
  for (const { name, run } of interceptorSuite(() => validate(options))) test(name, run);
});
