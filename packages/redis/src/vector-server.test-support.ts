import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A reply of RESP2. An error is one that the server answers with. */
type Answer = number | string | Error | readonly Answer[] | null;

interface VectorSet {
  readonly dimensions: number;
  readonly quantised: boolean;
  readonly elements: Map<string, { vector: number[]; attributes: Record<string, unknown> }>;
}

/** A stand-in for a server with vector sets. */
export interface VectorServer {
  readonly url: string;
  /** What was sent, without vectors. */
  readonly commands: readonly string[];
  /** When each key ends, in milliseconds from when that was said. */
  readonly ends: ReadonlyMap<string, number>;
  /** How many elements a vector set has. */
  sizes(): number[];
  close(): Promise<void>;
}

/**
 * Speaks VADD, VSIM, VREM and VCARD, and the commands of sorted sets and keys that go with them, as Redis 8 documents them:
 * arity, options, replies and errors. It compares with every element, where a server may overlook some.
 */
export async function vectorServer(): Promise<VectorServer> {
  const sets = new Map<string, VectorSet>();
  const sorted = new Map<string, Map<string, number>>();
  const ends = new Map<string, number>();
  const commands: string[] = [];
  const sockets = new Set<Socket>();

  const handlers: Record<string, (args: Buffer[]) => Answer> = {
    CLIENT: () => 'OK',
    VCARD: ([key, ...more]) =>
      key && more.length === 0 ? (sets.get(String(key))?.elements.size ?? 0) : arity('vcard'),

    VADD([key, format, blob, element, ...options]) {
      if (!key || !format || !blob || !element) return arity('vadd');
      const vector = String(format).toUpperCase() === 'FP32' ? floats(blob) : undefined;
      if (!vector) return new Error('ERR invalid vector specification');
      let quantised = true;
      let attributes: Record<string, unknown> = {};
      for (let at = 0; at < options.length; at++) {
        const option = String(options[at]).toUpperCase();
        if (option === 'NOQUANT') quantised = false;
        else if (option === 'SETATTR' && options[at + 1])
          attributes = JSON.parse(String(options[++at])) as Record<string, unknown>;
        else return new Error('ERR invalid option after element');
      }
      const set = sets.get(String(key)) ?? { dimensions: vector.length, quantised, elements: new Map() };
      if (set.dimensions !== vector.length) return mismatch(vector.length, set.dimensions);
      if (set.quantised !== quantised)
        return new Error('ERR asked quantization mismatch with existing vector set');
      sets.set(String(key), set);
      const added = set.elements.has(String(element)) ? 0 : 1;
      set.elements.set(String(element), { vector, attributes });
      return added;
    },

    VSIM([key, format, blob, ...options]) {
      if (!key || !format || !blob) return arity('vsim');
      const set = sets.get(String(key));
      if (!set) return [];
      const vector = String(format).toUpperCase() === 'FP32' ? floats(blob) : undefined;
      if (!vector) return new Error('ERR invalid vector specification');
      if (set.dimensions !== vector.length) return mismatch(vector.length, set.dimensions);
      let count = 10;
      let scores = false;
      let passes: (attributes: Record<string, unknown>) => boolean = () => true;
      for (let at = 0; at < options.length; at++) {
        const option = String(options[at]).toUpperCase();
        const value = String(options[at + 1]);
        if (option === 'WITHSCORES') scores = true;
        else if (option === 'COUNT') {
          count = Number(value);
          if (!(count > 0)) return new Error('ERR invalid COUNT');
          at++;
        } else if (option === 'FILTER') {
          const [, name = '', least] = /^\.(\w+) > (\d+)$/.exec(value) ?? [];
          if (!least) return new Error(`ERR syntax error in FILTER expression near: ${value}`);
          passes = (attributes) => Number(attributes[name]) > Number(least);
          at++;
        } else return new Error('ERR syntax error in VSIM command');
      }
      return [...set.elements]
        .filter(([, { attributes }]) => passes(attributes))
        .map(([id, element]) => [id, (1 + cosine(vector, element.vector)) / 2] as const)
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, count)
        .flatMap(([id, score]) => (scores ? [id, String(score)] : [id]));
    },

    VREM([key, element, ...more]) {
      if (!key || !element || more.length > 0) return arity('vrem');
      const set = sets.get(String(key));
      if (!set?.elements.delete(String(element))) return 0;
      if (set.elements.size === 0) sets.delete(String(key));
      return 1;
    },

    ZADD([key, score, member]) {
      const set = sorted.get(String(key)) ?? new Map<string, number>();
      sorted.set(String(key), set);
      const added = set.has(String(member)) ? 0 : 1;
      set.set(String(member), Number(score));
      return added;
    },

    ZREM: ([key, ...members]) =>
      members.filter((member) => sorted.get(String(key))?.delete(String(member))).length,

    ZRANGEBYSCORE([key, min, max, limit, offset, count]) {
      if (String(min) !== '-inf' || String(limit) !== 'LIMIT' || String(offset) !== '0')
        return new Error('ERR syntax error');
      const members = [...inOrder(sorted.get(String(key)))].filter(([, score]) => score <= Number(max));
      return members.slice(0, Number(count)).map(([member]) => member);
    },

    ZRANGE([key, start, stop]) {
      const members = inOrder(sorted.get(String(key))).map(([member]) => member);
      const end = Number(stop) < 0 ? members.length + Number(stop) : Number(stop);
      return members.slice(Number(start), Math.max(0, end + 1));
    },

    PEXPIRE([key, ms, rule]) {
      const name = String(key);
      if (!sets.has(name) && !sorted.has(name)) return 0;
      const before = ends.get(name);
      // A key without an end counts as one that never ends.
      const may = String(rule) === 'NX' ? before === undefined : before !== undefined && Number(ms) > before;
      if (may) ends.set(name, Number(ms));
      return may ? 1 : 0;
    },
  };

  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let read = requestIn(pending); read; read = requestIn(pending)) {
        pending = pending.subarray(read.bytes);
        const [name = Buffer.alloc(0), ...args] = read.args;
        const command = String(name).toUpperCase();
        if (command !== 'CLIENT') commands.push([command, ...args.map(shown)].join(' '));
        const answer = handlers[command]?.(args) ?? new Error(`ERR unknown command '${String(name)}'`);
        socket.write(encoded(answer));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands,
    ends,
    sizes: () => [...sets.values()].map(({ elements }) => elements.size),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function shown(arg: Buffer, at: number): string {
  return at === 2 && arg.length % 4 === 0 && arg.some((byte) => byte < 32 || byte > 126)
    ? '<vector>'
    : String(arg);
}

function arity(command: string): Error {
  return new Error(`ERR wrong number of arguments for '${command}' command`);
}

function mismatch(got: number, has: number): Error {
  return new Error(`ERR Vector dimension mismatch - got ${got} but set has ${has}`);
}

function floats(blob: Buffer): number[] | undefined {
  if (blob.length === 0 || blob.length % 4 !== 0) return undefined;
  return Array.from({ length: blob.length / 4 }, (_, at) => blob.readFloatLE(4 * at));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function inOrder(set: ReadonlyMap<string, number> | undefined): [string, number][] {
  return [...(set ?? [])].toSorted((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}

/** The first request of what has come, when it is all there: an array of bulk strings. */
function requestIn(bytes: Buffer): { args: Buffer[]; bytes: number } | undefined {
  let at = 0;
  const line = (): string | undefined => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const text = bytes.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  const head = line();
  if (head === undefined) return undefined;
  const args: Buffer[] = [];
  for (let left = Number(head.slice(1)); left > 0; left--) {
    const length = line();
    if (length === undefined) return undefined;
    const end = at + Number(length.slice(1));
    if (bytes.length < end + 2) return undefined;
    args.push(Buffer.from(bytes.subarray(at, end)));
    at = end + 2;
  }
  return { args, bytes: at };
}

function encoded(answer: Answer): string {
  if (answer === null) return '$-1\r\n';
  if (answer instanceof Error) return `-${answer.message}\r\n`;
  if (typeof answer === 'number') return `:${answer}\r\n`;
  if (answer === 'OK') return '+OK\r\n';
  if (typeof answer === 'string') return `$${Buffer.byteLength(answer)}\r\n${answer}\r\n`;
  return `*${answer.length}\r\n${answer.map(encoded).join('')}`;
}
