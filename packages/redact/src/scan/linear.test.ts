import { expect, test } from 'vitest';
import { hostileTexts } from '../hostile.test-support.ts';
import { TEST_RULES } from '../redact.test-support.ts';
import { RuleSet } from './rule-set.ts';
import { Scanner } from './scanner.ts';

/** The time that the quickest of some runs takes: noise only adds. */
function quickest(run: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...times);
}

// A ratio: how long anything takes is up to the machine. What is quadratic takes 256 times as long.
test('a hostile text that is 16 times as long takes about 16 times as long', () => {
  for (const rule of TEST_RULES) {
    const scanner = new Scanner(new RuleSet([rule]));
    for (const [name, unit] of hostileTexts(rule)) {
      const text = (length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
      const [short, long] = [text(25_000), text(400_000)];
      const base = quickest(() => scanner.whole(short));
      expect(
        quickest(() => scanner.whole(long)),
        `${rule.id}, ${name}`,
      ).toBeLessThan(64 * base + 50);
    }
  }
}, 60_000);
