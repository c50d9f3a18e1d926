import { inspect } from 'node:util';
import { budget, memoryLedger, type Ledger } from '@interpose/budget';
import { cache, type CacheStore } from '@interpose/cache';
import { LOGGER, provide, type Logger, type Plugin } from '@interpose/core';
import { limit } from '@interpose/limit';
import { interpose, layerOf } from '@interpose/openai';
import { log } from '@interpose/log';
import { redact, type RedactOptions } from '@interpose/redact';
import { retry } from '@interpose/retry';
import { startTelemetry } from '@interpose/telemetry';
import { fakeProvider, type FakeProvider } from '@interpose/testing';
import { trace } from '@interpose/trace';
import { breaker } from '@interpose/breaker';
import { fallback } from '@interpose/fallback';
import { guard } from '@interpose/guard';
import { keys } from '@interpose/keys';
import { route } from '@interpose/route';
import { stop } from '@interpose/stop';
import { deadline, timeout } from '@interpose/timeout';
import { trim } from '@interpose/trim';
import { validate } from '@interpose/validate';
import OpenAI from 'openai';
import { Codec } from '../../packages/cache/src/codec.ts';
import { receiver } from '../../packages/telemetry/src/receiver.test-support.ts';

const NOISE = 'bOwSfr01ApOMw5YrDkxcwE5bVKZax35pkJhE76Qw8EL86fJccKyqeIkhPevhSYaveDeyxn4U6XwQ2Dv6E1tt';
const PEM_LINE = 'MIIEowIBAAKCAQEAq7BFUpkGp3LQmlQYx2eqzDVxeG8kxsQFV18S5JhzGeIJN';

/** Made-up secrets and personal data, and of each what must not be seen anywhere: a part that means something. */
export const CANARIES: Readonly<Record<string, { readonly text: string; readonly part: string }>> = {
  openai: canary(`sk-proj-${NOISE.slice(0, 40)}`, NOISE.slice(10, 22)),
  anthropic: canary(`sk-ant-api03-${NOISE.slice(20, 60)}`, NOISE.slice(30, 42)),
  aws: canary('AKIAT0UOPTM72ZWEEBUD', 'OPTM72ZWEE'),
  github: canary(`ghp_${NOISE.slice(40, 76)}`, NOISE.slice(50, 62)),
  slack: canary('xoxb-5930182746-8471029365-yTBw3L8Gz4EKqeSMVnxdidUx', 'yTBw3L8Gz4EK'),
  stripe: canary('sk_live_RZAfQm0SgoWcVb71', 'RZAfQm0SgoWc'),
  key: canary(
    `-----BEGIN PRIVATE KEY-----\n${PEM_LINE}\n${PEM_LINE}\n-----END PRIVATE KEY-----`,
    PEM_LINE.slice(20, 32),
  ),
  card: canary('4539 1488 0343 6467', '0343 6467'),
  iban: canary('DE89370400440532013000', '0440532013'),
  ssn: canary('536-22-8726', '22-8726'),
  email: canary('ana.canary@example.com', 'ana.canary'),
  phone: canary('+14155550132', '5550132'),
  ipv4: canary('203.0.113.77', '.113.77'),
  ipv6: canary('2001:db8:85a3::8a2e:370:7334', '8a2e:370'),
};

function canary(text: string, part: string): { readonly text: string; readonly part: string } {
  return { text, part };
}

/** All canaries, a line each. */
export const ALL: string = Object.values(CANARIES)
  .map(({ text }) => text)
  .join('\n');

/** The names of the canaries that are in a value, however deep: in what it holds, hidden or not, and in its JSON. */
export function found(value: unknown): string[] {
  const everything = {
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    showHidden: true,
  };
  const shown = [inspect(value, everything), json(value)];
  return Object.entries(CANARIES)
    .filter(([, { part }]) => shown.some((text) => text.includes(part)))
    .map(([name]) => name);
}

function json(value: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part;
    if (seen.has(part)) return undefined;
    seen.add(part);
    return part;
  });
}

/** A unit that stands where validation does, and throws what it is told. */
type Thrower = (params: unknown) => Error | undefined;

/** A stack of every package over a provider on loopback, with all that it lets out. */
export interface Rig extends AsyncDisposable {
  readonly provider: FakeProvider;
  readonly openai: OpenAI;
  /** What the unit in the place of validation throws, if anything. */
  throws: Thrower | undefined;
  /** Ends the layer, and gives all that left it by its sides, by where it went. */
  seen(): Promise<Readonly<Record<string, unknown>>>;
}

/** Sets one up. @param options those of `redact`, or undefined to leave it out. */
export async function rig(options: RedactOptions | undefined): Promise<Rig> {
  const collector = await receiver();
  const provider = await fakeProvider();
  const telemetry = startTelemetry({ endpoint: collector.endpoint, protocol: 'http/json' });
  const lines: unknown[] = [];
  const write =
    (level: keyof Logger) =>
    (...line: [object, string]): void => {
      lines.push(line);
      telemetry.logger[level](...line);
    };
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const kept = new Map<string, Uint8Array>();
  const store: CacheStore = {
    get: (key) => kept.get(key),
    set: (key, bytes) => void kept.set(key, bytes),
    delete: (key) => void kept.delete(key),
  };
  const ledger: Ledger = memoryLedger();
  const validation: Plugin = {
    name: 'validation',
    stage: 'verify',
    create: () => (next) => (call) => {
      const error = self.throws?.(call.params);
      if (error) throw error;
      return next(call);
    },
  };
  const openai = interpose(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }), [
    trace({ content: 'both' }),
    log({ level: 'debug' }),
    deadline('5m'),
    ...(options ? [redact(options)] : []),
    guard({ maxOutputTokens: 4000 }),
    trim({ maxInputTokens: 100_000 }),
    stop({ when: 'a mark that nobody writes' }),
    cache({ when: 'always', store }),
    validation,
    validate(),
    fallback([{ name: 'another', model: 'gpt-4o' }]),
    route({ targets: { small: { model: 'gpt-4o-mini' } }, rules: [{ endpoint: 'classify', to: 'small' }] }),
    retry({ maxAttempts: 2, delay: () => 1 }),
    breaker({ trip: { consecutive: 1000 } }),
    budget({ ledger, limits: [{ per: 'call', usd: 0.5 }] }),
    limit({ per: 'user', requests: { limit: 4, every: '1h', burst: 4 }, maxWait: 0 }),
    timeout({ attempt: '1m', betweenContent: '30s' }),
    keys({ keys: ['test'] }),
    provide(LOGGER, logger),
  ]);
  const layer = layerOf(openai);
  const events: unknown[] = [];
  // The call is on each event as it was asked; what counts is what the event says.
  layer?.events.on('*', ({ type, unit, data }) => void events.push({ type, unit, data }));

  const codec = new Codec({ compressOverBytes: 16_384, maxEntryBytes: 4_194_304, seal: undefined });
  const self: Rig = {
    provider,
    openai,
    throws: undefined,
    async seen() {
      await layer?.close();
      await telemetry.shutdown();
      return {
        provider: provider.requests.map(({ path, headers, body, rawBody }) => ({
          path,
          headers,
          body,
          rawBody,
        })),
        logged: lines,
        exported: collector.logs,
        spans: collector.spans,
        metrics: collector.metrics,
        events,
        cached: [...kept].map(([key, bytes]) => codec.decode(key, bytes)),
        ledger: await ledger.spend({ by: ['day', 'endpoint', 'tenant', 'user', 'model'] }),
      };
    },
    async [Symbol.asyncDispose]() {
      await layer?.close();
      await provider.close();
      await collector.close();
    },
  };
  return self;
}
