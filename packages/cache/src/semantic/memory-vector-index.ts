import { ConfigurationError, checkOptions, option, systemClock, type Clock } from '@interpose/core';
import type { VectorIndex } from './vector-index.ts';
import { VectorWall } from './vector-wall.ts';

/** Options of {@link memoryVectorIndex}. */
export interface MemoryVectorIndexOptions {
  /** What all vectors together may take, in bytes, with what it takes to keep them. @default 64 MiB */
  maxBytes?: number;
  /** @default the clock of the machine */
  clock?: Clock;
}

/**
 * Keeps vectors in this process and compares with each of those behind a wall: nothing near is overlooked. When there is
 * no more room, the wall that was not asked for the longest gives of its own, first what was not found for the longest.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function memoryVectorIndex(options: MemoryVectorIndexOptions = {}): VectorIndex {
  checkOptions('memoryVectorIndex', options, { maxBytes: option.any, clock: option.object });
  const { maxBytes = 64 * 1024 * 1024, clock = systemClock } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw ConfigurationError.option('memoryVectorIndex', 'maxBytes', 'an integer >= 1', maxBytes);
  }
  /** What was not asked for the longest stands first. */
  const walls = new Map<string, VectorWall>();
  let bytes = 0;

  function touch(wall: VectorWall): void {
    walls.delete(wall.name);
    walls.set(wall.name, wall);
  }

  function tidy(wall: VectorWall): void {
    bytes -= wall.shrink();
    if (wall.size === 0) walls.delete(wall.name);
  }

  /** Makes room for one more behind a wall; false where there is none to be had. */
  function makeRoom(wall: VectorWall, id: string): boolean {
    const needed = wall.bytesFor(id);
    if (needed === 0) return true;
    if (needed > maxBytes) return replaceOne(wall);
    while (bytes + needed > maxBytes) {
      const [oldest] = walls.values();
      if (!oldest || oldest === wall) return replaceOne(wall);
      oldest.forget('a block');
      tidy(oldest);
    }
    bytes += wall.grow();
    return true;
  }

  function replaceOne(wall: VectorWall): boolean {
    if (wall.size === 0) return false;
    wall.forget('one');
    return true;
  }

  return {
    search(name, vector, near) {
      const wall = walls.get(keyOf(name, vector.length));
      if (!wall) return [];
      touch(wall);
      const found = wall.search(vector, near, clock.monotonic());
      tidy(wall);
      return found;
    },
    add(name, id, vector, ttlMs) {
      const key = keyOf(name, vector.length);
      const wall = walls.get(key) ?? new VectorWall(key, vector.length);
      touch(wall);
      if (makeRoom(wall, id)) wall.put(id, vector, clock.monotonic() + ttlMs);
      tidy(wall);
    },
    remove(name, id, dimensions) {
      const wall = walls.get(keyOf(name, dimensions));
      if (!wall) return;
      wall.remove(id);
      tidy(wall);
    },
  };
}

function keyOf(name: string, dimensions: number): string {
  return `${dimensions} ${name}`;
}
