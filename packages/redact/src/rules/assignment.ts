import type { Candidate, Rule } from '../rule.ts';
import {
  KEPT_KEYS,
  KEPT_KEYWORDS,
  KEY_KEYWORDS,
  KEY_NAMES,
  COMMON_KEYWORDS,
  COMMON_NAMES,
  PASS_KEYWORDS,
  PASS_NAMES,
  RARE_KEYWORDS,
  RARE_NAMES,
  gradeOf,
} from './credential-name.ts';
import { isPlainSecret, isSecret } from './credential-value.ts';

const SUFFIX = '[A-Za-z0-9_.-]{0,32}(?![A-Za-z0-9_.-])';
/** The end of a quoted name or of a subscript. */
const NAMED = String.raw`\\{0,2}["'\`]?[\])]?`;
/** `name="x" value=`, `name: x, value:`, `- name: X` and `value:` on the next line. */
const VALUE_OF = String.raw`[ \t]{0,4}[,{]?\s{0,24}\\?["']?(?:value|val|default|content)\\?["']?\s{0,4}[:=]`;
/** `: str =`, `=>`, `:=`, `===`, `:`, a comma or a parenthesis. */
const OPERATOR = String.raw`(?:: {0,2}[A-Za-z_&][\w.<>[\]?|&' ]{0,24} ?=|=>|[:?.+|!]{1,3}={1,2}|={1,3}|<?->?|[:,(|])`;
/** `given or `, `String::from(`, `new Secret(`, `[]byte{`, `b`, `@`. */
const BEFORE_QUOTE = String.raw`(?:[\w.]{1,40} (?:or|\|\||\?\?) )?(?:(?:new )?[\w.:[\]]{1,24}[({]|[bruflRBUFL@$]{1,2})?\\{0,2}["'\`]{1,3}`;

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCodePoint(code));
const IN_NAMES = ASCII.map((character) => /[\w.\- ]/.test(character));
const ENDS_NAMES = ASCII.map((character) => /\w/.test(character));
const NAME = /^[\p{L}\p{N}_.\- ]*[\p{L}\p{N}_]/u;

/** What a match begins with, up to the marks that follow a name. */
function nameOf({ match }: Candidate): string {
  let end = 0;
  for (let at = 0; at < match.length; at++) {
    const unit = match.charCodeAt(at);
    // With letters of elsewhere, the platform's tables have to say what is one.
    if (unit > 127) return NAME.exec(match)?.[0] ?? '';
    if (!IN_NAMES[unit]) break;
    if (ENDS_NAMES[unit]) end = at + 1;
  }
  return match.slice(0, end);
}

/** Without the marks that a sentence ends with. */
function withoutFinalMarks(text: string): string {
  let end = text.length;
  while (end > 0 && '.,;:!?'.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}

function quoted(
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
      `${names}${SUFFIX}${NAMED}(?:${VALUE_OF}|[ \\t]{0,8}${OPERATOR}|[ \\t]{1,8})\\s{0,16}${BEFORE_QUOTE}` +
        String.raw`(?<secret>(?:[^"'\`\\\r\n]|\\[^"'\`\r\n]){3,256})\\{0,2}["'\`]`,
      flags,
    ),
    keywords,
    maxLength: 720,
    priority: -1,
    validate(candidate) {
      const { text, match } = candidate;
      const name = nameOf(candidate);
      if (!isSecret(text, gradeOf(name))) return false;
      // A list of names, `["password", "email"]`, or two words beside each other.
      const isLoose = !/[=:(>|-]/.test(match.slice(name.length, -text.length - 1));
      return !isLoose || (/\d|[^\w\s.-]/.test(text) && text.length > 5 && !/\s/.test(text));
    },
    examples,
  };
}

function plain(
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
      `${names}${SUFFIX}${NAMED}(?:${VALUE_OF}|[ \\t]{0,8}(?:=>|[:?.+|]{1,3}=|=|:))[ \\t]{0,12}` +
        String.raw`(?<secret>[^\s"'\`,;<>(){}[\]|&=\\][^\s"'\`,;<>(){}[\]|&\\]{2,255})[ \t]{0,4}[\r\n,;&"'<)\]}#([{|]?`,
      flags,
    ),
    keywords,
    maxLength: 440,
    priority: -2,
    validate(candidate) {
      const { text, match } = candidate;
      const after = match.slice(match.lastIndexOf(text) + text.length);
      const mark = after === '' ? 'end' : (after.at(-1) as string);
      // A call, a subscript, a block: `password = ask(`.
      if ('([{'.includes(mark)) return false;
      if (',)'.includes(mark) && !/\d[^\d]+\d|[^\w.-]/.test(text)) return false;
      const ends = mark === 'end' || '\r\n&;#"\'<}'.includes(mark);
      return isPlainSecret(withoutFinalMarks(text), gradeOf(nameOf(candidate)), { ends });
    },
    examples,
  };
}

const drawn = '9fK2mQx7Lr4TzW8bVn3C';

const IS_ABOUT_SECRETS = new RegExp(
  `(?:${COMMON_NAMES}|${RARE_NAMES}|${KEPT_KEYS}|(?<![A-Z])(?:PASS|PSW|PSK|PW|PIN|KEY|AUTH|CREDS?)(?![A-Z])).*`,
  'i',
);

/** Assignments of a value to a name that says it is secret, in source code and configuration. */
export const assignmentRules: readonly Rule[] = [
  quoted('quoted-secret', COMMON_NAMES, 'i', COMMON_KEYWORDS, {
    match: [
      `password = "hunter2!"`,
      `DB_PASSWORD: 'letmein'`,
      `"client_secret": "${drawn}",`,
      `secret := "${drawn}"`,
      `'auth_token' => '${drawn}',`,
      `define('DB_PASSWORD', 'Qw9!kd');`,
      `{"name": "DB_PASSWORD", "value": "hunter22"}`,
      String.raw`{\"password\": \"hunter22\"}`,
      `#define PASSWORD "hunter22"`,
      `password: String::from("hunter22")`,
      `setPassword("hunter22")`,
      `if (password === 'Winter21') {`,
      String.raw`if (db_password == "m{{h}o)p$e]nob(ody[finds>-_$#it}}") {`,
      `API_TOKEN ?= "${drawn}"`,
      `api_token ::= "${drawn}"`,
      `token = token || "${drawn}"`,
      `password <- "hunter22"`,
    ],
    noMatch: [
      `password = "your-password-here"`,
      `password = ""`,
      `"password": "\${DB_PASSWORD}"`,
      `password = os.environ["DB_PASSWORD"]`,
      `"password": "Passwort"`,
      `["username", "password", "email"]`,
      `tokenType: 'Bearer'`,
      `secretName: "my-tls-secret"`,
      `token: 'refreshToken'`,
      `password_file: "/run/secrets/db1"`,
      `secret: "/run/secrets/db1"`,
      `passwordError: "Must have 8 characters"`,
      `<input type="password" name="password1" placeholder="8 characters">`,
    ],
  }),
  plain('plain-secret', COMMON_NAMES, 'i', COMMON_KEYWORDS, {
    match: [
      'DB_PASSWORD=hunter2',
      'password: letmein\n',
      `export SECRET_TOKEN=${drawn}`,
      `  client-secret: ${drawn} # rotate`,
      'spring.datasource.password=letmein\n',
      'PGPASSWORD=xKqRtbWmzL psql app',
      '- name: DB_PASSWORD\n  value: hunter22\n',
      String.raw`{"config.ini": "API_TOKEN=${drawn}\nBACKUP=true"}`,
    ],
    noMatch: [
      'password: must be at least 8 characters',
      'password: string;',
      'password=password',
      'token = getToken()',
      'password = config.password',
      'secret: $SECRET',
      'max_tokens: 4096',
      'token: your-token-here',
      'tokens: 1234567890abc',
    ],
  }),
  quoted('quoted-kept-key', KEPT_KEYS, 'i', KEPT_KEYWORDS, {
    match: [
      `api_key = "${drawn}"`,
      `const apiKey: string = '${drawn}'`,
      `os.environ["SECRET_KEY"] = "${drawn}"`,
      `<add key="ApiKey" value="${drawn}" />`,
      `encryption_key = b"${drawn}"`,
      `hmac_key := []byte("${drawn}")`,
    ],
    noMatch: [`api_key = "<api key>"`, `api_key_id = "${drawn}"`, `apiKey: 'user.settings.key'`],
  }),
  plain('plain-kept-key', KEPT_KEYS, 'i', KEPT_KEYWORDS, {
    match: [`api_key=${drawn}&page=2`, `SECRET_KEY=${drawn}`, `access-key: ${drawn}\n`],
    noMatch: ['SECRET_KEY=${SECRET_KEY}', 'api_key=process.env.API_KEY', 'api_key: string'],
  }),
  quoted('quoted-rare-name', RARE_NAMES, 'i', RARE_KEYWORDS, {
    match: [`contraseña = "verano22"`, `"accessCode": "${drawn}"`],
    noMatch: [`contraseña = "<contraseña>"`, `"contrasena": "Contraseña"`],
  }),
  plain('plain-rare-name', RARE_NAMES, 'i', RARE_KEYWORDS, {
    match: ['senha=verao22\n', '密码: qx7kd93m\n'],
    noMatch: ['senha: string', 'kennwort: mindestens acht Zeichen'],
  }),
  quoted('quoted-pass', PASS_NAMES, '', PASS_KEYWORDS, {
    match: [
      `pass = "hunter2!"`,
      `dbPass: 'letmein9'`,
      `<add key="SMTP_PASS" value="hunter22"/>`,
      `define('DB_PASS', 'Sun#rise')`,
    ],
    noMatch: [`compass = "northwest9"`, `bypass: "a1b2c3d4"`, `pass: "<pass>"`],
  }),
  plain('plain-pass', PASS_NAMES, '', PASS_KEYWORDS, {
    match: ['DB_PASS=hunter2\n', 'pass: letmein9\n', 'wpa_psk=falcon10\n'],
    noMatch: ['pass: true', 'compass=northwest9\n', 'pass: 12', 'pass=pass1'],
  }),
  quoted('quoted-key', KEY_NAMES, '', KEY_KEYWORDS, {
    match: [`"key": "${drawn}"`, `STRIPE_KEY = '${drawn}'`, `mailerKey: "${drawn}"`],
    noMatch: [
      `monkey: "banana9banana9banana9"`,
      `key: "user.name"`,
      `"key": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`,
      `public_key = "${drawn}"`,
      `cacheKey = "user:17:profile"`,
      `publicKey: "${drawn}"`,
    ],
  }),
  plain('plain-key', KEY_NAMES, '', KEY_KEYWORDS, {
    match: [`MAILER_KEY=${drawn}`, `auth: ${drawn}\n`],
    noMatch: ['key: value', 'key=user.name.first', `PUBLIC_KEY=${drawn}`],
  }),
  {
    id: 'environment-secret',
    kind: 'SECRET',
    pattern:
      /(?<!\w)(?:ENV|setenv)[ \t]{1,4}[A-Z][A-Z0-9_]{2,40}[ \t]{1,4}["']?(?<secret>[^\s"'`,;<>(){}[\]|&=\\]{5,256})(?![^\s"'])/,
    keywords: ['env ', 'env\t', 'setenv'],
    maxLength: 313,
    priority: -2,
    validate({ text, match }) {
      const [, name = ''] = match.split(/[ \t]+/, 2);
      const [about] = IS_ABOUT_SECRETS.exec(name) ?? [];
      return about !== undefined && isPlainSecret(text, gradeOf(about), { ends: true });
    },
    examples: {
      match: [`ENV API_TOKEN ${drawn}`, 'ENV DB_PASSWORD hunter22', 'setenv SMTP_PASS "letmein9"\n'],
      noMatch: [
        'ENV NODE_VERSION 24.1.0',
        'ENV DB_PASSWORD $DB_PASSWORD',
        'ENV PASSWORD_FILE /run/secrets/db1',
        'ENV COMPASS northwest9',
        'the ENV API_KEY is not set',
      ],
    },
  },
];
