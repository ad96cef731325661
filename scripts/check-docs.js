/**
 * Checks the README and its like against the repository and the build: every block marked `ts` type-checks as a module of its own,
 * every relative link leads somewhere, every file and every npm script that is named exists, docs/README.md links to every page of
 * docs/ (docs/recipes/README.md to each recipe), every block that names a file of docs/examples shows it as it is (`--write` puts it
 * there), the README's table of options names the plugin's options, all of them and no others, and docs/architecture.md lists the
 * rooms of the source in the order of test/house.test.ts.
 *
 * Blocks may use the names declared in GIVEN without declaring them; whatever else they use they import.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { withShownCode } from './shown-code.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What an example may take for granted. */
const GIVEN = `
  import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
  import type googleAuth from 'fastify-google-auth'
  import type { OAuth2Credentials, OAuth2WebServerFlow } from 'fastify-google-auth/core'
  declare global {
    const app: FastifyInstance
    const request: FastifyRequest
    const reply: FastifyReply
    const flow: OAuth2WebServerFlow
    const credentials: OAuth2Credentials
    const userId: string
  }
  export type Options = Parameters<typeof googleAuth>[1]
`

/** @type {string[]} */
const problems = []
const documents = [
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'example-app/README.md',
  'examples/connect/README.md',
  'examples/mcp/README.md',
  'bench/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)
]
  .filter((file) => file.endsWith('.md'))
  .filter((file) => existsSync(join(ROOT, file)) || problems.push(`${file}: is missing`) < 0)
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))

/** The `ts` blocks, each as a virtual module beside package.json, its lines where they stand in the document. */
const modules = new Map([[join(ROOT, 'given.d.ts'), GIVEN]])
for (const { file, text } of documents) {
  for (const block of text.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)) {
    const line = text.slice(0, block.index).split('\n').length
    modules.set(join(ROOT, `${file.replaceAll('/', '.')}.${line}.ts`), '\n'.repeat(line) + block[2])
  }
}

const options = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true
}
const host = ts.createCompilerHost(options)
const { fileExists, getSourceFile } = host
host.fileExists = (file) => modules.has(file) || fileExists(file)
host.getSourceFile = (file, version, ...rest) => {
  const text = modules.get(file)
  return text === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version)
}
const program = ts.createProgram([...modules.keys()], options, host)
for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
  const where = file ? `${relative(ROOT, file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1}` : 'tsc'
  problems.push(`${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}

/** @param {string} file */
const textOf = (file) => documents.find((document) => document.file === file)?.text ?? ''

/** GitHub's name for a heading. @param {string} heading */
const anchorOf = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

/** @param {string} text */
const withoutCode = (text) => text.replaceAll(/^( *)```[\s\S]*?^ *```$/gm, '')

for (const { file, text } of documents) {
  for (const [, link = ''] of withoutCode(text).matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)) {
    if (/^[a-z]+:/.test(link)) continue
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? file : join(dirname(file), path)
    if (!existsSync(join(ROOT, target))) problems.push(`${file}: the link ${link} leads nowhere`)
    else if (anchor && target.endsWith('.md')) {
      const headings = withoutCode(readFileSync(join(ROOT, target), 'utf8')).matchAll(/^#+ (.*)$/gm)
      if (![...headings].some(([, heading = '']) => anchorOf(heading) === anchor)) {
        problems.push(`${file}: the link ${link} names no heading`)
      }
    }
  }
}

/** @type {Set<string>} */
const shownFiles = new Set()
for (const document of documents) {
  const { mended, problems: differences, shown } = withShownCode(ROOT, document)
  shown.forEach((file) => shownFiles.add(file))
  if (!process.argv.includes('--write')) problems.push(...differences)
  else if (mended !== document.text) writeFileSync(join(ROOT, document.file), mended)
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
/** What reads like a file or folder of the repository, named from its root; a test also without its folder, which is a mistake. */
const PATHS = [
  /(?<![\w./-])(?:\.ci|\.github|bench|docs|example-app|examples|scripts|src|test)\/[\w./-]*\w/g,
  /(?<![\w./-])(?:[A-Z]{4,}\.md|docker-compose\.yml|Dockerfile|\.nvmrc|\.env\.example)/g,
  /(?<![\w./-])[\w-]+\.test\.ts/g
]

const shownFolders = new Set([...shownFiles].map((file) => join(ROOT, dirname(file))))
for (const { file, text } of documents) {
  for (const [path] of PATHS.flatMap((pattern) => [...text.matchAll(pattern)])) {
    // A link is written from its own document, and a page calls the files that it shows by their names.
    const found = [ROOT, join(ROOT, dirname(file)), ...shownFolders].some((from) => existsSync(join(from, path)))
    if (!found) problems.push(`${file}: there is no ${path}`)
  }
  for (const [, run, own] of text.matchAll(/npm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)) {
    const name = run ?? own ?? ''
    if (!Object.hasOwn(scripts, name)) problems.push(`${file}: package.json has no script ${name}`)
  }
}

for (const { file } of documents) {
  const [, folder, page] = /^(docs\/(?:recipes\/)?)([\w-]+\.md)$/.exec(file) ?? []
  if (!folder || page === 'README.md' || textOf(`${folder}README.md`).includes(`](${page})`)) continue
  problems.push(`${folder}README.md: lacks ${page}`)
}

const map = textOf('docs/architecture.md')
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
const house = readFileSync(join(ROOT, 'test/house.test.ts'), 'utf8')
const rooms = [...house.matchAll(/^ {2}\['([\w/.-]+)'/gm)].map(([, room]) => room)
const listed = [...(map.split(/^## /m)[1] ?? '').matchAll(/^\| `([^|]*)\|/gm)]
  .flatMap(([, cell = '']) => [...`\`${cell}`.matchAll(/`([^`]+)`/g)])
  .map(([, room]) => room)
if (rooms.length === 0) problems.push('test/house.test.ts: names no rooms')
rooms.forEach((room, at) => {
  if (listed[at] !== room) problems.push(`docs/architecture.md: room ${at + 1} is ${room}, and not ${listed[at]}`)
})
// A file is named by its whole path below src/, or by its own name.
for (const [, named = ''] of map.matchAll(/`([\w/.-]+\.ts)`/g)) {
  if (named.startsWith('test/') || sources.some((file) => file === named || file.endsWith(`/${named}`))) continue
  problems.push(`docs/architecture.md: there is no ${named} in src/`)
}

/** The names of the plugin's options, from its type: of every member when it is a union. */
const optionNames = () => {
  const checker = program.getTypeChecker()
  const given = program.getSourceFile(join(ROOT, 'given.d.ts'))
  const alias = given?.statements.find((node) => ts.isTypeAliasDeclaration(node))
  const type = alias && checker.getTypeFromTypeNode(alias.type)
  const members = type?.isUnion() ? type.types : type ? [type] : []
  return new Set(members.flatMap((member) => checker.getPropertiesOfType(member)).map(({ name }) => name))
}

/** The names in the first column of the table under the README's first heading with the word `options`. */
const documentedNames = () => {
  const readme = textOf('README.md')
  const section = /^#+ [^\n]*options[^\n]*\n([\s\S]*?)(?=^#+ |(?![\s\S]))/im.exec(readme)?.[1] ?? ''
  const cells = [...section.matchAll(/^\| *(`[^|]*)\|/gm)].map(([, cell = '']) => cell)
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)))
}

const real = optionNames()
const documented = documentedNames()
for (const name of documented) if (!real.has(name)) problems.push(`README.md: there is no option ${name}`)
for (const name of real) if (!documented.has(name)) problems.push(`README.md: the table of options lacks ${name}`)
if (real.size === 0) problems.push('the type of the plugin names no options')

console.log(
  `${documents.length} documents, ${modules.size - 1} blocks of TypeScript, ${shownFiles.size} files shown, ${documented.size} options`
)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
