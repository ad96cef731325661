import type { Storage } from '../core/storage/storage.js'
import { isLiving } from '../core/token/lost.js'

export interface Notice {
  /** Called before and after each write that brings a grant where no live one was. */
  comes: () => Promise<unknown>
  /** Called after each write that leaves nothing. */
  gone?: () => Promise<unknown>
}

/** `storage`, with notice given of grants that come and go. A refresh gives none. */
export function withNotice(storage: Storage, { comes, gone = async () => undefined }: Notice): Storage {
  return {
    get: () => storage.get(),
    put: async (token) => {
      await comes()
      await storage.put(token)
      await comes()
    },
    delete: async () => {
      await storage.delete()
      await gone()
    },
    update: async (change, options) => {
      let after: Notice['comes'] | undefined
      const stored = await storage.update(async (current) => {
        const next = await change(current)
        after = next === current ? undefined : next === null ? gone : isLiving(current) ? undefined : comes
        if (after === comes) await comes()
        return next
      }, options)
      await after?.()
      return stored
    }
  }
}
