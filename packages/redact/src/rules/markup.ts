import type { Rule } from '../rule.ts';
import { LONG_KEYWORDS, LONG_NAMES, promiseOf } from './credential-name.ts';
import { isSecret } from './credential-value.ts';

/** The name in an option, from its keyword on. */
const NAMES = new RegExp(`${LONG_NAMES}.*`, 'i');

const drawn = '9fK2mQx7Lr4TzW8bVn3C';

/** Secrets in markup, on command lines, and in what people write to each other. */
export const markupRules: readonly Rule[] = [
  {
    id: 'element-secret',
    kind: 'SECRET',
    pattern: new RegExp(
      String.raw`${LONG_NAMES}[A-Za-z0-9_.-]{0,24}["']?(?: [^<>]{0,60})?>\s{0,24}(?:<!\[CDATA\[|<string>\s{0,8})?(?<secret>[^<>\s]{3,256})(?:\]\]>)?\s{0,24}<`,
      'i',
    ),
    keywords: LONG_KEYWORDS,
    maxLength: 450,
    priority: -1,
    validate: ({ text, match }) => isSecret(text, promiseOf(/^[\p{L}\p{N}_.-]+/u.exec(match)?.[0] ?? '')),
    examples: {
      match: [
        '<password>hunter22</password>',
        `<api-key>${drawn}</api-key>`,
        `<entry key="client_secret">${drawn}</entry>`,
        `<password encrypted="false"><![CDATA[Qw9!kd]]></password>`,
      ],
      noMatch: [
        '<password>${db.password}</password>',
        '<label for="password">Passwort</label>',
        '<token></token>',
        '<secretName>tls-1</secretName>',
      ],
    },
  },
  {
    id: 'plist-secret',
    kind: 'SECRET',
    pattern: new RegExp(
      String.raw`${LONG_NAMES}[A-Za-z0-9_.-]{0,24}</key>\s{0,24}<string>(?<secret>[^<>\s]{3,256})</string>`,
      'i',
    ),
    keywords: LONG_KEYWORDS,
    maxLength: 370,
    priority: -1,
    validate: ({ text, match }) => isSecret(text, promiseOf(/^[\p{L}\p{N}_.-]+/u.exec(match)?.[0] ?? '')),
    examples: {
      match: [`<key>ApiToken</key>\n\t<string>${drawn}</string>`],
      noMatch: ['<key>ApiToken</key><string>$(API_TOKEN)</string>'],
    },
  },
  {
    id: 'option-secret',
    kind: 'SECRET',
    pattern: new RegExp(
      String.raw`(?<!-)-{1,2}(?:[A-Za-z0-9]{1,20}[-_.]){0,3}${LONG_NAMES}[A-Za-z0-9_-]{0,16}["']?[ =,]{1,3}["']?(?<secret>[^\s"'\`<>-][^\s"'\`<>]{2,255})`,
      'i',
    ),
    keywords: LONG_KEYWORDS,
    maxLength: 400,
    priority: -1,
    validate({ text, match }) {
      const [option = ''] = /^-+[\w.-]+/.exec(match) ?? [];
      const name = NAMES.exec(option)?.[0] ?? '';
      return !/^(?:=|\/)/.test(text) && isSecret(text, promiseOf(name));
    },
    examples: {
      match: [
        '--password hunter22',
        '--password=letmein',
        `--api-key ${drawn}`,
        `deploy --auth-token "${drawn}" --force`,
        '-Ddb.password=hunter22',
      ],
      noMatch: [
        '--password $PASSWORD',
        '--password-file /run/secrets/db',
        '--token <token>',
        '--password --user ana',
        '--api-key=your-api-key',
      ],
    },
  },
  {
    id: 'spoken-password',
    kind: 'SECRET',
    pattern:
      /(?:pass(?:word|code|phrase|wort)|kennwort|contraseña|mot de passe|senha|wachtwoord|parola|пароль|pin|api key|token|secret)(?: (?:for|to|of|für|del?|du|di|da|voor|для) [^\n.:]{1,30}?)?(?: ?[:=]| (?:is|was|ist|lautet|es|est|è|é)) ?:? {0,2}["'`“„«]?(?<secret>[^\s"'`“”„«»<>,]{5,128})/i,
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
        /\d/.test(bare) &&
        /\p{L}/u.test(bare) &&
        isSecret(bare, promiseOf(/^pin|^token/i.test(match) ? 'secret' : 'password')) &&
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
];
