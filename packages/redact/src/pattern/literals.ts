import type { Pattern } from './pattern.ts';
import { ASCII, unitsOf } from './units.ts';

// More texts, or longer ones, than that are not worth looking for one by one.
const MOST = 64;
const LONG_ENOUGH = 12;
const MOST_UNITS = 8;

/**
 * The texts, in lower case, with one of which every match begins; as long as they can be told. Empty where a match
 * may begin with about anything.
 */
export function leadsOf(pattern: Pattern, flags: string): readonly string[] {
  const { texts } = leading(pattern, flags);
  return texts.includes('') ? [] : [...new Set(texts)];
}

interface Leads {
  readonly texts: readonly string[];
  /** Whether these are all texts of the pattern, whole, and not only how they begin. */
  readonly whole: boolean;
}

const NOTHING: Leads = { texts: [''], whole: true };
const ANYTHING: Leads = { texts: [''], whole: false };

function leading(pattern: Pattern, flags: string): Leads {
  switch (pattern.type) {
    case 'boundary':
      return NOTHING;
    case 'unit': {
      const texts = asciiOf(pattern.source, flags);
      return texts.length === 0 || texts.length > MOST_UNITS ? ANYTHING : { texts, whole: true };
    }
    case 'choice': {
      const options = pattern.options.map((option) => leading(option, flags));
      const texts = options.flatMap((option) => option.texts);
      return texts.length > MOST ? ANYTHING : { texts, whole: options.every(({ whole }) => whole) };
    }
    case 'sequence':
      return joined(pattern.items.map((item) => () => leading(item, flags)));
    case 'repeat': {
      const { item, min, max } = pattern;
      if (max > LONG_ENOUGH) {
        const least = Array.from({ length: Math.min(min, LONG_ENOUGH) }, () => () => leading(item, flags));
        return { texts: joined(least).texts, whole: false };
      }
      const must = Array.from({ length: min }, () => () => leading(item, flags));
      const may = Array.from({ length: max - min }, () => () => maybe(leading(item, flags)));
      return joined([...must, ...may]);
    }
  }
}

function maybe({ texts, whole }: Leads): Leads {
  return { texts: ['', ...texts], whole };
}

function joined(parts: readonly (() => Leads)[]): Leads {
  let all = NOTHING;
  for (const part of parts) {
    if (!all.whole || all.texts.every((text) => text.length >= LONG_ENOUGH)) return { ...all, whole: false };
    const { texts, whole } = part();
    if (all.texts.length * texts.length > MOST) return { ...all, whole: false };
    all = { texts: all.texts.flatMap((head) => texts.map((tail) => head + tail)), whole };
  }
  return all;
}

function asciiOf(source: string, flags: string): string[] {
  const { ascii, other } = unitsOf(source, flags);
  if (other) return [];
  const units = new Set<string>();
  for (let code = 0; code < ASCII; code++)
    if (ascii[code] === 1) units.add(String.fromCharCode(code).toLowerCase());
  return [...units];
}

/** Whether every match, whatever its case, has one of `keywords` in it, as far as that can be shown. */
export function guarantees(pattern: Pattern, flags: string, keywords: readonly string[]): boolean {
  const has = (text: string): boolean => keywords.some((keyword) => text.includes(keyword));
  switch (pattern.type) {
    case 'boundary':
      return false;
    case 'choice':
      return pattern.options.every((option) => guarantees(option, flags, keywords));
    case 'repeat':
      return pattern.min > 0 && guarantees(pattern.item, flags, keywords);
    case 'unit':
      return guaranteesRun([pattern], flags, has);
    case 'sequence':
      return (
        pattern.items.some((item) => item.type !== 'unit' && guarantees(item, flags, keywords)) ||
        pattern.items.some((_, from) => guaranteesRun(pattern.items.slice(from), flags, has))
      );
  }
}

/** Whether the texts with which the run begins all have a keyword in them. */
function guaranteesRun(items: readonly Pattern[], flags: string, has: (text: string) => boolean): boolean {
  let texts: readonly string[] = [''];
  for (const item of items) {
    const next = leading(item, flags);
    if (texts.length * next.texts.length > MOST) return false;
    texts = texts.flatMap((head) => next.texts.map((tail) => head + tail));
    if (texts.every(has)) return true;
    if (!next.whole) return false;
  }
  return false;
}
