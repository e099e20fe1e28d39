import type { Files } from '../../src/config/parse.ts'
import type { Environment, Surroundings } from '../../src/config/read-variables.ts'

/** Surroundings of nothing but what is given: an environment, and files by path. */
export function surroundingsOf(env: Environment, files: Readonly<Record<string, string>> = {}): Surroundings {
  return { env, files: filesOf(files) }
}

function filesOf(texts: Readonly<Record<string, string>>): Files {
  return {
    read(path) {
      const text = texts[path]
      return text === undefined ? { reason: 'there is none' } : { text }
    },
  }
}
