import type {
  Channel,
  Closing,
  Operation,
  Params,
  Rewriter,
  TextCut,
  TextTransform,
  Usage,
} from './operations/operation.ts';

/** What a {@link Cut} is made of. */
export interface CutInit {
  /** The unit that cuts. */
  readonly unit: string;
  readonly operation: Operation;
  readonly params: Params;
  readonly open: (channel: Channel) => TextCut;
  /** What the reply used, as far as it is known. */
  readonly usage: () => Usage;
}

/** A rewriter whose transforms may end the stream. */
export class Cut implements Rewriter {
  readonly unit: string;
  readonly #init: CutInit;
  readonly #rewriter: Rewriter;
  readonly #closing: Closing | undefined;
  /** The channels that have come to their end with the event at hand. */
  readonly #ended: string[] = [];
  /** Finish reasons that are not the provider's. */
  readonly finishReasons: string[] = [];
  /** Whether the stream has ended here: what comes after it is nobody's. */
  over = false;

  constructor(init: CutInit) {
    const { unit, operation, params, open } = init;
    this.unit = unit;
    this.#init = init;
    this.#rewriter = operation.rewriter((channel) => this.#watched(channel.id, open(channel)));
    this.#closing = operation.closing?.(params);
  }

  event(data: unknown): readonly unknown[] {
    const closing = this.#closing;
    if (!closing) return this.#rewriter.event(data);
    if (this.over) return [];
    const events = this.#rewriter.event(data).flatMap((event) => closing.event(event));
    const closed = this.#ended.splice(0).flatMap((channel) => closing.end(channel, data));
    this.over = closing.over;
    if (this.over) closed.push(...closing.close(this.#init.usage()));
    for (const event of closed) {
      this.finishReasons.push(...(this.#init.operation.inspectEvent(event).finishReasons ?? []));
    }
    return closed.length > 0 ? [...events, ...closed] : events;
  }

  end(): readonly unknown[] {
    if (this.over) return [];
    const rest = this.#rewriter.end();
    const closing = this.#closing;
    return closing ? rest.flatMap((event) => closing.event(event)) : rest;
  }

  body(data: unknown): unknown {
    return this.#rewriter.body(data);
  }

  #watched(channel: string, transform: TextCut): TextTransform {
    return {
      push: (text) => {
        const left = transform.over ? '' : transform.push(text);
        if (transform.over) this.#ended.push(channel);
        return left;
      },
      end: () => (transform.over ? '' : transform.end()),
    };
  }
}
