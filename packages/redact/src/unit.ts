import {
  channelFormat,
  faulted,
  FaultError,
  findInterposeError,
  unreadableIn,
  type Call,
  type Channel,
  type Params,
  type Reply,
  type TextTransform,
} from '@interpose/core';
import type { Detection } from './detector.ts';
import type { Redactor, Surroundings } from './redactor.ts';
import type { Report, Seen } from './report.ts';
import type { Candidate } from './scan/found.ts';
import type { Editor } from './text/edit.ts';
import { Restorer } from './text/restorer.ts';
import { editWhole, listening, transformOf } from './text/text-of.ts';
import { Vault } from './vault.ts';

/** What a {@link Unit} works with. */
export interface UnitOptions {
  readonly request: Redactor;
  /** Undefined where replies are nobody's business. */
  readonly reply: Redactor | undefined;
  readonly requestDetection: Detection;
  readonly replyDetection: Detection;
  readonly restore: boolean;
  readonly report: Report;
  readonly secret: string | Uint8Array;
  readonly onFault: 'open' | 'closed';
}

/** What detectors found in a text. */
type Detected = (text: string) => readonly Candidate[];

/** What is done with a reply. */
interface Rewriting {
  readonly redactor?: Redactor | undefined;
  readonly restored?: Vault | undefined;
  readonly detected?: Detected;
  /** Whether what stays is not to be told. */
  readonly isKnown?: (key: string) => boolean;
}

const NOTHING: readonly Candidate[] = [];
const nothing: Detected = () => NOTHING;

/** The unit of one layer: what it does with a request, and with a reply. */
export class Unit {
  readonly #options: UnitOptions;

  constructor(options: UnitOptions) {
    this.#options = options;
  }

  vault(call: Call): Vault {
    return new Vault(this.#options.secret, call.tags.tenant ?? '');
  }

  /** The call as it may be sent: the very same where nothing is to be replaced. */
  inward(call: Call, vault: Vault): Call | Promise<Call> {
    const { report, requestDetection } = this.#options;
    for (const what of unreadableIn(call.params)) report.passedOn(call, what);
    if (requestDetection.idle) return this.#redacted(call, vault, nothing);
    const texts: string[] = [];
    const listen = (text: string): void => void texts.push(text);
    call.operation.mapInput(call.params, (text, { format }) => {
      editWhole(listening(listen), text, format);
      return text;
    });
    return this.#detected(requestDetection, texts, call).then((found) => this.#redacted(call, vault, found));
  }

  /** A reply as units further in may see it. */
  arrive(reply: Reply, seen: Seen): Reply | Promise<Reply> {
    if (!reply.ok) return reply;
    const isKnown = (key: string): boolean => (seen.add(key), false);
    return this.#screened(reply.call, reply, { isKnown });
  }

  /**
   * The reply as the caller may see it.
   *
   * @param done whether it was redacted as it came. Others are of a cache, or of a unit's own making.
   * @param seen what was told of replies as they came.
   */
  outward(call: Call, reply: Reply, vault: Vault, done: boolean, seen: Seen): Reply | Promise<Reply> {
    const { restore, reply: redactor } = this.#options;
    const restored = restore && !vault.empty ? vault : undefined;
    if (!reply.ok) return reply;
    if (redactor && !done) return this.#screened(call, reply, { restored, isKnown: (key) => seen.take(key) });
    return restored ? this.#rewritten(call, reply, { restored }) : reply;
  }

  /** A reply with what is found in it replaced, and what is to be restored. */
  #screened(call: Call, reply: Reply, how: Omit<Rewriting, 'redactor'>): Reply | Promise<Reply> {
    const { replyDetection, report, reply: redactor } = this.#options;
    if (replyDetection.idle) return this.#rewritten(call, reply, { redactor, ...how });
    if (reply.streamed || !isJson(reply)) {
      if (reply.streamed) report.passedOn(call, 'stream');
      return this.#rewritten(call, reply, { redactor, ...how });
    }
    return reply.json().then(async (body) => {
      const texts: string[] = [];
      const listen = (text: string): void => void texts.push(text);
      const open = (channel: Channel): TextTransform =>
        transformOf(listening(listen), channelFormat(channel, call.params));
      call.operation.rewriter(open).body(body);
      const detected = await this.#detected(replyDetection, texts, call);
      return this.#rewritten(call, reply, { redactor, ...how, detected });
    });
  }

  #redacted(call: Call, vault: Vault, detected: Detected): Call {
    const { request, report } = this.#options;
    const { found, tell } = report.gather(call, 'request');
    let params: Params;
    try {
      params = call.operation.mapInput(call.params, (text, { path, format }) =>
        editWhole(request.whole({ place: path, vault, found, detected }), text, format),
      );
    } finally {
      tell();
    }
    return params === call.params ? call : call.with({ params });
  }

  #rewritten(
    call: Call,
    reply: Reply,
    { redactor, restored, detected = nothing, isKnown }: Rewriting,
  ): Reply {
    const { streamed } = reply;
    // Not that of the request: what the model made up is not to be put back.
    const vault = this.vault(call);
    const { found, tell } = this.#options.report.gather(call, 'reply', isKnown);
    const placeholders = this.#options.request.rules.placeholders;
    return reply.mapText((channel) => {
      const around: Surroundings = { place: channel.id, vault, found, detected };
      let editor: Editor = { push: (text) => [{ text }], end: () => [] };
      if (redactor) editor = streamed ? redactor.stream(around) : redactor.whole(around);
      if (restored) editor = new Restorer(editor, restored, placeholders);
      const transform = transformOf(editor, channelFormat(channel, call.params));
      return this.#guarded(call, transform, tell);
    });
  }

  async #detected(detection: Detection, texts: readonly string[], call: Call): Promise<Detected> {
    try {
      const found = await detection.find(texts, call.signal);
      return (text) => found.get(text) ?? NOTHING;
    } catch (error) {
      if (this.#options.onFault === 'closed' || call.signal.aborted) throw error;
      // Rules are not to fail with it.
      call.runtime.events.emit(faulted, 'redact', call, { error, open: true });
      return nothing;
    }
  }

  /** Tells what was found, and what becomes of a reply when the machinery breaks. */
  #guarded(call: Call, transform: TextTransform, tell: () => void): TextTransform {
    let broken = false;
    const guard = (work: () => string, otherwise: string): string => {
      if (broken) return otherwise;
      try {
        return work();
      } catch (error) {
        if (findInterposeError(error)) throw error;
        const open = this.#options.onFault === 'open';
        call.runtime.events.emit(faulted, 'redact', call, { error, open });
        if (!open) throw new FaultError('redact', error);
        // What was held back is lost: it may be in pieces already.
        broken = true;
        return otherwise;
      } finally {
        tell();
      }
    };
    return {
      push: (text) => guard(() => transform.push(text), text),
      end: () => guard(() => transform.end(), ''),
    };
  }
}

function isJson(reply: Reply): boolean {
  return reply.headers.get('content-type')?.includes('json') === true;
}
