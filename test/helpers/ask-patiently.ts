import { systemClock } from '../../src/node/system-clock.ts'
import { askAt } from './api-at-work.ts'

/** Who asks too often is told when to come back, and does. */
export async function askPatiently(url: string, target: string): ReturnType<typeof askAt> {
  for (;;) {
    const answer = await askAt(url, target)
    if (answer.status !== 429) return answer
    await systemClock.sleep(Number(answer.headers['retry-after']) * 1_000)
  }
}
