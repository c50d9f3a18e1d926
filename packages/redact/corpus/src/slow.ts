import type { Rule } from '../../src/rule.ts';
import { defaultRules, furtherPersonalRules } from '../../src/rules/index.ts';
import { adversarialTexts, repeated } from './adversarial.ts';

const MEGABYTE = 1 << 20;
const SAMPLE = MEGABYTE / 16;

/** The best of three, in milliseconds of the processor: what the rule takes, and not what the machine does besides. */
function timeOf(rule: Rule, text: string): number {
  const pattern = new RegExp(rule.pattern.source, `${rule.pattern.flags}g`);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = process.cpuUsage().user;
    for (const match of text.matchAll(pattern)) {
      rule.validate?.({ text: match.groups?.['secret'] ?? match[0], match: match[0] });
    }
    best = Math.min(best, (process.cpuUsage().user - start) / 1000);
  }
  return best;
}

// Prints, per rule, the worst time for a megabyte: `node corpus/src/slow.ts [id]`.
const [only] = process.argv.slice(2);
const rules = [...defaultRules, ...furtherPersonalRules].filter(({ id }) => !only || id === only);
const worst = rules.map((rule) => {
  const samples = [...adversarialTexts(rule)].map((text) => ({
    text,
    ms: timeOf(rule, repeated(text, SAMPLE)),
  }));
  const { text } = samples.reduce((most, next) => (next.ms > most.ms ? next : most));
  return { id: rule.id, text: text.slice(0, 60), ms: timeOf(rule, repeated(text, MEGABYTE)) };
});
worst.sort((a, b) => b.ms - a.ms);
for (const { id, ms, text } of worst.slice(0, 20))
  console.log(`${ms.toFixed(1).padStart(7)} ms ${id}: ${JSON.stringify(text)}`);
console.log(`${worst.filter(({ ms }) => ms > 50).length} of ${worst.length} rules take more than 50 ms`);
