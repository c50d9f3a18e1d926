import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Codec, UnreadableEntryError, type CodecOptions } from './codec.ts';
import type { Entry } from './entry.ts';
import { Seal } from './seal.ts';

const KEY = 'a'.repeat(64);
const ENTRY: Entry = {
  operation: 'chat',
  storedAt: 1_735_689_600_000,
  ttlMs: 60_000,
  headers: [['x-request-id', 'req_1']],
  form: 'events',
  text: 'data: {"a":"ü"}\n\ndata: [DONE]\n\n',
  delaysMs: [0, 3],
};

const codec = (options: Partial<CodecOptions> = {}): Codec =>
  new Codec({ compressOverBytes: 1000, maxEntryBytes: 1_000_000, seal: undefined, ...options });
const newKey = (): string => randomBytes(32).toString('base64');

const KINDS: [string, () => Partial<CodecOptions>][] = [
  ['plain', () => ({})],
  ['compressed', () => ({ compressOverBytes: 0 })],
  ['encrypted', () => ({ seal: Seal.of([newKey()]) })],
  ['compressed and encrypted', () => ({ compressOverBytes: 0, seal: Seal.of([newKey()]) })],
];

describe.each(KINDS)('an entry, %s', (_, options) => {
  test('is read as it was written', async () => {
    const one = codec(options());
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 500 }), async (text) => {
        const entry = { ...ENTRY, text: text.repeat(5) };
        expect(one.decode(KEY, await one.encode(KEY, entry))).toEqual(entry);
      }),
    );
  });

  test('is none with any byte changed, or with any missing', async () => {
    const one = codec(options());
    const bytes = await one.encode(KEY, { ...ENTRY, text: 'a'.repeat(100) });
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(() => one.decode(KEY, changed)).toThrow(UnreadableEntryError);
      expect(() => one.decode(KEY, bytes.subarray(0, at))).toThrow(UnreadableEntryError);
    }
  });

  test('is none under another key', async () => {
    const one = codec(options());
    expect(() => one.decode('b'.repeat(64), Buffer.alloc(0))).toThrow(UnreadableEntryError);
    const bytes = await one.encode(KEY, ENTRY);
    expect(() => one.decode('b'.repeat(64), bytes)).toThrow('the entry is damaged');
  });
});

test('what compresses well is small, and what does not is left as it is', async () => {
  const one = codec();
  const well = await one.encode(KEY, { ...ENTRY, text: 'data: {"choices":[]}\n\n'.repeat(1000) });
  expect(well.byteLength).toBeLessThan(1000);
  const text = randomBytes(3000).toString('base64');
  expect((await one.encode(KEY, { ...ENTRY, text })).byteLength).toBeGreaterThan(3000);
});

test('what would unpack to more than an entry can be is none', async () => {
  const bomb = zstdCompressSync(Buffer.alloc(50_000_000, 32));
  const large = codec({ compressOverBytes: 0, maxEntryBytes: 100_000_000 });
  const bytes = await large.encode(KEY, { ...ENTRY, text: ' '.repeat(50_000_000) });
  expect(bytes.byteLength).toBeLessThan(2 * bomb.byteLength);
  expect(() => codec().decode(KEY, bytes)).toThrow('cannot be opened');
});

describe('encryption', () => {
  const [first, second] = [newKey(), newKey()];

  test('leaves nothing to be read', async () => {
    const bytes = await codec({ seal: Seal.of([first]) }).encode(KEY, { ...ENTRY, text: 'hello back' });
    expect(Buffer.from(bytes).includes('hello')).toBe(false);
    expect(Buffer.from(bytes).includes('chat')).toBe(false);
  });

  test('changes its keys while entries of the old ones are still read', async () => {
    const old = await codec({ seal: Seal.of([first]) }).encode(KEY, ENTRY);
    const both = codec({ seal: Seal.of([second, first]) });
    expect(both.decode(KEY, old)).toEqual(ENTRY);
    const renewed = await both.encode(KEY, ENTRY);
    expect(codec({ seal: Seal.of([second]) }).decode(KEY, renewed)).toEqual(ENTRY);
    expect(() => codec({ seal: Seal.of([second]) }).decode(KEY, old)).toThrow(UnreadableEntryError);
  });

  test('takes no entry that is not encrypted, and the other way round', async () => {
    const sealed = codec({ seal: Seal.of([first]) });
    const open = await codec().encode(KEY, ENTRY);
    expect(() => sealed.decode(KEY, open)).toThrow('the entry is not encrypted');
    const closed = await sealed.encode(KEY, ENTRY);
    expect(() => codec().decode(KEY, closed)).toThrow('the entry is encrypted');
  });

  test('wants keys of 32 bytes, and does not say which it got', () => {
    for (const keys of [[], ['c2VjcmV0'], [first, 'c2VjcmV0']]) {
      expect(() => Seal.of(keys)).toThrow(/^cache: encryption must be keys of 32 bytes each, in base64$/);
    }
  });
});
