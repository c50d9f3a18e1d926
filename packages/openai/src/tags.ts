import { tagHeaders, type Tags } from '@interpose/core';
import type { OpenAI } from 'openai';

/** Options of a request of the client. */
type RequestOptions = NonNullable<Parameters<OpenAI['chat']['completions']['create']>[1]>;

/**
 * Makes request options that say what a call is for:
 * `client.chat.completions.create(params, tags({ endpoint: 'search', tenant: 'acme' }))`.
 *
 * @param options further options of the same request; its own `headers` are kept.
 * @throws {ConfigurationError} when a name is not lower-case letters, digits, `-` and `_`.
 */
export function tags(values: Tags, options: RequestOptions = {}): RequestOptions {
  const headers = new Headers();
  const nulls: Record<string, null> = {};
  for (const [name, value] of headerEntries(options.headers)) {
    if (value === null) nulls[name] = null;
    else if (value !== undefined) headers.append(name, value);
  }
  return { ...options, headers: { ...Object.fromEntries(headers), ...nulls, ...tagHeaders(values) } };
}

function headerEntries(given: RequestOptions['headers']): Iterable<[string, string | null | undefined]> {
  if (!given) return [];
  if (Symbol.iterator in given) return given as Iterable<[string, string | null | undefined]>;
  return Object.entries(given as Record<string, string | null | undefined>);
}
