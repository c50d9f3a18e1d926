import type { Channel } from './operation.ts';

/** The number of the choice that a channel belongs to; 0 where a reply has no choices. */
export function choiceOf({ id }: Pick<Channel, 'id'>): number {
  return id.startsWith('choice:') ? Number.parseInt(id.slice(7), 10) : 0;
}
