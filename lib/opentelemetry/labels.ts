import type { Attributes } from '@opentelemetry/api';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { describeValue } from '../errors/value-text.js';
import { ATTRIBUTES } from './attribute-names.js';
import { QueueLabels } from './queue-labels.js';
import { serverAttributes } from './server-address.js';

/** Maximum number of queues of an instance whose labels are kept: an application may use any number of names. */
const MAX_REMEMBERED_QUEUES = 1_000;

/** What names the place of a call, a job or an event. */
export interface Place {
  readonly instance: string;
  readonly server: string;
}

/** The labels of the queues of one instance. */
class InstanceLabels {
  readonly own: Attributes;
  private readonly place: Attributes;
  private readonly queues = new Map<string, QueueLabels>();

  constructor(
    private readonly instance: string,
    server: string,
    private readonly queueName: (queue: string) => string,
  ) {
    this.place = serverAttributes(server);
    this.own = { [ATTRIBUTES.instance]: instance, ...this.place };
  }

  of(queue: string): QueueLabels {
    let labels = this.queues.get(queue);
    if (!labels) {
      if (this.queues.size >= MAX_REMEMBERED_QUEUES) {
        this.queues.clear();
      }
      labels = new QueueLabels(this.queueName(queue), queue, this.instance, this.place);
      this.queues.set(queue, labels);
    }
    return labels;
  }
}

/** The labels of the queues of all instances. */
export class Labels {
  /** By the name of the instance, then by its server: two instances may have one name. */
  private readonly instances = new Map<string, Map<string, InstanceLabels>>();
  private readonly queueName: (queue: string) => string;

  constructor(queueName: ((queue: string) => unknown) | undefined) {
    this.queueName = queueName ? checkedName(queueName) : (queue) => queue;
  }

  ofQueue(place: Place, queue: string): QueueLabels {
    return this.of(place).of(queue);
  }

  ofInstance(place: Place): Attributes {
    return this.of(place).own;
  }

  private of({ instance, server }: Place): InstanceLabels {
    let servers = this.instances.get(instance);
    if (!servers) {
      servers = new Map();
      this.instances.set(instance, servers);
    }
    let labels = servers.get(server);
    if (!labels) {
      labels = new InstanceLabels(instance, server, this.queueName);
      servers.set(server, labels);
    }
    return labels;
  }
}

const checkedName =
  (queueName: (queue: string) => unknown) =>
  (queue: string): string => {
    const name = queueName(queue);
    if (typeof name !== 'string' || name === '') {
      const option = `what queueName of openTelemetry returns for the queue "${queue}"`;
      throw new InvalidOptionError(option, 'a non-empty string', describeValue(name));
    }
    return name;
  };
