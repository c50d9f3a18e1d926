/** Cuts a text to so many columns. What it says comes from callers and models, and must not command a terminal. */
export function fit(text: string, columns: number): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, ' ');
  if (plain.length <= columns) return plain;
  return columns > 0 ? `${plain.slice(0, columns - 1)}…` : '';
}
