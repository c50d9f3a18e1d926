import type { Events, Failure, LayerEvent, Logger, Outcome } from '@interpose/core';

/** Collects what a layer's units report, and tells it as a timeline. */
export class Timeline {
  #lines: string[] = [];
  #startedAt = 0;

  /** What the stack logs, line by line among the rest. */
  readonly logger: Logger = {
    debug: () => {},
    info: (_fields, message) => this.#add(`log: ${message}`),
    warn: (_fields, message) => this.#add(`log: ${message}`),
    error: (_fields, message) => this.#add(`log: ${message}`),
  };

  /** Follows what the units of a layer report. */
  follow(events: Events): void {
    events.on('*', (event) => {
      const line = tell(event);
      if (line !== undefined) this.#add(line);
    });
  }

  /** Runs a scene and prints it: its title, what happened, what the caller got. */
  async scene(title: string, play: () => Promise<string>): Promise<void> {
    this.#lines = [];
    this.#startedAt = performance.now();
    const result = await play().catch((error: unknown) => describeError(error));
    // The last report of a reply comes a moment after its last byte.
    await new Promise((resolve) => setImmediate(resolve));
    console.log(`\n● ${title}`);
    for (const line of this.#lines) console.log(`  │ ${line}`);
    console.log(`  └─ ${result}`);
  }

  #add(line: string): void {
    this.#lines.push(`${(performance.now() - this.#startedAt).toFixed(0).padStart(5)} ms  ${line}`);
  }
}

function tell({ type, unit, call, data }: LayerEvent): string | undefined {
  switch (type) {
    case 'start':
      return `${call.operation.name} ${call.model ?? ''} enters the layer`;
    case 'attempt':
      return `attempt ${(data as { attempt: number }).attempt} is sent`;
    case 'attempt-failed': {
      const { attempt, failure, retrying } = data as { attempt: number; failure: Failure; retrying: boolean };
      const kind = failure.transient ? 'transient' : 'persistent';
      return `attempt ${attempt} failed: ${failure.message}, ${kind}${retrying ? '' : '; not sent again'}`;
    }
    case 'wait': {
      const { ms, reason } = data as { ms: number; reason: string };
      return `${unit} waits ${ms.toFixed(0)} ms (${reason})`;
    }
    case 'refusal':
      return `the caller is told: ${(data as { code: string }).code}`;
    case 'settle':
      return `settled: ${describeOutcome((data as { outcome: Outcome }).outcome)}`;
    default:
      return undefined;
  }
}

function describeOutcome({ status, usage, failure }: Outcome): string {
  const tokens = usage ? `, ${usage.inputTokens} → ${usage.outputTokens} tokens (${usage.source})` : '';
  return `${status}${tokens}${failure ? `, ${failure.message}` : ''}`;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `✗ ${String(error)}`;
  const classes: string[] = [];
  for (
    let it: unknown = Object.getPrototypeOf(error);
    it && it !== Error.prototype;
    it = Object.getPrototypeOf(it)
  ) {
    classes.push((it as Error).constructor.name);
  }
  return `✗ ${error.name === 'Error' ? '' : `${error.name} as `}${classes.join(' < ')}: ${error.message}`;
}
