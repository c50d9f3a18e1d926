/** The commonest names, which say what they hold wherever they stand in a longer one. Few, so that the search is fast. */
export const COMMON_NAMES: string =
  '(?:passw(?:or)?d|pass[_-]?(?:phrase|code|wort)|pwd|secret|(?:public[_-]?key[_-]?)?token|credentials?|bearer)';

/** Keywords of {@link COMMON_NAMES}. */
export const COMMON_KEYWORDS: readonly string[] = [
  ...'passw passphrase pass_phrase pass-phrase passcode pass_code pass-code pass_wort'.split(' '),
  ...'pass-wort pwd secret token credential bearer'.split(' '),
];

/** Names of passwords in the other languages that configuration is written in. */
const PASSWORDS_ELSEWHERE =
  'kennwort|contrase(?:n|ñ)a|contrasenya|mot[_-]?de[_-]?passe|senha|wachtwoord|l(?:o|ö)senord|hasło|salasana|' +
  'parola|пароль|密码|密碼|パスワード|비밀번호';

/** Rarer names of the same kind. */
export const RARE_NAMES: string = `(?:${PASSWORDS_ELSEWHERE}|connection[_-]?string|access[_-]?code|auth[_-]?code|one[_-]?time[_-]?code)`;

/** Keywords of {@link RARE_NAMES}. */
export const RARE_KEYWORDS: readonly string[] = [
  ...'kennwort contrase mot_de mot-de motde senha wachtwoord losenord lösenord hasło'.split(' '),
  ...'salasana parola пароль 密码 密碼 パスワード 비밀번호 connectionstring'.split(' '),
  ...'connection_string connection-string accesscode access_code access-code authcode auth_code'.split(' '),
  ...'auth-code onetime one_time one-time'.split(' '),
];

/** What stands before `key` when the key is one that is kept. */
const KEPT =
  'api app application access auth account client consumer customer admin private priv secret encryption encrypt ' +
  'encoding signing sign signature master shared storage service subscription license webhook deploy session crypto ' +
  'cipher aes hmac rsa ssh jwt db database user root server write ingest integration security cookie merchant partner ' +
  'rest live prod production bot function base secure sdk srv web';

/** `api_key`, `accessKey`, `encryption key`. */
export const KEPT_KEYS: string = `(?:${KEPT.replaceAll(' ', '|')})[ _.-]?key`;

/** Keywords of {@link KEPT_KEYS}. */
export const KEPT_KEYWORDS: readonly string[] = KEPT.split(' ').flatMap((before) =>
  ['', ' ', '_', '.', '-'].map((gap) => `${before}${gap}key`),
);

/** Any case that a short name is written in as a word of its own: `pass`, `DB_PASS`, `dbPass`, and not `compass`. */
function asWord(lower: string, upper: string): string {
  const capital = lower.replaceAll(/[a-z]+/g, (word) => word[0]?.toUpperCase() + word.slice(1));
  const either = `${lower}|${capital}`;
  return `(?:(?<![A-Za-z])(?:${either})|[a-z0-9](?:${capital})|(?<![A-Z])(?:${upper}))(?![A-Za-z])`;
}

/** Short names of passwords. */
export const PASS_NAMES: string = asWord('pass|psw|psk|pw|pin', 'PASS|PSW|PSK|PW|PIN');

/** Keywords of {@link PASS_NAMES}. */
export const PASS_KEYWORDS: readonly string[] = ['pass', 'psw', 'psk', 'pw', 'pin'];

const PUBLISHED =
  'public|publishable|primary|foreign|cache|partition|sort|object|site|host|idempotency|registry|query|map';

/** Short names of what may be a secret and mostly is none, those of published keys taken along. */
export const KEY_NAMES: string =
  `(?:(?:${PUBLISHED}|${PUBLISHED.toUpperCase()})[_-]?(?:[Kk]ey|KEY)(?![A-Za-z])|` +
  `${asWord('key|auth|creds?', 'KEY|AUTH|CREDS?')})`;

/** Keywords of {@link KEY_NAMES}. */
export const KEY_KEYWORDS: readonly string[] = ['key', 'auth', 'cred'];

/** The last word of a name that is about a secret, and holds none. */
const ABOUT = new Set(
  (
    'id ids name names url urls uri uris path paths file files filename dir directory field fields type types length ' +
    'len size count counts limit limits usage used total remaining expiry expires expire expiration exp ttl timeout ' +
    'lifetime age date time at duration interval regex pattern format prefix suffix label labels hint placeholder ' +
    'policy min max reset changed change required strength version arn ref reference refs resource provider class ' +
    'header headers endpoint mode algorithm alg algo encoder encoding input error errors message messages msg ' +
    'description desc title text index idx column col table manager store storage backend source status state scope ' +
    'scopes kind enabled disabled valid invalid validator validation rotation rule rules help info location env ' +
    'variable var param parameter parameters attribute map list set array func function fn callback handler service ' +
    'factory builder generator parser iterator izer ize ized izers stream bucket budget price cost costs owner issuer ' +
    'audience less form page screen button link view model schema spec metadata meta selector tag namespace mount ' +
    'mounts volume volumes filter html class css events event strategy per second minute hour day month max_age ' +
    'confirmation_label visible visibility show toggle check checker is_set ring board word words ing ed bindings'
  ).split(' '),
);

// `publicKey`, and `tokenizer`, `tokens`, `secretly`, `keyboard`: another word that begins alike.
const IS_NONE = new RegExp(
  `^(?:${PUBLISHED}|tokens\\b|token(?:i[sz]|s$)|secret(?:ly|ari|ary|s?manager)|passwordless|keyboard)`,
  'i',
);

/** What a name says of its value: a password may be any word, a secret is drawn, behind a bare `key` most things are not secret. */
export type Grade = 'password' | 'secret' | 'bare' | 'none';

const IS_PASSWORD = new RegExp(
  `^(?:passw|pass[_-]?(?:phrase|code)|pwd|${PASSWORDS_ELSEWHERE})|^.?(?:pass|psw|psk|pw|pin)(?![a-z])`,
  'i',
);
const IS_BARE = /^.?(?:key|auth|creds?)(?![a-z])|^bearer/i;

/** Splits `dbPassword_v2` into `db`, `password`, `v`, `2`. */
export function wordsOf(name: string): string[] {
  return isAscii(name) ? wordsOfAscii(name) : wordsOfAny(name);
}

const isAscii = (text: string) => !/[^\0-\x7f]/.test(text);

/** The same of names in any script, and what {@link wordsOf} has to say of all. */
export function wordsOfAny(name: string): string[] {
  return name
    .replaceAll(/([a-z])([A-Z0-9])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** The same in one pass: this is asked of whatever stands behind the name of a secret. */
function wordsOfAscii(name: string): string[] {
  const lower = name.toLowerCase();
  const words: string[] = [];
  let start = -1;
  let before: number = MARK;
  let sort = sortAt(name, 0);
  for (let at = 0; at < name.length; at++) {
    const after = sortAt(name, at + 1);
    const begins =
      (before === SMALL && (sort === CAPITAL || sort === DIGIT)) ||
      (before === CAPITAL && sort === CAPITAL && after === SMALL);
    if (start >= 0 && (sort === MARK || begins)) {
      words.push(lower.slice(start, at));
      start = -1;
    }
    if (start < 0 && sort !== MARK) start = at;
    before = sort;
    sort = after;
  }
  if (start >= 0) words.push(lower.slice(start));
  return words;
}

const [MARK, DIGIT, CAPITAL, SMALL] = [0, 1, 2, 3] as const;

/** What stands at a place. Beyond the ends there is a mark: a look there would cost the engine its optimised code. */
function sortAt(name: string, at: number): number {
  if (at < 0 || at >= name.length) return MARK;
  const code = name.charCodeAt(at);
  if (code > 96 && code < 123) return SMALL;
  if (code > 64 && code < 91) return CAPITAL;
  return code > 47 && code < 58 ? DIGIT : MARK;
}

/** The last of {@link wordsOf}, at less than the price of all; none where it is the only one. */
function lastWordOf(name: string): string {
  let end = name.length;
  while (end > 0 && sortAt(name, end - 1) === MARK) end--;
  const sort = sortAt(name, end - 1);
  let start = end;
  while (start > 0 && sortAt(name, start - 1) === sort) start--;
  if (sort === SMALL && sortAt(name, start - 1) === CAPITAL) start--;
  return start === 0 ? '' : name.slice(start, end).toLowerCase();
}

/** What the name of a candidate says of its value, read from the keyword on. */
export function gradeOf(name: string): Grade {
  if (IS_NONE.test(name) || ABOUT.has(lastWordOf(name))) return 'none';
  if (IS_PASSWORD.test(name)) return 'password';
  return IS_BARE.test(name) ? 'bare' : 'secret';
}
