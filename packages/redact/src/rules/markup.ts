import type { Rule } from '../rule.ts';
import {
  KEPT_KEYS,
  KEPT_KEYWORDS,
  COMMON_KEYWORDS,
  COMMON_NAMES,
  PASS_KEYWORDS,
  PASS_NAMES,
  gradeOf,
} from './credential-name.ts';
import { isCertainlyDrawn, isSecret } from './credential-value.ts';

const drawn = '9fK2mQx7Lr4TzW8bVn3C';

function element(
  id: string,
  names: string,
  flags: string,
  keywords: readonly string[],
  examples: Rule['examples'],
): Rule {
  return {
    id,
    kind: 'SECRET',
    pattern: new RegExp(
      String.raw`${names}[A-Za-z0-9_.-]{0,24}(?![A-Za-z0-9_.-])["']?(?: (?:[\w:.-]{1,24} ?=[^<>]{0,48})?)?(?:<\/key)?>\s{0,24}(?:<!\[CDATA\[|<(?:string|value)>\s{0,8})?(?<secret>[^<>\s]{3,256}?)(?:\]\]>)?\s{0,24}<`,
      flags,
    ),
    keywords,
    maxLength: 450,
    priority: -1,
    validate: ({ text, match }) => isSecret(text, gradeOf(/^[\p{L}\p{N}_.-]+/u.exec(match)?.[0] ?? '')),
    examples,
  };
}

function option(
  id: string,
  names: string,
  flags: string,
  keywords: readonly string[],
  examples: Rule['examples'],
): Rule {
  const named = new RegExp(`${names}.*`, flags);
  return {
    id,
    kind: 'SECRET',
    pattern: new RegExp(
      String.raw`(?<![\w-])-{1,2}[A-Za-z0-9_.-]{0,32}?${names}[A-Za-z0-9_-]{0,16}(?![A-Za-z0-9_-])["']?[ =,]{1,3}["']?(?<secret>[^\s"'\`<>-][^\s"'\`<>]{2,255})`,
      flags,
    ),
    keywords,
    maxLength: 400,
    priority: -1,
    validate({ text, match }) {
      const [words = ''] = /^-+[\w.-]+/.exec(match) ?? [];
      return !/^[=/]/.test(text) && isSecret(text, gradeOf(named.exec(words)?.[0] ?? ''));
    },
    examples,
  };
}

/** Secrets in markup, on command lines, and in what people write to each other. */
export const markupRules: readonly Rule[] = [
  element('element-secret', COMMON_NAMES, 'i', COMMON_KEYWORDS, {
    match: [
      '<password>hunter22</password>',
      `<key>ApiToken</key>\n\t<string>${drawn}</string>`,
      `<entry key="client_secret">${drawn}</entry>`,
      `<password encrypted="false"><![CDATA[Qw9!kd]]></password>`,
    ],
    noMatch: [
      '<password>${db.password}</password>',
      '<label for="password">Passwort</label>',
      '<token></token>',
      '<secretName>tls-1</secretName>',
      '<key>ApiToken</key><string>$(API_TOKEN)</string>',
    ],
  }),
  element('element-key', KEPT_KEYS, 'i', KEPT_KEYWORDS, {
    match: [`<api-key>${drawn}</api-key>`, `<entry key="api.key">${drawn}</entry>`],
    noMatch: ['<api-key>${key}</api-key>', '<apiKeyName>tls-1</apiKeyName>'],
  }),
  element('element-pass', PASS_NAMES, '', PASS_KEYWORDS, {
    match: ['<smtp_pass>hunter22</smtp_pass>', '<entry key="dbPass">Qw9!kd</entry>'],
    noMatch: ['<compass>north9</compass>', '<pass>true</pass>'],
  }),
  option('option-secret', COMMON_NAMES, 'i', COMMON_KEYWORDS, {
    match: [
      '--password hunter22',
      '--password=letmein',
      `deploy --auth-token "${drawn}" --force`,
      '-Ddb.password=hunter22',
      '--adminPassword hunter93',
    ],
    noMatch: [
      '--password $PASSWORD',
      '--password-file /run/secrets/db',
      '--token <token>',
      '--password --user ana',
    ],
  }),
  option('option-key', KEPT_KEYS, 'i', KEPT_KEYWORDS, {
    match: [`--api-key ${drawn}`, `--accessKey=${drawn}`],
    noMatch: ['--api-key=your-api-key', '--api-key $API_KEY'],
  }),
  option('option-pass', PASS_NAMES, '', PASS_KEYWORDS, {
    match: ['--smtp_pass hunter22', '--dbPass=falcon10', '-pass letmein9'],
    noMatch: ['--bypass true', '--pass $PASS', '--compass north9'],
  }),
  {
    id: 'spoken-password',
    kind: 'SECRET',
    pattern:
      /(?:pass(?:word|code|phrase|wort)|kennwort|contraseña|mot de passe|senha|wachtwoord|parola|пароль|pin|api key|token|secret)(?: (?:for|to|of|für|del?|du|di|da|voor|для) [^\n.:]{1,30}?)? (?:is|was|ist|lautet|es|est|è|é|это) ?:? {0,2}["'`“„«]?(?<secret>[^\s"'`“”„«»<>,$[(][^\s"'`“”„«»<>,]{4,127})/i,
    keywords: [
      'passw',
      'passcode',
      'passphrase',
      'kennwort',
      'contraseña',
      'mot de passe',
      'senha',
      'wachtwoord',
      'parola',
      'пароль',
      'pin',
      'api key',
      'token',
      'secret',
    ],
    maxLength: 200,
    priority: -2,
    validate: ({ text, match }) => {
      const bare = text.replace(/[.!?;:)]+$/, '');
      return (
        bare.length > 4 &&
        /\d|[^\w.:-]|[a-z][A-Z]\w*[a-z][A-Z]/.test(bare) &&
        /\p{L}/u.test(bare) &&
        isSecret(bare, gradeOf(/^pin|^token/i.test(match) ? 'secret' : 'password')) &&
        !/^\w+\(/.test(bare)
      );
    },
    examples: {
      match: [
        'my password is hunter22',
        'Das Passwort lautet Winter21!',
        'the password for the router is tr0ub4dor',
        'La contraseña es verano22',
      ],
      noMatch: [
        'the password is wrong',
        'password is required',
        'The token is 7 characters long',
        'password: ${x1234}',
      ],
    },
  },
  {
    id: 'spoken-token',
    kind: 'SECRET',
    pattern:
      /(?:api[ _-]?key|access[ _-]?key|secret[ _-]?key|token|secret)[ \t]{1,2}(?<secret>[A-Za-z0-9_-]{20,128})(?![\w-])/i,
    keywords: ['key ', 'key\t', 'token ', 'token\t', 'secret ', 'secret\t'],
    maxLength: 141,
    priority: -2,
    validate: ({ text }) => isCertainlyDrawn(text),
    examples: {
      match: [`use the api key ${drawn}`, `token ${drawn}8`, `access_key ${drawn}`],
      noMatch: [
        'the token refresh_token_handler_2 is',
        'token 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
        'secret aaaaaaaaaaaaaaaaaaaaaaaa1',
      ],
    },
  },
];
