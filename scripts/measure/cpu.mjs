// CPU time of processes, in seconds.
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS = 1e9;

/** What the threads of a process that live have run for. Threads that ended are forgotten by the kernel. */
export function cpuOfProcess(pid) {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return sum / NANOSECONDS;
}

/** All processes of a database server, and those that ended: they are counted by the postmaster. */
export function cpuOfDatabase(postmaster) {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === postmaster);
  return [postmaster, ...children].reduce(
    (sum, pid) => sum + orNothing(() => cpuOfProcess(pid)),
    cpuOfEnded(postmaster),
  );
}

export function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function parentOf(pid) {
  return orNothing(() => Number(fieldsOf(pid)[1]));
}

/** Children that ended and were waited for, in ticks of a hundredth (proc(5), cutime and cstime). */
function cpuOfEnded(pid) {
  const fields = fieldsOf(pid);
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function fieldsOf(pid) {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
}

/** A process may end while it is looked at. */
function orNothing(look) {
  try {
    return look();
  } catch {
    return 0;
  }
}
