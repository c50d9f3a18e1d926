/** One UTF-16 unit. */
interface Unit {
  readonly type: 'unit';
  /** The source of the atom: `a`, `\d`, `[a-z]`. */
  readonly source: string;
}

/** Takes no text: a boundary, an anchor, a look-around of one character. */
interface Boundary {
  readonly type: 'boundary';
  readonly behind: boolean;
  readonly ahead: boolean;
}

interface Sequence {
  readonly type: 'sequence';
  readonly items: readonly Pattern[];
}

interface Choice {
  readonly type: 'choice';
  readonly options: readonly Pattern[];
}

interface Repeat {
  readonly type: 'repeat';
  readonly item: Pattern;
  readonly min: number;
  readonly max: number;
}

/** A regular expression of the syntax that rules may use, taken apart. */
export type Pattern = Unit | Boundary | Sequence | Choice | Repeat;

/** The most units that a pattern can match. */
export function longest(pattern: Pattern): number {
  switch (pattern.type) {
    case 'unit':
      return 1;
    case 'boundary':
      return 0;
    case 'sequence':
      return pattern.items.reduce((sum, item) => sum + longest(item), 0);
    case 'choice':
      return Math.max(...pattern.options.map(longest));
    case 'repeat':
      return pattern.max * longest(pattern.item);
  }
}

/** The fewest units that a pattern can match. */
export function shortest(pattern: Pattern): number {
  switch (pattern.type) {
    case 'unit':
      return 1;
    case 'boundary':
      return 0;
    case 'sequence':
      return pattern.items.reduce((sum, item) => sum + shortest(item), 0);
    case 'choice':
      return Math.min(...pattern.options.map(shortest));
    case 'repeat':
      return pattern.min * shortest(pattern.item);
  }
}

/** Whether a pattern can match the empty text. */
export function isOptional(pattern: Pattern): boolean {
  return shortest(pattern) === 0;
}

/** Whether some boundary in a pattern looks at what stands before, or after, the place where it is. */
export function looks(pattern: Pattern, way: 'behind' | 'ahead'): boolean {
  switch (pattern.type) {
    case 'unit':
      return false;
    case 'boundary':
      return pattern[way];
    case 'sequence':
      return pattern.items.some((item) => looks(item, way));
    case 'choice':
      return pattern.options.some((option) => looks(option, way));
    case 'repeat':
      return looks(pattern.item, way);
  }
}
