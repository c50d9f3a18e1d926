/** One test, for any runner. */
export interface SuiteCase {
  readonly name: string;
  run(): Promise<void>;
}

/** Has each check run on something of its own, which is closed whatever comes of it. */
export function suiteOf<Rig extends { close(): Promise<void> }>(
  make: () => Promise<Rig> | Rig,
  cases: readonly (readonly [name: string, check: (rig: Rig) => Promise<void>])[],
): readonly SuiteCase[] {
  return cases.map(([name, check]) => ({
    name,
    async run() {
      const rig = await make();
      try {
        await check(rig);
      } finally {
        await rig.close();
      }
    },
  }));
}
