/** What each user has allowed each project: Google keeps consent by project, not by client. */
export class Grants {
  readonly #bySub = new Map<string, Map<string, Set<string>>>()

  /** The scopes the user has granted the project so far; empty when none. */
  scopes(sub: string, project: string): ReadonlySet<string> {
    return this.#bySub.get(sub)?.get(project) ?? new Set()
  }

  /** Every scope the user has granted to anybody. */
  allScopes(sub: string): ReadonlySet<string> {
    return new Set([...(this.#bySub.get(sub)?.values() ?? [])].flatMap((scopes) => [...scopes]))
  }

  add(sub: string, project: string, scopes: Iterable<string>): void {
    const projects = this.#bySub.get(sub) ?? new Map<string, Set<string>>()
    projects.set(project, new Set([...this.scopes(sub, project), ...scopes]))
    this.#bySub.set(sub, projects)
  }

  /** Forgets what the user has granted the project, or every project. */
  drop(sub: string, project?: string): void {
    if (project === undefined) this.#bySub.delete(sub)
    else this.#bySub.get(sub)?.delete(project)
  }
}
