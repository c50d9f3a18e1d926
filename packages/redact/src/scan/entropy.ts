// How often each unit of ASCII is in the text at hand. All zero between calls, so that none has to make its own: this is
// asked of every match of rules that go by it.
const counts = new Uint32Array(128);

/** Shannon's entropy of a text, in bits per UTF-16 unit. */
export function entropyOf(text: string): number {
  let others: Map<number, number> | undefined;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 128) counts[unit] = (counts[unit] as number) + 1;
    else (others ??= new Map<number, number>()).set(unit, (others.get(unit) ?? 0) + 1);
  }
  let sum = 0;
  // Once for each unit that there is.
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 127) continue;
    const count = counts[unit] as number;
    if (count === 0) continue;
    counts[unit] = 0;
    if (count > 1) sum += count * Math.log2(count);
  }
  for (const count of others?.values() ?? []) sum += count * Math.log2(count);
  return text === '' ? 0 : Math.log2(text.length) - sum / text.length;
}
