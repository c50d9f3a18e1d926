import type { Call, Clock, Handler, Prices, Random } from '@interpose/core';
import { Chooser } from './chooser.ts';
import { Classifier } from './classifier.ts';
import { fits } from './fits.ts';
import { list, type Canary, type Place, type RouteSettings, type Strategy } from './route-options.ts';
import { Speeds } from './speeds.ts';
import { stableShare } from './stable-share.ts';

/** Where a call goes, and why. */
export interface Decision {
  readonly place: Place;
  /** `rule:<name>` or `class:<label>`, with how one of several was chosen; or `canary:<name>`. */
  readonly reason: string;
}

/** What a rule or a label says. */
interface Way {
  readonly why: string;
  readonly to: string | readonly string[];
  readonly strategy?: Strategy | undefined;
  readonly canary?: Canary | undefined;
}

const CHARACTERS_PER_TOKEN = 4;

/** Decides where calls go, in one layer. */
export class Router {
  /** Undefined where nobody goes by them: to measure a reply, it has to be looked into. */
  readonly speeds: Speeds | undefined;
  readonly #settings: RouteSettings;
  readonly #chooser: Chooser;
  readonly #classifier: Classifier | undefined;

  constructor(
    settings: RouteSettings,
    services: { clock: Clock; random: Random; prices: Prices | undefined },
  ) {
    const { clock, random, prices } = services;
    const { classify, places } = settings;
    this.#settings = settings;
    const speeds = new Speeds(clock);
    this.speeds = settings.strategies.includes('fastest') ? speeds : undefined;
    this.#chooser = new Chooser(random, speeds, prices);
    this.#classifier = classify && new Classifier(classify, places.get(classify.by) as Place, clock);
  }

  /** Where a call goes; undefined where nothing is said of it. Only a classifier takes time. */
  decide(call: Call, next: Handler): Decision | undefined | Promise<Decision | undefined> {
    const inputTokens = Math.ceil(call.bodyLength / CHARACTERS_PER_TOKEN);
    const rule = this.#settings.rules.find((one) => fits(one, call, inputTokens));
    if (rule) return this.#along({ ...rule, why: `rule:${rule.name}` }, call, inputTokens);
    const classifier = this.#classifier;
    if (!classifier || !this.#settings.classify?.shouldClassify({ call, inputTokens })) return undefined;
    return classifier.label(call, next).then((label) => {
      const way = this.#wayOf(label);
      return way && this.#along(way, call, inputTokens);
    });
  }

  #wayOf(label: string | undefined): Way | undefined {
    const { labels = {}, otherwise } = this.#settings.classify ?? {};
    const to = label === undefined ? otherwise : labels[label]?.to;
    return to === undefined ? undefined : { why: `class:${label ?? 'unknown'}`, to };
  }

  #along(
    { why, to, strategy = this.#settings.strategy, canary }: Way,
    call: Call,
    inputTokens: number,
  ): Decision | undefined {
    const { places, sticky } = this.#settings;
    const stuck = sticky === undefined ? undefined : call.tags[sticky];
    if (canary && stableShare(canary.to, why, stuck ?? call.id) * 100 < canary.percent) {
      const place = places.get(canary.to);
      if (place && place.boundBy(call) === undefined) return { place, reason: why.replace(/^\w+/, 'canary') };
    }
    const able = list(to)
      .map((name) => places.get(name) as Place)
      .filter((place) => place.boundBy(call) === undefined);
    if (able.length === 0) return undefined;
    const [place, how] = this.#chooser.choose(able, { call, inputTokens, strategy, stuck });
    return { place, reason: how === 'only' ? why : `${why}:${how}` };
  }
}
