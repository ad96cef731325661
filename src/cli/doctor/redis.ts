import { evicts, inspectRedis, type RedisFacts } from '../../redis/inspection.js'
import { type Finding, fine, wrong } from './finding.js'

const ABOUT = 'Redis'
/** @see docs/reliability.md */
const OLDEST_MAJOR = 7

/** How to mend what keeps us from asking, by the code of it. */
const FIXES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Start it, or correct the host and the port.',
  ENOTFOUND: 'Correct the host: nobody knows this name.',
  EAI_AGAIN: 'Correct the host, or look at the name server of this machine.',
  NOAUTH: 'Put the password into the URL: redis://:PASSWORD@HOST:PORT',
  WRONGPASS: 'Correct the user and the password in the URL.',
  NOPERM: 'Allow this user the commands INFO, GET, SET, EVAL and their like.'
}
const OTHERWISE =
  'Look whether it runs and can be reached from here, and whether the URL has to begin with rediss:// for TLS.'

/** What is wrong with its version, its role and its settings. */
function examine(place: string, { version, mode, role, maxmemoryPolicy, canTrack }: RedisFacts): Finding[] {
  const old = Number.parseInt(version) < OLDEST_MAJOR
  return [
    old
      ? wrong(ABOUT, `${place} runs version ${version}.`, `Upgrade it to ${OLDEST_MAJOR}.0 or later, or to Valkey.`)
      : fine(ABOUT, `${place} answers, version ${version}.`),
    ...(mode === 'cluster'
      ? [
          wrong(
            ABOUT,
            'It is a node of a Cluster, and a URL reaches one node.',
            'Pass an ioredis Cluster as the option redis.'
          )
        ]
      : []),
    ...(role === 'slave'
      ? [
          wrong(
            ABOUT,
            'It is a replica, and takes no writes.',
            'Give the address of the master, or pass an ioredis client with sentinels.'
          )
        ]
      : []),
    memory(maxmemoryPolicy),
    canTrack
      ? fine(ABOUT, 'It has CLIENT TRACKING, which the option cache needs.')
      : wrong(
          ABOUT,
          'It refuses CLIENT TRACKING, which the option cache needs.',
          'Allow the command, or leave cache off.'
        )
  ]
}

/** What it does when its memory is full. */
function memory(policy: string | null): Finding {
  if (policy === null) return fine(ABOUT, 'It does not tell its maxmemory-policy. Make sure that it is noeviction.')
  if (!evicts(policy)) return fine(ABOUT, `It keeps what it has when its memory is full (maxmemory-policy ${policy}).`)
  return wrong(
    ABOUT,
    `Its maxmemory-policy is ${policy}: when its memory is full it throws sign-ins and grants away.`,
    'Set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf.'
  )
}

/** What is wrong with the Redis at a URL. The password in it is never shown. */
export async function checkRedis(url: string): Promise<Finding[]> {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    return [wrong(ABOUT, 'What was given is not the URL of a Redis.', 'Give redis://HOST:PORT, or rediss:// for TLS.')]
  }
  const { place, facts, trouble } = await inspectRedis(url)
  if (facts === null) {
    return [wrong(ABOUT, `${place} does not let us ask (${trouble}).`, FIXES[trouble ?? ''] ?? OTHERWISE)]
  }
  if (facts.mode === 'sentinel') {
    return [
      wrong(
        ABOUT,
        `${place} is a sentinel, and keeps no data.`,
        'Pass an ioredis client with sentinels as the option redis.'
      )
    ]
  }
  return examine(place, facts)
}
