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
}

/** What a contender cost, as a ratio to the first one of the same round. */
export interface Ratio {
  name: string
  median: number
  /** The middle half of the rounds: a difference within it is none. */
  middleHalf: [number, number]
}

/** Takes turns: every round measures each contender once, and another one begins. The first one is what others are compared with. */
export async function compare(contenders: Contender[], rounds: number, slice: number): Promise<Ratio[]> {
  const ratios = contenders.map(() => [] as number[])
  for (let round = 0; round < rounds; round++) {
    const costs: number[] = []
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + turn) % contenders.length
      costs[index] = await contenders[index]!.slice(slice)
    }
    costs.forEach((cost, index) => ratios[index]!.push(cost / costs[0]!))
  }
  return contenders.map(({ name }, index) => {
    const sorted = ratios[index]!.toSorted((one, other) => one - other)
    const quarter = Math.floor(sorted.length / 4)
    return { name, median: median(sorted), middleHalf: [sorted[quarter]!, sorted.at(-1 - quarter)!] }
  })
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
  return { name, slice: (times) => cpuOf(server, times, ask) }
}
