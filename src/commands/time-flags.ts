import { InvalidArgumentError } from 'commander'
import { MOMENT_WORDS, readMoment } from '../api/moment.ts'
import { CommandError } from './failure.ts'

/** Which rows, by when they were observed, milliseconds since the Unix epoch. */
export interface TimeFlags {
  readonly from?: number
  readonly to?: number
}

export const FROM_HELP = 'rows observed then or later: a day in UTC, as 2026-01-31, or a time, as 2026-01-31T12:00:00Z'
export const TO_HELP = 'rows observed before then, so that those of the day itself are left out'

/** @throws {InvalidArgumentError} */
export function momentOption(text: string): number {
  const ms = readMoment(text)
  if (ms === undefined) throw new InvalidArgumentError(`It should be ${MOMENT_WORDS}.`)
  return ms
}

/** @throws {CommandError} when there is no time between the two */
export function requireRange({ from, to }: TimeFlags): void {
  if (from !== undefined && to !== undefined && from >= to) {
    throw new CommandError('--from is not before --to: no row can lie between them')
  }
}
