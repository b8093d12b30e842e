import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the process measures, for Prometheus. A name may be registered once. */
export class Metrics {
  readonly registry = new Registry();

  /** Memory, CPU, event loop and garbage collection of the process. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** A value that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void {
    const collect = function (this: Gauge): void {
      this.set(read());
    };
    new Gauge({ name, help, registers: [this.registry], collect });
  }

  /** The same with one value for each value of a label. */
  gauges(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void {
    const collect = function (this: Gauge): void {
      for (const [value, number] of read()) this.set({ [label]: value }, number);
    };
    new Gauge({ name, help, labelNames: [label], registers: [this.registry], collect });
  }

  /** Buckets are upper bounds, in the unit that the name tells. */
  histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
    buckets: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  ): Histogram<Label> {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.registry],
    });
  }
}
