/**
 * The same table by Drizzle. `DrizzleDatabase` lists the few methods of Drizzle that are used, in Drizzle's own shape: in an app
 * take `drizzle(...)` and the table of your schema in its place.
 */
import { randomUUID } from 'node:crypto'
import type { AppUser, Users } from './users-table.js'

type Row = Omit<AppUser, 'id' | 'role'> & { id: string }

export interface DrizzleDatabase<Table extends { googleSub: unknown }, Condition> {
  insert: (table: Table) => {
    values: (row: Row) => {
      onConflictDoUpdate: (how: { target: Table['googleSub']; set: Partial<Row> }) => {
        returning: () => PromiseLike<AppUser[]>
      }
    }
  }
  select: () => { from: (table: Table) => { where: (condition: Condition) => PromiseLike<AppUser[]> } }
}

// #region drizzle
/** `eq` is that of drizzle-orm. */
export function drizzleUsers<Table extends { googleSub: unknown }, Condition>(
  db: DrizzleDatabase<Table, Condition>,
  table: Table,
  eq: (column: Table['googleSub'], value: string) => Condition
): Users {
  return {
    async keep({ sub, email = '', name = '' }) {
      const [row] = await db
        .insert(table)
        .values({ id: randomUUID(), googleSub: sub, email, name })
        .onConflictDoUpdate({ target: table.googleSub, set: { email, name } })
        .returning()
      return row!
    },
    async find(googleSub) {
      const [row] = await db.select().from(table).where(eq(table.googleSub, googleSub))
      return row ?? null
    }
  }
}
// #endregion
