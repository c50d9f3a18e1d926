const NANO_DIGITS = 9;
const NANO = 10n ** 9n;

/**
 * Writes nano-USD as USD: exact, with as many decimals as it takes.
 *
 * @param decimals how many there are at least.
 */
export function usd(nano: bigint, decimals = 2): string {
  const sign = nano < 0n ? '-' : '';
  const amount = nano < 0n ? -nano : nano;
  const fraction = fractionOf(amount).padEnd(decimals, '0');
  return `${sign}${amount / NANO}${fraction === '' ? '' : `.${fraction}`}`;
}

/** How many decimals an amount takes. */
export function decimalsOf(nano: bigint): number {
  return fractionOf(nano < 0n ? -nano : nano).length;
}

function fractionOf(amount: bigint): string {
  return String(amount % NANO)
    .padStart(NANO_DIGITS, '0')
    .replace(/0+$/, '');
}

/** A number, or an amount, with its thousands apart: `1,234,567.5`. */
export function grouped(digits: string): string {
  const [whole = '', ...fraction] = digits.split('.');
  return [whole.replaceAll(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}
