import { expect, test } from 'vitest';
import type { Posting } from './ledger.ts';
import { report } from './report.ts';

function posting(fields: Partial<Posting>): Posting {
  const names = { day: '2026-01-31', endpoint: '', tenant: '', user: '', model: '' };
  return { ...names, calls: 1, inputTokens: 1, outputTokens: 1, cost: 1, unpriced: 0, ...fields };
}

test('lines are by day, then the dearest first, then by name', () => {
  const postings = [
    posting({ day: '2026-02-01', endpoint: 'a', cost: 9 }),
    posting({ endpoint: 'c', cost: 2 }),
    posting({ endpoint: 'b', cost: 2 }),
    posting({ endpoint: 'd', cost: 5 }),
    posting({ endpoint: 'a' }),
    posting({ endpoint: 'a' }),
  ];
  const lines = report(postings, { by: ['day', 'endpoint'] });
  expect(lines.map(({ day, endpoint, cost, calls }) => `${day} ${endpoint} ${cost} (${calls})`)).toEqual([
    '2026-01-31 d 5 (1)',
    '2026-01-31 a 2 (2)',
    '2026-01-31 b 2 (1)',
    '2026-01-31 c 2 (1)',
    '2026-02-01 a 9 (1)',
  ]);
});
