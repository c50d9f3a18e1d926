import type { Rule } from './rule.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A made-up run of letters and digits, always the same one for a seed. */
export function noise(length: number, seed = 1, letters = LETTERS): string {
  let state = seed;
  let text = '';
  for (let at = 0; at < length; at++) {
    state = (state * 48_271) % 2_147_483_647;
    text += letters[state % letters.length];
  }
  return text;
}

const luhn = (digits: string): boolean => {
  let sum = 0;
  digits
    .split('')
    .toReversed()
    .forEach((digit, at) => {
      const twice = Number(digit) * 2;
      sum += at % 2 === 0 ? Number(digit) : twice > 9 ? twice - 9 : twice;
    });
  return sum % 10 === 0;
};

/** Rules of every make, for tests of what works with rules. */
export const TEST_RULES: readonly Rule[] = [
  {
    id: 'openai-key',
    kind: 'OPENAI_KEY',
    pattern: /(?<![A-Za-z0-9])sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,180}(?![A-Za-z0-9])/,
    keywords: ['sk-'],
    maxLength: 200,
    entropy: 3,
    examples: {
      match: [`sk-proj-${noise(40, 3)}`, `sk-${noise(48, 4)}`],
      noMatch: ['sk-short', 'ask-me-whatever'],
    },
  },
  {
    id: 'any-key',
    kind: 'API_KEY',
    // Finds some of what the one before finds, of the same length.
    pattern: /[A-Za-z]{2,4}-(?:[a-z]{4}-)?[A-Za-z0-9_-]{30,180}(?![A-Za-z0-9])/,
    maxLength: 200,
    entropy: 3,
    examples: { match: [`pk-${noise(48, 14)}`], noMatch: ['pk-short'] },
  },
  {
    id: 'aws-key-id',
    kind: 'AWS_KEY_ID',
    pattern: /\b(?:AKIA|ASIA|ABIA)[A-Z2-7]{16}\b/,
    keywords: ['akia', 'asia', 'abia'],
    maxLength: 20,
    validate: ({ text }) => !text.endsWith('EXAMPLE'),
    examples: { match: ['AKIAQRSTUVWX2345ABCD'], noMatch: ['AKIAIOSFODNN7EXAMPLE'] },
  },
  {
    id: 'github-token',
    kind: 'GITHUB_TOKEN',
    pattern: /gh[pousr]_[A-Za-z0-9]{36}/,
    keywords: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    maxLength: 40,
    examples: { match: [`ghp_${noise(36, 5)}`], noMatch: ['ghp_abc'] },
  },
  {
    id: 'jwt',
    kind: 'JWT',
    pattern: /\beyJ[A-Za-z0-9_-]{8,1000}\.eyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]{8,500}/,
    keywords: ['eyj'],
    maxLength: 2600,
    examples: {
      match: [`eyJ${noise(17, 6)}.eyJ${noise(30, 7)}.${noise(43, 8)}`],
      noMatch: ['eyJhbGciOiJIUzI1NiJ9'],
    },
  },
  {
    id: 'pem-block',
    kind: 'PRIVATE_KEY',
    pattern:
      /-----BEGIN (?:[A-Z]{2,12} )?PRIVATE KEY-----[A-Za-z0-9+/=\s:,-]{32,4000}?-----END (?:[A-Z]{2,12} )?PRIVATE KEY-----/,
    keywords: ['-----begin '],
    maxLength: 4200,
    examples: {
      match: [
        `-----BEGIN RSA PRIVATE KEY-----\n${noise(64, 9)}\n${noise(40, 10)}==\n-----END RSA PRIVATE KEY-----`,
      ],
      noMatch: ['-----BEGIN PUBLIC KEY-----'],
    },
  },
  {
    id: 'email',
    kind: 'EMAIL',
    pattern:
      /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9-])/,
    keywords: ['@'],
    maxLength: 350,
    examples: { match: ['jane.doe@mail.example.org', 'x@y.io'], noMatch: ['jane@localhost', '@decorator'] },
  },
  {
    id: 'card',
    kind: 'CARD',
    pattern: /(?<!\d)[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?!\d)/,
    maxLength: 23,
    validate: ({ text }) => luhn(text.replaceAll(/\D/g, '')),
    examples: { match: ['4242424242424242', '5555 5555 5555 4444'], noMatch: ['4242424242424241'] },
  },
  {
    id: 'ip',
    kind: 'IP',
    pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/,
    maxLength: 15,
    examples: { match: ['10.20.30.40'], noMatch: ['1.2.3', '1.2.3.4.5', '999.1.1.1'] },
  },
  {
    id: 'assigned-secret',
    kind: 'SECRET',
    pattern: /(?:password|passwd|secret|token)["']?\s{0,3}[:=]\s{0,3}["']?(?<secret>[^\s"'\\;,]{8,80})/i,
    keywords: ['password', 'passwd', 'secret', 'token'],
    maxLength: 100,
    entropy: 2.5,
    priority: -1,
    examples: {
      match: ['password = tr0ub4dor&3x', '"Secret": "h7Gq-29xkL!"'],
      noMatch: ['password: aaaaaaaaaaa'],
    },
  },
  {
    id: 'phone',
    kind: 'PHONE',
    // Without a boundary before it on purpose: what it finds hangs on what stands around it.
    pattern: /\d{3}-\d{3}-\d{4}\b/,
    maxLength: 12,
    examples: { match: ['555-123-4567'], noMatch: ['555-123-45678'] },
  },
];

/** Every example of a match, with its rule. */
export const EXAMPLES: readonly (readonly [rule: Rule, text: string])[] = TEST_RULES.flatMap((rule) =>
  rule.examples.match.map((text) => [rule, text] as const),
);
