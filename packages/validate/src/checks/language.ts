import { ConfigurationError } from '@interpose/core';
import type { Check } from '../check.ts';
import { argument, named, textsIn, type CheckOptions } from './named.ts';

/** Tells the language of a text by its code (ISO 639-1); undefined where it cannot. */
export type DetectLanguage = (args: {
  readonly text: string;
  readonly signal: AbortSignal;
}) => string | undefined | Promise<string | undefined>;

/** Options of {@link language}. */
export interface LanguageOptions extends CheckOptions {
  /** @default the package `eld`, which is to be installed */
  detect?: DetectLanguage;
  /** Of shorter texts the language is not told. @default 40 */
  minCharacters?: number;
}

/**
 * Answers are in one of these languages, by their codes (ISO 639-1). Of JSON, its strings are looked at. What is too short
 * to tell, or could be several, passes.
 *
 * @throws {ConfigurationError} where no code is given.
 */
export function language(allowed: string | readonly string[], options: LanguageOptions = {}): Check {
  const codes = [allowed].flat();
  const isCode = (code: unknown): boolean => typeof code === 'string' && /^[a-z]{2,3}$/.test(code);
  argument('language', codes.length > 0 && codes.every(isCode), "codes like 'en'", allowed);
  const { detect = detectWithEld, minCharacters = 40 } = options;
  return named(
    {
      name: 'language',
      async test({ answer, signal }) {
        const text = textsIn(answer).join('\n').trim();
        if (text.length < minCharacters) return true;
        const told = await detect({ text, signal });
        const expected = `must be in ${codes.join(' or ')}`;
        return { pass: told === undefined || codes.includes(told), expected };
      },
    },
    options,
  );
}

async function detectWithEld({ text }: { readonly text: string }): Promise<string | undefined> {
  const { eld } = await import('eld/small').catch((error: unknown) => {
    throw new ConfigurationError(
      `language: install the package eld, or give \`detect\` (${error instanceof Error ? error.name : 'it cannot be loaded'})`,
      'invalid_option',
    );
  });
  const result = eld.detect(text);
  return result.language !== '' && result.isReliable() ? result.language : undefined;
}
