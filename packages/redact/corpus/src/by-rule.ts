import type { Rule } from '../../src/rule.ts';
import { RuleSet } from '../../src/scan/rule-set.ts';
import { Scanner } from '../../src/scan/scanner.ts';
import type { Draw } from './draw.ts';
import { drawnFrom } from './drawn.ts';

const AROUND: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `Please look at ${text} today.`,
  (text) => `before\n${text}\nafter`,
];
const DRAWN = 8;
const TRIES = 60;

/** Where something stands, and what it was taken for. */
interface Mark {
  readonly id: string;
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** What became of the samples of one rule, with all rules at work. */
export interface RuleScore {
  readonly rule: Rule;
  readonly samples: number;
  /** Of how many nothing is left. */
  readonly covered: number;
  /** As what else they were found, by kind. */
  readonly confusion: ReadonlyMap<string, number>;
  /** How many were found as what they are. */
  readonly named: number;
  /** How often the rule found something in what has nothing. */
  readonly wrong: number;
}

function marksIn(scanner: Scanner, text: string): readonly Mark[] {
  const marks: Mark[] = [];
  let at = 0;
  for (const { text: piece, source } of scanner.whole(text) ?? []) {
    if (source) marks.push({ ...source, start: at, end: at + piece.length });
    at += piece.length;
  }
  return marks;
}

/** Scores rules one by one: on their own examples, on texts drawn from their patterns, and on what has nothing in it. */
export function scoresOf(rules: readonly Rule[], harmless: readonly string[], draw: Draw): RuleScore[] {
  const all = new Scanner(new RuleSet(rules));
  const wrong = new Map<string, number>();
  for (const text of harmless)
    for (const { id } of marksIn(all, text)) wrong.set(id, (wrong.get(id) ?? 0) + 1);
  return rules.map((rule) => {
    const alone = new Scanner(new RuleSet([rule]));
    const confusion = new Map<string, number>();
    let samples = 0;
    let covered = 0;
    let named = 0;
    for (const sample of samplesOf(rule, alone, draw)) {
      for (const around of AROUND) {
        const text = around(sample);
        const marks = marksIn(all, text);
        // In another place it may be none: at the end of a line, or within a word.
        for (const { start, end } of marksIn(alone, text)) {
          samples++;
          const over = marks.filter((mark) => mark.start < end && start < mark.end);
          const length = over.reduce(
            (sum, mark) => sum + Math.min(mark.end, end) - Math.max(mark.start, start),
            0,
          );
          if (length === end - start) covered++;
          const [first] = over;
          if (over.some(({ kind }) => kind === rule.kind)) named++;
          else if (first) confusion.set(first.kind, (confusion.get(first.kind) ?? 0) + 1);
        }
      }
    }
    return { rule, samples, covered, named, confusion, wrong: wrong.get(rule.id) ?? 0 };
  });
}

function samplesOf(rule: Rule, alone: Scanner, draw: Draw): readonly string[] {
  const samples = [...rule.examples.match];
  let tries = 0;
  for (const text of drawnFrom(rule, draw)) {
    if (++tries > TRIES || samples.length >= rule.examples.match.length + DRAWN) break;
    if (marksIn(alone, text).length === 1) samples.push(text);
  }
  return samples;
}

/** Prints a line for each rule. */
export function printScores(scores: readonly RuleScore[]): void {
  console.log(`${'rule'.padEnd(34)}  recall     of  precision  found as something else`);
  for (const { rule, samples, covered, named, confusion, wrong } of scores) {
    const precision = named / Math.max(1, named + wrong);
    const others = [...confusion]
      .toSorted(([, a], [, b]) => b - a)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ');
    const share = (covered / Math.max(1, samples)).toFixed(3);
    console.log(
      `${rule.id.padEnd(34)}  ${share}  ${String(samples).padStart(5)}      ${precision.toFixed(3)}  ${others}`,
    );
  }
}
