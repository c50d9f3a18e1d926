import type { Rule } from '../rule.ts';

/**
 * Further numbers of persons and devices. Not among the defaults: their look is shared with much that is harmless, and
 * each is a decision of its own.
 */
export const furtherPersonalRules: readonly Rule[] = [
  {
    id: 'mac-address',
    kind: 'MAC',
    pattern:
      /(?<![\w:-])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:-])|(?<![\w:-])(?:[0-9a-f]{2}-){5}[0-9a-f]{2}(?![\w:-])/i,
    maxLength: 17,
    examples: {
      match: ['00:1b:44:11:3a:b7', '00-1B-44-11-3A-B7'],
      noMatch: ['00:1b:44:11:3a', '00:1b:44:11:3a:b7:c8', '12:30:45'],
    },
  },
  {
    id: 'ethereum-address',
    kind: 'WALLET',
    pattern: /(?<![\w])0x[0-9a-f]{40}(?!\w)/i,
    keywords: ['0x'],
    maxLength: 42,
    examples: {
      match: [`0x${'52908400098527886E0F'.repeat(2)}`],
      noMatch: ['0x5290', `0x${'a'.repeat(64)}`],
    },
  },
  {
    id: 'bitcoin-address',
    kind: 'WALLET',
    pattern: /(?<!\w)(?:bc1[02-9ac-hj-np-z]{39,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?!\w)/,
    maxLength: 62,
    entropy: 3.5,
    validate: ({ text }) => /[a-z]/i.test(text.slice(1)),
    examples: {
      match: ['1BoatSLRHtKNngkdXEeobR76b53LETtpyT'],
      noMatch: ['1234567890123456789012345678', 'bc1short'],
    },
  },
  {
    id: 'passport-number',
    kind: 'PASSPORT',
    pattern: /passport[^\d\n]{0,24}?(?<secret>(?<![A-Z0-9])[A-Z]{0,2}\d{6,9})(?!\w)/i,
    keywords: ['passport'],
    maxLength: 44,
    examples: {
      match: ['passport number: X1234567', 'Passport no. 123456789'],
      noMatch: ['passport photo 35', 'X1234567'],
    },
  },
  {
    id: 'driving-licence',
    kind: 'DRIVING_LICENCE',
    pattern:
      /driv(?:er'?s?|ing)[ _-]?licen[cs]e[^\d\n]{0,24}?(?<secret>(?<![A-Z0-9])[A-Z]{0,5}\d[A-Z0-9]{5,15})(?!\w)/i,
    keywords: ['licence', 'license'],
    maxLength: 62,
    examples: { match: [`driver's license: D1234567`], noMatch: ['driving licence 12', 'D1234567'] },
  },
];
