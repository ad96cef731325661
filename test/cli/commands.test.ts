import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cli } from './cli.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

t.test('the list of commands, and the help of each', async (t) => {
  for (const args of [['--help'], ['help'], ['-h']]) {
    const { code, out } = await cli(t, args)
    t.equal(code, 0)
    t.match(out, /doctor +says[^]*emulator +starts[^]*risc +registers/)
  }
  t.equal((await cli(t, [])).code, 1, 'nothing was asked for')
  t.match(await cli(t, ['doctor', '--help']), { code: 0, out: /--client-secrets FILE/ })
  t.match(await cli(t, ['emulator', '-h']), { code: 0, out: /--users FILE/ })
})

t.test('what is not understood is said, without a stack and without repeating it', async (t) => {
  t.match(await cli(t, ['docter']), { code: 1, err: /no command "docter"\. The commands are doctor, emulator/ })
  t.match(await cli(t, ['toString']), { code: 1, err: /no command/ })
  t.match(await cli(t, ['doctor']), { code: 1, out: '', err: /nothing to look at[^]*doctor --help/ })
  const misplaced = await cli(t, ['doctor', 'redis://:hunter2@127.0.0.1'])
  t.match(misplaced, { code: 1, err: /an argument without an option[^]*--redis/ })
  const unknown = await cli(t, ['doctor', '--reddis=redis://:hunter2@127.0.0.1'])
  t.match(unknown, { code: 1, err: /Unknown option '--reddis'\. The options are --client-secrets/ })
  t.notMatch(misplaced.err + unknown.err, 'hunter2')
  t.notMatch(misplaced.err + unknown.err, /\n\s+at /)
})

t.test('without fastify, the emulator says how to have it, and the doctor works', async (t) => {
  // Outside of this repository, whose fastify would be found.
  const folder = mkdtempSync(join(tmpdir(), 'without-fastify-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true })
  for (const name of ['ioredis', 'jose', 'oauth4webapi']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const tried = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], { encoding: 'utf8', timeout: 20_000 })
  t.match(tried('emulator'), { status: 1, stderr: /^This command needs fastify\. Run: npx -p fastify .* emulator\n$/ })
  t.match(tried('doctor', '--redirect-uri', 'http://localhost:3000/x'), { status: 0, stderr: '' })
})

t.test('main hands over the arguments, and the exit code', async (t) => {
  const { argv, exitCode } = process
  t.teardown(() => {
    process.argv = argv
    process.exitCode = exitCode
  })
  process.argv = [argv[0]!, 'main.js', 'doctor']
  const complaints = t.capture(process.stderr, 'write', () => true)
  await import('../../src/cli/main.js')
  t.equal(process.exitCode, 1)
  t.match(String(complaints()[0]?.args[0]), 'nothing to look at')
})
