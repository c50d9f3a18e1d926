import { CLOCK, LIFETIME, LOGGER, RANDOM, detour, type Plugin } from '@interpose/core';
import { Keyring } from './keyring.ts';
import { keysSettings, type KeysOptions } from './keys-options.ts';

/**
 * Gives each attempt a key out of a pool, in place of the client's own: in turns, by weight, or by a tag. A key that is limited
 * rests for as long as the provider asks, one that is refused is retired, and keys come and go without a restart. Nothing of
 * a key is ever shown but the last four characters of a hash.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link KeysExhaustedError} when all keys rest, unless `onExhausted` says otherwise, and with `FaultError`
 * while a source has given none, unless `onFault` is `open`.
 */
export function keys(options: KeysOptions): Plugin {
  const settings = keysSettings(options);
  const { credentials, strategy, rests, onExhausted, onFault, refreshMs } = settings;
  return {
    name: 'keys',
    stage: 'attempt',
    onFault,
    describe: () => ({
      keys: credentials ? credentials.map(({ id }) => id) : 'source',
      ...(!credentials && { refreshMs }),
      strategy,
      ...rests,
      onExhausted,
      onFault,
    }),
    create(container) {
      const keyring = new Keyring(settings, {
        clock: container.resolve(CLOCK),
        random: container.resolve(RANDOM),
        logger: container.resolve(LOGGER),
      });
      container.resolve(LIFETIME).onClose(() => keyring.close());
      return (next) =>
        function keys(call) {
          // Whoever sent it elsewhere gave it the credentials for there.
          return call.get(detour)?.ownCredentials ? next(call) : keyring.send(call, next);
        };
    },
  };
}
