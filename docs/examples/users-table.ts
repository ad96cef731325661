/** The table of an app's own users, in SQLite: one row for each Google account that has signed in. */
import { randomUUID } from 'node:crypto'
import sqlite from 'node-sqlite3-wasm'
import type { GoogleUser } from 'fastify-google-auth'

export interface AppUser {
  id: string
  /** The user's id at Google, which never changes. The e-mail address may, so it is no key. */
  googleSub: string
  email: string
  name: string
  role: 'member' | 'admin'
}

/** What the app asks of its table. The versions for Drizzle and Prisma have the same two functions. */
export interface Users {
  /** The row of who signs in: a new one, or the present one with the name and address of today. */
  keep: (user: GoogleUser) => Promise<AppUser>
  find: (googleSub: string) => Promise<AppUser | null>
}

// #region sql
const TABLE = `create table if not exists users (
  id text primary key, google_sub text not null unique, email text not null, name text not null, role text not null default 'member'
)`
const COLUMNS = 'id, google_sub as googleSub, email, name, role'

export function sqliteUsers(file: string): Users {
  const db = new sqlite.Database(file)
  db.exec(TABLE)
  return {
    // One statement: two sign-ins of a new user at the same time make one row.
    async keep({ sub, email = '', name = '' }) {
      const sql = `insert into users (id, google_sub, email, name) values (?, ?, ?, ?)
        on conflict (google_sub) do update set email = excluded.email, name = excluded.name returning ${COLUMNS}`
      return db.get(sql, [randomUUID(), sub, email, name]) as unknown as AppUser
    },
    async find(googleSub) {
      return db.get(`select ${COLUMNS} from users where google_sub = ?`, [googleSub]) as AppUser | null
    }
  }
}
// #endregion
