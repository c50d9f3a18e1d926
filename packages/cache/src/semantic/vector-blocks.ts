// A wall begins small, for there may be one for each tenant, and grows by as much as it has.
const FIRST_BLOCK = 8;
const LARGEST_BLOCK = 1024;
const BYTES_PER_NUMBER = 4;
// What an id of 64 characters takes: itself, its place in the map, its slot. Measured with Node 24.
const OVERHEAD_BYTES = 200;

// Vectors are compared part by part: see `scan`.
const PARTS = 16;
const SMALLEST_PART = 16;
// More than what rounding the numbers on the way comes to.
const SLACK = 1e-5;

interface Block {
  readonly numbers: Float32Array;
  /** The length of what follows each part, of each vector. */
  readonly rests: Float32Array;
  readonly capacity: number;
}

/** Vectors of one number of dimensions, in slots without gaps. */
export class VectorBlocks {
  readonly #dimensions: number;
  /** How many numbers make a part, and how many parts a vector. */
  readonly #part: number;
  readonly #parts: number;
  readonly #blocks: Block[] = [];
  #size = 0;
  #capacity = 0;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#part = Math.max(SMALLEST_PART, Math.ceil(dimensions / PARTS));
    this.#parts = Math.ceil(dimensions / this.#part);
  }

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size === this.#capacity;
  }

  /** What the next block will take. */
  get nextBytes(): number {
    return this.#bytesOf(this.#nextCapacity);
  }

  /** How many have to go for a block to come free. */
  get inLastBlock(): number {
    const last = this.#blocks.at(-1);
    return last ? this.#size - (this.#capacity - last.capacity) : 0;
  }

  /** Makes room. Returns the bytes that it takes. */
  grow(): number {
    const capacity = this.#nextCapacity;
    const numbers = new Float32Array(capacity * this.#dimensions);
    this.#blocks.push({ numbers, rests: new Float32Array(capacity * this.#parts), capacity });
    this.#capacity += capacity;
    return this.#bytesOf(capacity);
  }

  /** Gives back the blocks that are empty. Returns the bytes that come free. */
  shrink(): number {
    let freed = 0;
    for (;;) {
      const last = this.#blocks.at(-1);
      if (!last || this.#size > this.#capacity - last.capacity) return freed;
      this.#blocks.pop();
      this.#capacity -= last.capacity;
      freed += this.#bytesOf(last.capacity);
    }
  }

  /** Writes a vector into a slot: one that is taken, or the next one. */
  put(slot: number, vector: Float32Array): void {
    const [{ numbers, rests }, at] = this.#find(slot);
    numbers.set(vector, at * this.#dimensions);
    rests.set(this.#restsOf(vector), at * this.#parts);
    this.#size = Math.max(this.#size, slot + 1);
  }

  /** Empties a slot: the last vector takes its place. */
  take(slot: number): void {
    const [source, from] = this.#find(this.#size - 1);
    const start = from * this.#dimensions;
    if (slot < this.#size - 1) this.put(slot, source.numbers.subarray(start, start + this.#dimensions));
    this.#size--;
  }

  /**
   * Shows each slot whose dot product with `vector` is no less than `floor()`. Exact: of most, the first parts suffice to
   * know that whatever follows cannot make up for it, for it is no more than the product of the lengths (the inequality
   * of Cauchy and Schwarz).
   */
  scan(vector: Float32Array, floor: () => number, show: (slot: number, product: number) => void): void {
    const wanted = this.#restsOf(vector);
    let first = 0;
    for (const block of this.#blocks) {
      const used = Math.min(block.capacity, this.#size - first);
      for (let at = 0; at < used; at++) {
        const product = this.#product(vector, wanted, block, at, floor() - SLACK);
        if (product !== undefined) show(first + at, product);
      }
      first += block.capacity;
    }
  }

  /** The dot product with one; undefined as soon as it cannot come to `floor`. */
  #product(
    vector: Float32Array,
    wanted: Float32Array,
    { numbers, rests }: Block,
    at: number,
    floor: number,
  ): number | undefined {
    const start = at * this.#dimensions;
    let product = 0;
    for (let part = 0; part < this.#parts; part++) {
      const from = part * this.#part;
      const to = Math.min(from + this.#part, this.#dimensions);
      product += productOf(vector, numbers, start, from, to);
      const atMost = (wanted[part] as number) * (rests[at * this.#parts + part] as number);
      if (product + atMost < floor) return undefined;
    }
    return product;
  }

  #restsOf(vector: Float32Array): Float32Array {
    const rests = new Float32Array(this.#parts);
    let squares = 0;
    for (let at = vector.length - 1, part = this.#parts - 1; at >= 0; at--) {
      if (at < (part + 1) * this.#part) rests[part--] = Math.sqrt(squares);
      squares += (vector[at] as number) ** 2;
    }
    return rests;
  }

  get #nextCapacity(): number {
    return Math.min(Math.max(FIRST_BLOCK, this.#capacity), LARGEST_BLOCK);
  }

  #bytesOf(capacity: number): number {
    return capacity * (BYTES_PER_NUMBER * (this.#dimensions + this.#parts) + OVERHEAD_BYTES);
  }

  #find(slot: number): [block: Block, at: number] {
    let first = 0;
    for (const block of this.#blocks) {
      if (slot < first + block.capacity) return [block, slot - first];
      first += block.capacity;
    }
    throw new RangeError(`there is no slot ${slot}`);
  }
}

/** The dot product of a part. Four sums at once: each addition need not wait for the one before. */
function productOf(
  vector: Float32Array,
  numbers: Float32Array,
  start: number,
  from: number,
  to: number,
): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at + 3 < to; at += 4) {
    a += (vector[at] as number) * (numbers[start + at] as number);
    b += (vector[at + 1] as number) * (numbers[start + at + 1] as number);
    c += (vector[at + 2] as number) * (numbers[start + at + 2] as number);
    d += (vector[at + 3] as number) * (numbers[start + at + 3] as number);
  }
  for (; at < to; at++) a += (vector[at] as number) * (numbers[start + at] as number);
  return a + b + c + d;
}
