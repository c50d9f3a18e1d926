import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { route } from './index.ts';

describe('route that has nothing to do', () => {
  const make = () =>
    route({ targets: { a: { model: 'a' } }, rules: [{ endpoint: 'none of the suite', to: 'a' }] });
  for (const { name, run } of interceptorSuite(make)) test(name, run);
});

// What goes to another target has an idempotency key of its own.
const KEYED = 'sends each request as the caller gave it';

describe('route at work', () => {
  const asGiven = { params: ({ params }: { params: object }) => ({ ...params }) };
  const make = () =>
    route({ targets: { a: asGiven, b: asGiven }, rules: [{ to: ['a', 'b'] }], strategy: 'fastest' });
  for (const { name, run } of interceptorSuite(make)) if (name !== KEYED) test(name, run);
});
