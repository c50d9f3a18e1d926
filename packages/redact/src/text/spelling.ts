import type { Edit } from './edit.ts';

/** A stretch of text, and how it is spelt in JSON. */
interface Run {
  readonly text: string;
  readonly spelling: string;
  /** Whether it stands in a string, and not between a key and its value. */
  readonly inside: boolean;
}

/** Remembers how a text was spelt until it has been edited. */
export class Spelling {
  #runs: Run[] = [];

  add(text: string, spelling: string, inside: boolean): void {
    this.#runs.push({ text, spelling, inside });
  }

  /** Spells edits: what stays, as it was; what stands in the place of something, in the strings that had it alone. */
  spell(edits: readonly Edit[]): string {
    let out = '';
    for (const { text, by } of edits) {
      let replaced = false;
      for (const run of this.#take(text.length)) {
        if (by === undefined || !run.inside) {
          out += run.spelling;
          replaced = false;
        } else if (!replaced) {
          out += JSON.stringify(by).slice(1, -1);
          replaced = true;
        }
      }
    }
    return out;
  }

  /** Takes so many units of what was added first. */
  #take(units: number): readonly Run[] {
    const taken: Run[] = [];
    let left = units;
    let next = 0;
    for (; left > 0; next++) {
      const run = this.#runs[next] as Run;
      if (run.text.length > left) {
        // Only what is spelt as it reads is longer than a unit.
        taken.push({ ...run, text: run.text.slice(0, left), spelling: run.spelling.slice(0, left) });
        this.#runs[next] = { ...run, text: run.text.slice(left), spelling: run.spelling.slice(left) };
        break;
      }
      taken.push(run);
      left -= run.text.length;
    }
    this.#runs = this.#runs.slice(next);
    return taken;
  }
}
