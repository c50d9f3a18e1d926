// Up to that, to compare each unit with all others is quicker than to keep count of them.
const SHORT = 24;

/** Shannon's entropy of a text, in bits per UTF-16 unit. */
export function entropyOf(text: string): number {
  if (text.length <= SHORT) return entropyOfShort(text);
  const counts = new Uint16Array(128);
  let others: Map<number, number> | undefined;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 128) counts[unit] = (counts[unit] as number) + 1;
    else (others ??= new Map<number, number>()).set(unit, (others.get(unit) ?? 0) + 1);
  }
  let sum = 0;
  // Once for each unit that there is: this runs for every match of rules that ask for it.
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const count = counts[unit] ?? 0;
    if (count === 0) continue;
    counts[unit] = 0;
    if (count > 1) sum += count * Math.log2(count);
  }
  for (const count of others?.values() ?? []) sum += count * Math.log2(count);
  return text === '' ? 0 : Math.log2(text.length) - sum / text.length;
}

function entropyOfShort(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    let count = 0;
    for (let other = 0; other < text.length; other++) if (text.charCodeAt(other) === unit) count++;
    // Each of them adds its share.
    if (count > 1) sum += Math.log2(count);
  }
  return text === '' ? 0 : Math.log2(text.length) - sum / text.length;
}
