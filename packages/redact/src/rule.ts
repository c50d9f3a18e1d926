/** What was found, as far as a rule's `validate` is concerned. */
export interface Candidate {
  /** The text that is to be replaced: the group `secret` of the pattern, or all of the match. */
  readonly text: string;
  /** All of the match. */
  readonly match: string;
}

/** One kind of secret or personal data, as data. */
export interface Rule {
  /** Kebab-case, of the format: `github-token`, `iban`. */
  readonly id: string;
  /** What stands in the place of a match: `EMAIL` gives `[EMAIL]`. Upper-case letters, digits and `_`. */
  readonly kind: string;
  /**
   * Finds candidates in linear time: no nested or overlapping quantifiers, every quantifier bounded, no
   * back-references. A group named `secret` narrows what is replaced down to it. Flags: `i` or none.
   * Look-behind and look-ahead only for one character (a boundary).
   */
  readonly pattern: RegExp;
  /** Lower-case literals (3 letters or more where possible), one of which is in every match, whatever its case. @default the rule is tried on every text */
  readonly keywords?: readonly string[];
  /** The longest that a match can be, in UTF-16 units: what a stream holds back at most. */
  readonly maxLength: number;
  /** Decides on a candidate: a checksum, a list of examples from documentation. */
  readonly validate?: (candidate: Candidate) => boolean;
  /** The least entropy of the replaced text, in bits per character (Shannon). */
  readonly entropy?: number;
  /** Wins over others that overlap and are of equal length. @default 0 */
  readonly priority?: number;
  /** The rule's own tests. Synthetic; the first of `match` is whole, with nothing around it where possible. */
  readonly examples: { readonly match: readonly string[]; readonly noMatch: readonly string[] };
}
