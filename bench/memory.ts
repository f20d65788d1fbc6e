import { existsSync, readFileSync } from "node:fs";

export interface Memory {
  /** The most that all processes held at one moment, in bytes. Pages they share (node's own code) count for each. */
  peak: number;
  /** The most that each held, at whatever moment, in bytes. */
  processes: { name: string; pid: number; peak: number }[];
}

/** Milliseconds between samples; each reads two small files for each process. */
const sampleInterval = 100;

/** Watches the resident memory of a process and everything that it started. Linux only. */
export class MemoryWatch {
  private peak = 0;
  private readonly seen = new Set<number>();
  private readonly processes = new Map<number, { name: string; peak: number }>();
  private readonly timer = setInterval(() => this.sample(), sampleInterval);

  private constructor(private readonly root: number) {}

  /** Undefined where there is no /proc to look at. */
  static begin(root: number): MemoryWatch | undefined {
    return existsSync(`/proc/${root}/status`) ? new MemoryWatch(root) : undefined;
  }

  /** Watches no more. @param names for processes that are known by more than their program */
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

  /** Counts a process from the second look on: a fork that has not become its own program yet shows its parent's memory. */
  private measure(pid: number): number {
    const status = this.seen.has(pid) ? readProc(`${pid}/status`) : "";
    this.seen.add(pid);
    const name = /^Name:\s+(\w+)/m.exec(status)?.[1];
    if (!name) return 0;
    this.processes.set(pid, { name, peak: bytes(status, "VmHWM") });
    return bytes(status, "VmRSS");
  }
}

/** A process and its descendants; a node process starts others from its first thread. */
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
