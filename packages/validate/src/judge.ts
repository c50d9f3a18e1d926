import { choiceOf, evaluated, type Call, type Clock, type Handler, type Inspection } from '@interpose/core';
import { Answers, isCut, type Said } from './answers.ts';
import type { Watch } from './check.ts';
import { CheckRunner } from './check-runner.ts';
import type { Demands } from './demands.ts';
import { Follower } from './partial/follower.ts';
import { ShapeJudge, findingOf, type ShapeVerdict } from './shape-judge.ts';
import type { Finding, Verdict } from './verdict.ts';
import type { ValidateSettings } from './validate-options.ts';
import { cut, type Violation } from './violation.ts';

/** What all judges of a layer share. */
export interface Court {
  readonly settings: ValidateSettings;
  readonly clock: Clock;
  readonly scrub: (text: string) => string;
}

/** One reply that is to be judged. */
export interface Case {
  readonly call: Call;
  readonly next: Handler;
  readonly demands: Demands;
  /** Whether texts may still be put right. */
  readonly mends: boolean;
}

/** What looks at a text while it comes. */
interface Look {
  readonly follower: Follower | undefined;
  readonly watches: readonly (readonly [name: string, watch: Watch])[];
}

/** Judges one reply: while it comes, and when it is whole. */
export class Judge {
  readonly answers: Answers = new Answers();
  readonly #court: Court;
  readonly #case: Case;
  readonly #looks = new Map<Said, Look>();
  /** What was found while it came. */
  #early: Verdict | undefined;

  constructor(court: Court, of: Case) {
    this.#court = court;
    this.#case = of;
  }

  /** Takes in what an event or a body says. */
  read(inspection: Inspection): void {
    this.answers.take(inspection);
  }

  /** Takes in what an event says; returns the verdict once nothing can make the reply valid any more. */
  follow(inspection: Inspection): Verdict | undefined {
    this.answers.take(inspection, (said, text) => {
      const violation = this.#early ? undefined : this.#look(said, text);
      if (violation) this.#early = this.#stopped(said, violation);
    });
    return this.#early;
  }

  /**
   * Judges the whole. At once, where nobody has to be asked.
   *
   * @throws {FaultError} where a check broke; the signal's reason when the call is aborted.
   */
  verdict(): Verdict | Promise<Verdict> {
    if (this.#early) return this.#early;
    const { demands, mends } = this.#case;
    const shapes = new ShapeJudge(demands, mends, this.#court.scrub).judge(this.answers);
    const done = shapes.violations.length > 0 || shapes.answers.length === 0;
    return done || (!demands.standard && demands.checks.length === 0) ? shapes : this.#further(shapes);
  }

  /** Tells of what was found, on the event channel. */
  report({ findings }: Verdict, attempt: number): void {
    const { call } = this.#case;
    const { events } = call.runtime;
    if (!events.listensTo(evaluated)) return;
    const { responseId } = this.answers;
    for (const finding of findings) {
      events.emit(evaluated, 'validate', call, {
        ...finding,
        attempt,
        ...(responseId !== undefined && { responseId }),
      });
    }
  }

  #look(said: Said, text: string): Violation | undefined {
    let look = this.#looks.get(said);
    if (!look) this.#looks.set(said, (look = this.#lookAt(said)));
    const { follower, watches } = look;
    const violation = follower?.push(text);
    if (violation) return said.call ? { ...violation, function: said.call.name } : violation;
    for (const [rule, watch] of watches) {
      const words = watch(text);
      if (words !== undefined) return { rule, path: '', expected: words };
    }
    return undefined;
  }

  #lookAt({ call }: Said): Look {
    const { demands, mends } = this.#case;
    const shape = call ? demands.shapeOfFunction?.(call.name) : demands.answer;
    const watches = call
      ? []
      : demands.checks.flatMap(({ name, severity, watch }) =>
          watch && severity !== 'warn' ? [[name, watch()] as const] : [],
        );
    return { follower: shape && new Follower(shape.planner, { forgiving: mends }), watches };
  }

  /** Without an excerpt: half a secret would not be recognised in it. */
  #stopped(said: Said, violation: Violation): Verdict {
    const { scrub } = this.#court;
    const { rule } = violation;
    const name = rule === 'schema' || rule === 'json' ? (said.call ? 'tool_arguments' : 'shape') : rule;
    return {
      violations: [violation],
      choice: this.answers.choices.get(choiceOf({ id: said.channel })),
      mended: NONE,
      findings: [findingOf(name, [violation], scrub)],
    };
  }

  /** What shapes do not tell: schemas of libraries, and checks. */
  async #further(shapes: ShapeVerdict): Promise<Verdict> {
    const { demands, call, next } = this.#case;
    const { scrub, settings, clock } = this.#court;
    const runner = new CheckRunner(settings, clock);
    const findings: Finding[] = [...shapes.findings];
    for (const parsed of shapes.answers) {
      const { choice } = parsed;
      const unfinished = isCut(choice);
      if (demands.standard && !unfinished) {
        const violations = await runner.violations(demands.standard, parsed, call);
        findings.push(violations ? findingOf('schema', violations, scrub) : BROKE);
        if (violations && violations.length > 0) return { ...shapes, choice, violations, findings };
      }
      const asked = demands.checks.filter((check) => check.unfinished === true || !unfinished);
      // Beside each other: some ask far away.
      const found = await Promise.all(asked.map((check) => runner.run(check, parsed, call, next)));
      findings.push(...found);
      const violations = found.flatMap(violationOf);
      if (violations.length > 0) return { ...shapes, choice, violations, findings };
    }
    return { ...shapes, findings };
  }
}

const BROKE: Finding = {
  name: 'schema',
  severity: 'error',
  verdict: 'unjudged',
  explanation: 'the schema broke',
};
const NONE: ReadonlyMap<string, string> = new Map();

function violationOf({ name, verdict, severity, explanation }: Finding): Violation[] {
  if (verdict !== 'fail' || severity === 'warn') return [];
  return [{ rule: name, path: '', expected: cut(explanation ?? `must pass the check ${name}`, 200) }];
}
