import type { Plugin, Stage } from './plugin.ts';

/** One unit of a stack, as `layer.describe()` shows it. */
export interface UnitDescription {
  readonly name: string;
  readonly stage?: Stage;
  readonly settings: Record<string, unknown>;
}

/** A stack as data. `String(layer.describe())` draws it. */
export interface LayerDescription {
  /** Outermost first. */
  readonly units: readonly UnitDescription[];
  readonly order: 'checked' | 'as-given';
  /** Whether a unit sends calls again, so that the client's own retries have to be off. */
  readonly retries: boolean;
  toString(): string;
}

/** Describes a stack as data and as a picture. */
export function describeLayer(plugins: readonly Plugin[], order: 'checked' | 'as-given'): LayerDescription {
  const units = plugins.map((plugin) => ({
    name: plugin.name,
    ...(plugin.stage && { stage: plugin.stage }),
    settings: plugin.describe?.() ?? {},
  }));
  const description: LayerDescription = {
    units,
    order,
    retries: plugins.some((plugin) => plugin.retries),
    toString: () => picture(units),
  };
  // For people only: it would be noise in JSON and in a comparison.
  return Object.defineProperty(description, 'toString', { enumerable: false });
}

function picture(units: readonly UnitDescription[]): string {
  const names = Math.max(0, ...units.map((unit) => unit.name.length));
  const lines = units.map((unit) => {
    const stage = (unit.stage ?? '').padEnd(8);
    return `  │ ${unit.name.padEnd(names)}  ${stage}  ${settings(unit.settings)}`.trimEnd();
  });
  return ['client', '  │', ...lines, '  ▼', 'provider'].join('\n');
}

function settings(values: Record<string, unknown>): string {
  return Object.entries(values)
    .map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : (JSON.stringify(value) ?? 'custom')}`,
    )
    .join(' ');
}
