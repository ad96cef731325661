/**
 * The same table by Prisma. `PrismaUsers` lists the two methods of Prisma that are used, in Prisma's own shape: in an app pass
 * `prisma.user` of your `PrismaClient`.
 */
import type { AppUser, Users } from './users-table.js'

export interface PrismaUsers {
  upsert: (how: {
    where: { googleSub: string }
    create: { googleSub: string; email: string; name: string }
    update: { email: string; name: string }
  }) => Promise<AppUser>
  findUnique: (how: { where: { googleSub: string } }) => Promise<AppUser | null>
}

// #region prisma
export function prismaUsers(user: PrismaUsers): Users {
  return {
    keep: ({ sub, email = '', name = '' }) =>
      user.upsert({
        where: { googleSub: sub },
        create: { googleSub: sub, email, name },
        update: { email, name }
      }),
    find: (googleSub) => user.findUnique({ where: { googleSub } })
  }
}
// #endregion
