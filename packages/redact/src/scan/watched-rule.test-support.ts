import { Units } from '../pattern/units.ts';
import type { Rule } from '../rule.ts';
import { CompiledRule } from './compiled-rule.ts';

/** A rule that keeps a list of the texts it was tried on. */
export class WatchedRule extends CompiledRule {
  readonly tries: { readonly text: string; readonly at: number; readonly here: boolean }[] = [];

  constructor(rule: Rule) {
    super(rule, 0, new Units(), true, () => false);
  }

  override match(text: string, at: number, here: boolean): RegExpExecArray | null {
    this.tries.push({ text, at, here });
    return super.match(text, at, here);
  }
}

/** Where the words stand by which a rule is found; undefined for one that is tried everywhere. */
export function placesOf({ anchor }: CompiledRule, text: string): readonly number[] | undefined {
  if (!anchor) return undefined;
  const lower = text.toLowerCase();
  return Array.from(lower, (_, at) => at).filter((at) =>
    anchor.words.some((word) => lower.startsWith(word, at)),
  );
}
