/** Moves refresh tokens of another library into the slots of this one. It can be stopped, and run again. */
import { Token, type StorageFor } from 'fastify-google-auth'

// #region account
export interface LinkedAccount {
  /** With the option `owner`, the id of your user; without it, the same as `account`. */
  owner: string
  /** The `sub` of the Google account. */
  account: string
  refreshToken: string | null
  scope: string | null
  /** When the account was linked. */
  linkedAt?: Date | null
  email?: string | null
}

/** Makes a grant of a linked account. `storageFor` is `app.googleAuth.storageFor`. */
export async function importAccount(
  storageFor: StorageFor,
  { owner, account, refreshToken, scope, linkedAt, email }: LinkedAccount
): Promise<'imported' | 'present' | 'without refresh token'> {
  if (!refreshToken) return 'without refresh token'
  const slot = storageFor(owner, account)
  // A user who has come here meanwhile keeps the newer grant.
  if ((await slot.get()) !== null) return 'present'
  await slot.put(
    Token.from({
      accessToken: '',
      refreshToken,
      scopes: (scope ?? '').split(/[\s,]+/).filter((name) => name !== ''),
      ...(linkedAt ? { grantedAt: linkedAt.getTime() } : {}),
      ...(email && owner !== account ? { profile: { email } } : {})
    })
  )
  return 'imported'
}
// #endregion

// #region all
const AT_ONCE = 20

/** Imports all rows, some at a time, and counts what became of them. */
export async function importAll(storageFor: StorageFor, rows: AsyncIterable<LinkedAccount> | Iterable<LinkedAccount>) {
  const counts = { imported: 0, present: 0, 'without refresh token': 0 }
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let row = await iterator.next(); !row.done; row = await iterator.next())
      counts[await importAccount(storageFor, row.value)]++
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return counts
}
// #endregion
