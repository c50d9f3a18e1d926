import type { Rule } from '../rule.ts';

/** What is looked for unless other rules are given. */
export const defaultRules: readonly Rule[] = [
  {
    id: 'email',
    kind: 'EMAIL',
    pattern:
      /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9-])/,
    keywords: ['@'],
    maxLength: 350,
    examples: { match: ['jane.doe@mail.example.org'], noMatch: ['jane@localhost'] },
  },
];
