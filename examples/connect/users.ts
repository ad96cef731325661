import { createHash, randomBytes } from 'node:crypto'
import sqlite from 'node-sqlite3-wasm'

/** A user of this app. Google knows nothing of them before they connect an account. */
export interface User {
  id: string
  name: string
}

/** The app and its job have the same file open: each waits until the other has written. */
const BUSY_MS = 5_000

const TABLES = `
  pragma busy_timeout = ${BUSY_MS};
  create table if not exists users (id text primary key, name text not null unique);
  create table if not exists sessions (hash text primary key, user text not null references users (id));
  create table if not exists settings (name text primary key, value text not null);
`

/** The app's own users and their sessions, in SQLite. Signing in takes a name and no password: it is an example. */
export class Users {
  readonly #db: InstanceType<typeof sqlite.Database>

  /** `file`: the path of the database, or `:memory:`. */
  constructor(file: string) {
    this.#db = new sqlite.Database(file)
    this.#db.exec(TABLES)
  }

  /** The token of a new session of the user with this name, who is made when there is none. */
  signIn(name: string): string {
    this.#db.run('insert or ignore into users (id, name) values (?, ?)', [`u-${randomBytes(8).toString('hex')}`, name])
    const token = randomBytes(32).toString('base64url')
    this.#db.run('insert into sessions (hash, user) select ?, id from users where name = ?', [hashOf(token), name])
    return token
  }

  /** The user of a session; `null` for none. */
  ofSession(token: string | undefined): User | null {
    if (token === undefined) return null
    const sql = 'select users.id, users.name from sessions join users on users.id = sessions.user where hash = ?'
    return this.#db.get(sql, [hashOf(token)]) as User | null
  }

  signOut(token: string): void {
    this.#db.run('delete from sessions where hash = ?', [hashOf(token)])
  }

  /** A secret that is made once and kept with the users, so that the app and its job seal with the same one. */
  secret(): string {
    this.#db.run('insert or ignore into settings (name, value) values (?, ?)', [
      'secret',
      randomBytes(32).toString('hex')
    ])
    const row = this.#db.get("select value from settings where name = 'secret'") as { value: string }
    return row.value
  }

  close(): void {
    this.#db.close()
  }
}

/** The database holds hashes, so a copy of it signs nobody in. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
