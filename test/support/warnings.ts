import { setImmediate as nextTurn } from 'node:timers/promises'

/** The names of the warnings that this process prints while `work` runs. */
export async function warningsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  const listener = ({ name }: Error): void => void names.push(name)
  process.on('warning', listener)
  try {
    await work()
    // Node emits a warning in a later tick.
    await nextTurn()
  } finally {
    process.off('warning', listener)
  }
  return names
}
