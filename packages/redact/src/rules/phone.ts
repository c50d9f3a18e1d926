import type { Rule } from '../rule.ts';

const GAP = String.raw`[ .\-/()\u00a0\u2010-\u2013]`;
/** `x123`, `ext. 123`, `#123`, and how French, German and Russian say it. */
const EXTENSION = String.raw`(?:[ ,;]{0,2}(?:x|ext\.?|extension|poste|#|durchwahl|доб\.?)[ .:]{0,2}\d{1,6})?`;

/** Country codes as ITU-T E.164 assigns them: those of one and of two digits, the rest has three. */
const COUNTRIES =
  /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[0578]\d|9[679]\d)/;

const digitsOf = (text: string) =>
  text.replace(/\s*(?:[x#;]|ext|poste|durchwahl|доб).*$/i, '').replaceAll(/\D/g, '');

/** `01.02.2024`, `2024-01-02`, `31/12/99 10`. */
const IS_DATE = /^(?:\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d\d|(?:19|20)\d\d[./ -]\d{1,2}[./ -]\d{1,2})/;

/** The postal codes and the tax numbers of the United States. */
const IS_UNITED_STATES = /^(?:\d{5}-\d{4}|\d{2}-\d{7})$/;

/** The orders of Amazon: 007-4764110-5381260. */
const IS_ORDER = /^\d{3}-\d{7}-\d{7}$/;

/** `0123456789` and `5555555555` as they stand are alphabets and fillers. */
const isRun = (text: string) => /^(\d)\1+$/.test(text) || '01234567890123456789'.includes(text);

/**
 * How countries write a number inside the country, one form a line. Without gaps only forms are taken that little
 * else has: a trunk prefix and the right length, or the Chinese mobile range.
 */
const NATIONAL: readonly string[] = [
  // North America, and whoever writes three, three, four.
  String.raw`(?:1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}`,
  String.raw`(?:1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-./])\d{7}`,
  // A trunk prefix in parentheses: (020) 7946 0958, (01234) 567890.
  String.raw`\(0\d{1,5}\)[ ./-]{0,3}\d{2,9}(?:[ ./-]\d{2,5}){0,4}`,
  // A trunk prefix: 020 7946 0958, 030/123456, 06 12 34 56 78, 090-1234-5678.
  String.raw`0[1-9]\d{0,4}[ ./-]{1,3}\d{2,8}(?:[ .-]\d{2,5}){0,4}`,
  String.raw`0[1-9]\d{8,9}`,
  // Turkey and Russia: 0 (535) 123 45 67, 8 (912) 345-67-89, (912) 345-67-89.
  String.raw`\(\d{3}\) ?\d{3}[ -]\d{2}[ -]\d{2}`,
  String.raw`[078][ -]?(?:\(\d{3}\)|[ -]\d{3}|\d{3})[ -]?\d{3}[ -]\d{2}[ -]\d{2}`,
  // Brazil: (11) 91234-5678, 11 91234-5678.
  String.raw`(?:\(\d{2,4}\) ?|\d{2} )9?\d{4}[- ]\d{4}`,
  // India: 98765 43210.
  String.raw`[6-9]\d{4}[ -]\d{5}`,
  // China: 13812345678, 138-1234-5678.
  String.raw`1[3-9]\d(?:[ -]\d{4}[ -]\d{4}|\d{8})`,
  // Spain, Poland, Czechia, Portugal: 612 345 678, 612 34 56 78, 22 123 45 67, 22-123-45-67.
  String.raw`[5-9]\d{2}(?:[ -]\d{3}[ -]\d{3}| \d{2} \d{2} \d{2})|[1-9]\d \d{3} \d{2} \d{2}|[1-9]\d-\d{3}-\d{2}-\d{2}`,
  // Italy: 347 1234567.
  String.raw`3[2-9]\d[ -]\d{6,7}`,
  // Service numbers: 1300 123 456, 1800 123 456.
  String.raw`1[38]00[ -]\d{3}[ -]\d{3,4}`,
  // Ten digits, and an extension that says what they are.
  String.raw`\d{10}(?=x)`,
];

const CONTEXT = [
  ...'phone telephone tel mobile cell cellphone call text fax dial sms whatsapp'.split(' '),
  ...'contact reach ring ph mob handy telefon telefone telefono mobil rufnummer'.split(' '),
  ...'handynummer telefonnummer celular portable cellulare movil telefoon puhelin numer'.split(' '),
  ...'landline hotline helpline voicemail pager'.split(' '),
];
const CONTEXT_ELSEWHERE = [
  ...'téléphone teléfono móvil téléfono телефон тел моб 电话 電話 手机 手機 携帯'.split(' '),
  ...'전화 휴대폰 τηλ هاتف फ़ोन फोन'.split(' '),
];

/** `my number`, `her new number`, `work number`: an order or an account has one as well, so `number` alone says nothing. */
const WHOSE_NUMBER =
  '\\b(?:my|your|his|her|their|our|home|work|office|desk|direct|emergency|contact|business|private|personal)(?: (?:new|old|other|own))? number';

const IS_OTHER =
  /order|invoice|account|acct|\bid\b|ssn|card|case|ticket|policy|iban|zip|isbn|tracking|serial|reference|\bref\b|port\b/i;

/** Numbers in any form behind what announces one. */
function announced(id: string, words: string, rest: Pick<Rule, 'keywords' | 'examples'>): Rule {
  return {
    id,
    kind: 'PHONE',
    pattern: new RegExp(
      String.raw`(?:${words})[^\d\n+]{0,24}(?<secret>\+?\(?\d(?:${GAP}{0,2}\d){6,14}${EXTENSION})(?![\w-])`,
      'i',
    ),
    maxLength: 130,
    validate({ text, match }) {
      const digits = digitsOf(text);
      return (
        digits.length < 16 &&
        !isRun(text) &&
        !IS_DATE.test(text) &&
        !IS_OTHER.test(match.slice(0, -text.length))
      );
    },
    ...rest,
  };
}

/** Telephone numbers: with a country code, in the forms of many countries, or behind a word that announces one. */
export const phoneRules: readonly Rule[] = [
  {
    id: 'phone-international',
    kind: 'PHONE',
    pattern: new RegExp(
      String.raw`(?<![\w+.)\]#-])(?:\+|\(\+|00[ -]?|011[ -])(?:1(?:${GAP}{0,3}\d){10}|[1-9](?:${GAP}{0,3}\d){7,14})${EXTENSION}(?!\w)`,
      'i',
    ),
    keywords: ['+', '00', '011'],
    maxLength: 90,
    priority: 1,
    validate({ text }) {
      const digits = digitsOf(text).replace(/^(?:00|011)/, '');
      const plus = text.includes('+');
      const fits = digits.length < 16 && digits.length > (plus ? 7 : 9) && COUNTRIES.test(digits);
      return fits && !isRun(text) && !IS_ORDER.test(text);
    },
    examples: {
      match: [
        '+14155550132',
        '+1 (415) 555-0132',
        '+44 20 7946 0958',
        '+49 (0) 30 123456',
        '+33 6 12 34 56 78',
        '0049 30 1234567',
        '011 44 20 7946 0958',
        '001-415-555-0132x123',
        '+55 (11) 91234-5678',
        '(+44) 7700 900123',
        '+81-90-1234-5678 ext. 12',
      ],
      noMatch: [
        '+1',
        '2024-01-01T10:00:00+02:00',
        'a+1234567890',
        'order #008-7844464-4352937',
        'order 042-0096449-5626381',
        'order 007-4764110-5381260',
        'next() + 2147483648',
        'f(t)+4294967296',
        '+0123456789',
        '0012345',
      ],
    },
  },
  {
    id: 'phone',
    kind: 'PHONE',
    pattern: new RegExp(String.raw`(?<![\w.+#$€£/-])(?:${NATIONAL.join('|')})${EXTENSION}(?![\w-])`, 'i'),
    maxLength: 64,
    validate({ text }) {
      const digits = digitsOf(text);
      return (
        digits.length > 8 &&
        digits.length < 13 &&
        !isRun(text) &&
        !IS_DATE.test(text) &&
        !IS_UNITED_STATES.test(text)
      );
    },
    examples: {
      match: [
        '415-555-0132',
        '(415) 555-0132',
        '(415)555-0132x123',
        '1-415-555-0132 ext 9',
        '415.555.0132',
        '020 7946 0958',
        '(01632) 960 123',
        '01632960124',
        '06 12 34 56 78',
        '030/1234567',
        '090-1234-5678',
        '8 (912) 345-67-89',
        '(912)345-67-89',
        '22-123-45-67',
        '514 555-0132, poste 982',
        '(11) 91234-5678',
        '98765 43210',
        '13812345678',
        '612 345 678',
        '0412 345 678',
        '08-123 45 67',
        '0535 123 45 67',
        '4155550132x123',
      ],
      noMatch: [
        '2024-01-15',
        '01.02.2024',
        '01.02.2024 10:30',
        '536-22-8726',
        '000-00-0000',
        '#415-555-0132',
        '12345-6789',
        '05947-3207',
        '0123456789',
        '4539 1488 0343 6467',
        '123-4567890-1234567',
        '1700000000',
        '978-3-16-148410-0',
        'v0415.555.0132',
      ],
    },
  },
  announced('phone-in-context', String.raw`\b(?:${CONTEXT.join('|')})|${CONTEXT_ELSEWHERE.join('|')}`, {
    keywords: [...new Set([...CONTEXT, ...CONTEXT_ELSEWHERE])],
    examples: {
      match: [
        'phone: 4155550132',
        'Call me at 5550132 or',
        '"phone": "4155550132"',
        'Tel. 22 34 56 78',
        'Telefon: 0301234567',
        '电话：02012345678',
        'whatsapp 919876543210',
      ],
      noMatch: [
        'call 911',
        'phone model 2024-01-15',
        'Call about order 12345678',
        'hotel 12345678',
        'text 1234567890',
      ],
    },
  }),
  announced('phone-number-of', WHOSE_NUMBER, {
    keywords: ['number'],
    examples: {
      match: ['my new number is 4155550132', 'Her work number: 5550132'],
      noMatch: ['your order number is 4155550132', 'The number 4155550132 is even', 'my number is 7'],
    },
  }),
];
