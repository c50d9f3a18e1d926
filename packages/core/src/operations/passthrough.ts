import { nothing } from './inspection.ts';
import type { Operation } from './operation.ts';
import { singleBody } from './single-body.ts';

/** Every request that no other operation knows. It reads nothing, changes nothing, and matches nothing by itself. */
export const passthrough: Operation = {
  ...singleBody,
  name: 'passthrough',
  matches: () => false,
  model: () => undefined,
  mapInput: (params) => params,
  withOutputLimit: (params) => params,
  inspectBody: () => nothing,
};
