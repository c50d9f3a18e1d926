import { faulted, hit, type Call, type Clock, type Handler, type Reply } from '@interpose/core';
import type { Control } from '../control.ts';
import { replayed } from '../replay.ts';
import { bounded } from './bounded.ts';
import type { Embedder } from './embedder.ts';
import { semanticLooked, semanticRejected, semanticSkipped } from './semantic-events.ts';
import type { Likeness, SemanticSettings } from './semantic-options.ts';
import type { SemanticEntry, SemanticShelf, Spot } from './semantic-shelf.ts';
import type { Neighbour } from './vector-index.ts';
import { watched, type Said } from './watched.ts';

// So many are looked at: the nearest may be one that only looks alike.
const CANDIDATES = 4;

/** A question that may be answered with the answer to another one. */
export interface Asked {
  readonly call: Call;
  readonly text: string;
  /** What has to be the same: questions behind other walls are not looked at. */
  readonly wall: string;
  /** Names the very same question behind the same wall. */
  readonly id: string;
  readonly control: Control;
}

/** What {@link SemanticReuse} works with. */
export interface SemanticReuseServices {
  readonly settings: SemanticSettings;
  readonly embedder: Embedder;
  readonly shelf: SemanticShelf;
  readonly clock: Clock;
  readonly unit: string;
}

/** Answers questions with what similar ones were answered; or has them answered, and keeps that. */
export class SemanticReuse {
  readonly #services: SemanticReuseServices;

  constructor(services: SemanticReuseServices) {
    this.#services = services;
  }

  async answer(asked: Asked, next: Handler): Promise<Reply> {
    const { call, text, wall, id, control } = asked;
    call.signal.throwIfAborted();
    const vector = await this.#services.embedder.of(text, call, next);
    if (!vector) return next(call);
    const spot: Spot = { wall, id, vector };
    if (control.mode !== 'refresh') {
      const known = await this.#known(asked, spot);
      if (known) return known;
    }
    if (control.mode === 'no-store') return next(call);
    return watched(call, next, {
      clock: this.#services.clock,
      maxBytes: this.#services.settings.maxEntryBytes,
      onEnd: (said) => {
        if (typeof said !== 'string') this.#keep(asked, spot, said);
        else this.#tell(call, (events, unit) => events.emit(semanticSkipped, unit, call, { reason: said }));
      },
    });
  }

  /** What a similar question was answered. */
  async #known(asked: Asked, spot: Spot): Promise<Reply | undefined> {
    const { call } = asked;
    const { shelf, settings } = this.#services;
    const near = await shelf.near(call, spot, { limit: CANDIDATES, minSimilarity: settings.threshold });
    for (const neighbour of near) {
      const entry = await shelf.read(call, spot, neighbour.id);
      if (!entry || !(await this.#accepts(asked, neighbour, entry))) continue;
      const reply = replayed(entry, call, 'semantic', 'instant');
      if (!reply) continue;
      const { similarity } = neighbour;
      this.#tell(call, (events, unit) => {
        events.emit(hit, unit, call, { source: 'cache' });
        events.emit(semanticLooked, unit, call, { state: 'hit', similarity, ageMs: shelf.ageMs(entry) });
      });
      return reply;
    }
    const nearest = near[0] && { similarity: near[0].similarity };
    this.#tell(call, (events, unit) =>
      events.emit(semanticLooked, unit, call, { state: 'miss', ...nearest }),
    );
    return undefined;
  }

  async #accepts(asked: Asked, { id, similarity }: Neighbour, entry: SemanticEntry): Promise<boolean> {
    const { verify } = this.#services.settings;
    if (!verify || id === asked.id) return true;
    // Kept by a layer that does not verify.
    if (entry.asked === undefined) return false;
    const accepted = await this.#verified(asked, { asked: asked.text, known: entry.asked, similarity });
    if (!accepted) {
      const { call } = asked;
      this.#tell(call, (events, unit) => events.emit(semanticRejected, unit, call, { similarity }));
    }
    return accepted;
  }

  async #verified({ call }: Asked, likeness: Likeness): Promise<boolean> {
    const { clock, settings } = this.#services;
    const { verify, verifyTimeoutMs: timeoutMs } = settings;
    const { signal } = call;
    try {
      return (
        (await bounded({ clock, timeoutMs, step: 'verdict', signal }, () => verify?.(likeness))) === true
      );
    } catch (error) {
      if (signal.aborted) throw error;
      this.#tell(call, (events, unit) => events.emit(faulted, unit, call, { error, open: true }));
      return false;
    }
  }

  #keep({ call, text, control }: Asked, spot: Spot, said: Said): void {
    const { shelf, settings, clock } = this.#services;
    shelf.keep(call, spot, {
      ...said,
      operation: call.operation.name,
      storedAt: clock.now(),
      ttlMs: control.ttlMs ?? settings.ttlMs,
      ...(settings.verify && { asked: text }),
    });
  }

  #tell(call: Call, tell: (events: Call['runtime']['events'], unit: string) => void): void {
    const { events } = call.runtime;
    if (events.active) tell(events, this.#services.unit);
  }
}
