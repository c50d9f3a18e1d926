/** Images are covered with squares of 512 pixels: a base, and so many tokens for each tile. */
interface Tiled {
  readonly base: number;
  readonly tile: number;
}

/** Images are covered with squares of 32 pixels: so many tokens for each patch. */
interface Patched {
  readonly perPatch: number;
  /** Most patches that an image comes to, at `high` and at `original` detail. */
  readonly high: number;
  readonly original: number;
  /** And where the request does not say. */
  readonly auto: number;
}

// An image is scaled into 2048 pixels, then to 768 on its shorter side: 2 by 4 tiles at most.
const MOST_TILES = 8;
// At low detail it is 512 by 512.
const LOW_PATCHES = 256;

const patched = (perPatch: number, high = 1536, original = high, auto = original): Patched => ({
  perPatch,
  high,
  original,
  auto,
});

/**
 * What images cost, by how the names of models begin; the first that fits counts.
 * Source: "Calculating costs" and "Model sizing behavior" in https://developers.openai.com/api/docs/guides/images-vision.
 * Factors that it does not give are 1.2, which users have measured. Since gpt-5.6 there is no most for `original`:
 * that of gpt-5.5 stands for it.
 */
const FAMILIES: readonly (readonly [beginning: string, rule: Tiled | Patched])[] = [
  ['gpt-4o-mini', { base: 2833, tile: 5667 }],
  ['gpt-4.1-mini', patched(1.62)],
  ['gpt-4.1-nano', patched(2.46)],
  ['gpt-5.4-mini', patched(1.62)],
  ['gpt-5.4-nano', patched(2.46)],
  ['gpt-5-mini', patched(1.62)],
  ['gpt-5-nano', patched(2.46)],
  ['gpt-5-chat', { base: 70, tile: 140 }],
  ['gpt-5-codex', patched(1.2)],
  ['gpt-5.4', patched(1.2, 2500, 10_000, 2500)],
  ['gpt-5.5', patched(1.2, 2500, 10_000)],
  ['gpt-5.6', patched(1.2, 2500, 10_000)],
  ['gpt-5.1', patched(1.2)],
  ['gpt-5.2', patched(1.2)],
  ['gpt-5.3', patched(1.2)],
  ['gpt-5', { base: 70, tile: 140 }],
  ['gpt-6', patched(1.2, 2500, 10_000)],
  ['o4-mini', patched(1.72)],
  ['computer-use-preview', { base: 65, tile: 129 }],
  ['o1', { base: 75, tile: 150 }],
  ['o3', { base: 75, tile: 150 }],
];
// gpt-4o, gpt-4.1 and those before; and models of others, about which nothing is said.
const OTHERS: Tiled = { base: 85, tile: 170 };

/** The most tokens that an image comes to: nothing here knows how large it is. */
export function imageTokens(model: string | undefined, detail: unknown): number {
  const name = model?.toLowerCase() ?? '';
  const bare = name.slice(name.lastIndexOf('/') + 1).replace(/^ft:/, '');
  const rule = FAMILIES.find(([beginning]) => bare.startsWith(beginning))?.[1] ?? OTHERS;
  if ('tile' in rule) return rule.base + (detail === 'low' ? 0 : MOST_TILES * rule.tile);
  const most = detail === 'high' ? rule.high : detail === 'original' ? rule.original : rule.auto;
  const patches = detail === 'low' ? LOW_PATCHES : most;
  return Math.ceil(patches * rule.perPatch);
}

// Ten tokens a second ("1 token per 100 ms" of a user's sound, https://developers.openai.com/api/docs/guides/realtime-costs).
const TOKENS_PER_SECOND = 10;
// The least that is of use to hear: telephone quality as samples (8 kHz, 8 bits), and 8 kbit/s as mp3.
const BYTES_PER_SECOND = { wav: 8000, other: 1000 };

/** The most tokens that a sound comes to, by the length of its base64. */
export function audioTokens(base64Length: number, format: unknown): number {
  const seconds = bytesOf(base64Length) / BYTES_PER_SECOND[format === 'wav' ? 'wav' : 'other'];
  return Math.ceil(seconds * TOKENS_PER_SECOND);
}

/** Tokens of a file that comes along, by the length of its base64: one a byte. What is in it, only a reader could tell. */
export function fileTokens(base64Length: number): number {
  return Math.ceil(bytesOf(base64Length));
}

const bytesOf = (base64Length: number): number => (base64Length * 3) / 4;
