import { jsonrepair } from 'jsonrepair';

/**
 * Puts JSON right that a model wrote nearly right: in a code fence, with comments, trailing commas, the quotes of other
 * languages, or without its last braces. Undefined where it is no object or list, or cannot be put right.
 */
export function repaired(text: string): string | undefined {
  const inner = unfenced(text).trim();
  // Prose can be made a JSON string of; that is no answer.
  if (!inner.startsWith('{') && !inner.startsWith('[')) return undefined;
  try {
    const json = jsonrepair(inner);
    JSON.parse(json);
    return json;
  } catch {
    return undefined;
  }
}

const FENCE = '```';

/** What is in the first code fence, or the text itself where there is none. */
function unfenced(text: string): string {
  const start = text.indexOf(FENCE);
  // A fence within JSON is a text in it.
  if (start < 0 || /[{[]/.test(text.slice(0, start))) return text;
  const line = text.indexOf('\n', start);
  const from = line < 0 ? start + FENCE.length : line + 1;
  const end = text.lastIndexOf(FENCE);
  return text.slice(from, end > from ? end : undefined);
}
