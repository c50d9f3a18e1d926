import type { Candidate, Rule } from '../rule.ts';
import { decoded } from './base64.ts';

const DASHES = '-'.repeat(5);
const BODY = 'MIIEowIBAAKCAQEAq7BFUpkGp3+LQmlQYx2eqzDV+xeG8kx/sQFV18S5JhzGeIJN';

const pem = (label: string, lines: readonly string[], newline = '\n') =>
  [`${DASHES}BEGIN ${label}${DASHES}`, ...lines, `${DASHES}END ${label}${DASHES}`].join(newline);

/** Written base64url, as the parts of a JWT are. */
const written = (value: object) => btoa(JSON.stringify(value)).replaceAll('=', '');

/** Whether the first part of a JWT says how it is signed or encrypted, as RFC 7515 and RFC 7516 want it. */
function isHeader(part: string): boolean {
  const json = decoded(part.replaceAll('-', '+').replaceAll('_', '/')) ?? '';
  // Good enough, and a parser would throw: one flat object, with one of its names `alg`.
  return /^\s*\{[^]*"alg"\s*:\s*"[^]*\}\s*$/.test(json);
}

const header = written({ alg: 'HS256', typ: 'JWT' });
const claims = written({ sub: 'user-17', iat: 1_700_000_000 });
const signature = 'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

/** Key material and signed tokens: what has a look of its own whoever issued it. */
export const keyRules: readonly Rule[] = [
  {
    id: 'private-key',
    kind: 'PRIVATE_KEY',
    // To the end mark, whatever the lines are wrapped in; without one, as far as lines of base64 go.
    pattern:
      /-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?:(?:[^-]|-(?!-)){1,7000}-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|[ \t\r"'`+,\\]{0,12}(?:\n|n)[\s"'`+,|>#*;\\]{0,24}[A-Za-z0-9/][A-Za-z0-9+/=]{5,76}(?:[\s"'`+,|>#*;rn\\]{1,24}[A-Za-z0-9/=][A-Za-z0-9+/=]{5,76}){0,80})/,
    keywords: ['private key'],
    maxLength: 15_200,
    validate: ({ text }) => !/\.{3}|your|<[a-z]|x{8}|\$\{|\{\{|redacted|placeholder/i.test(text),
    examples: {
      match: [
        pem('RSA PRIVATE KEY', [BODY, BODY]),
        pem('PRIVATE KEY', [BODY, BODY], String.raw`\n`),
        pem('EC PRIVATE KEY', ['Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,93A1', '', BODY]),
        pem('ENCRYPTED PRIVATE KEY', [BODY]),
        pem('OPENSSH PRIVATE KEY', [BODY], '\r\n    '),
        pem('PGP PRIVATE KEY BLOCK', ['Version: GnuPG v2', '', BODY, '=aB3d']),
        `${DASHES}BEGIN DSA PRIVATE KEY${DASHES}\n${BODY}\n${BODY}`,
      ],
      noMatch: [
        `${DASHES}BEGIN PRIVATE KEY${DASHES} headers stand on the first line`,
        pem('PUBLIC KEY', [BODY]),
        pem('CERTIFICATE', [BODY]),
        `if (text.startsWith('${DASHES}BEGIN PRIVATE KEY${DASHES}')) return;`,
        pem('RSA PRIVATE KEY', ['...']),
        pem('PRIVATE KEY', ['<your key here>']),
      ],
    },
  },
  {
    id: 'ssh2-private-key',
    kind: 'PRIVATE_KEY',
    pattern: /-{4} BEGIN SSH2 ENCRYPTED PRIVATE KEY -{4}(?:[^-]|-(?!-)){1,7000}/,
    keywords: ['begin ssh2'],
    maxLength: 7050,
    examples: {
      match: [`---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "x"\n${BODY}\n`],
      noMatch: [`---- BEGIN SSH2 PUBLIC KEY ----\n${BODY}`],
    },
  },
  {
    id: 'putty-private-key',
    kind: 'PRIVATE_KEY',
    pattern:
      /PuTTY-User-Key-File-[23]: {0,2}[a-z0-9@.-]{1,40}\s{1,4}Encryption:[^\n]{1,40}\n(?:[A-Z][a-z][a-z0-9][A-Za-z0-9-]{1,24}: [^\n]{0,160}\n|[A-Za-z0-9+/=]{1,80}\n){1,90}?Private-(?:MAC|Hash): {0,2}[0-9a-f]{20,80}/,
    keywords: ['putty-user-key-file-'],
    maxLength: 17_400,
    examples: {
      match: [
        `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: a\nPublic-Lines: 1\n${BODY}\nPrivate-Lines: 1\n${BODY}\nPrivate-MAC: 70bdcbb7b8c8b1dd4f3b1c1f9d1b1f1f`,
      ],
      noMatch: ['A PuTTY-User-Key-File-2: is what PuTTYgen writes.'],
    },
  },
  {
    id: 'age-key',
    kind: 'PRIVATE_KEY',
    pattern: /AGE-SECRET-KEY-(?:1|PQ-1)[A-Z0-9]{58}/,
    keywords: ['age-secret-key-'],
    maxLength: 77,
    validate: ({ text }) => !/X{8}/.test(text),
    examples: {
      match: [`AGE-SECRET-KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MU'.repeat(2)}`],
      noMatch: ['AGE-SECRET-KEY-1QPZRY9X8', `AGE-SECRET-KEY-1${'X'.repeat(58)}`],
    },
  },
  {
    id: 'jwk-private-key',
    kind: 'PRIVATE_KEY',
    pattern: /\\?"[dk]\\?"\s{0,4}:\s{0,4}\\?"(?<secret>[A-Za-z0-9_-]{40,700})\\?"/,
    keywords: ['"d"', '"k"', String.raw`"d\"`, String.raw`"k\"`],
    maxLength: 730,
    examples: {
      match: [`"d":"${signature}"`, `{"kty":"EC","crv":"P-256","x":"f83OJ3D2","d": "${signature}"}`],
      noMatch: [`"x":"${signature}"`, '"d":"short"'],
    },
  },
  {
    id: 'jwt',
    kind: 'JWT',
    pattern:
      /(?<![A-Za-z0-9_-])e[wy][A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{2,4000}\.(?:[A-Za-z0-9_-]{10,1200}(?:\.[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,100})?)?/,
    keywords: ['ey', 'ew'],
    maxLength: 8400,
    validate: ({ text }: Candidate) => isHeader(text.split('.', 1)[0] ?? ''),
    examples: {
      match: [
        `${header}.${claims}.${signature}`,
        `Cookie: jwt=${header}.${claims}.${signature}; Path=/`,
        `${written({ alg: 'none' })}.${claims}.`,
      ],
      noMatch: [
        `${written({ kid: 'a1b2c3' })}.${claims}.${signature}`,
        `${header}.${claims}`,
        'eyJhbGciOi.abc.def',
      ],
    },
  },
  {
    id: 'jwt-base64',
    kind: 'JWT',
    // A JWT that was encoded once more, as Kubernetes keeps it.
    pattern: /(?<![A-Za-z0-9+/])ZXlK[A-Za-z0-9+/]{60,4000}={0,2}/,
    keywords: ['zxlk'],
    maxLength: 4006,
    validate: ({ text }) => isHeader((decoded(text) ?? '').split('.', 1)[0] ?? ''),
    examples: {
      match: [btoa(`${header}.${claims}.${signature}`)],
      noMatch: [btoa(`eyJ${'a'.repeat(80)}`)],
    },
  },
  {
    id: 'pem-base64',
    kind: 'PRIVATE_KEY',
    // `-----BEGIN ` in base64, and then something that says private.
    pattern: /(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,6000}={0,2}/,
    keywords: ['ls0tls1crudjti'],
    maxLength: 6016,
    validate: ({ text }) => /PRIVATE KEY/.test(decoded(text.slice(0, 80)) ?? ''),
    examples: {
      match: [btoa(pem('PRIVATE KEY', [BODY, BODY]))],
      noMatch: [btoa(pem('CERTIFICATE', [BODY, BODY]))],
    },
  },
];
