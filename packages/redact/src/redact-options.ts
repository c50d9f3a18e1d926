import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Call,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import { actionRule, actionsOf, type Action, type ActionChoice } from './actions.ts';
import type { Detector } from './detector.ts';
import type { Rule } from './rule.ts';
import { defaultRules } from './rules/index.ts';
import { KIND, type Allows } from './scan/compiled-rule.ts';

/** What {@link RedactOptions.onMatch} is told: what was found, how often, and where; never the text. */
export interface MatchNotice {
  /** The id of the rule, or of the detector. */
  readonly rule: string;
  readonly kind: string;
  /** The path in the params, or the channel of the reply. */
  readonly place: string;
  readonly direction: 'request' | 'reply';
  readonly action: Action;
  readonly count: number;
  readonly call: Call;
}

/** Options of `redact()`. */
export interface RedactOptions {
  /** What is looked for. @default `defaultRules` */
  rules?: readonly Rule[];
  /** What becomes of what is found in requests. @default 'mask'; with `restore`, 'pseudonymise' */
  request?: ActionChoice;
  /** What becomes of what is found in what the model writes. @default 'mask' */
  reply?: ActionChoice;
  /** Whether replies get back what pseudonyms of their own call stand for. @default false */
  restore?: boolean;
  /** Texts, or patterns of such, that are let through although a rule finds them. @default none */
  allow?: readonly (string | RegExp)[];
  /** Called for what is found. What it throws is a fault. @default none */
  onMatch?: (notice: MatchNotice) => void;
  /** Finds by other means than rules, in requests and whole replies. @default none */
  detectors?: readonly Detector[];
  /** How long detectors may take for a request or a reply. @default '5s' */
  detectorTimeout?: Duration;
  /** The key of pseudonyms and hashes. @default the layer's `REDACTION_SECRET`, else one that is made for the layer */
  secret?: string | Uint8Array;
  /** When its own machinery breaks: refuse calls and end replies, or let them pass as they are. @default 'closed' */
  onFault?: 'open' | 'closed';
}

const LEAST_SECRET = 16;

const list = (accepts: (item: unknown) => boolean, expected: string): OptionRule => [
  (value) => Array.isArray(value) && value.every(accepts),
  `an array of ${expected}`,
];

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** The options of `redact()`, checked, with their defaults. */
export interface RedactSettings {
  readonly rules: readonly Rule[];
  readonly detectors: readonly Detector[];
  readonly requestAction: (id: string) => Action;
  readonly replyAction: (id: string) => Action;
  readonly restore: boolean;
  readonly allows: Allows;
  readonly onMatch: RedactOptions['onMatch'];
  readonly detectorTimeoutMs: number;
  readonly secret: string | Uint8Array | undefined;
  readonly onFault: 'open' | 'closed';
  readonly kinds: readonly string[];
  readonly describe: () => Record<string, unknown>;
}

/** @throws {ConfigurationError} for a wrong option. */
export function redactSettings(options: RedactOptions): RedactSettings {
  checkOptions('redact', options, {
    rules: list(isObject, 'rules'),
    request: actionRule,
    reply: actionRule,
    restore: option.boolean,
    allow: list((item) => typeof item === 'string' || item instanceof RegExp, 'texts and patterns'),
    onMatch: option.function,
    detectors: list(isObject, 'detectors'),
    detectorTimeout: option.any,
    secret: option.any,
    onFault: option.oneOf('open', 'closed'),
  });
  const { rules = defaultRules, restore = false, allow = [], detectors = [], secret, onMatch } = options;
  const { detectorTimeout = '5s', onFault = 'closed', reply = 'mask' } = options;
  const { request = restore ? 'pseudonymise' : 'mask' } = options;
  for (const detector of detectors) checkDetector(detector, rules);
  if (secret !== undefined) checkSecret(secret);

  const ids = [...rules, ...detectors].map(({ id }) => id);
  const requestAction = actionsOf('request', request, restore ? 'pseudonymise' : 'mask', ids);
  const replyAction = actionsOf('reply', reply, 'mask', ids);
  if (restore && !ids.some((id) => requestAction(id) === 'pseudonymise')) {
    throw new ConfigurationError(
      "redact: restore puts back what pseudonyms stand for, and there is no rule with request: 'pseudonymise'",
      'invalid_option',
    );
  }
  return {
    rules,
    detectors,
    requestAction,
    replyAction,
    restore,
    allows: allowing(allow),
    onMatch,
    detectorTimeoutMs: milliseconds(detectorTimeout, 'redact', 'detectorTimeout'),
    secret,
    onFault,
    kinds: [...rules.map(({ kind }) => kind), ...detectors.flatMap(({ kinds }) => kinds)],
    describe: () => ({
      rules: rules.length,
      request,
      reply,
      restore,
      allow: allow.length,
      detectors: detectors.map(({ id }) => id),
    }),
  };
}

function checkDetector(detector: Detector, rules: readonly Rule[]): void {
  const { id, kinds } = detector;
  if (typeof id !== 'string' || rules.some((rule) => rule.id === id)) {
    throw ConfigurationError.option('redact', 'the id of a detector', 'a text that is the id of no rule', id);
  }
  if (!Array.isArray(kinds) || kinds.length === 0 || !kinds.every((kind) => KIND.test(String(kind)))) {
    throw ConfigurationError.option(
      'redact',
      `kinds of detector ${id}`,
      'upper-case letters, digits and _',
      kinds,
    );
  }
  if (typeof detector.detect !== 'function') {
    throw ConfigurationError.option(
      'redact',
      `detect of detector ${id}`,
      'a function',
      typeof detector.detect,
    );
  }
}

/** @throws {ConfigurationError} which does not show the secret. */
export function checkSecret(secret: unknown): void {
  const isKey = typeof secret === 'string' || secret instanceof Uint8Array;
  if (isKey && secret.length >= LEAST_SECRET) return;
  throw new ConfigurationError(
    `redact: secret must be a text or bytes, at least ${LEAST_SECRET} long`,
    'invalid_option',
  );
}

function allowing(allow: readonly (string | RegExp)[]): Allows {
  if (allow.length === 0) return () => false;
  const texts = new Set(allow.filter((item) => typeof item === 'string'));
  // Without memory of the last text.
  const patterns = allow
    .filter((item) => item instanceof RegExp)
    .map(({ source, flags }) => new RegExp(source, flags.replaceAll(/[gy]/g, '')));
  return (text) => texts.has(text) || patterns.some((pattern) => pattern.test(text));
}
