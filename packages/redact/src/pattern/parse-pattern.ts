import type { Pattern } from './pattern.ts';

/** Thrown inside of this package only; whoever checks a rule says which one it is. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const QUANTIFIER = /(?:[?*+]|\{(\d+)(,?)(\d*)\})\??/y;
const GROUP = /\((?:\?(?:(:)|<([A-Za-z]\w*)>|(<?[=!])))?/y;
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[dDwWsSbBtnrfv0]|[^A-Za-z0-9])/y;
const CLASS = /\[(?:[^\]\\]|\\[^])*\]/y;

/**
 * Takes a rule's pattern apart.
 *
 * @throws {PatternError} for whatever a stream could not be held back by: unbounded quantifiers, references back,
 * look-arounds of more than one character.
 */
export function parsePattern({ source, flags }: RegExp): Pattern {
  if (flags !== '' && flags !== 'i') throw new PatternError(`its flags may be i or none, not ${flags}`);
  const parser = new Parser(source);
  const pattern = parser.choice();
  if (!parser.atEnd) throw new PatternError(`there is something that cannot be read at ${parser.at}`);
  return pattern;
}

class Parser {
  at = 0;
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  get atEnd(): boolean {
    return this.at === this.#source.length;
  }

  choice(): Pattern {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 ? (options[0] as Pattern) : { type: 'choice', options };
  }

  #sequence(): Pattern {
    const items: Pattern[] = [];
    while (!this.atEnd && this.#next !== '|' && this.#next !== ')') items.push(this.#repeated());
    return items.length === 1 ? (items[0] as Pattern) : { type: 'sequence', items };
  }

  #repeated(): Pattern {
    const item = this.#atom();
    const quantifier = this.#match(QUANTIFIER);
    if (!quantifier) return item;
    const [all, least, comma, most] = quantifier;
    if (all[0] === '?') return { type: 'repeat', item, min: 0, max: 1 };
    if (least === undefined || (comma === ',' && most === '')) {
      throw new PatternError(`the quantifier ${all} at ${this.at - all.length} has no bound`);
    }
    const min = Number(least);
    return { type: 'repeat', item, min, max: comma === '' ? min : Number(most) };
  }

  #atom(): Pattern {
    switch (this.#next) {
      case '^':
        return this.#boundary(1, true, false);
      case '$':
        return this.#boundary(1, false, true);
      case '(':
        return this.#group();
      case '[':
        return this.#unit(CLASS);
      case '\\':
        if (/^\\[bB]/.test(this.#source.slice(this.at, this.at + 2))) return this.#boundary(2, true, true);
        return this.#unit(ESCAPE);
      default:
        return this.#unit(/[^]/y);
    }
  }

  #group(): Pattern {
    const start = this.at;
    const opened = this.#match(GROUP);
    if (!opened) throw new PatternError(`the group at ${start} is of a kind that rules cannot use`);
    const inner = this.choice();
    if (!this.#take(')')) throw new PatternError(`the group at ${start} does not end`);
    const look = opened[3];
    if (look === undefined) return inner;
    if (!isOneCharacter(inner)) {
      throw new PatternError(`the look-around at ${start} is of more than one character`);
    }
    const behind = look.startsWith('<');
    return { type: 'boundary', behind, ahead: !behind };
  }

  #boundary(length: number, behind: boolean, ahead: boolean): Pattern {
    this.at += length;
    return { type: 'boundary', behind, ahead };
  }

  #unit(atom: RegExp): Pattern {
    const start = this.at;
    const matched = this.#match(atom);
    if (!matched) throw new PatternError(`there is something that rules cannot use at ${start}`);
    return { type: 'unit', source: matched[0] };
  }

  get #next(): string | undefined {
    return this.#source[this.at];
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const matched = pattern.exec(this.#source);
    if (!matched) return undefined;
    this.at += matched[0].length;
    return matched;
  }
}

/** One unit, an anchor, or a choice of these. */
function isOneCharacter(pattern: Pattern): boolean {
  if (pattern.type === 'choice') return pattern.options.every(isOneCharacter);
  return pattern.type === 'unit' || pattern.type === 'boundary';
}
