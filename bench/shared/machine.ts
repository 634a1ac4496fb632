import { cpus, platform, release, totalmem } from 'node:os';

/** What the numbers of a run depend on besides the code. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
}

/** This machine, now. */
export function thisMachine(): Machine {
  const all = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: all[0]?.model.trim() || 'unknown CPU',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}

/** In one line, for tables and charts. */
export function describeMachine(machine: Machine): string {
  const { date, cpu, cores, memoryGib, system, node } = machine;
  return `${date}, ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}`;
}
