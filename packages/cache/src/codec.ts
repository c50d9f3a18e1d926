import { promisify } from 'node:util';
import { crc32, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Entry } from './entry.ts';
import type { Seal } from './seal.ts';

const compress = promisify(zstdCompress);

// What comes first of the bytes of an entry: the format, and what was done to the rest.
const FORMAT = 1;
const COMPRESSED = 1;
const SEALED = 2;
const PREFIX_BYTES = 2;
const CHECKSUM_BYTES = 4;
const NEWLINE = 10;
// What has to be saved for a smaller entry to be worth the work of reading it.
const WORTH = 0.9;

/** Options of {@link Codec}. */
export interface CodecOptions {
  /** Larger entries are compressed. In bytes. */
  readonly compressOverBytes: number;
  /** More than an entry can be when it is unpacked. In bytes. */
  readonly maxEntryBytes: number;
  /** Encrypts entries. */
  readonly seal: Seal | undefined;
}

/** An entry that cannot be read: damaged, of a later format, or locked with a key that is not here. */
export class UnreadableEntryError extends Error {
  override readonly name = 'UnreadableEntryError';
  readonly code = 'cache_entry_unreadable';
}

/**
 * Turns entries into bytes and back. What was damaged on the way, or put under another key, is told by its checksum (or
 * by its seal), and is no entry.
 */
export class Codec {
  readonly #options: CodecOptions;

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  async encode(key: string, entry: Entry): Promise<Uint8Array> {
    const { compressOverBytes, seal } = this.#options;
    const { text, ...head } = entry;
    const plain = Buffer.from(`${JSON.stringify(head)}\n${text}`);
    let flags = 0;
    let payload: Uint8Array = plain;
    if (plain.byteLength > compressOverBytes) {
      const packed = await compress(plain);
      if (packed.byteLength < plain.byteLength * WORTH) {
        payload = packed;
        flags |= COMPRESSED;
      }
    }
    if (seal) {
      payload = seal.close(payload, key);
      flags |= SEALED;
    }
    const bytes = Buffer.allocUnsafeSlow(PREFIX_BYTES + CHECKSUM_BYTES + payload.byteLength);
    bytes[0] = FORMAT;
    bytes[1] = flags;
    bytes.writeUInt32BE(checksum(key, flags, payload), PREFIX_BYTES);
    bytes.set(payload, PREFIX_BYTES + CHECKSUM_BYTES);
    return bytes;
  }

  /** @throws {UnreadableEntryError} */
  decode(key: string, bytes: Uint8Array): Entry {
    const { buffer, byteOffset, byteLength } = bytes;
    const all = Buffer.from(buffer, byteOffset, byteLength);
    if (byteLength < PREFIX_BYTES + CHECKSUM_BYTES) throw new UnreadableEntryError('cache: the entry is cut');
    const flags = all[1] ?? 0;
    if (all[0] !== FORMAT) throw new UnreadableEntryError(`cache: the entry is of format ${all[0]}`);
    const payload = all.subarray(PREFIX_BYTES + CHECKSUM_BYTES);
    if (all.readUInt32BE(PREFIX_BYTES) !== checksum(key, flags, payload)) {
      throw new UnreadableEntryError('cache: the entry is damaged');
    }
    const plain = this.#opened(key, flags, payload);
    const end = plain.indexOf(NEWLINE);
    const head = parsed(plain.toString('utf8', 0, end));
    if (end < 0 || !isHead(head)) throw new UnreadableEntryError('cache: the entry has no head');
    return { ...head, text: plain.toString('utf8', end + 1) };
  }

  #opened(key: string, flags: number, payload: Buffer): Buffer {
    const { seal, maxEntryBytes } = this.#options;
    const sealed = (flags & SEALED) !== 0;
    // Where entries are to be sealed, one that is not may be anybody's.
    if (sealed !== (seal !== undefined)) {
      throw new UnreadableEntryError(`cache: the entry is ${sealed ? '' : 'not '}encrypted`);
    }
    try {
      const packed = seal ? seal.open(payload, key) : payload;
      if ((flags & COMPRESSED) === 0) return packed;
      // A few bytes can be made to unpack to more than there is memory.
      return zstdDecompressSync(packed, { maxOutputLength: 2 * maxEntryBytes + 65_536 });
    } catch (cause) {
      throw new UnreadableEntryError('cache: the entry cannot be opened', { cause });
    }
  }
}

/** Of the key as well: what a store returns for another key is not taken. */
function checksum(key: string, flags: number, payload: Uint8Array): number {
  return crc32(payload, crc32(`${key}:${flags}`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is Omit<Entry, 'text'> {
  if (typeof value !== 'object' || value === null) return false;
  const { operation, storedAt, ttlMs, headers, form, delaysMs } = value as Partial<Entry>;
  return (
    typeof operation === 'string' &&
    typeof storedAt === 'number' &&
    typeof ttlMs === 'number' &&
    Array.isArray(headers) &&
    (form === 'body' || form === 'events') &&
    (delaysMs === undefined || Array.isArray(delaysMs))
  );
}
