import { isCut, type Answers, type Choice, type Said } from './answers.ts';
import type { Demands } from './demands.ts';
import { repaired } from './repaired.ts';
import type { Shape } from './schema/shape.ts';
import { UnsupportedSchemaError } from './schema/unsupported-schema-error.ts';
import type { Finding, Verdict } from './verdict.ts';
import { cut, expected, valueAt, type Violation } from './violation.ts';

/** A text that was parsed, or has none to be. */
export interface Parsed {
  readonly choice: Choice;
  readonly text: string;
  readonly value: unknown;
}

/** What the shapes of a reply are, and what is left to be asked of it. */
export interface ShapeVerdict extends Verdict {
  /** Answers of which nothing is wrong so far. */
  readonly answers: readonly Parsed[];
}

const MAX_EXCERPT = 80;
// Scrubbing more than this for so short an excerpt would only take time.
const MAX_SCRUBBED = 2000;

/** Judges the shapes of a reply that is whole. */
export class ShapeJudge {
  readonly #demands: Demands;
  readonly #mends: boolean;
  readonly #scrub: (text: string) => string;
  readonly #mended = new Map<string, string>();
  readonly #findings: Finding[] = [];
  readonly #answers: Parsed[] = [];

  /** @param mends whether texts may be put right. */
  constructor(demands: Demands, mends: boolean, scrub: (text: string) => string) {
    this.#demands = demands;
    this.#mends = mends;
    this.#scrub = scrub;
  }

  judge(answers: Answers): ShapeVerdict {
    let violations: readonly Violation[] = [];
    let wrong: Choice | undefined;
    for (const choice of answers.choices.values()) {
      const found = this.#choice(choice, answers.content);
      if (violations.length > 0 || found.length === 0) continue;
      violations = found;
      wrong = choice;
    }
    return {
      violations,
      choice: wrong,
      mended: this.#mended,
      findings: this.#findings,
      answers: this.#answers,
    };
  }

  #choice(choice: Choice, anything: boolean): readonly Violation[] {
    const { answer, shapeOfFunction } = this.#demands;
    const { texts, calls, refused, finish } = choice;
    if (refused || isCut(choice)) {
      const why = refused ? 'refusal' : String(finish);
      if (answer) this.#unjudged('shape', why);
      if (shapeOfFunction && calls.length > 0) this.#unjudged('tool_arguments', why);
      // What was cut has no shape yet, and words all the same.
      if (!refused) for (const { text } of texts) this.#answers.push({ choice, text, value: text });
      return [];
    }
    const violations: Violation[] = [];
    for (const said of texts) violations.push(...this.#text(said, choice));
    if (shapeOfFunction) for (const said of calls) violations.push(...this.#arguments(said, shapeOfFunction));
    if (answer && texts.length === 0 && calls.length === 0 && !anything) {
      violations.push({ rule: 'json', path: '', expected: 'must be there' });
      this.#finding('shape', violations);
    }
    return violations;
  }

  #text(said: Said, choice: Choice): readonly Violation[] {
    const { answer } = this.#demands;
    const { text } = said;
    if (!answer) {
      this.#answers.push({ choice, text, value: text });
      return [];
    }
    const { value, violations } = this.#shape(said, answer, 'shape');
    if (violations.length === 0) {
      this.#answers.push({ choice, text: this.#mended.get(said.channel) ?? text, value });
    }
    return violations;
  }

  #arguments(said: Said, shapeOf: (name: string) => Shape | undefined): readonly Violation[] {
    const name = said.call?.name ?? '';
    const shape = shapeOf(name);
    if (!shape) return [];
    const { violations } = this.#shape(said, shape, 'tool_arguments');
    return violations.map((violation) => ({ ...violation, function: name }));
  }

  #shape(
    said: Said,
    shape: Shape,
    finding: string,
  ): { readonly value?: unknown; readonly violations: readonly Violation[] } {
    // A call without arguments is one with none of them.
    const text = said.call && said.text.trim() === '' ? '{}' : said.text;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      const mended = this.#mends ? repaired(text) : undefined;
      if (mended === undefined) {
        const violations = [{ rule: 'json', path: '', expected: expected.json, ...this.#excerpt(text) }];
        this.#finding(finding, violations);
        return { violations };
      }
      this.#mended.set(said.channel, mended);
      value = JSON.parse(mended);
    }
    try {
      const violations = shape.violations(value).map((violation) => {
        const there = valueAt(value, violation.path);
        return { ...violation, ...(there !== undefined && this.#excerpt(JSON.stringify(there))) };
      });
      this.#finding(finding, violations, this.#mended.has(said.channel) ? 'mended' : undefined);
      return { value, violations };
    } catch (error) {
      if (!(error instanceof UnsupportedSchemaError)) throw error;
      this.#unjudged(finding, 'unsupported schema');
      return { value, violations: [] };
    }
  }

  /** Scrubbed before it is cut: half a secret is not recognised any more. */
  #excerpt(text: string): { readonly excerpt: string } {
    return { excerpt: cut(this.#scrub(text.slice(0, MAX_SCRUBBED)), MAX_EXCERPT) };
  }

  #finding(name: string, violations: readonly Violation[], explanation?: string): void {
    const finding = findingOf(name, violations, this.#scrub);
    const passed = finding.verdict === 'pass' && explanation !== undefined;
    this.#findings.push(passed ? { ...finding, explanation } : finding);
  }

  #unjudged(name: string, explanation: string): void {
    this.#findings.push({ name, verdict: 'unjudged', severity: 'error', explanation });
  }
}

/** What a finding says of violations; keys in the path of one may be of the answer. */
export function findingOf(
  name: string,
  violations: readonly Violation[],
  scrub: (text: string) => string,
): Finding {
  const [first] = violations;
  if (!first) return { name, verdict: 'pass', severity: 'error' };
  const { path, expected: words } = first;
  const explanation = `${path === '' ? 'the whole' : cut(scrub(path), MAX_EXCERPT)} ${scrub(words)}`;
  return { name, verdict: 'fail', severity: 'error', explanation };
}
