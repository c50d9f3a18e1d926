import { detour, type AttemptEnd, type Call } from '@interpose/core';
import {
  SpanStatusCode,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import * as names from './names.ts';
import { endOf, errorType } from './outcome-attributes.ts';
import * as semconv from './semconv.ts';
import type { Server } from './provider.ts';

/** The span of one request to the provider, beneath that of its call. */
export class AttemptSpan {
  readonly call: Call;
  readonly span: Span;

  /**
   * @param number which of its call it is, whoever sends it, from 1.
   * @param before the attempt that this one takes over from, or runs beside.
   */
  constructor(
    tracer: Tracer,
    call: Call,
    number: number,
    server: Server | undefined,
    parent: Context,
    before?: AttemptSpan,
  ) {
    this.call = call;
    const attributes: Attributes = { [names.ATTEMPT]: number };
    const { model } = call;
    // Not by the conventions' name: backends take what has that for a call of its own.
    if (model !== undefined) attributes[names.MODEL] = model;
    if (server) attributes[semconv.SERVER_ADDRESS] = server.address;
    const elsewhere = call.get(detour);
    const links: Link[] = [];
    if (elsewhere) {
      attributes[names.DETOUR_KIND] = elsewhere.kind;
      attributes[names.DETOUR_TARGET] = elsewhere.target;
      if (before && before.call.get(detour) !== elsewhere) {
        links.push({
          context: before.span.spanContext(),
          attributes: { [names.DETOUR_KIND]: elsewhere.kind },
        });
      }
    }
    this.span = tracer.startSpan(`attempt ${number}`, { attributes, links }, parent);
  }

  end({ outcome, status, requestId, failure }: Partial<AttemptEnd>): void {
    const error = errorType(failure);
    const how = outcome?.status ?? (failure && endOf(failure));
    if (how) this.span.setAttribute(names.OUTCOME, how);
    if (status !== undefined) this.span.setAttribute(semconv.HTTP_STATUS, status);
    if (requestId !== undefined) this.span.setAttribute(names.REQUEST_ID, requestId);
    if (error !== undefined && failure) {
      this.span.setAttribute(semconv.ERROR_TYPE, error);
      if (failure.code !== undefined) this.span.setAttribute(names.FAILURE_CODE, failure.code);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    }
    this.span.end();
  }
}
