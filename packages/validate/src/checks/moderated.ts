import {
  ConfigurationError,
  Failure,
  isOfDeployment,
  moderations,
  siblingUrl,
  type Call,
} from '@interpose/core';
import type { Check } from '../check.ts';
import { named, textsIn, type CheckOptions } from './named.ts';

/** Options of {@link moderated}. */
export interface ModeratedOptions extends CheckOptions {
  /** @default 'omni-moderation-latest' */
  model?: string;
  /** The categories that count, as the provider names them. @default all that it flags */
  categories?: readonly string[];
  /** The score from which a category counts. @default where the provider flags it */
  threshold?: number;
  /** Where moderations are made. @default beside the endpoint of the call */
  url?: string;
}

/**
 * Answers are passed by the provider's moderation. It is asked through the layer, beneath `validate`, with the
 * credentials of the call; of JSON, about its strings.
 */
export function moderated(options: ModeratedOptions = {}): Check {
  const { model = 'omni-moderation-latest', categories, threshold, url } = options;
  return named(
    {
      name: 'moderated',
      unfinished: true,
      async test({ answer, call, ask }) {
        const input = textsIn(answer).join('\n');
        if (input.trim() === '') return true;
        const params = { model, input };
        const reply = await ask({ operation: moderations, url: url ?? moderationsUrl(call), params });
        if (!reply.ok) throw (await reply.failure()) ?? new Failure('server', { status: reply.status });
        const flagged = flaggedIn(await reply.json(), threshold).filter(
          (category) => categories?.includes(category) ?? true,
        );
        return { pass: flagged.length === 0, expected: `must not be flagged (${flagged.join(', ')})` };
      },
    },
    options,
  );
}

interface Moderation {
  readonly categories?: Readonly<Record<string, unknown>>;
  readonly category_scores?: Readonly<Record<string, unknown>>;
}

/** The categories for which a text was flagged. */
function flaggedIn(body: unknown, threshold: number | undefined): readonly string[] {
  const { results } = Object(body) as { results?: readonly Moderation[] };
  if (!Array.isArray(results)) throw new Failure('server', { code: 'malformed_body' });
  return (results as readonly Moderation[]).flatMap(({ categories = {}, category_scores: scores = {} }) =>
    Object.keys(categories).filter((category) =>
      threshold === undefined ? categories[category] === true : Number(scores[category]) >= threshold,
    ),
  );
}

/** Beside the endpoint of the call. */
function moderationsUrl({ url }: Call): string {
  if (isOfDeployment(url)) {
    throw new ConfigurationError(
      'moderated: give `url`: that of this call names a deployment, and where moderations are made is not known',
      'invalid_option',
    );
  }
  return siblingUrl(url, '/moderations');
}
