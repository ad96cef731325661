/** Who is signed in, from the verified ID token. */
export interface GoogleUser {
  /** The user's id at Google: the only stable name, use it as your key. */
  sub: string
  /** The e-mail address. It may change, and another user may have it some day: keep `sub`. */
  email?: string
  /** Whether Google has verified the address. */
  emailVerified?: boolean
  /** The whole name. */
  name?: string
  /** The given name. */
  givenName?: string
  /** The family name. */
  familyName?: string
  /** The URL of the picture. */
  picture?: string
  /** The Google Workspace domain that the account belongs to. */
  hostedDomain?: string
  /** What Google granted, sign-in scopes by their short names. */
  scopes: string[]
  /**
   * When the sign-in began, in milliseconds since the epoch; `signInLifetime` counts from it. More consent does not change
   * it.
   */
  signedInAt: number
  /**
   * When the user last proved to Google who they are, in milliseconds since the epoch. Google says so only to published apps
   * that have switched session age claims on.
   */
  authTime?: number
  /** How they proved it, where Google says so. */
  amr?: string[]
}
