import { VectorBlocks } from './vector-blocks.ts';
import type { Nearby, Neighbour } from './vector-index.ts';

// Finer than anything that an embedding means, and coarser than what rounding does to a cosine.
const PRECISION = 1e6;

/** The vectors behind one wall, all of one number of dimensions. */
export class VectorWall {
  readonly name: string;
  readonly #blocks: VectorBlocks;
  /** The slot of each id; what was not found for the longest stands first. */
  readonly #slots = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #expiries: number[] = [];

  constructor(name: string, dimensions: number) {
    this.name = name;
    this.#blocks = new VectorBlocks(dimensions);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** What it takes to keep one more that is not kept yet, in bytes: 0 where there is room. */
  bytesFor(id: string): number {
    return this.#slots.has(id) || !this.#blocks.full ? 0 : this.#blocks.nextBytes;
  }

  /** Makes room. Returns the bytes that it takes. */
  grow(): number {
    return this.#blocks.grow();
  }

  put(id: string, vector: Float32Array, expiry: number): void {
    const slot = this.#slots.get(id) ?? this.size;
    this.#blocks.put(slot, vector);
    this.#ids[slot] = id;
    this.#expiries[slot] = expiry;
    this.#touch(id, slot);
  }

  remove(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#blocks.take(slot);
    this.#slots.delete(id);
    const moved = this.#ids.pop() as string;
    const expiry = this.#expiries.pop() as number;
    if (moved === id) return;
    this.#ids[slot] = moved;
    this.#expiries[slot] = expiry;
    this.#slots.set(moved, slot);
  }

  /** Forgets what was not found for the longest: one, or as many as it takes for a block to come free. */
  forget(count: 'one' | 'a block'): void {
    let left = count === 'one' ? 1 : Math.max(1, this.#blocks.inLastBlock);
    for (const id of this.#slots.keys()) {
      if (left-- === 0) return;
      this.remove(id);
    }
  }

  /** Gives back what is empty. Returns the bytes that come free. */
  shrink(): number {
    return this.#blocks.shrink();
  }

  /** What is near and has not expired; forgets what it meets that has. */
  search(vector: Float32Array, { limit, minSimilarity }: Nearby, now: number): readonly Neighbour[] {
    const near: Neighbour[] = [];
    const expired: string[] = [];
    const floor = (): number => (near.length < limit ? minSimilarity : (near.at(-1)?.similarity ?? 1));
    this.#blocks.scan(vector, floor, (slot, product) => {
      const id = this.#ids[slot] as string;
      if ((this.#expiries[slot] as number) <= now) return void expired.push(id);
      const similarity = Math.min(1, Math.round(product * PRECISION) / PRECISION);
      if (similarity < minSimilarity) return;
      const place = near.findIndex((other) => other.similarity < similarity);
      near.splice(place < 0 ? near.length : place, 0, { id, similarity });
      if (near.length > limit) near.pop();
    });
    for (const id of expired) this.remove(id);
    const [nearest] = near;
    if (nearest) this.#touch(nearest.id, this.#slots.get(nearest.id) as number);
    return near;
  }

  #touch(id: string, slot: number): void {
    this.#slots.delete(id);
    this.#slots.set(id, slot);
  }
}
