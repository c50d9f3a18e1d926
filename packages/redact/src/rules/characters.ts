/** Which sorts of characters a text has: most of what is asked of a value is about these, and one look tells them all. */
export interface Characters {
  /** `0` to `9`. */
  readonly digits: boolean;
  /** Letters of ASCII. */
  readonly letters: boolean;
  /** White space of ASCII. */
  readonly spaces: boolean;
  /** `_`, `.` and `-`, which names have as well. */
  readonly joints: boolean;
  /** What else there is in ASCII. */
  readonly signs: boolean;
  /** What is no ASCII. */
  readonly others: boolean;
}

const [DIGIT, LETTER, SPACE, JOINT, SIGN, OTHER] = [1, 2, 4, 8, 16, 32] as const;

function sortOf(unit: string): number {
  if (/\d/.test(unit)) return DIGIT;
  if (/[A-Za-z]/.test(unit)) return LETTER;
  if (/\s/.test(unit)) return SPACE;
  return /[_.-]/.test(unit) ? JOINT : SIGN;
}

const SORTS = Uint8Array.from({ length: 128 }, (_, code) => sortOf(String.fromCodePoint(code)));

/** Looks at each unit of a text once. */
export function charactersOf(text: string): Characters {
  let seen = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    seen |= unit < 128 ? (SORTS[unit] as number) : OTHER;
  }
  return {
    digits: (seen & DIGIT) !== 0,
    letters: (seen & LETTER) !== 0,
    spaces: (seen & SPACE) !== 0,
    joints: (seen & JOINT) !== 0,
    signs: (seen & SIGN) !== 0,
    others: (seen & OTHER) !== 0,
  };
}

/** Whether there are letters and digits of ASCII, and nothing else. */
export function isAlphanumeric({ spaces, joints, signs, others }: Characters): boolean {
  return !spaces && !joints && !signs && !others;
}
