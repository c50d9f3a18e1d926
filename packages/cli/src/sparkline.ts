const BARS = '▁▂▃▄▅▆▇█';
const STEPS = BigInt(BARS.length);

/**
 * Draws amounts, one character for each, by the highest of them. What is nothing is a gap, and what is hardly more than
 * nothing is not.
 */
export function sparkline(amounts: readonly bigint[]): string {
  const highest = amounts.reduce((most, amount) => (amount > most ? amount : most), 0n);
  return amounts.map((amount) => (amount > 0n ? bar(amount, highest) : ' ')).join('');
}

function bar(amount: bigint, highest: bigint): string {
  const step = (amount * STEPS + highest - 1n) / highest;
  return BARS.charAt(Number(step) - 1);
}
