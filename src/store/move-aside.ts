import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** What SQLite keeps beside a database. The database goes first: an older journal must never meet a newer one. */
const PARTS = ['', '-wal', '-journal', '-shm']

/**
 * Gives a database another name, `file.why-20250101T120000Z`, with all that SQLite keeps beside it. Nothing is
 * overwritten.
 *
 * @returns the new name
 */
export function moveAside(file: string, { why, wallMs }: { readonly why: string; readonly wallMs: number }): string {
  const time = new Date(wallMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const name = `${file}.${why}-${time}`
  let free = name
  for (let copy = 2; PARTS.some((part) => existsSync(`${free}${part}`)); copy++) free = `${name}-${copy}`
  for (const part of PARTS) if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${free}${part}`)
  return free
}

/**
 * Runs `task` while no other process does so for this file. Without this, two that start at the same moment could each
 * move aside what the other has just made. The lock goes with the process, however that ends.
 */
export function withLock<T>(file: string, task: () => T): T {
  const lock = new DatabaseSync(`${file}.lock`)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return task()
  } finally {
    lock.close()
  }
}
