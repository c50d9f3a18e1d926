import type { Rule } from './rule.ts';
import { entropyOf } from './scan/entropy.ts';

/** A place in a text, and the rule that found it. */
export interface Found {
  readonly rule: Rule;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const compiled = new WeakMap<Rule, RegExp>();

/** All that one rule finds, from left to right. */
export function scanWith(rule: Rule, text: string): Found[] {
  const pattern = compiled.get(rule) ?? new RegExp(rule.pattern.source, `${rule.pattern.flags}dg`);
  compiled.set(rule, pattern);
  return [...text.matchAll(pattern)].flatMap((match) => {
    const [start, end] = match.indices?.groups?.['secret'] ?? match.indices?.[0] ?? [0, 0];
    const candidate = { text: text.slice(start, end), match: match[0] };
    if (rule.entropy !== undefined && entropyOf(candidate.text) < rule.entropy) return [];
    return rule.validate && !rule.validate(candidate) ? [] : [{ rule, start, end, text: candidate.text }];
  });
}

/** What all rules find together: the longest first, then priority, then the leftmost. */
export function scan(rules: readonly Rule[], text: string): Found[] {
  const lower = text.toLowerCase();
  const candidates = rules
    .filter(({ keywords }) => !keywords || keywords.some((keyword) => lower.includes(keyword)))
    .flatMap((rule) => scanWith(rule, text))
    .toSorted(
      (a, b) =>
        b.end - b.start - (a.end - a.start) ||
        (b.rule.priority ?? 0) - (a.rule.priority ?? 0) ||
        a.start - b.start,
    );
  const kept: Found[] = [];
  for (const found of candidates) {
    if (!kept.some((other) => found.start < other.end && other.start < found.end)) kept.push(found);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}
