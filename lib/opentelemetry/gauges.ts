import {
  context,
  ROOT_CONTEXT,
  type Attributes,
  type BatchObservableResult,
  type Meter,
  type Observable,
  type ObservableGauge,
} from '@opentelemetry/api';
import type { ObservedInstance, QueueLoad } from '../telemetry/telemetry.js';
import { METRICS } from './attribute-names.js';
import type { Labels } from './labels.js';

/** Joins what two queues, or two instances, of the same labels have. */
type Join = (one: number, other: number) => number;

const sum: Join = (one, other) => one + other;

/**
 * Reads the state of all open instances when metrics are collected. A queue is looked at in each process that serves it; queues with one
 * name in metrics, and instances with one name, are one.
 */
export class Gauges {
  private readonly instances = new Set<ObservedInstance>();
  private readonly length: ObservableGauge;
  private readonly age: ObservableGauge;
  private readonly running: ObservableGauge;
  private readonly pending: ObservableGauge;
  private readonly all: Observable[];
  /** Reads outside of the context of whoever collects, such as the HTTP request of a scraper. */
  private readonly observe = (result: BatchObservableResult): Promise<void> =>
    context.with(ROOT_CONTEXT, () => this.read(result));

  constructor(
    private readonly meter: Meter,
    private readonly labels: Labels,
  ) {
    const gauge = (name: string, unit: string, description: string): ObservableGauge =>
      meter.createObservableGauge(name, { description, unit });
    this.length = gauge(METRICS.length, '{job}', 'Number of jobs that wait in a queue.');
    this.age = gauge(METRICS.age, 's', 'How long the oldest waiting job of a queue has waited.');
    this.running = gauge(METRICS.running, '{job}', 'Number of jobs that this process runs.');
    this.pending = gauge(METRICS.pending, '{request}', 'Number of requests without an end.');
    this.all = [this.length, this.age, this.running, this.pending];
  }

  add(instance: ObservedInstance): void {
    if (this.instances.size === 0) {
      this.meter.addBatchObservableCallback(this.observe, this.all);
    }
    this.instances.add(instance);
  }

  remove(instance: ObservedInstance): void {
    this.instances.delete(instance);
    if (this.instances.size === 0) {
      this.meter.removeBatchObservableCallback(this.observe, this.all);
    }
  }

  private async read(result: BatchObservableResult): Promise<void> {
    const readings = new Readings();
    await Promise.all([...this.instances].map((instance) => this.readInstance(instance, readings)));
    readings.tell(result);
  }

  private async readInstance(instance: ObservedInstance, readings: Readings): Promise<void> {
    const { name, server, queues, pending } = instance;
    const place = { instance: name, server };
    readings.add(this.pending, this.labels.ofInstance(place), pending, sum);
    for (const { queue, busy } of queues) {
      readings.add(this.running, this.labels.ofQueue(place, queue).own, busy, sum);
    }
    const names = [...new Set(queues.map(({ queue }) => queue))];
    const loads = await Promise.all(names.map((queue) => instance.inspect(queue)));
    names.forEach((queue, index) => {
      const load = loads[index];
      if (load) {
        this.addLoad(load, this.labels.ofQueue(place, queue).own, readings);
      }
    });
  }

  private addLoad(load: QueueLoad, attributes: Attributes, readings: Readings): void {
    readings.add(this.length, attributes, load.length, sum);
    readings.add(this.age, attributes, load.age / 1_000, Math.max);
  }
}

/** What one collection has read. */
class Readings {
  private readonly values = new Map<
    ObservableGauge,
    Map<string, { readonly attributes: Attributes; readonly value: number }>
  >();

  add(gauge: ObservableGauge, attributes: Attributes, value: number, join: Join): void {
    const ofGauge = this.values.get(gauge) ?? new Map();
    this.values.set(gauge, ofGauge);
    const key = JSON.stringify(attributes);
    const known = ofGauge.get(key);
    ofGauge.set(key, { attributes, value: known ? join(known.value, value) : value });
  }

  tell(result: BatchObservableResult): void {
    for (const [gauge, ofGauge] of this.values) {
      for (const { attributes, value } of ofGauge.values()) {
        result.observe(gauge, value, attributes);
      }
    }
  }
}
