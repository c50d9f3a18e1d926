/** The id of a logical call, made up when it is first asked for. */
export class CallId {
  readonly #make: () => string;
  #value: string | undefined;

  constructor(make: () => string) {
    this.#make = make;
  }

  get value(): string {
    return (this.#value ??= this.#make());
  }
}
