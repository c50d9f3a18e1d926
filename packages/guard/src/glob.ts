/** Prepares to match names against patterns in which `*` stands for any characters, or none. Takes linear time. */
export function globs(patterns: readonly string[]): (name: string) => boolean {
  const pieces = patterns.map((pattern) => pattern.split('*'));
  return (name) => pieces.some((parts) => fits(name, parts));
}

function fits(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= end;
}
