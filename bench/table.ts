/** Prints rows under a header, columns aligned; numbers with two digits behind the point. */
export function printTable(header: string[], rows: (string | number)[][]): void {
  const texts = [header, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell)))]
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  console.log()
  for (const row of texts) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join('   '))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
