import { UsageError } from './usage-error.ts';

/**
 * The result of `parseArgs`, and its errors in one sentence each.
 *
 * @throws {UsageError}
 */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    const [sentence = message] = message.split(/\.?(?:\n| To )/);
    throw new UsageError(sentence.charAt(0).toLowerCase() + sentence.slice(1));
  }
}
