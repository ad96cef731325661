/**
 * Why Google refuses a refresh token for good. `revoked` is also the answer to one that has expired, was not used for six months, or
 * is older than the seven days of an app in Testing: Google does not tell them apart.
 */
export type RefreshRefusal =
  'revoked' | 'account_deleted' | 'invalid_rapt' | 'rapt_required' | 'admin_policy_enforced' | 'deleted_client'

/** Google's answer of each kind. */
export const REFRESH_REFUSALS: Readonly<
  Record<RefreshRefusal, { status: number; error: string; description: string; subtype?: string }>
> = {
  revoked: { status: 400, error: 'invalid_grant', description: 'Token has been expired or revoked.' },
  account_deleted: { status: 400, error: 'invalid_grant', description: 'Account has been deleted' },
  invalid_rapt: {
    status: 400,
    error: 'invalid_grant',
    description: 'reauth related error (invalid_rapt)',
    subtype: 'invalid_rapt'
  },
  rapt_required: {
    status: 400,
    error: 'invalid_grant',
    description: 'reauth related error (rapt_required)',
    subtype: 'rapt_required'
  },
  admin_policy_enforced: {
    status: 400,
    error: 'admin_policy_enforced',
    description: 'Access to this service was blocked by the administrator of the organization.'
  },
  deleted_client: { status: 401, error: 'deleted_client', description: 'The OAuth client was deleted.' }
}

/** The accounts whose refresh tokens are refused, each with the reason. */
export class RefreshRefusals {
  readonly #bySub = new Map<string, RefreshRefusal>()

  /** Refuses the refresh tokens of an account, and returns a function that ends this. */
  add(sub: string, reason: RefreshRefusal): () => void {
    if (!Object.hasOwn(REFRESH_REFUSALS, reason)) {
      throw new TypeError(`There is no refusal ${reason}; there are ${Object.keys(REFRESH_REFUSALS).join(', ')}`)
    }
    this.#bySub.set(sub, reason)
    return () => this.end(sub)
  }

  end(sub: string): void {
    this.#bySub.delete(sub)
  }

  of(sub: string): RefreshRefusal | null {
    return this.#bySub.get(sub) ?? null
  }
}
