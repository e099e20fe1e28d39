import process from 'node:process'

/** Milliseconds that this process has computed until now: those in which it waited for the machine are not among them. */
export function computedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
