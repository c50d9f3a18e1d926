import { CALLS, PHASES, SECONDS, type OutageResult, type OutageSubject } from './bad-day.ts';

const WIDTH = 880;
const HEIGHT = 380;
const LEFT = 56;
const RIGHT = 20;
const TOP = 64;
const BOTTOM = 48;
// Of a second each, too many would be drawn one over the other.
const BUCKET_S = 2;

// Told apart by those who see few colours as well (Okabe and Ito).
const COLOURS: Readonly<Record<OutageSubject, string>> = {
  'bare client': '#d55e00',
  'retry alone': '#0072b2',
  'whole stack': '#009e73',
};

/** Draws the requests on the wire, second by second, as an SVG. */
export function outageChart(results: readonly (readonly [OutageSubject, OutageResult])[]): string {
  const series = results.map(([subject, { requests }]) => [subject, buckets(requests)] as const);
  const most = Math.max(...series.flatMap(([, rates]) => rates));
  const top = Math.ceil(most / 25) * 25;
  const x = (second: number): number => LEFT + (second / SECONDS) * (WIDTH - LEFT - RIGHT);
  const y = (rate: number): number => HEIGHT - BOTTOM - (rate / top) * (HEIGHT - TOP - BOTTOM);
  const at = (value: number): string => value.toFixed(1);

  const phases = PHASES.map(({ name, until, label }, index) => {
    const from = PHASES[index - 1]?.until ?? 0;
    const shade = name === 'down' ? '#fbe3dc' : name === 'limited' ? '#fdf3d3' : '#e6f4ec';
    const middle = at((x(from) + x(until)) / 2);
    return [
      `<rect x="${at(x(from))}" y="${TOP}" width="${at(x(until) - x(from))}" height="${HEIGHT - TOP - BOTTOM}" fill="${shade}"/>`,
      `<text x="${middle}" y="${TOP + 18}" text-anchor="middle" fill="#555">${label}</text>`,
    ].join('\n');
  });
  const lines = Array.from({ length: 5 }, (_, index) => {
    const rate = (top * index) / 4;
    return [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(rate))}" y2="${at(y(rate))}" stroke="#bbb" stroke-width="0.5"/>`,
      `<text x="${LEFT - 8}" y="${at(y(rate) + 4)}" text-anchor="end" fill="#333">${at(rate).replace('.0', '')}</text>`,
    ].join('\n');
  });
  const times = Array.from({ length: SECONDS / 30 + 1 }, (_, index) => {
    const second = index * 30;
    return `<text x="${at(x(second))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#333">${second} s</text>`;
  });
  const demand = CALLS / SECONDS;
  const calls = [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(demand))}" y2="${at(y(demand))}" stroke="#333" stroke-dasharray="4 4"/>`,
    `<text x="${WIDTH - RIGHT - 4}" y="${at(y(demand) - 6)}" text-anchor="end" fill="#333">calls: ${demand.toFixed(0)} a second</text>`,
  ];
  const paths = series.map(([subject, rates]) => {
    const points = rates.map((rate, index) => `${at(x((index + 0.5) * BUCKET_S))},${at(y(rate))}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${COLOURS[subject]}" stroke-width="2"/>`;
  });
  const legend = series.map(([subject], index) => {
    const left = LEFT + index * 150;
    return [
      `<line x1="${left}" x2="${left + 24}" y1="46" y2="46" stroke="${COLOURS[subject]}" stroke-width="3"/>`,
      `<text x="${left + 30}" y="50" fill="#333">${subject}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    '<title>Requests to a provider on its bad day, with the bare client, with retry alone, and with the whole stack</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="15" fill="#111">Requests a second to a provider that is down, then limited, then well</text>`,
    ...legend,
    ...phases,
    ...lines,
    ...times,
    ...calls,
    ...paths,
    '</svg>',
    '',
  ].join('\n');
}

/** Requests a second, averaged over each bucket. */
function buckets(values: readonly number[]): number[] {
  const rates: number[] = [];
  for (let from = 0; from < values.length; from += BUCKET_S) {
    const some = values.slice(from, from + BUCKET_S);
    rates.push(some.reduce((sum, value) => sum + value, 0) / some.length);
  }
  return rates;
}
