import { isList, isRecord } from './json.ts';
import type { Params } from './operation.ts';

/** What a request may carry besides text. */
export type Unreadable = 'image' | 'audio' | 'file' | 'tokens';

const KINDS: ReadonlyMap<unknown, Unreadable> = new Map([
  ['image_url', 'image'],
  ['input_image', 'image'],
  ['computer_screenshot', 'image'],
  ['input_audio', 'audio'],
  ['file', 'file'],
  ['input_file', 'file'],
]);

/**
 * What a request carries that `mapInput` does not reach: images, sound, the insides of files, and texts that come as
 * numbers of tokens.
 */
export function unreadableIn(params: Params): ReadonlySet<Unreadable> {
  const found = new Set<Unreadable>();
  for (const field of ['messages', 'input', 'prompt', 'image', 'image[]', 'mask', 'file']) {
    const value = params[field];
    if (value instanceof Blob) found.add(field === 'file' ? 'audio' : 'image');
    else if (isList(value)) for (const item of value) look(item, found);
  }
  return found;
}

function look(item: unknown, found: Set<Unreadable>): void {
  if (typeof item === 'number') found.add('tokens');
  else if (item instanceof Blob) found.add('image');
  else if (isList(item)) for (const part of item) look(part, found);
  else if (isRecord(item)) {
    const kind = KINDS.get(item['type']);
    if (kind) found.add(kind);
    // Messages hold parts, and outputs of tools may.
    for (const field of ['content', 'output']) {
      const parts = item[field];
      if (isList(parts)) for (const part of parts) look(part, found);
      else if (isRecord(parts)) look(parts, found);
    }
  }
}
