import {
  ConfigurationError,
  type DependencyContainer,
  type InjectionToken,
  type StackEntry,
} from '@interpose/core';
import { OpenAI, type ClientOptions } from 'openai';
import { interpose, type InterposeOptions } from './interpose.ts';

/** The application's client, with its layer beneath it. */
export const OPENAI: InjectionToken<OpenAI> = Symbol.for('interpose.OPENAI');

/** The stack of the application's client: register one entry after the other, outermost first. */
export const INTERCEPTORS: InjectionToken<StackEntry> = Symbol.for('interpose.INTERCEPTORS');

/** Options of {@link registerOpenAI}. */
export interface RegisterOptions extends Omit<InterposeOptions, 'container'> {
  /** Options of the client. What is missing comes from the environment, as always. */
  client?: ClientOptions;
}

/**
 * Registers one client per container under {@link OPENAI}. It is made when first resolved, from the
 * environment, with the plugins that are registered under {@link INTERCEPTORS} by then.
 *
 * @throws {ConfigurationError} at the first resolve, when no key is there; it says which variable to set.
 */
export function registerOpenAI(container: DependencyContainer, options: RegisterOptions = {}): void {
  const { client: clientOptions = {}, ...layerOptions } = options;
  let client: OpenAI | undefined;
  container.register(OPENAI, {
    useFactory: () => {
      client ??= interpose(newClient(clientOptions), stackOf(container), { ...layerOptions, container });
      return client;
    },
  });
}

function stackOf(container: DependencyContainer): StackEntry[] {
  return container.isRegistered(INTERCEPTORS, true) ? container.resolveAll(INTERCEPTORS) : [];
}

function newClient(options: ClientOptions): OpenAI {
  try {
    return new OpenAI(options);
  } catch (error) {
    if (!/credentials/i.test(String(error))) throw error;
    throw new ConfigurationError(
      'registerOpenAI: no API key. Set the environment variable OPENAI_API_KEY, or pass { client: { apiKey } }',
      'missing_api_key',
    );
  }
}
