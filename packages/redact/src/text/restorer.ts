import type { Placeholders } from '../scan/placeholders.ts';
import type { Vault } from '../vault.ts';
import { append } from '../scan/found.ts';
import type { Edit, Editor } from './edit.ts';

/** Puts back what placeholders of the same call stand for, in what another editor leaves. */
export class Restorer implements Editor {
  readonly #inner: Editor;
  readonly #vault: Vault;
  readonly #placeholders: Placeholders;
  /** What may yet become a placeholder. */
  #begun = '';

  constructor(inner: Editor, vault: Vault, placeholders: Placeholders) {
    this.#inner = inner;
    this.#vault = vault;
    this.#placeholders = placeholders;
  }

  push(text: string): readonly Edit[] {
    return this.#restore(this.#inner.push(text));
  }

  end(): readonly Edit[] {
    const edits = this.#restore(this.#inner.end());
    const rest = this.#take(this.#begun, true);
    return [...edits, ...rest];
  }

  #restore(edits: readonly Edit[]): readonly Edit[] {
    const restored: Edit[] = [];
    for (const edit of edits) {
      if (edit.by === undefined) append(restored, this.#take(this.#begun + edit.text, false));
      else append(restored, [...this.#take(this.#begun, true), edit]);
    }
    return restored;
  }

  #take(text: string, last: boolean): readonly Edit[] {
    const edits: Edit[] = [];
    this.#begun = '';
    let done = 0;
    for (let at = text.indexOf('['); at !== -1; at = text.indexOf('[', at)) {
      const placeholder = this.#placeholders.at(text, at);
      const original = placeholder === undefined ? undefined : this.#vault.original(placeholder);
      if (placeholder !== undefined) {
        if (at > done) edits.push({ text: text.slice(done, at) });
        edits.push(original === undefined ? { text: placeholder } : { text: placeholder, by: original });
        done = at += placeholder.length;
      } else if (!last && this.#placeholders.mayBecome(text, at)) {
        this.#begun = text.slice(at);
        break;
      } else {
        at++;
      }
    }
    const rest = text.slice(done, text.length - this.#begun.length);
    if (rest !== '') edits.push({ text: rest });
    return edits;
  }
}
