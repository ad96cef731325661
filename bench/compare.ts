import { type Browser, repeat } from './browser.js'
import type { Server } from './processes.js'
import { median } from './table.js'

/** Requests under way at once. */
const AT_ONCE = 20

/** One row of a comparison. */
export interface Contender {
  name: string
  /** Does the work so often. Gives what once cost. */
  slice: (times: number) => Promise<number>
  /** The process that works. */
  server?: Server
}

/** How contenders take turns. */
export interface Turns {
  /** How often all processes start anew: one and the same program may run a tenth slower in one process than in the next. */
  launches: number
  /** Turns of each contender, in all launches together. */
  rounds: number
  /** Pieces of work in one turn: few, so that the machine's other work strikes all alike. */
  slice: number
  /** Pieces of work of each contender before it counts. Until the code is compiled, a request costs up to six times as much. */
  warmUp: number
}

/** What a contender cost, as a ratio to the first one of the same round. */
export interface Ratio {
  name: string
  median: number
  /** The middle half of the rounds: a difference within it is none. */
  middleHalf: [number, number]
}

/**
 * Takes turns: every round measures each contender once, and another one begins. Compares with the first contender of
 * `launch`. Gives the contenders of the last launch too; their processes still run.
 */
export async function compare(
  launch: () => Promise<Contender[]>,
  { launches, rounds, slice, warmUp }: Turns
): Promise<{ ratios: Ratio[]; contenders: Contender[] }> {
  const ratios = new Map<number, number[]>()
  let contenders: Contender[] = []
  for (let launched = 0; launched < launches; launched++) {
    for (const server of new Set(contenders.map((contender) => contender.server))) await server?.stop()
    contenders = await launch()
    for (const contender of contenders) await contender.slice(warmUp)
    for (let round = 0; round < Math.ceil(rounds / launches); round++) {
      const costs = await costsOf(contenders, round, slice)
      costs.forEach((cost, index) => ratios.set(index, [...(ratios.get(index) ?? []), cost / costs[0]!]))
    }
  }
  return { contenders, ratios: contenders.map(({ name }, index) => summaryOf(name, ratios.get(index)!)) }
}

/** The cells of a ratio. */
export function cellsOf({ name, median, middleHalf: [low, high] }: Ratio): [string, number, string] {
  return [name, median, `${low.toFixed(2)} to ${high.toFixed(2)}`]
}

/** Microseconds on a CPU of `server` for one of so many pieces of work. */
export async function cpuOf(server: Server, times: number, work: () => Promise<unknown>): Promise<number> {
  const before = await server.cpuUs()
  await repeat(times, AT_ONCE, work)
  return ((await server.cpuUs()) - before) / times
}

/** A contender whose work is a request, by one browser after the other. */
export function asking(name: string, server: Server, browsers: Browser[], path: string): Contender {
  let turn = 0
  const ask = async (): Promise<void> => {
    const { status, text } = await browsers[turn++ % browsers.length]!.ask(path)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
  }
  return { name, server, slice: (times) => cpuOf(server, times, ask) }
}

async function costsOf(contenders: Contender[], round: number, slice: number): Promise<number[]> {
  const costs: number[] = []
  for (let turn = 0; turn < contenders.length; turn++) {
    const index = (round + turn) % contenders.length
    costs[index] = await contenders[index]!.slice(slice)
  }
  return costs
}

function summaryOf(name: string, ratios: number[]): Ratio {
  const sorted = ratios.toSorted((one, other) => one - other)
  const quarter = Math.floor(sorted.length / 4)
  return { name, median: median(sorted), middleHalf: [sorted[quarter]!, sorted.at(-1 - quarter)!] }
}
