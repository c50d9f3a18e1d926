import type { Check, CheckArgs } from '../check.ts';
import { argument, named, textsIn, type CheckOptions } from './named.ts';

/** What an answer may cite: ids or URLs, or a function that tells them of a call. */
export type Sources =
  | readonly string[]
  | ((args: CheckArgs) => readonly string[] | Promise<readonly string[]>);

/** Options of {@link citesOnly}. */
export interface CitesOnlyOptions extends CheckOptions {
  /** How many citations there have to be at least. @default 0 */
  min?: number;
  /** Finds what an answer cites. @default marks in square brackets, `[1]` or `[doc-3]`, and URLs */
  cited?: (args: CheckArgs) => readonly string[];
}

/**
 * Answers cite nothing but these sources.
 *
 * @throws {ConfigurationError} where the sources are neither a list nor a function.
 */
export function citesOnly(sources: Sources, options: CitesOnlyOptions = {}): Check {
  argument(
    'citesOnly',
    Array.isArray(sources) || typeof sources === 'function',
    'a list or a function',
    sources,
  );
  const { min = 0, cited = citationsIn } = options;
  return named(
    {
      name: 'citesOnly',
      async test(args) {
        const known = new Set((typeof sources === 'function' ? await sources(args) : sources).map(normal));
        const found = new Set(cited(args).map(normal));
        const unknown = [...found].filter((source) => !known.has(source)).length;
        const pass = unknown === 0 && found.size >= min;
        const expected =
          unknown > 0
            ? `must cite nothing but the given sources, and cites ${unknown} other`
            : `must cite at least ${min} of the given sources`;
        return { pass, score: found.size, expected };
      },
    },
    options,
  );
}

// Not the text of a link in Markdown, nor a mark of a list of tasks.
const MARK = /\[\^?([\p{L}\p{N}][\p{L}\p{N}_.:#-]{0,63})\](?![([])/gu;
const MANY = /\[((?:[\p{L}\p{N}_.:#-]{1,64}, ?)+[\p{L}\p{N}_.:#-]{1,64})\](?!\()/gu;
const URLS = /https?:\/\/[^\s<>"'`)\]}]{1,2000}/g;

function citationsIn({ answer }: CheckArgs): readonly string[] {
  return textsIn(answer).flatMap((text) => [
    ...[...text.matchAll(MARK)].flatMap(([, id]) => (id === undefined || /^x$/i.test(id) ? [] : [id])),
    ...[...text.matchAll(MANY)].flatMap(([, ids = '']) => ids.split(/, ?/)),
    ...[...text.matchAll(URLS)].map(([url]) => url),
  ]);
}

/** As a source is named, whatever stands at its end in a sentence. */
function normal(source: string): string {
  return source.replace(/[.,;:!?]+$/, '').replace(/\/$/, '');
}
