/** The scopes that each user has granted to each project. Google keeps consent by project, not by client. */
export class Grants {
  readonly #bySub = new Map<string, Map<string, Set<string>>>()

  /** The scopes that the user has granted to the project. */
  scopes(sub: string, project: string): ReadonlySet<string> {
    return this.#bySub.get(sub)?.get(project) ?? new Set()
  }

  /** The projects that the user has granted anything to, each with its scopes. */
  projects(sub: string): [project: string, scopes: ReadonlySet<string>][] {
    return [...(this.#bySub.get(sub) ?? [])]
  }

  /** The scopes that the user has granted to any project. */
  allScopes(sub: string): ReadonlySet<string> {
    return new Set([...(this.#bySub.get(sub)?.values() ?? [])].flatMap((scopes) => [...scopes]))
  }

  add(sub: string, project: string, scopes: Iterable<string>): void {
    const projects = this.#bySub.get(sub) ?? new Map<string, Set<string>>()
    projects.set(project, new Set([...this.scopes(sub, project), ...scopes]))
    this.#bySub.set(sub, projects)
  }

  /** Removes the grant of the user to the project, or to all projects. */
  drop(sub: string, project?: string): void {
    if (project === undefined) this.#bySub.delete(sub)
    else this.#bySub.get(sub)?.delete(project)
  }
}
