/** A schema by which nothing can be judged. */
export class UnsupportedSchemaError extends Error {
  override readonly name = 'UnsupportedSchemaError';
  readonly code = 'unsupported_schema';

  /** @param reason completes `The schema cannot be used: ...` */
  constructor(reason: string, options?: ErrorOptions) {
    super(`The schema cannot be used: ${reason}`, options);
  }

  /** What a validator's compiler says of a schema, which may quote it. */
  static of(error: unknown): UnsupportedSchemaError {
    if (error instanceof UnsupportedSchemaError) return error;
    const { missingRef } = Object(error) as { missingRef?: unknown };
    if (typeof missingRef === 'string') {
      return new UnsupportedSchemaError('it refers to something that is not in it', { cause: error });
    }
    if (error instanceof RangeError)
      return new UnsupportedSchemaError('it is nested too deep', { cause: error });
    return new UnsupportedSchemaError('it is not valid', { cause: error });
  }
}
