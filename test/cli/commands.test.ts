import t from 'tap'
import { cli } from './cli.js'

t.test('the list of commands, and the help of each', async (t) => {
  for (const args of [['--help'], ['help'], ['-h']]) {
    const { code, out } = await cli(t, args)
    t.equal(code, 0)
    t.match(out, /doctor +says[^]*emulator +starts/)
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
