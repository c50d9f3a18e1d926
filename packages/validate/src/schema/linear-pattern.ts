import { RE2JS } from 're2js';

/** A pattern that is tried in time linear in the text, whoever wrote it. */
export interface LinearPattern {
  test(text: string): boolean;
}

/**
 * Compiles the pattern of a schema. The platform's expressions may take time exponential in the text; these do not, and
 * have no look-around and no back-references for it.
 *
 * @throws where the pattern is none, or has such.
 */
export function linearPattern(pattern: string): LinearPattern {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return { test: (text) => compiled.matcher(text).find() };
}
