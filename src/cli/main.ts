#!/usr/bin/env node
import { once } from 'node:events'
import { run } from './run.js'

process.exitCode = await run(process.argv.slice(2), {
  print: (line = '') => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  stopped: async () => {
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  }
})
