/** Decodes base64, or returns nothing where the text is none: `atob` would throw, and an error costs more than a look. */
export function decoded(text: string): string | undefined {
  const bare = text.replace(/={1,2}$/, '');
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(bare)) return undefined;
  return atob(bare);
}
