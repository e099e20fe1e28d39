import type { Random } from '../src/core/clock.ts'
import type { Database } from './database.ts'
import type { Strike } from './disk.ts'
import type { Machine } from './machine.ts'
import { USUAL_LATENCY_MS } from './price-world.ts'
import { drawOne, drawSome, drawWhole } from './random-streams.ts'
import type { Fault } from './scenario.ts'
import type { World } from './world.ts'

export interface Stage {
  readonly world: World
  readonly machines: readonly Machine[]
  readonly databases: readonly Database[]
}

/** How a fault shows: what it does when it sets in, and how that is undone. */
type Episode = (stage: Stage, random: Random) => () => void

interface Course {
  /** Between the end of an episode and the next, and how long one lasts, rounds on average. */
  readonly calm: number
  readonly lasts: number
  readonly episode: Episode
}

const STRIKES: readonly Strike[] = ['crash-before', 'crash-within', 'crash-after']
const MINUTE_MS = 60_000

const COURSES: Partial<Record<Fault, Course>> = {
  loss: { calm: 1, lasts: 2, episode: worsen('loss', 0.3) },
  duplication: { calm: 1, lasts: 2, episode: worsen('duplication', 0.3) },
  reordering: { calm: 1, lasts: 2, episode: worsen('reordering', 0.5) },
  delay: { calm: 1, lasts: 2, episode: worsen('delay', 0.2) },
  partition: { calm: 2, lasts: 1, episode: partition },
  crash: { calm: 0.7, lasts: 0.7, episode: crash },
  restart: { calm: 1, lasts: 0.2, episode: restart },
  'disk-full': { calm: 2, lasts: 1, episode: fillDisk },
  jump: { calm: 2, lasts: 1.5, episode: jump },
  table: { calm: 1.5, lasts: 1, episode: troubleTable },
  listener: { calm: 1, lasts: 1, episode: troubleListener },
  feed: { calm: 1, lasts: 1, episode: troubleFeed },
}

/** Has faults come and go from `fromUs` until `untilUs`; all of them are over then, and every machine runs. */
export function planFaults(
  stage: Stage,
  { fromUs, untilUs }: { readonly fromUs: number; readonly untilUs: number },
): void {
  const { scheduler, streams, scenario, trace } = stage.world
  const roundUs = scenario.constants.intervalMs * 1_000
  for (const fault of scenario.faults) {
    const course = COURSES[fault]
    if (course === undefined) continue
    const random = streams(`fault ${fault}`)
    const next = (): void => {
      if (scheduler.nowUs >= untilUs) return
      trace.note('faults', `${fault} begins`)
      const undo = course.episode(stage, random)
      const lastsUs = Math.min(drawExponential(random, course.lasts * roundUs), untilUs - scheduler.nowUs)
      scheduler.after(lastsUs, () => {
        trace.note('faults', `${fault} ends`)
        undo()
        scheduler.after(drawExponential(random, course.calm * roundUs), next)
      })
    }
    scheduler.after(fromUs + drawExponential(random, course.calm * roundUs) - scheduler.nowUs, next)
  }
  scheduler.after(untilUs - scheduler.nowUs + 1, () => {
    trace.note('faults', 'are over')
    for (const machine of stage.machines) {
      machine.nextStrike = undefined
      machine.start()
    }
  })
}

function drawExponential(random: Random, mean: number): number {
  return Math.ceil(-Math.log(1 - random()) * mean)
}

function worsen(what: 'loss' | 'duplication' | 'reordering' | 'delay', most: number): Episode {
  return ({ world: { network } }, random) => {
    network.weather[what] = random() ** 2 * most
    return () => {
      network.weather[what] = 0
    }
  }
}

/** Some are cut off from the others: both ways, or so that they hear nothing, or are not heard; connections break or hang. */
function partition({ world: { network, scenario } }: Stage, random: Random): () => void {
  const places = Array.from({ length: scenario.nodes }, (_, index) => index)
  const some = new Set(drawSome(random, places, drawWhole(random, 1, Math.max(1, Math.floor(scenario.nodes / 2)))))
  const how = drawOne(random, ['both', 'both', 'unheard', 'deaf'])
  const isCut = (from: number, to: number): boolean => {
    if (some.has(from) === some.has(to)) return false
    return how === 'both' || (how === 'unheard') === some.has(from)
  }
  network.weather.isCut = isCut
  if (random() < 0.5) {
    for (const member of network.members()) {
      for (const peerId of member.connectedPeers()) {
        const peer = network.member(peerId)
        if (peer !== undefined && isCut(member.place, peer.place)) network.disconnect(member, peerId)
      }
    }
  }
  return () => {
    network.weather.isCut = () => false
  }
}

/** A process ends at once, or in the middle of one of its next writes. It is started again when the episode is over. */
function crash({ machines }: Stage, random: Random): () => void {
  const machine = drawOne(random, machines)
  machine.losesPower = random() < 0.7
  if (random() < 0.3) machine.kill()
  else machine.nextStrike = drawOne(random, STRIKES)
  return () => {
    machine.nextStrike = undefined
    machine.start()
  }
}

function restart({ machines }: Stage, random: Random): () => void {
  const machine = drawOne(random, machines)
  machine.stop()
  return () => machine.start()
}

function fillDisk({ machines }: Stage, random: Random): () => void {
  const machine = drawOne(random, machines)
  machine.isDiskFull = true
  return () => {
    machine.isDiskFull = false
  }
}

/** A wall clock is set by up to three minutes, and back when somebody notices. */
function jump({ machines }: Stage, random: Random): () => void {
  const machine = drawOne(random, machines)
  const byMs = Math.round((2 * random() - 1) * 3 * MINUTE_MS)
  machine.clock.jump(byMs)
  return () => machine.clock.jump(-byMs)
}

function troubleTable({ databases, world: { scheduler } }: Stage, random: Random): () => void {
  const database = drawOne(random, databases)
  const noteTrouble = (): void => {
    database.troubles += 1
    database.troubledAtUs = scheduler.nowUs
  }
  const how = drawOne(random, ['down', 'slow', 'lost', 'all'])
  if (how === 'down' || how === 'all') database.isUp = random() < 0.3 && how === 'all'
  if (how === 'slow' || how === 'all') database.slownessMs = 20_000 * random()
  if (how === 'lost' || how === 'all') database.lostAnswers = random()
  noteTrouble()
  if (!database.isUp) database.dropListeners()
  return () => {
    database.isUp = true
    database.slownessMs = 0
    database.lostAnswers = 0
    noteTrouble()
  }
}

function troubleListener({ databases, machines }: Stage, random: Random): () => void {
  const database = drawOne(random, databases)
  for (const machine of machines) if (random() < 0.5) machine.life?.listener?.lose()
  database.lostNotices = random()
  return () => {
    database.lostNotices = 0
  }
}

/** One feed is down, or tells another price; sometimes all are down. */
function troubleFeed({ machines }: Stage, random: Random): () => void {
  const isLie = random() < 0.5
  const some = random() < 0.2 ? machines : drawSome(random, machines, drawWhole(random, 1, 2))
  for (const { mood } of some) {
    if (isLie) mood.factor = 0.5 + random()
    else mood.isDown = random() < 0.7
    mood.latencyMs *= 1 + 40 * random() ** 2
  }
  return () => {
    for (const { mood } of some) {
      mood.factor = 1
      mood.isDown = false
      mood.latencyMs = USUAL_LATENCY_MS
    }
  }
}
