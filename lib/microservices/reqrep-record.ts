import type { ReqRepRecordOptions } from './record-options.js';

/** The data of a message, with its headers and options. {@link ReqRepRecordBuilder} makes it. */
export class ReqRepRecord<Data = unknown> {
  /** Is called by the builder. */
  constructor(
    /** The data that the handler gets. */
    readonly data: Data,
    /** Texts that travel with the message. */
    readonly headers: Readonly<Record<string, string>> = {},
    /** Options of the call. */
    readonly options: ReqRepRecordOptions = {},
  ) {}
}

/**
 * Makes a message with headers and options of its own.
 *
 * @example
 * ```ts
 * const record = new ReqRepRecordBuilder({ id: 'A7' }).setHeaders({ tenant: 'acme' }).setOptions({ timeout: 5_000 }).build();
 * client.send('reports', record);
 * ```
 */
export class ReqRepRecordBuilder<Data = unknown> {
  #data: Data;
  #headers: Readonly<Record<string, string>> = {};
  #options: ReqRepRecordOptions = {};

  /** @param data - The data that the handler gets. */
  constructor(data: Data) {
    this.#data = data;
  }

  /** Sets the data that the handler gets. */
  setData(data: Data): this {
    this.#data = data;
    return this;
  }

  /** Sets texts that travel with the message. The handler reads them with `ReqRepContext.getHeaders()`. */
  setHeaders(headers: Readonly<Record<string, string>>): this {
    this.#headers = headers;
    return this;
  }

  /** Sets options of the call, such as its `timeout`. */
  setOptions(options: ReqRepRecordOptions): this {
    this.#options = options;
    return this;
  }

  /** Returns the message. A wrong header or option is found when it is sent. */
  build(): ReqRepRecord<Data> {
    return new ReqRepRecord(this.#data, this.#headers, this.#options);
  }
}
