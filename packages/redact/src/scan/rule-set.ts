import { ConfigurationError } from '@interpose/core';
import type { Rule } from '../rule.ts';
import { CompiledRule, type Allows } from './compiled-rule.ts';
import { ListCursor, RuleCursor, type Cursor } from './cursor.ts';
import type { Candidate } from './found.ts';
import { KeywordAutomaton } from './keyword-automaton.ts';
import { LiveProgram } from './live-program.ts';
import { Placeholders } from './placeholders.ts';

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
  readonly #automaton: KeywordAutomaton;
  /** The rules that a word stands for, by the number of the word. */
  readonly #ofWord: readonly (readonly number[])[];
  /** Those that have to be tried on every text. */
  readonly #everywhere: readonly CompiledRule[];
  #live: LiveProgram | undefined;

  /** @throws {ConfigurationError} for a rule that cannot be used, or that is given twice. */
  constructor(rules: readonly Rule[], options: RuleSetOptions = {}) {
    const { kinds = [], replaces = () => true, allows = () => false } = options;
    this.rules = rules.map((rule) => new CompiledRule(rule, replaces(rule), allows));
    const twice = rules.find(({ id }, index) => rules.findIndex((other) => other.id === id) < index);
    if (twice) throw new ConfigurationError(`redact: there are two rules ${twice.id}`, 'invalid_option');
    this.placeholders = new Placeholders([...rules.map(({ kind }) => kind), ...kinds]);
    this.#everywhere = this.rules.filter(({ anchor }) => anchor.kind === 'none');

    const words = new Map<string, number[]>();
    this.rules.forEach(({ anchor }, index) => {
      if (anchor.kind === 'none') return;
      for (const word of anchor.words) {
        const known = words.get(word);
        if (known) known.push(index);
        else words.set(word, [index]);
      }
    });
    this.#automaton = new KeywordAutomaton([...words.keys()]);
    this.#ofWord = [...words.values()];
  }

  /** What tells, in a stream, which texts may yet become a match. Made when the first stream comes. */
  get live(): LiveProgram {
    return (this.#live ??= new LiveProgram(this.rules));
  }

  /** The cursors of all rules that may find something in a text. */
  cursors(text: string, more: readonly Candidate[] = []): Cursor[] {
    const placesOf = new Map<number, number[]>();
    this.#automaton.find(text, (word, at) => {
      for (const rule of this.#ofWord[word] as readonly number[]) {
        const places = placesOf.get(rule);
        if (places) places.push(at);
        else placesOf.set(rule, [at]);
      }
    });
    const cursors: Cursor[] = this.#everywhere.map((rule) => new RuleCursor(rule, text, undefined));
    for (const [rule, places] of placesOf) {
      cursors.push(new RuleCursor(this.rules[rule] as CompiledRule, text, rising(places)));
    }
    if (more.length > 0) cursors.push(new ListCursor(more));
    return cursors;
  }
}

/** Words of several lengths are told by where they end. */
function rising(places: number[]): readonly number[] {
  for (let index = 1; index < places.length; index++) {
    if ((places[index] as number) <= (places[index - 1] as number))
      return [...new Set(places.toSorted((a, b) => a - b))];
  }
  return places;
}
