import { isRecord, type JsonRecord } from './json.ts';
import type { Completion, Inspection, Piece } from './operation.ts';
import { readUsage } from './usage.ts';

/** An inspection in the making. */
export type Draft = { -readonly [K in keyof Inspection]: Inspection[K] };

const noPieces: readonly Piece[] = Object.freeze([]);

/** The inspection of a value that says nothing. */
export const nothing: Inspection = Object.freeze({ pieces: noPieces, content: false, terminal: false });

/** Starts an inspection with what most values carry in the same place: id, model, service tier and usage. */
export function draftOf(data: JsonRecord, terminal: boolean): Draft {
  const draft: Draft = { pieces: noPieces, content: false, terminal };
  const {
    id,
    model,
    service_tier: serviceTier,
    system_fingerprint: systemFingerprint,
    usage: wireUsage,
  } = data;
  if (typeof id === 'string') draft.id = id;
  if (typeof model === 'string') draft.model = model;
  if (typeof serviceTier === 'string') draft.serviceTier = serviceTier;
  if (typeof systemFingerprint === 'string') draft.systemFingerprint = systemFingerprint;
  if (isRecord(wireUsage)) {
    const usage = readUsage(wireUsage);
    if (usage !== undefined) draft.usage = usage;
  }
  return draft;
}

/** The completion of streams that end with one event of their own. */
export function endedBy(isLast: (data: unknown) => boolean): () => Completion {
  return () => {
    let whole = false;
    return {
      event(data) {
        whole ||= isLast(data);
      },
      get whole() {
        return whole;
      },
    };
  };
}
