import { InterposeError, type Call } from '@interpose/core';

/** A call that names no tenant, in a layer that has some: whose entries it may see is not known. */
export class PartitionError extends InterposeError {
  override readonly name = 'PartitionError';

  constructor() {
    super(
      'cache: this call has no tenant, and others of this layer have. Give it a `tenant` tag, or the tag `cache: bypass`.',
      { code: 'cache_partition_missing' },
    );
  }
}

/** Whose entries a call may see: a function of the call, or the tag `tenant`, with or without which a call may be. */
export type Partition = 'tenant' | ((args: { readonly call: Call }) => string);

/**
 * Tells the partitions of calls apart. Without an option it is the `tenant` tag where there is one, and from the first
 * call that has one on, it is required.
 */
export class Partitions {
  readonly #partition: Partition | undefined;
  #required: boolean;

  constructor(partition: Partition | undefined) {
    this.#partition = partition;
    this.#required = partition === 'tenant';
  }

  /** @throws {PartitionError} for a call without a tenant where there have to be tenants. */
  of(call: Call): string {
    if (typeof this.#partition === 'function') return `custom:${this.#partition({ call })}`;
    const { tenant } = call.tags;
    if (tenant !== undefined) {
      this.#required = true;
      return `tenant:${tenant}`;
    }
    if (this.#required) throw new PartitionError();
    return '';
  }
}
