import { ConfigurationError } from '@interpose/core';
import { anchorOf, type Anchor } from '../pattern/literals.ts';
import { PatternError, parsePattern } from '../pattern/parse-pattern.ts';
import { isOptional, longest, looks, type Pattern } from '../pattern/pattern.ts';
import type { Units } from '../pattern/units.ts';
import type { Rule } from '../rule.ts';
import { entropyOf } from './entropy.ts';
import type { Candidate } from './found.ts';

/** Says whether a text is let through although a rule found it. */
export type Allows = (text: string) => boolean;

/** A rule, made ready. Holds nothing of any text. */
export class CompiledRule {
  readonly rule: Rule;
  /** Its place among the others. */
  readonly rank: number;
  readonly pattern: Pattern;
  /** Where it is worth trying; undefined where that is everywhere. */
  readonly anchor: Anchor | undefined;
  /** The most units of a match. */
  readonly longest: number;
  readonly looksBehind: boolean;
  readonly looksAhead: boolean;
  /** Whether what it finds is to be replaced, and not only told. */
  readonly replaces: boolean;
  readonly #allows: Allows;
  readonly #global: RegExp;
  readonly #sticky: RegExp;
  readonly #indices: RegExp;

  /** @throws {ConfigurationError} for a rule that cannot be kept in streams. */
  constructor(rule: Rule, rank: number, units: Units, replaces: boolean, allows: Allows) {
    checkRule(rule);
    this.rule = rule;
    this.rank = rank;
    this.replaces = replaces;
    this.#allows = allows;
    this.pattern = parsed(rule);
    this.longest = longest(this.pattern);
    this.looksBehind = looks(this.pattern, 'behind');
    this.looksAhead = looks(this.pattern, 'ahead');
    const { source, flags } = rule.pattern;
    this.#global = new RegExp(source, `${flags}g`);
    this.#sticky = new RegExp(source, `${flags}y`);
    this.#indices = new RegExp(source, `${flags}dy`);
    this.anchor = bestAnchor(this.pattern, rule, units);
    if (isOptional(this.pattern)) throw wrong(rule, 'pattern', 'a pattern that matches no empty text');
    if (this.longest > rule.maxLength) {
      throw wrong(rule, 'maxLength', `at least ${this.longest}, which its pattern can match`, rule.maxLength);
    }
  }

  /** The first match that begins at `at` or later, or with `here` only there. */
  match(text: string, at: number, here: boolean): RegExpExecArray | null {
    const pattern = here ? this.#sticky : this.#global;
    pattern.lastIndex = at;
    return pattern.exec(text);
  }

  /** What a match is good for: `undefined` where checksum, entropy or what is allowed speak against it. */
  candidate(match: RegExpExecArray, origin: number): Candidate | undefined {
    const { rule } = this;
    const whole = match[0];
    const secret = match.groups?.['secret'];
    const text = secret ?? whole;
    if (text === '' || !this.#hasKeyword(whole)) return undefined;
    if (rule.entropy !== undefined && entropyOf(text) < rule.entropy) return undefined;
    if (rule.validate && !rule.validate({ text, match: whole })) return undefined;
    if (this.#allows(text)) return undefined;
    const from = origin + match.index;
    const start = secret === undefined ? from : origin + this.#startOf(secret, match);
    const { rank } = this;
    return { source: rule, priority: rule.priority ?? 0, rank, from, start, end: start + text.length };
  }

  /** Where the group stands: dear to be told by the engine, so asked only where it cannot be seen. */
  #startOf(secret: string, match: RegExpExecArray): number {
    const within = match[0].indexOf(secret);
    if (within === match[0].lastIndexOf(secret)) return match.index + within;
    this.#indices.lastIndex = match.index;
    return this.#indices.exec(match.input)?.indices?.groups?.['secret']?.[0] as number;
  }

  /** Where keywords are gone by, what has none is not always looked at, and so never a match. */
  #hasKeyword(match: string): boolean {
    const { keywords = [] } = this.rule;
    if (!this.anchor?.told) return true;
    const lower = match.toLowerCase();
    return keywords.some((keyword) => lower.includes(keyword));
  }
}

// Words that are shorter, on the average, are about everywhere, and the engine of the platform is quick to skip what
// cannot begin a match.
const RARE = 3;

function bestAnchor(
  pattern: Pattern,
  { pattern: { flags }, keywords = [] }: Rule,
  units: Units,
): Anchor | undefined {
  const own = anchorOf(pattern, flags, units);
  if (own && isRare(own)) return own;
  const words = keywords.map((keyword) => keyword.toLowerCase());
  const told = { words, nearest: 0, farthest: longest(pattern), told: true };
  if (words.length > 0 && (isRare(told) || words.every((word) => !/[a-z0-9 ]/.test(word)))) return told;
  return undefined;
}

function isRare({ words }: Anchor): boolean {
  const lengths = words.map(rarity);
  return Math.min(...lengths) > 1 && lengths.reduce((sum, length) => sum + length, 0) >= RARE * words.length;
}

/** The length of a word, as far as that says how rare it is: marks are rarer than letters, other scripts than both. */
function rarity(word: string): number {
  if (/[^\0-\x7f]/.test(word)) return Math.max(word.length, RARE);
  return word.length > 1 && /[^a-z0-9 ]/.test(word) ? word.length + 1 : word.length;
}

function parsed(rule: Rule): Pattern {
  try {
    return parsePattern(rule.pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new ConfigurationError(`redact: the pattern of rule ${rule.id} cannot be used: ${error.message}`);
  }
}

function checkRule(rule: Rule): void {
  const { id, kind, pattern, maxLength } = rule;
  if (typeof id !== 'string' || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id)) {
    throw ConfigurationError.option('redact', 'the id of a rule', 'in kebab-case', id);
  }
  if (typeof kind !== 'string' || !KIND.test(kind))
    throw wrong(rule, 'kind', 'upper-case letters, digits and _', kind);
  if (!(pattern instanceof RegExp)) throw wrong(rule, 'pattern', 'a regular expression', pattern);
  if (!Number.isInteger(maxLength) || maxLength < 1)
    throw wrong(rule, 'maxLength', 'an integer >= 1', maxLength);
}

/** What the kind of a rule or a detector has to be. */
export const KIND: RegExp = /^[A-Z][A-Z0-9_]{0,47}$/;

function wrong(
  rule: Rule,
  option: string,
  expected: string,
  got: unknown = rule.pattern.source,
): ConfigurationError {
  return ConfigurationError.option('redact', `${option} of rule ${rule.id}`, expected, got);
}
