import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { codeOf } from '../files/whole-file.ts'
import type { Files } from './parse.ts'
import { ConfigError } from './problem.ts'
import type { Environment, Surroundings } from './read-variables.ts'

/**
 * What this process is configured by: its environment and, below that, the file `.env` of the working directory, so
 * that what is copied from `.env.example` has the effect that people expect.
 *
 * @param options.envFile - false leaves `.env` out @default true
 * @throws {ConfigError} when there is a `.env` that cannot be read
 */
export function surroundings({ envFile = true }: { readonly envFile?: boolean } = {}): Surroundings {
  return { env: envFile ? { ...readEnvFile(process.cwd()), ...process.env } : process.env, files: systemFiles }
}

/** The files of this machine. */
export const systemFiles: Files = {
  read(path) {
    try {
      return { text: readFileSync(path, 'utf8') }
    } catch (error) {
      return { reason: reasonOf(error) }
    }
  },
}

function readEnvFile(directory: string): Environment {
  const path = join(directory, '.env')
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw new ConfigError([{ variable: '.env', value: path, expected: `a file that can be read (${reasonOf(error)})` }])
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is none',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of its path is no directory',
}

function reasonOf(error: unknown): string {
  const code = codeOf(error)
  return REASONS[code] ?? code
}
