import { InterposeError } from '@interpose/core';

/** What a {@link RedactionError} is made of. */
export interface RedactionErrorOptions {
  rule: string;
  place: string;
  direction: 'request' | 'reply';
}

/** Something was found that must not pass. The error names the rule and the place, never what was found. */
export class RedactionError extends InterposeError {
  override readonly name = 'RedactionError';
  /** The id of the rule, or of the detector. */
  readonly rule: string;
  /** The path in the params of the request, or the channel of the reply. */
  readonly place: string;
  readonly direction: 'request' | 'reply';

  constructor({ rule, place, direction }: RedactionErrorOptions) {
    const end = direction === 'request' ? 'The call was not sent' : 'The reply ends here';
    super(`The rule ${rule} blocks what stands in ${place} of the ${direction}. ${end}.`, {
      code: 'redaction_blocked',
      status: direction === 'request' ? 400 : 502,
    });
    this.rule = rule;
    this.place = place;
    this.direction = direction;
  }
}
