import { SETTINGS } from './config.js'

/** The Levenshtein distance: how many letters to insert, remove or replace to turn `from` into `to`. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[to.length]!
}

/** A sentence for each variable whose name is close to that of a setting that is not set. */
export function misspelt(env: NodeJS.ProcessEnv): string[] {
  const unset = SETTINGS.filter((setting) => !env[setting])
  return Object.keys(env).flatMap((name) => {
    if (!env[name] || SETTINGS.some((setting) => setting === name)) return []
    // One letter in four may differ: POST could be PORT, but HOME is not HOST.
    const meant = unset.find((setting) => distance(name.toUpperCase(), setting) <= Math.floor(setting.length / 4))
    return meant ? [`${name} is set and means nothing here: is ${meant} meant?`] : []
  })
}
