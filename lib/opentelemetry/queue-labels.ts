import { SpanKind, type Attributes, type SpanOptions } from '@opentelemetry/api';
import { ATTRIBUTES, SYSTEM } from './attribute-names.js';
import type { End } from './ends.js';

/** Makes the attributes of each end once. */
export class EndLabels {
  private readonly known = new Map<string, Attributes>();

  constructor(
    private readonly common: Attributes,
    private readonly hasStatus: boolean,
  ) {}

  of({ status, isError }: End): Attributes {
    let attributes = this.known.get(status);
    if (!attributes) {
      attributes = {
        ...this.common,
        ...(this.hasStatus ? { [ATTRIBUTES.rpcStatus]: status } : {}),
        ...(isError ? { [ATTRIBUTES.errorType]: status } : {}),
      };
      this.known.set(status, attributes);
    }
    return attributes;
  }
}

/** How a span begins: what is the same for all spans of its kind. */
export interface SpanStart {
  readonly name: string;
  /** The kind, and the attributes that a sampler may look at. */
  readonly options: SpanOptions;
}

/** The attributes of one queue on one server, which spans and metrics share: made once, not for each call. */
export class QueueLabels {
  /** The span of a request, at its caller. */
  readonly request: SpanStart;
  /** The span of the job of a request, in the worker. */
  readonly handle: SpanStart;
  /** The span of an emit, at its caller. */
  readonly send: SpanStart;
  /** The span of an emitted job, in the worker. */
  readonly process: SpanStart;
  /** Attributes of the metrics of the conventions. */
  readonly clientEnds: EndLabels;
  readonly serverEnds: EndLabels;
  readonly sendEnds: EndLabels;
  readonly processEnds: EndLabels;
  /** Attributes of our own metrics. */
  readonly own: Attributes;

  /** @param name - the name of the queue in names of spans and in metrics, where all queues of one name are one. */
  constructor(
    readonly name: string,
    queue: string,
    instance: string,
    place: Attributes,
  ) {
    const isMapped = name !== queue;
    const rpc = { [ATTRIBUTES.rpcSystem]: SYSTEM, [ATTRIBUTES.rpcMethod]: name };
    const messaging = {
      [ATTRIBUTES.messagingSystem]: SYSTEM,
      [isMapped ? ATTRIBUTES.messagingTemplate : ATTRIBUTES.messagingDestination]: name,
    };
    const sending = { ...messaging, ...place, [ATTRIBUTES.messagingOperation]: 'send' };
    const processing = { ...messaging, ...place, [ATTRIBUTES.messagingOperation]: 'process' };
    const queueOfSpan = isMapped ? { [ATTRIBUTES.messagingDestination]: queue } : {};
    const methodOfSpan = isMapped ? { [ATTRIBUTES.rpcMethodOriginal]: queue } : {};
    const request = { ...rpc, ...methodOfSpan, ...place };
    this.request = { name, options: { kind: SpanKind.CLIENT, attributes: request } };
    this.handle = { name, options: { kind: SpanKind.SERVER, attributes: request } };
    const type = ATTRIBUTES.messagingOperationType;
    this.send = {
      name: `send ${name}`,
      options: {
        kind: SpanKind.PRODUCER,
        attributes: { ...sending, ...queueOfSpan, [type]: 'send' },
      },
    };
    this.process = {
      name: `process ${name}`,
      options: {
        kind: SpanKind.CONSUMER,
        attributes: { ...processing, ...queueOfSpan, [type]: 'process' },
      },
    };
    this.clientEnds = new EndLabels({ ...rpc, ...place }, true);
    this.serverEnds = new EndLabels(rpc, true);
    this.sendEnds = new EndLabels(sending, false);
    this.processEnds = new EndLabels(processing, false);
    this.own = {
      [ATTRIBUTES.queue]: name,
      [ATTRIBUTES.instance]: instance,
      ...place,
    };
  }
}
