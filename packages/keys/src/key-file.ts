import { readFile } from 'node:fs/promises';
import type { KeyList } from './key.ts';
import { KeySourceError } from './keys-error.ts';
import type { KeySource } from './source.ts';

/**
 * A source of keys in a file that something else writes: a JSON array of texts or of `Key` objects, or one key a line, where
 * empty lines and those that begin with `#` do not count.
 */
export function keyFile(path: string | URL): KeySource {
  return async ({ signal }) => {
    const text = await readFile(path, { encoding: 'utf8', signal });
    if (!text.trimStart().startsWith('[')) return lines(text);
    try {
      return JSON.parse(text) as KeyList;
    } catch {
      // The parser would quote what it could not parse.
      throw new KeySourceError('the file is no JSON');
    }
  };
}

function lines(text: string): KeyList {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
