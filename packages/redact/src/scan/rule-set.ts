import { ConfigurationError } from '@interpose/core';
import { shortest } from '../pattern/pattern.ts';
import { Units } from '../pattern/units.ts';
import type { Rule } from '../rule.ts';
import { CompiledRule, type Allows } from './compiled-rule.ts';
import { ListCursor, RuleCursor, type Cursor } from './cursor.ts';
import type { Candidate } from './found.ts';
import { LiveProgram } from './live-program.ts';
import { Matches } from './matches.ts';
import { Placeholders } from './placeholders.ts';
import { WordFinder } from './word-finder.ts';

/** What a {@link RuleSet} is made of, besides rules. */
export interface RuleSetOptions {
  /** Kinds of placeholders that are not of a rule. @default none */
  readonly kinds?: Iterable<string>;
  /** Whether what a rule finds is to be replaced, and not only told. @default all of them */
  readonly replaces?: (rule: Rule) => boolean;
  /** Lets texts through that a rule found. @default none */
  readonly allows?: Allows;
}

/** The rules of a unit, made ready to look at texts together. */
export class RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly placeholders: Placeholders;
  readonly #units = new Units();
  readonly #finder: WordFinder;
  /** The rules that a word stands for, by the number of the word. */
  readonly #ofWord: readonly (readonly number[])[];
  /** Those that have to be tried on every text. */
  readonly #everywhere: readonly number[];
  #live: LiveProgram | undefined;
  #shortest: number | undefined;

  /** @throws {ConfigurationError} for a rule that cannot be used, or that is given twice. */
  constructor(rules: readonly Rule[], options: RuleSetOptions = {}) {
    const { kinds = [], replaces = () => true, allows = () => false } = options;
    this.rules = rules.map((rule, rank) => new CompiledRule(rule, rank, this.#units, replaces(rule), allows));
    const twice = rules.find(({ id }, index) => rules.findIndex((other) => other.id === id) < index);
    if (twice) throw new ConfigurationError(`redact: there are two rules ${twice.id}`, 'invalid_option');
    this.placeholders = new Placeholders([...rules.map(({ kind }) => kind), ...kinds]);
    this.#everywhere = this.rules.flatMap(({ anchor }, index) => (anchor ? [] : [index]));

    const words = new Map<string, number[]>();
    this.rules.forEach(({ anchor }, index) => {
      for (const word of anchor?.words ?? []) {
        const known = words.get(word);
        if (known) known.push(index);
        else words.set(word, [index]);
      }
    });
    this.#finder = new WordFinder([...words.keys()]);
    this.#ofWord = [...words.values()];
  }

  /** The fewest units in which any of the rules can find anything. */
  get shortest(): number {
    return (this.#shortest ??= Math.min(...this.rules.map(({ pattern }) => shortest(pattern))));
  }

  /** What tells, in a stream, which texts may yet become a match. Made when the first stream comes. */
  get live(): LiveProgram {
    return (this.#live ??= new LiveProgram(this.rules, this.#units));
  }

  /**
   * The cursors of all rules that may find something in a text.
   *
   * @param from where the first search of a rule begins.
   */
  cursors(text: string, more: readonly Candidate[] = [], from = (_rule: number): number => 0): Cursor[] {
    const placesOf = new Map<number, number[]>();
    const dense = this.#finder.find(text, (word, at) => {
      const rules = this.#ofWord[word] as readonly number[];
      for (let index = 0; index < rules.length; index++) {
        const rule = rules[index] as number;
        const places = placesOf.get(rule);
        if (places === undefined) placesOf.set(rule, [at]);
        else if (places[places.length - 1] !== at) places.push(at);
      }
    });
    const cursor = (rule: number, places?: readonly number[]): Cursor =>
      new RuleCursor(new Matches(this.rules[rule] as CompiledRule, text, places), from(rule));
    const cursors = this.#everywhere.map((rule) => cursor(rule));
    for (const rule of new Set(dense.flatMap((word) => this.#ofWord[word] ?? []))) {
      placesOf.delete(rule);
      cursors.push(cursor(rule));
    }
    for (const [rule, places] of placesOf) cursors.push(cursor(rule, rising(places)));
    for (const told of more.length > 0 ? [false, true] : []) {
      cursors.push(
        new ListCursor(
          more.filter((one) => (one.told ?? false) === told),
          !told,
        ),
      );
    }
    return cursors;
  }
}

/** Words of several lengths, and those of one unit, are told by themselves. */
function rising(places: number[]): readonly number[] {
  for (let index = 1; index < places.length; index++) {
    if ((places[index] as number) < (places[index - 1] as number)) return places.toSorted((a, b) => a - b);
  }
  return places;
}
