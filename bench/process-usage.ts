import { readFile } from 'node:fs/promises'

/** What the system says of a process. */
export interface ProcessUsage {
  readonly residentBytes: number
  /** CPU time since its start, of all threads, milliseconds. */
  readonly cpuMs: number
}

/** Linux reports CPU times in hundredths of a second to every program, whatever its own clock does. */
const TICK_MS = 10
/** In /proc/PID/stat, counted from the field after the name of the program, which may hold spaces. */
const USER_TICKS = 11
const SYSTEM_TICKS = 12

/**
 * Reads /proc, which Linux alone has.
 *
 * @throws when there is no such process
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export async function readProcessUsage(pid: number): Promise<ProcessUsage> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ])
  const residentKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    residentBytes: residentKiB * 1_024,
    cpuMs: (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) * TICK_MS,
  }
}
