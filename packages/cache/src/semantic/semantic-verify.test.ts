import { expect, test } from 'vitest';
import { answer, told } from '../cache.test-support.ts';
import { memoryCacheStore } from '../index.ts';
import { memoryVectorIndex, type Likeness, type SemanticCacheOptions } from './index.ts';
import { semanticStack } from './semantic.test-support.ts';

const ASKED = 'Is Berlin larger than Paris?';
const REVERSED = 'Is Paris larger than Berlin?';
const REWORDED = 'Is Berlin bigger than Paris?';

/** The names in the order in which they come: what a reversal changes. */
function names(text: string): string {
  return (text.match(/Berlin|Paris/g) ?? []).join(' ');
}

const sameOrder = ({ asked, known }: Likeness): boolean => names(asked) === names(known);

test('without it, a question is answered with the answer to its reversal: it is as near', async () => {
  const { ask } = semanticStack([answer('yes')]);
  await told(ask(ASKED));
  expect(await told(ask(REVERSED))).toBe('200 semantic 0: yes');
});

test('with it, a reversal is told from the same in other words', async () => {
  const likenesses: Likeness[] = [];
  const { ask, log } = semanticStack([answer('yes'), answer('no')], {
    verify: (likeness) => {
      likenesses.push(likeness);
      return sameOrder(likeness);
    },
  });
  await told(ask(ASKED));
  expect(await told(ask(REVERSED))).toBe('200 miss: no');
  expect(log.slice(-6)).toEqual([
    'attempt 1',
    'semantic-cache.reject {"similarity":0.997564}',
    'semantic-cache.lookup {"state":"miss","similarity":0.997564}',
    'attempt 1',
    'settle completed',
    'semantic-cache.store {"bytes":375}',
  ]);
  // The reversal is the nearer one.
  expect(await told(ask(REWORDED))).toBe('200 semantic 0: yes');
  expect(likenesses).toEqual([
    { asked: REVERSED, known: ASKED, similarity: 0.997564 },
    { asked: REWORDED, known: REVERSED, similarity: 0.999391 },
    { asked: REWORDED, known: ASKED, similarity: 0.994522 },
  ]);
});

test('is not asked about the very same question', async () => {
  const { ask } = semanticStack([answer('yes')], { verify: () => false });
  await told(ask(ASKED));
  expect(await told(ask(ASKED))).toBe('200 semantic 0: yes');
});

test.each<[string, NonNullable<SemanticCacheOptions['verify']>, string[]]>([
  ['says no', async () => false, []],
  ['says something else', () => 'yes' as never, []],
  [
    'throws',
    () => {
      throw new Error('no');
    },
    ['fault semantic-cache open'],
  ],
  ['rejects', () => Promise.reject(new Error('no')), ['fault semantic-cache open']],
])('one that %s is a miss', async (_, verify, faults) => {
  const { ask, log } = semanticStack([answer('yes'), answer('no')], { verify });
  await told(ask(ASKED));
  expect(await told(ask(REVERSED))).toBe('200 miss: no');
  expect(log.filter((line) => line.startsWith('fault'))).toEqual(faults);
});

test('one that takes too long is a miss', async () => {
  const { ask, clock, log } = semanticStack([answer('yes'), answer('no')], {
    verify: () => new Promise(() => {}),
    verifyTimeout: '200ms',
  });
  await told(ask(ASKED));
  const asked = told(ask(REVERSED));
  await clock.advance(199);
  expect(log.at(-1)).toBe('attempt 1');
  await clock.advance(1);
  expect(await asked).toBe('200 miss: no');
  expect(log).toContain('fault semantic-cache open');
});

test('questions are kept beside their answers only where it has to see them', async () => {
  const keptBy = async (options: Partial<SemanticCacheOptions>): Promise<string> => {
    const kept: string[] = [];
    const store = memoryCacheStore();
    const set: typeof store.set = (key, bytes, ttlMs) => {
      kept.push(key, Buffer.from(bytes).toString());
      return store.set(key, bytes, ttlMs);
    };
    const { ask } = semanticStack([answer('yes')], { store: { ...store, set }, ...options });
    await told(ask(ASKED));
    return kept.join();
  };
  expect(await keptBy({ verify: sameOrder })).toContain(ASKED);
  expect(await keptBy({})).not.toContain('Berlin');
});

test('an answer of which the question was not kept is not given', async () => {
  const store = memoryCacheStore();
  const index = memoryVectorIndex();
  await told(semanticStack([answer('yes')], { store, index }).ask(ASKED));
  const { ask } = semanticStack([answer('no')], { store, index, verify: () => true });
  expect(await told(ask(REWORDED))).toBe('200 miss: no');
});
