type Cell = string | number

/** Prints rows under a header, columns aligned. */
export function printTable(header: string[], rows: Cell[][]): void {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => textOf(row[column]).length)))
  console.log()
  for (const row of all) printRow(row, widths)
}

/** Prints one row; numbers with two digits behind the point. */
export function printRow(row: Cell[], widths: number[]): void {
  console.log(row.map((cell, column) => textOf(cell).padEnd(widths[column] ?? 0)).join('   '))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function textOf(cell: Cell = ''): string {
  return typeof cell === 'number' ? cell.toFixed(2) : cell
}
