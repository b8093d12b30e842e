// Sums of what the rounds of a measurement took, and the table of them.

/** Time and CPU of one kind of work over all rounds. */
export class Total {
  constructor(name) {
    this.name = name;
    this.count = 0;
    this.cpu = 0;
    this.wall = 0;
  }

  /** Does `count` pieces of work and adds what they took by a clock of CPU seconds. */
  async take(count, clock, work) {
    const [cpu, wall] = [clock(), performance.now()];
    await work();
    this.cpu += clock() - cpu;
    this.wall += (performance.now() - wall) / 1000;
    this.count += count;
  }

  get cpuMs() {
    return (this.cpu * 1000) / this.count;
  }

  get rate() {
    return this.count / this.wall;
  }
}

/** Rows of `[total, ...[shares of other totals]]`; a share is the CPU of another over that of the row. */
export function printTable(columns, rows) {
  console.log(['', 'a second', 'CPU ms each', ...columns].map(cell).join(''));
  for (const [total, ...others] of rows) {
    if (total.count === 0) continue;
    const shares = others.map((other) => (other?.count ? (other.cpuMs / total.cpuMs).toFixed(2) : ''));
    console.log([total.name, total.rate.toFixed(1), total.cpuMs.toFixed(2), ...shares].map(cell).join(''));
  }
}

function cell(text, column) {
  return column === 0 ? text.padEnd(40) : text.padStart(13);
}
