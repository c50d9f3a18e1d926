import { pieces } from './tokens.ts';

/** A part of a text as a stream event carries it. */
export interface Delta {
  readonly text: string;
  readonly tokens: number;
}

/** Cuts a text into the deltas of a stream, `tokensPerChunk` tokens each. */
export function deltas(text: string, tokensPerChunk: number): readonly Delta[] {
  const all = pieces(text);
  if (tokensPerChunk === 1) return all.map((piece) => ({ text: piece, tokens: 1 }));
  return Array.from({ length: Math.ceil(all.length / tokensPerChunk) }, (_, at) => {
    const some = all.slice(at * tokensPerChunk, (at + 1) * tokensPerChunk);
    return { text: some.join(''), tokens: some.length };
  });
}
