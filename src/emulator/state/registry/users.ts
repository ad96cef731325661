import { createHash } from 'node:crypto'

/** A Google account of the emulator. */
export interface EmulatorUser {
  /** Google's id of the account, which never changes: 21 digits. */
  sub: string
  /** The e-mail address. */
  email: string
  /** Default true. */
  emailVerified?: boolean
  /** The whole name. */
  name: string
  /** The given name. */
  givenName: string
  /** The family name. */
  familyName: string
  /** The URL of the picture. */
  picture?: string
  /** The Workspace domain; absent for a consumer account. */
  hostedDomain?: string
}

/** What is known of a new account. What is left out is made of the e-mail address, the same at each start. */
export type UserRegistration = Pick<EmulatorUser, 'email'> & Partial<EmulatorUser>

/** 21 digits that are always the same for an e-mail address. */
function subFor(email: string): string {
  const digest = createHash('sha256').update(email.toLowerCase()).digest('hex')
  return `1${String(BigInt(`0x${digest}`)).slice(-20)}`
}

function withDefaults({ email, ...known }: UserRegistration): EmulatorUser {
  const words = (known.name ?? email.replace(/@.*$/s, ''))
    .split(/[\s._-]+/)
    .filter(Boolean)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const { givenName = words[0] ?? '', familyName = words.slice(1).join(' ') } = known
  return { sub: subFor(email), email, name: words.join(' '), givenName, familyName, ...known }
}

/** The accounts without the option `users`: two consumer accounts and one of a Workspace. */
export function defaultUsers(issuer: string): EmulatorUser[] {
  const user = (sub: string, givenName: string, familyName: string, domain: string): EmulatorUser => ({
    sub,
    email: `${givenName.toLowerCase()}@${domain}`,
    emailVerified: true,
    name: `${givenName} ${familyName}`,
    givenName,
    familyName,
    picture: `${issuer}/pictures/${sub}`
  })
  return [
    user('110248495921238986420', 'Ada', 'Lovelace', 'example.com'),
    user('113374039128844615207', 'Grace', 'Hopper', 'example.com'),
    { ...user('117955023018846200394', 'Katherine', 'Johnson', 'workspace.example'), hostedDomain: 'workspace.example' }
  ]
}

/** The accounts, by `sub` and by e-mail address. */
export class Users {
  readonly #bySub = new Map<string, EmulatorUser>()

  add(registration: UserRegistration): EmulatorUser {
    const user = withDefaults(registration)
    const { sub, email } = user
    if (!sub || sub.length > 255) throw new TypeError(`A user's sub must have 1 to 255 characters, not ${sub.length}`)
    const twin = this.find(sub) ?? this.find(email)
    if (twin) throw new TypeError(`There is a user ${twin.email} with the sub ${twin.sub} already`)
    this.#bySub.set(sub, user)
    return user
  }

  /** The user with this `sub` or e-mail address (in any case), or null. */
  find(subOrEmail: string): EmulatorUser | null {
    const email = subOrEmail.trim().toLowerCase()
    return this.#bySub.get(subOrEmail) ?? this.all().find((user) => user.email.toLowerCase() === email) ?? null
  }

  /** The accounts for an `hd` parameter: all without one; those of any Workspace for `*`. */
  offered(hostedDomain: string | null): EmulatorUser[] {
    if (hostedDomain === null) return this.all()
    return this.all().filter((user) =>
      hostedDomain === '*' ? user.hostedDomain !== undefined : user.hostedDomain === hostedDomain.toLowerCase()
    )
  }

  all(): EmulatorUser[] {
    return [...this.#bySub.values()]
  }
}
