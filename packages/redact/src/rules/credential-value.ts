import { entropyOf } from '../scan/entropy.ts';
import { charactersOf, isAlphanumeric, type Characters } from './characters.ts';
import { isPlaceholder } from './placeholder.ts';
import { wordsOf, type Grade } from './credential-name.ts';

const hasLetter = (text: string, has: Characters) => has.letters || (has.others && /\p{L}/u.test(text));
const hasSign = (text: string, has: Characters) =>
  has.signs || (has.others && /[^\p{L}\p{N}\s_.-]/u.test(text));
const hasSpace = (text: string, has: Characters) => has.spaces || (has.others && /\s/.test(text));

/** Files, folders and addresses: `/run/secrets/db`, `./key.pem`, `https://acme.test/token`. */
const IS_PLACE =
  /^(?:[.~]{1,2}\/|[A-Za-z]:\\|[a-z][a-z0-9+.-]*:\/\/)|\.(?:pem|key|json|ya?ml|txt|crt|cer|p12|pfx|jks|js|ts|tsx|py|rb|go|java|php|env|conf|cfg|ini|html?|xml|gpg|asc|pub|md)$/i;

/** Expressions: `process.env.TOKEN`, `getToken()`, `user->token`, `^[a-z]{8}$`, `data:image/png`, `sha256-…`. */
const IS_CODE = new RegExp(
  [
    String.raw`^(?:process|os|env|self|this|req|request|res|config|settings|args|opts|options|params|props|var|local|module|data|secrets|inputs|steps|github|vault|ctx|import)\.[a-z]`,
    String.raw`^(?:ENV\[|@\w+\.|new |await |function|lambda|return |data:|sha(?:1|256|384|512)-|ssh-|(?:md5|sha\d+):|\^|&\w|\*\w+$|\[a-z|\[\^)`,
    String.raw`^[\w.:>-]+\([^()]*\)$|^(?:required|nullable|sometimes|confirmed|string)\|`,
    String.raw`^#[0-9a-f]{3,8}$|^\w+->\w|^\w+::\w|\\[dws]|=>|\.\*|\$\w+\.\w`,
  ].join('|'),
  'i',
);

/** Words of a sentence, as a label or a complaint has them. */
const IS_SENTENCE =
  /\b(?:enter|must|should|your|please|invalid|required|the|is|are|not|cannot|incorrect|forgot|reset|confirm|new|old|or|and|for|to|a|of|with|passwords?|tokens?|keys?|secrets?)\b/i;

const IS_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Dates, versions, addresses, numbers with units. */
const IS_MEASURE =
  /^(?:v?\d+(?:\.\d+){1,3}[\w.+-]*|\d{4}-\d\d-\d\d.*|\d{1,2}[/:.]\d{1,2}[/:.]\d{2,4}|[\d.]+(?:px|em|rem|ms|s|m|h|d|kb|mb|gb|%)|0x0+|[+-]?\d+[.,]\d+)$/i;

const TYPES = new Set(
  (
    'any array bigint binary blob bool boolean buffer byte bytes char chararray cstring date datetime double dynamic ' +
    'email error float func function hash int integer interface json list long map never null number object optional ' +
    'option password grade ref secret secretstr securestring str string struct symbol text textfield passwordfield ' +
    'charfield tuple unknown unicode uint8array varchar void pathbuf bearer basic digest oauth oauth2 jwt apikey ' +
    'header query cookie body http https none self this new required disabled enabled current-password new-password ' +
    'off on auto inherit plaintext encrypted'
  ).split(' '),
);

const LONGEST_TYPE = Math.max(...[...TYPES].map((type) => type.length));

/** Two letters that are a word in a name. */
const SHORT_WORDS = new Set(
  'id to is of my db in on by at or as do go if it me no so up us we be an api app url'.split(' '),
);

const isOdd = (word: string) =>
  (word.length < 3 && !SHORT_WORDS.has(word)) ||
  /[bcdfghjklmnpqrstvwxz]{5}|q[^u]|^[^aeiouyа-я]{4}/.test(word);

/** Whether a text is made of words, as names in code are: `refreshToken`, `my-tls-secret`, `app.secret.key`. */
function isWordy(text: string): boolean {
  // No word begins within digits or behind them, so this is one with a digit: asked first, it is the commonest.
  if (/\d(?:[A-Za-z]|\d\d)/.test(text)) return false;
  if (!/^[A-Za-z\d_.:/@ -]+$/.test(text) && !/^[\p{L}\d_.:/@ -]+$/u.test(text)) return false;
  let count = 0;
  let odd = 0;
  for (const word of wordsOf(text)) {
    if (/^\d{1,2}$/.test(word)) continue;
    if (word.length > 18 || /\d/.test(word)) return false;
    count++;
    if (isOdd(word)) odd++;
  }
  // `aXbQzR` falls into pieces that are none; between hyphens and dots even words are short: `my-v2-tls`.
  if (!/[_.:/@ -]/.test(text)) return odd * 4 < count || count === 1;
  return count > 0 && odd * 2 <= count;
}

/** Letters and digits in turn, or signs among them: nothing that a person reads. */
function isDrawn(
  text: string,
  has: Characters,
  least: number,
  leastBits = text.length < 16 ? 2 : 2.7,
): boolean {
  if (text.length < least || !hasLetter(text, has)) return false;
  if (has.digits || hasSign(text, has)) return !isWordy(text) && entropyOf(text) >= leastBits;
  // Of one case alone it is a long word sooner than a short secret.
  const enough = text === text.toLowerCase() || text === text.toUpperCase() ? 32 : 16;
  return text.length >= enough && entropyOf(text) >= 3 && !isWordy(text);
}

/** A path from the root: nearly all of its parts are words, or short. Base64 may begin with a slash as well. */
function isPath(text: string): boolean {
  if (!text.startsWith('/')) return false;
  const parts = text.split('/').slice(1);
  return parts.filter((part) => part.length > 8 && !isWordy(part)).length * 2 < parts.length;
}

/** What never is a secret, whatever the name before it. */
function isNothing(text: string, has: Characters): boolean {
  if (isPlaceholder(text, has)) return true;
  if (!has.signs && !has.spaces && text.length <= LONGEST_TYPE && TYPES.has(text.toLowerCase())) return true;
  if (has.digits && IS_MEASURE.test(text)) return true;
  if (isAlphanumeric(has)) return /^(?:function|lambda)/i.test(text);
  return IS_PLACE.test(text) || isPath(text) || IS_CODE.test(text);
}

/** Letters and digits that change places four times and more: neither words nor a measure, with no need to ask further. */
function isPlainlyDrawn(text: string, has: Characters): boolean {
  if (text.length < 8 || !has.digits || !has.letters || !isAlphanumeric(has)) return false;
  let changes = 0;
  let wasDigit = isDigit(text, 0);
  for (let at = 1; at < text.length; at++) {
    const digit = isDigit(text, at);
    if (digit !== wasDigit) changes++;
    wasDigit = digit;
  }
  return changes > 3;
}

/** Among letters and digits of ASCII, where digits come first. */
const isDigit = (text: string, at: number) => text.charCodeAt(at) < 58;

/** A password of letters alone: `letmein`, `xKqRtbWm`. And no label: `Passwort`, `Mot-de-passe`, `newPassword`. */
function isLetters(text: string): boolean {
  if (text.length < 4 || /pass|pwd|secret|token|user|login/i.test(text)) return false;
  if (text === text.toLowerCase()) return !/[._]/.test(text);
  return isMixed(text);
}

/** Capitals among small letters that make no words: `xKqRtbWm`. */
export function isMixed(text: string): boolean {
  return text.length >= 8 && /.[A-Z]/.test(text) && /[a-z]/.test(text) && !isWordy(text);
}

/** Whether a text that is no placeholder, place or expression is what its name says. */
function fits(text: string, has: Characters, grade: Exclude<Grade, 'none'>): boolean {
  switch (grade) {
    case 'password':
      return has.digits || hasSign(text, has) || isLetters(text);
    case 'bare':
      return has.digits && isDrawn(text, has, 16, 3) && !IS_UUID.test(text);
    case 'secret':
      return isDrawn(text, has, 8);
  }
}

/** The answer for a plainly drawn text, which needs no other question. */
const isLongEnough = (text: string, grade: Grade) =>
  grade !== 'bare' || (text.length >= 16 && entropyOf(text) >= 3);

/** Whether a text is drawn beyond doubt, with nothing but a word before it that says that it is one. */
export function isCertainlyDrawn(text: string): boolean {
  const has = charactersOf(text);
  return has.digits && isDrawn(text, has, 20, 3.2) && !IS_UUID.test(text) && !isNothing(text, has);
}

/** Whether a text between quotes is a secret, given what its name says. */
export function isSecret(text: string, grade: Grade): boolean {
  if (grade === 'none' || text.length < 4) return false;
  const has = charactersOf(text);
  if (isPlainlyDrawn(text, has)) return isLongEnough(text, grade);
  const spaced = hasSpace(text, has);
  if (spaced && grade !== 'password') return false;
  if (isNothing(text, has)) return false;
  if (!spaced) return fits(text, has, grade);
  if (IS_SENTENCE.test(text)) return false;
  return has.digits || hasSign(text, has) || text.split(' ').length > 3;
}

/** An identifier, with a number as well: `pass1` is one of code where code can be. */
const IS_VARIABLE = /^[a-z_]*(?:pass|pwd|secret|token|_key|user|arg|param|input|value|field)[a-z_]*\d?$/i;

/** The same for a text that no quotes mark as one: it may as well be a variable, a type, or the next word. */
export function isPlainSecret(text: string, grade: Grade, { ends }: { ends: boolean }): boolean {
  if (grade === 'none' || text.length < 5) return false;
  const has = charactersOf(text);
  // Where the text goes on it may be a sentence, or code. The cheap questions first: this is asked behind every `token:`.
  const isLoose = !has.digits && !ends;
  if (grade === 'password' ? isLoose && !/.[A-Z]/.test(text) : !has.digits || text.length < 10) return false;
  if (isPlainlyDrawn(text, has)) return isLongEnough(text, grade);
  if (/^[$(){}[\]]|^\d{1,5}$/.test(text) || isNothing(text, has)) return false;
  if (grade !== 'password') return fits(text, has, grade);
  if (IS_VARIABLE.test(text) || (!isAlphanumeric(has) && /[_/.:-]/.test(text) && isWordy(text))) return false;
  if (isLoose) return isLetters(text);
  if (text.length < 6 && hasSign(text, has) && !(has.digits && hasLetter(text, has))) return false;
  return fits(text, has, grade);
}
