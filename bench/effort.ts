import type { Turns } from './compare.js'

/** How much each section does. */
export interface Effort extends Turns {
  /** How many times as many launches and turns there are, each so many times as long, where a hundredth is looked for. */
  finer: number
  /** Sign-ins of one contender in one turn. */
  signIns: number
  /** Numbers of users whose requests one process gets. */
  hotUsers: number[]
  /** Users whose records stand in Redis. */
  stored: number
  /** Sessions that are ended for each row of the table. */
  sessions: number
  /** Whether a stampede is also tried with refresh tokens that rotate, and with tokens refused before their end. */
  allStampedes: boolean
  /** Sign-ins around which the heap is measured. */
  manySignIns: number
}

/** Enough to compare by. */
export const FULL: Effort = {
  launches: 2,
  rounds: 30,
  slice: 400,
  warmUp: 16_000,
  finer: 3,
  signIns: 100,
  hotUsers: [1, 100, 10_000],
  stored: 100_000,
  sessions: 1_000,
  allStampedes: true,
  manySignIns: 100_000
}

/** Enough to see that it runs. */
export const QUICK: Effort = {
  launches: 1,
  rounds: 1,
  slice: 20,
  warmUp: 20,
  finer: 1,
  signIns: 5,
  hotUsers: [1, 10],
  stored: 100,
  sessions: 10,
  allStampedes: false,
  manySignIns: 50
}
