import type { Candidate, Rule } from '../rule.ts';
import { decoded } from './base64.ts';
import { isPlaceholder } from './placeholder.ts';

const isLive = ({ text }: Candidate) => !isPlaceholder(text);

const auth = btoa('ana:correct horse');

/** Credentials in the files that tools keep them in. */
export const fileRules: readonly Rule[] = [
  {
    id: 'netrc-password',
    kind: 'PASSWORD',
    pattern:
      /\b(?:machine\s{1,4}[^\s]{1,120}|default)\s{1,8}login\s{1,4}[^\s]{1,120}\s{1,8}password\s{1,4}(?<secret>[^\s]{1,160})/,
    keywords: ['login'],
    maxLength: 450,
    validate: isLive,
    examples: {
      match: [
        'machine acme.test login ana password hunter22',
        'machine acme.test\n  login ana\n  password S3cr3t9\n',
      ],
      noMatch: ['machine acme.test login ana', 'machine acme.test login ana password <password>'],
    },
  },
  {
    id: 'pgpass-password',
    kind: 'PASSWORD',
    // host:port:database:user:password, a line each.
    pattern:
      /(?<![^\s])[\w.*-]{1,80}:(?:\d{4,5}|\*):[\w*-]{1,64}:[\w*.-]{1,64}:(?<secret>[^\s:]{4,128})(?![^\s])/,
    keywords: [':'],
    maxLength: 345,
    validate: isLive,
    examples: {
      match: ['db.acme.test:5432:shop:ana:hunter22', 'localhost:5432:*:app:letmein'],
      noMatch: ['12:30:45:12:99', 'db:5432:shop:ana:${PASSWORD}', 'a:b:c:d:efgh', 'urn:isbn:1234:5678:90'],
    },
  },
  {
    id: 'npmrc-token',
    kind: 'NPM_TOKEN',
    pattern: /_(?:authToken|auth|password)\s{0,3}=\s{0,3}["']?(?<secret>[A-Za-z0-9+/=_.-]{8,400})/,
    keywords: ['_authtoken', '_auth', '_password'],
    maxLength: 430,
    validate: (candidate) =>
      isLive(candidate) &&
      /\d|=$|[A-Z]/.test(candidate.text) &&
      !/^process\.|^\w+\.\w+\.?\w*$/.test(candidate.text),
    examples: {
      match: [
        '//registry.acme.test/:_authToken=9fK2mQx7Lr4TzW8bVn3C',
        `_auth=${auth}`,
        '_password = "c2VjcmV0MTIz"',
      ],
      noMatch: ['//registry.acme.test/:_authToken=${NPM_TOKEN}', '_auth=<token>', 'always-auth=true'],
    },
  },
  {
    id: 'docker-auth',
    kind: 'PASSWORD',
    pattern: /\\?"auth\\?"\s{0,4}:\s{0,4}\\?"(?<secret>[A-Za-z0-9+/]{8,600}={0,2})\\?"/,
    keywords: ['"auth"', String.raw`"auth\"`],
    maxLength: 630,
    validate({ text }) {
      const plain = decoded(text) ?? '';
      return /^[^:\s]+:[\x20-\x7e]+$/.test(plain) && !isPlaceholder(plain.slice(plain.indexOf(':') + 1));
    },
    examples: {
      match: [`"auth": "${auth}"`, `{"auths":{"r.test":{"auth":"${auth}"}}}`],
      noMatch: ['"auth": "required"', '"auth": "dGhpcyBpcyBubyBwYWly"'],
    },
  },
  {
    id: 'password-hash',
    kind: 'PASSWORD_HASH',
    pattern:
      /\$(?:2[abxy]?\$\d{2}\$[A-Za-z0-9./]{53}|(?:1|5|6|y|gy|7|apr1|md5)\$(?:rounds=\d{1,9}\$|j\w{1,4}\$)?[A-Za-z0-9./]{1,32}\$[A-Za-z0-9./]{22,86}|argon2(?:id|i|d)\$(?:v=\d{1,3}\$)?[a-z0-9=,]{5,40}\$[A-Za-z0-9+/=]{8,90}\$[A-Za-z0-9+/=]{16,180}|pbkdf2-[a-z0-9]{3,8}\$\d{1,8}\$[A-Za-z0-9./+=]{8,90}\$[A-Za-z0-9./+=]{16,180}|scrypt\$[a-z0-9=,]{5,40}\$[A-Za-z0-9+/=]{8,90}\$[A-Za-z0-9+/=]{16,180})/,
    keywords: [
      '$2',
      '$1$',
      '$5$',
      '$6$',
      '$y$',
      '$gy$',
      '$7$',
      '$apr1$',
      '$md5$',
      '$argon2',
      '$pbkdf2',
      '$scrypt',
    ],
    maxLength: 330,
    examples: {
      match: [
        `$2b$12$${'aB3/'.repeat(13)}a`,
        `root:$6$saltsalt$${'aB3/'.repeat(21)}aB:19000:0:99999:7:::`,
        `ana:$apr1$r31a0bc9$${'aB3/'.repeat(5)}aB`,
        `$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$${'aB3/'.repeat(10)}`,
      ],
      noMatch: ['$2b$12$tooshort', 'costs $1$2', '$6$'],
    },
  },
  {
    id: 'framework-password-hash',
    kind: 'PASSWORD_HASH',
    pattern:
      /\b(?:pbkdf2[_:]sha(?:1|256|512)[$:]\d{1,8}[$:][A-Za-z0-9./+=]{4,60}[$:][A-Za-z0-9./+=]{20,140}|scrypt:\d{4,8}:\d{1,2}:\d{1,2}\$[A-Za-z0-9]{4,40}\$[a-f0-9]{64,130}|\{(?:SSHA|SHA|SMD5|SSHA256|SSHA512|CRYPT)\}[A-Za-z0-9+/]{20,130}={0,2})|\{(?:SSHA|SHA|SMD5|SSHA256|SSHA512)\}[A-Za-z0-9+/]{20,130}={0,2}/,
    keywords: ['pbkdf2', 'scrypt:', '{ssha', '{sha}', '{smd5}', '{crypt}'],
    maxLength: 260,
    examples: {
      match: [`pbkdf2_sha256$260000$saltSALT12$${'aB3/'.repeat(11)}=`, `{SSHA}${'aB3/'.repeat(10)}`],
      noMatch: ['pbkdf2_sha256$', '{SHA}short'],
    },
  },
  {
    id: 'kubernetes-secret',
    kind: 'SECRET',
    // Under `data:` of a Secret everything is base64; the name of the key says whether it is worth hiding.
    pattern:
      /(?:password|passwd|token|secret|[a-z]key|private|credential|auth)[\w.-]{0,24}:[ \t]{1,4}["']?(?<secret>[A-Za-z0-9+/]{6,2000}={1,2})(?![\w+/=])/i,
    keywords: ['passw', 'token', 'secret', 'key', 'private', 'credential', 'auth'],
    maxLength: 2060,
    validate: isLive,
    examples: {
      match: ['kind: Secret\ndata:\n  password: aHVudGVyMg==', 'data:\n  api-token: c2VjcmV0LXRva2Vu='],
      noMatch: ['data:\n  name: aHVudGVyMg==', 'data:\n  password: short'],
    },
  },
  {
    id: 'gradle-signing-password',
    kind: 'PASSWORD',
    pattern: /\b(?:storePassword|keyPassword|keyAlias)\s{1,4}["'](?<secret>[^"'\n]{3,120})["']/,
    keywords: ['storepassword', 'keypassword'],
    maxLength: 150,
    validate: (candidate) => isLive(candidate) && !candidate.match.startsWith('keyAlias'),
    examples: {
      match: [`storePassword "hunter22"`, `keyPassword 'android9'`],
      noMatch: ['storePassword "${password}"', `keyAlias 'upload'`],
    },
  },
  {
    id: 'windows-unattended-password',
    kind: 'PASSWORD',
    pattern:
      /<(?:\w{1,20}:)?(?:AdministratorPassword|Password|AutoLogon|cpassword)>\s{0,40}<(?:\w{1,20}:)?Value>(?<secret>[^<\n]{2,200})<\//i,
    keywords: ['value>'],
    maxLength: 340,
    validate: isLive,
    examples: {
      match: ['<AdministratorPassword>\n  <Value>Qw9!kd</Value>\n</AdministratorPassword>'],
      noMatch: ['<Password><Value></Value></Password>', '<Password><Value>********</Value></Password>'],
    },
  },
  {
    id: 'group-policy-password',
    kind: 'PASSWORD',
    pattern: /cpassword\s{0,2}=\s{0,2}["'](?<secret>[A-Za-z0-9+/=]{16,200})["']/i,
    keywords: ['cpassword'],
    maxLength: 220,
    validate: isLive,
    examples: { match: ['cpassword="aB3dE5fG7hJ9kL1mN3pQ5rS7"'], noMatch: ['cpassword=""'] },
  },
];
