import type { Action } from './actions.ts';
import type { Candidate, Piece, Source } from './scan/found.ts';
import type { RuleSet } from './scan/rule-set.ts';
import { Scanner } from './scan/scanner.ts';
import { RedactionError } from './redaction-error.ts';
import type { Edit, Editor } from './text/edit.ts';
import { keyedHash, type Vault } from './vault.ts';

/** Something that was found, less what it was. */
export interface Finding {
  readonly source: Source;
  readonly place: string;
  readonly action: Action;
}

/** What a text belongs to. */
export interface Surroundings {
  readonly place: string;
  readonly vault: Vault;
  readonly found: (finding: Finding) => void;
  /** What detectors found in a text, by its start, rising. @default nothing */
  readonly detected?: (text: string) => readonly Candidate[];
}

/** What a {@link Redactor} is made of. */
export interface RedactorOptions {
  readonly rules: RuleSet;
  readonly direction: 'request' | 'reply';
  readonly actionOf: (id: string) => Action;
  readonly secret: string | Uint8Array;
}

/** Knows what becomes of what is found in the texts of one direction. */
export class Redactor {
  readonly rules: RuleSet;
  readonly #scanner: Scanner;
  readonly #options: RedactorOptions;

  constructor(options: RedactorOptions) {
    this.#options = options;
    this.rules = options.rules;
    this.#scanner = new Scanner(options.rules);
  }

  /** Edits whole texts, however they come: in one piece, in most cases. */
  whole(around: Surroundings): Editor {
    let text = '';
    return {
      push(more) {
        text += more;
        return [];
      },
      end: () => {
        const whole = text;
        text = '';
        if (whole === '') return [];
        const pieces = this.#scanner.whole(whole, around.detected?.(whole));
        return pieces ? this.#edits(pieces, around) : [{ text: whole }];
      },
    };
  }

  /** Edits a text that comes bit by bit. */
  stream(around: Surroundings): Editor {
    const stream = this.#scanner.stream();
    return {
      push: (text) => this.#edits(stream.push(text), around),
      end: () => this.#edits(stream.end(), around),
    };
  }

  #edits(pieces: readonly Piece[], around: Surroundings): readonly Edit[] {
    const edits: Edit[] = [];
    for (const { text, source, seen = [] } of pieces) {
      for (const one of seen) around.found({ source: one, place: around.place, action: 'report' });
      if (text === '') continue;
      edits.push(source ? { text, by: this.#instead(text, source, around) } : { text });
    }
    return edits;
  }

  #instead(text: string, source: Source, { place, vault, found }: Surroundings): string {
    const { actionOf, direction, secret } = this.#options;
    const action = actionOf(source.id);
    found({ source, place, action });
    switch (action) {
      case 'block':
        throw new RedactionError({ rule: source.id, place, direction });
      case 'pseudonymise':
        return vault.pseudonym(source.kind, text);
      case 'hash':
        return `[${source.kind}_${keyedHash(secret, 'hash', source.kind, text).slice(0, 16)}]`;
      case 'mask':
      case 'report':
      case 'off':
        return `[${source.kind}]`;
    }
  }
}
