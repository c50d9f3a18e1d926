import type { Rule } from '../rule.ts';

const digitsOf = (text: string) => text.replaceAll(/\D/g, '');

/** Luhn's sum, ISO/IEC 7812-1. */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at--, double = !double) {
    const digit = digits.charCodeAt(at) - 48;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** Issuers by the digits their cards begin with, and how long those are, ISO/IEC 7812 as the networks publish it. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-59]|6|[89])/, [14, 15, 16, 19]],
  [/^(?:6011|64[4-9]|65|622)/, [16, 17, 18, 19]],
  [/^(?:2131|1800)/, [15]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:50|5[6-8]|6[0-9])/, [13, 14, 15, 16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [12]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  [/^(?:9792|8600|9860|8[12])/, [16]],
];

const isIssued = (digits: string) =>
  ISSUERS.some(([begins, lengths]) => lengths.includes(digits.length) && begins.test(digits));

/** How long an account number is in each country of the IBAN registry, ISO 13616. */
const IBAN_LENGTHS: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE|BI',
  18: 'DK|FI|FK|FO|GL|NL|SD',
  19: 'MK|SI',
  20: 'AT|BA|EE|KZ|LT|LU|MN|XK',
  21: 'CH|HR|LI|LV',
  22: 'BG|BH|CR|DE|GB|GE|IE|ME|RS|VA',
  23: 'AE|GI|IL|IQ|OM|SO|TL',
  24: 'AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG|DZ',
  25: 'AO|CV|LY|MZ|PT|ST',
  26: 'IS|TR|IR',
  27: 'BF|CF|CG|CM|DJ|FR|GA|GR|IT|MC|MG|MR|SM|BJ',
  28: 'AL|AZ|BY|CI|CY|DO|GT|HN|HU|LB|ML|NE|NI|PL|SN|SV|TD|TG|MA|KM',
  29: 'BR|EG|PS|QA|UA',
  30: 'JO|KW|MU|YE',
  31: 'MT|SC',
  32: 'LC',
  33: 'RU',
};

const IBANS = Object.entries(IBAN_LENGTHS)
  .map(
    ([length, countries]) => String.raw`(?:${countries})\d{2}(?:[ \u00a0-]?[A-Z0-9]){${Number(length) - 4}}`,
  )
  .join('|');

/** The remainder of ISO 7064 MOD 97-10, digit by digit. */
function isMod97(iban: string): boolean {
  let rest = 0;
  const turned = iban.toUpperCase();
  for (let at = 0; at < turned.length; at++) {
    const code = turned.charCodeAt((at + 4) % turned.length);
    const value = code > 64 ? code - 55 : code - 48;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const isSsn = (digits: string) =>
  digits.length === 9 && !/^(?:000|666|9)|^...00|0000$/.test(digits) && !/^(\d)\1{8}$/.test(digits);

const GAP = String.raw`[ .\u00a0\u2010-\u2013-]?`;

/** Numbers of cards, of bank accounts, and of the social security of the United States. */
export const numberRules: readonly Rule[] = [
  {
    id: 'payment-card',
    kind: 'CARD',
    // Four by four, as most are printed, four, six and the rest, as American Express and Diners print theirs, or in one.
    pattern: new RegExp(
      String.raw`(?<![\w.])(?:[2-9]\d{3}${GAP}\d{4}${GAP}\d{4}${GAP}(?:\d{4}${GAP}\d{1,3}|\d{1,4})?|1800${GAP}\d{4}${GAP}\d{4}${GAP}\d{3}|3\d{3}${GAP}\d{6}${GAP}\d{4,5})(?![\w])`,
    ),
    maxLength: 24,
    validate({ text }) {
      const digits = digitsOf(text);
      return digits.length > 11 && isLuhn(digits) && isIssued(digits) && !/^(\d)\1+$/.test(digits);
    },
    examples: {
      match: [
        ['4539', '1488', '0343', '6467'].join(''),
        ['4539', '1488', '0343', '6467'].join(' '),
        `card ${['5555', '5555', '5555', '4444'].join('-')}, exp 12/27`,
        ['3782', '822463', '10005'].join(' '),
        ['3056', '930902', '5904'].join(''),
        ['6011', '1111', '1111', '1117'].join(''),
        '4222222222222',
      ],
      noMatch: [
        '4539148803436468',
        '1234567890123456',
        'id_4539148803436467',
        '0.4539148803436467',
        '1700000000000',
        '4539 1488 0343',
      ],
    },
    priority: 2,
  },
  {
    id: 'iban',
    kind: 'IBAN',
    pattern: new RegExp(`(?<![A-Z0-9])(?:${IBANS})(?![A-Z0-9])`, 'i'),
    maxLength: 62,
    validate: ({ text }) => isMod97(text.replaceAll(/[^A-Za-z0-9]/g, '')),
    priority: 3,
    examples: {
      match: [
        'DE89370400440532013000',
        'GB29 NWBK 6016 1331 9268 19',
        'IBAN: BE71 0961 2345 6769 from my bank',
        'fr1420041010050500013m02606',
        'NO93-8601-1117-947.',
        'MT84MALT011000012345MTLCAST001S',
      ],
      noMatch: [
        'DE89370400440532013001',
        'DE8937040044053201300',
        'XX89370400440532013000',
        'ADE89370400440532013000',
      ],
    },
  },
  {
    id: 'us-ssn',
    kind: 'SSN',
    pattern:
      /(?<![\w.-])\d{3}(?:-\d{2}-|\.\d{2}\.|[\u2010-\u2013]\d{2}[\u2010-\u2013]| \d{2} )\d{4}(?![\w-])/,
    maxLength: 11,
    validate: ({ text }) => isSsn(digitsOf(text)),
    priority: 2,
    examples: {
      match: ['536-22-8726', 'SSN 536 22 8726.', '(536-22-8726)'],
      noMatch: [
        '000-12-3456',
        '666-12-3456',
        '900-12-3456',
        '536-00-8726',
        '536-22-0000',
        '1536-22-8726',
        '536-22-87261',
        '536-22-8726-1',
      ],
    },
  },
  {
    id: 'us-ssn-in-context',
    kind: 'SSN',
    pattern:
      /(?:ssn|social[ -]?security|soc\.? ?sec\.?|tax ?payer|itin)[^\d\n]{0,16}(?<secret>\d{3}[ .-]?\d{2}[ .-]?\d{4})(?![\w-])/i,
    keywords: ['ssn', 'social', 'soc', 'tax', 'itin'],
    maxLength: 44,
    validate: ({ text }) =>
      isSsn(digitsOf(text)) || /^9\d{2}[ .-]?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])/.test(text),
    priority: 2,
    examples: {
      match: [
        'SSN: 536228726',
        'My social security number is 536228726',
        '"ssn":"536228726"',
        'ITIN 912-70-1234',
      ],
      noMatch: ['SSN: 000123456', 'social distance 536228726123'],
    },
  },
];
