import { charactersOf, isAlphanumeric, type Characters } from './characters.ts';

const WORDS = new Set(
  (
    'abc abcd abcdef bar baz blank changeit changeme changethis default dummy empty enter example fake false fixme foo ' +
    'foobar hidden key masked mock more mypassword mysecret mytoken na nil no none not null off omitted on optional ' +
    'pass passwd password passphrase placeholder private pw pwd qwe redacted removed replaceme required sample secret ' +
    'secretkey secretref apikey string str tbd test testing text todo token true undefined unknown unset user username value var ' +
    'yes yourpassword yoursecret yourtoken'
  ).split(' '),
);

/** Words with which an author says that the real thing goes here. */
const SAYS_SO =
  /your|my[_-]?(?:api|token|key|secret)\b|example|placeholder|change[_-]?(?:me|this|it)|replace|insert|(?:^|[^a-z])dummy|(?:^|[_-])fake|(?:^|[_-])sample|redacted|goes[_-]?here|[_-]here$|<[a-z]|to[_-]?be[_-]?(?:set|filled|defined)|not[_-]?(?:set|real|a[_-])|\btodo\b|put[_-]|fill[_-]?in|\bxxx|x{5,}|\*{3,}|\.{3,}|…|•{3,}|0{12,}|#{4,}/i;

/** `${NAME}`, `$NAME`, `$(command)`, `%NAME%`, `{{ name }}`, `#{name}`, `<name>`, `@name@`, `[NAME]`, `__NAME__`. */
const REFERENCE =
  /^(?:\$\w+$|\$\{|\$\(|\$\[|\$\$\{|%\w+%$|%\(|%[sdv]$|\{\{|\{%|\{\w*\}$|#\{|<[^>]*>?$|@\w+@$|\[[\w: -]+\]$|__\w+__$|!Ref|!Sub|!GetAtt|arn:|vault:|secret:|secretref|ssm:|env:|op:\/\/|ENC\[|\(\()/i;

/** In the middle of a value: what a template leaves there, or a mark that a redaction put there. */
const FILLED_IN = /\$\{[\w.:-]+\}|\{\{[^}]*\}\}|#\{\w|<%|\[[A-Z][A-Z0-9_]{2,}(?::\w+)?\]/;

/** One or two characters over and over. */
function isMonotonous(text: string): boolean {
  const first = text.charCodeAt(0);
  let other = first;
  for (let at = 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === first || unit === other) continue;
    if (other !== first) return false;
    other = unit;
  }
  return true;
}

/**
 * Whether a text stands for a secret, and is none: `your-api-key`, `xxxxxxxx`, `${TOKEN}`, `[EMAIL]`.
 *
 * @param has what is known of the text. @default found out here
 */
export function isPlaceholder(text: string, has: Characters = charactersOf(text)): boolean {
  if (SAYS_SO.test(text) || isMonotonous(text)) return true;
  if ((has.signs || text.startsWith('__')) && (REFERENCE.test(text) || FILLED_IN.test(text))) return true;
  if (has.digits || has.signs || text.length > 24 || /[^\w\s-]/.test(text)) return false;
  const lower = text.toLowerCase();
  return WORDS.has(isAlphanumeric(has) ? lower : lower.replaceAll(/[^a-z]/g, ''));
}

/** The same for a text of a known format, where chance has it that a word turns up: only what cannot be chance. */
export function isFiller(text: string): boolean {
  return /example|placeholder|your[_-]|redacted|x{6,}|0{14,}|\*{3,}|\.{3,}|change[_-]?me/i.test(text);
}
