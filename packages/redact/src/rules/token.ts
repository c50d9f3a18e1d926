import type { Candidate, Rule } from '../rule.ts';
import { escaped, shape } from './shape.ts';
import { isFiller } from './placeholder.ts';

/** `openai-key` becomes `OPENAI_KEY`. */
const kindOf = (id: string) => id.toUpperCase().replaceAll('-', '_');

const lowerCase = (texts: readonly string[]) => [...new Set(texts.map((text) => text.toLowerCase()))];

const isNoFiller = ({ text }: Candidate) => !isFiller(text);

/** A prefix that no word ends in may follow anything: `\n`, `%3D`. Of a short one that is asked first. */
const isDistinctive = (prefix: string) => /^[a-z0-9]{3}.*_$|^[a-z0-9]{3}.{2,}-$/i.test(prefix);

/**
 * A rule for a token that is known by its look alone.
 *
 * @param text its {@link shape}
 * @param options.keywords by default the longest literals of the shape
 */
export function token(
  id: string,
  text: string,
  { kind = kindOf(id), keywords }: { kind?: string; keywords?: readonly string[] } = {},
): Rule {
  const { source, slack, literals, begins, prefix, maxLength, sample, tooShort, filler } = shape(text);
  // One that begins as a base64 text does begins where that does: one start in a run, and not one at each character.
  const before = isDistinctive(prefix) ? '' : `(?<![A-Za-z0-9${begins.replace(/^A-Za-z0-9/, '')}])`;
  // A token of many lengths ends where its alphabet ends: a boundary would only make the engine go back for it.
  const after = slack > 16 ? '' : '(?![A-Za-z0-9_-])';
  return {
    id,
    kind,
    pattern: new RegExp(`${before}${source}${after}`),
    keywords: keywords ?? lowerCase(literals),
    maxLength,
    validate: isNoFiller,
    get examples() {
      const whole = sample();
      const match = [whole, `const key = "${whole}";`, `KEY=${whole}\n`, `(${whole}), then`];
      return { match, noMatch: [tooShort(), filler()] };
    },
  };
}

/** What may stand between a name and its value in source code, configuration, markup and prose. */
const BETWEEN = String.raw`[\s=:>,|"'\`()\[\]{}\\?!&+]{1,16}`;
const MARKS = 16;
const TAIL = 24;
const WORD = 16;

const IS_SOMETHING_ELSE =
  /sha\d|sha[_-]|md5|hash|digest|checksum|commit|integrity|revision|etag|fingerprint|version|build[_-]?id|uuid|guid|public/i;

/**
 * A rule for a value that could be anything but for the name before it.
 *
 * @param names literals, any case, one of which the name holds
 * @param text the {@link shape} of the value
 */
export function named(
  id: string,
  names: readonly string[],
  text: string,
  { kind = kindOf(id) }: { kind?: string } = {},
): Rule {
  const value = shape(text);
  const name = `(?:${names.map((each) => escaped(each)).join('|')})[A-Za-z0-9_.-]{0,${TAIL}}(?![A-Za-z0-9_.-])`;
  const words = `(?:[A-Za-z0-9_.-]{1,${WORD}}(?![A-Za-z0-9_.-])${BETWEEN}){0,2}`;
  const [first = ''] = names;
  return {
    id,
    kind,
    pattern: new RegExp(`${name}${BETWEEN}${words}(?<secret>${value.source})(?![A-Za-z0-9_=-])`, 'i'),
    keywords: lowerCase(names),
    maxLength:
      Math.max(...names.map((each) => each.length)) + TAIL + MARKS + 2 * (WORD + MARKS) + value.maxLength,
    validate({ text, match }) {
      return !isFiller(text) && /\d/.test(text) && !IS_SOMETHING_ELSE.test(match.slice(0, -text.length));
    },
    get examples() {
      const [whole, short, filler] = [value.sample(), value.tooShort(), value.filler()];
      return {
        match: [
          `${first}_api_key = "${whole}"`,
          `${first.toUpperCase()}_TOKEN=${whole}`,
          `"${first}Secret": "${whole}",`,
          `<${first}-key>${whole}</${first}-key>`,
          `os.environ.get("${first.toUpperCase()}_KEY", "${whole}")`,
        ],
        noMatch: [
          `other = "${whole}"`,
          `${first}_key = "${short}"`,
          `${first}_key = "${filler}"`,
          `${first}_sha256: ${whole}`,
        ],
      };
    },
  };
}
