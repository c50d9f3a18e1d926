/**
 * Whether a number whose text begins so can still be `value`: its sign and its significant digits are as far as they go
 * those of the value. Where the point or the exponent will put them is not known before the end.
 */
export function couldBecome(text: string, value: number): boolean {
  const negative = text.startsWith('-');
  // There is a negative zero.
  if (value !== 0 && negative !== value < 0) return false;
  const [mantissa = ''] = text.replace('-', '').split(/[eE]/);
  const digits = significant(mantissa);
  if (value === 0) return digits === '';
  const wanted = significant(Math.abs(value).toExponential().split('e')[0] ?? '');
  return digits.length <= wanted.length
    ? wanted.startsWith(digits)
    : digits.startsWith(wanted) && /^0*$/.test(digits.slice(wanted.length));
}

/** The digits from the first that is not zero on. */
function significant(mantissa: string): string {
  return mantissa.replace('.', '').replace(/^0+/, '');
}
