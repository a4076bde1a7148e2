import type { Attributes } from '@opentelemetry/api';
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

/** The attributes of one queue on one server, which spans and metrics share: made once, not for each call. */
export class QueueLabels {
  /** Attributes that a span of a request has from its creation. */
  readonly request: Attributes;
  /** Attributes that a span of an emit has from its creation, at its caller. */
  readonly send: Attributes;
  /** Attributes that a span of an emitted job has from its creation, in the worker. */
  readonly process: Attributes;
  readonly sendName: string;
  readonly processName: string;
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
    this.request = { ...rpc, ...methodOfSpan, ...place };
    this.send = { ...sending, ...queueOfSpan, [ATTRIBUTES.messagingOperationType]: 'send' };
    this.process = {
      ...processing,
      ...queueOfSpan,
      [ATTRIBUTES.messagingOperationType]: 'process',
    };
    this.sendName = `send ${name}`;
    this.processName = `process ${name}`;
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
