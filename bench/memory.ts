import { existsSync, readFileSync } from "node:fs";

export interface Memory {
  /** Peak of the sum over all processes, in bytes. Shared pages, such as node's own code, count for each process. */
  peak: number;
  /** Peak of each process, in bytes. The peaks may be at different times. */
  processes: { name: string; pid: number; peak: number }[];
}

/** Milliseconds between samples. Each sample reads two small files for each process. */
const sampleInterval = 100;

/** Watches the resident memory of a process and its descendants. Linux only. */
export class MemoryWatch {
  private peak = 0;
  private readonly seen = new Set<number>();
  private readonly processes = new Map<number, { name: string; peak: number }>();
  private readonly timer = setInterval(() => this.sample(), sampleInterval);

  private constructor(private readonly root: number) {}

  /** Undefined on systems without /proc. */
  static begin(root: number): MemoryWatch | undefined {
    return existsSync(`/proc/${root}/status`) ? new MemoryWatch(root) : undefined;
  }

  /** Ends the watch and returns its results. @param names names for some processes, which replace their program's name */
  end(names: { name: string; pid: number }[]): Memory {
    clearInterval(this.timer);
    const known = new Map(names.map(({ name, pid }) => [pid, name]));
    const processes = [...this.processes].map(([pid, { name, peak }]) => ({ name: known.get(pid) ?? name, pid, peak }));
    return { peak: this.peak, processes: processes.sort((a, b) => b.peak - a.peak) };
  }

  private sample(): void {
    let sum = 0;
    for (const pid of processTree(this.root)) sum += this.measure(pid);
    this.peak = Math.max(this.peak, sum);
  }

  /** Counts a process from its second sample on: between fork and exec, a process shows its parent's memory. */
  private measure(pid: number): number {
    const status = this.seen.has(pid) ? readProc(`${pid}/status`) : "";
    this.seen.add(pid);
    const name = /^Name:\s+(\w+)/m.exec(status)?.[1];
    if (!name) return 0;
    this.processes.set(pid, { name, peak: bytes(status, "VmHWM") });
    return bytes(status, "VmRSS");
  }
}

/** A process and its descendants. A node process starts child processes from its first thread. */
function processTree(pid: number): number[] {
  const children = readProc(`${pid}/task/${pid}/children`).split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

function bytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** Empty for a process that has ended. */
function readProc(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, "utf8");
  } catch {
    return "";
  }
}
